"""One example for every command word: what a refusal shows must work when it is typed.

The command words are the same in every language of the answers; a test of the chat door reads
each of these with the real reader.
"""

from __future__ import annotations

from bukuhutang.base.errors import InvariantBroken

EXAMPLES: dict[str, str] = {
    "PINJAM": "PINJAM Budi 500rb 14hari",
    "HUTANG": "HUTANG Bu Rina 1jt 30hari",
    "BAYAR": "BAYAR Budi 200rb",
    "LUNAS": "LUNAS Budi",
    "STATUS": "STATUS",
    "RIWAYAT": "RIWAYAT Budi",
    "INGATKAN": "INGATKAN Budi",
    "NOMOR": "NOMOR Budi 081234567890",
    "BATAL": "BATAL",
    "STATUS AKUN": "STATUS AKUN",
    "BUAT PERJANJIAN": "BUAT PERJANJIAN Budi 6jt",
    "PERJANJIAN": "PERJANJIAN 3",
    "CICILAN": "CICILAN",
    "KIRIM": "KIRIM 3",
    "BATALKAN PERJANJIAN": "BATALKAN PERJANJIAN 3",
    "IKHLASKAN": "IKHLASKAN 3 200rb",
    "HAPUSBUKU": "HAPUSBUKU 3",
    "JADWAL ULANG": "JADWAL ULANG 3 tgl 28",
    "PELUNASAN": "PELUNASAN 3",
    "ANGGOTA": "ANGGOTA",
    "TAMBAH ANGGOTA": "TAMBAH ANGGOTA Sari 081234567890 staf",
    "HAPUS ANGGOTA": "HAPUS ANGGOTA Sari",
    "KELUAR SEMUA": "KELUAR SEMUA",
    "SETTING": "SETTING zona WITA",
    "BANTUAN": "BANTUAN BAYAR",
    "HELP": "HELP BAYAR",
    "MENU": "MENU",
}

NAME_SHOWN_MAX = 30
"""A longer name would make the example harder to read than a made-up one."""

_MADE_UP_NAMES = ("Bu Rina", "Budi")
MADE_UP_AMOUNT = "6jt"


def example(command: str | None, name: str | None = None, amount: int | None = None) -> str:
    """A line that works for `command`, with the person's own `name` where it reads as a name.

    An `amount` in rupiah takes the place of the made-up one of BUAT PERJANJIAN. Without a command
    it is the one to begin with. Raises InvariantBroken for a word that is no command.
    """
    line = EXAMPLES.get(command or "PINJAM")
    if line is None:
        raise InvariantBroken(f"no example for the command {command!r}")
    if amount is not None:
        line = line.replace(MADE_UP_AMOUNT, _typed(amount))
    if name is None or not _reads_as_a_name(name):
        return line
    for made_up in _MADE_UP_NAMES:
        if made_up in line:
            return line.replace(made_up, name)
    return line


def _typed(amount: int) -> str:
    """As a person types it: 3jt, 250rb, or all digits."""
    for unit, word in ((1_000_000, "jt"), (1_000, "rb")):
        if amount and amount % unit == 0:
            return f"{amount // unit}{word}"
    return str(amount)


def _reads_as_a_name(name: str) -> bool:
    """Whether `name` typed after a command word is read as that name: words of letters only.

    Digits could be an amount, and signs or invisible characters cannot be typed off a screen.
    """
    return len(name) <= NAME_SHOWN_MAX and all(word.isalpha() for word in name.split(" "))
