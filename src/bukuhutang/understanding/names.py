"""Who: what may be a person's name, and when two spellings are one name.

A name is what stands where the command has its name, as it was written. Titles belong to it (Pak
Haji Slamet, Bu RT); a leading "si" does not. It needs something visible besides figures and
separators, at most sixty characters, and none of the words below: they show that the sentence
says something else ("ke", "belum", "utang"), and a wrong row costs more than a question. A name
that cannot be written otherwise goes in quotation marks: PINJAM "Toko 99" 500rb.
"""

from __future__ import annotations

from bukuhutang.ledger.names import NameProblem, check_name, name_key
from bukuhutang.understanding.numerals import FOREIGN_MONEY

__all__ = ["NameProblem", "check_name", "name_key", "read_name", "shorten"]

_SHOWN_MAX = 60

_SEPARATORS = frozenset(("-", "–", "—", "|", "/", "•", "=", ":", ",", ";", "."))
_EDGE = " ,;:"

_TITLES = frozenset(
    "pak bapak pa bu ibu mas mbak mba bang abang kak kakak om tante bude pakde lek mang teh kang"
    " neng haji hajah h hj mr mrs ms".split()
)
_APPROXIMATE = frozenset(
    "sekitar kira-kira kira2 kurang lebih hampir kisaran about around approximately roughly".split()
) | (FOREIGN_MONEY - {"won", "yen", "sar", "rm", "pound"})
_OTHER_WORDS = frozenset(
    # who speaks
    "aku saya sy gue gw gua ane kita kami kamu dia mereka i me my you they we"
    # who gets, and who else
    " ke kpd kepada dari dr dgn dengan sama dan atau and or from to with"
    # not so, not sure, not yet
    " belum blm tidak tdk nggak ngga enggak gak ga gk jangan bukan batal kalau kalo klo jika"
    " misal misalnya mungkin kayaknya katanya boleh gimana bagaimana kenapa apakah kapan berapa"
    " brp siapa not if maybe when how who why"
    # time and manner
    " udah sudah sdh lagi dulu tadi kemarin nanti habis abis gajian lebaran aja saja doang ya yaa"
    " dong deh sih nih tuh kok lho loh please tolong mohon minta katanya tempo"
    # what is done, and with what
    " pinjam pinjem minjam minjem pinjemin pinjamin meminjam dipinjam dipinjami pinjaman utang"
    " hutang ngutang piutang utangnya hutangnya kasbon bayar byr bayarin membayar dibayar"
    " lunas lunasi pelunasan cicil cicilan nyicil angsuran balikin kembali kembalikan transfer tf"
    " semua semuanya sisa sisanya uang duit tagih tagihan ingatkan catat nitip patungan hapus"
    " bunga denda dp perjanjian lend lent borrow borrowed owe owes pay paid money debt loan"
    # what for, and what is paid that is nobody
    " buat bwt untuk utk for listrik pulsa arisan kos kost kontrakan sewa pajak gaji spp bensin"
    " parkir token".split()
)


def read_name(shown: list[str], words: list[str]) -> str | NameProblem:
    """The name in consecutive words, given in the shown and the read form."""
    start, end = 0, len(words)
    while start < end and (words[start] in _SEPARATORS or (words[start] == "si" and end > 1)):
        start += 1
    while start < end and words[end - 1] in _SEPARATORS:
        end -= 1
    plain = [one.strip(".,;:!?()") for one in words[start:end]]
    for at, word in enumerate(plain):
        if word in _APPROXIMATE:
            return NameProblem("amount_unclear", about=shown[start + at])
        if word in _OTHER_WORDS:
            if all(one in _OTHER_WORDS for one in plain):
                break
            return NameProblem("text_left_over", about=shown[start + at])
    else:
        if any(one not in _TITLES for one in plain):
            return check_name(" ".join(shown[start:end]).strip(_EDGE))
    return NameProblem("name_missing")


def shorten(text: str) -> str:
    """`text` as an answer may repeat it; what is cut off shows as an ellipsis."""
    return text if len(text) <= _SHOWN_MAX else text[: _SHOWN_MAX - 1] + "…"
