"""Explicit commands of the lender: what acts at once, and what is refused with its reason."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.base.spelling import clean
from bukuhutang.ledger.debt import NOTE_MAX
from bukuhutang.ledger.money import AMOUNT_MAX, Direction
from bukuhutang.ledger.names import NAME_MAX
from bukuhutang.understanding.commands import COMMANDS, read_lender
from bukuhutang.understanding.intents import (
    ChangeSetting,
    CreateDebt,
    Forgive,
    Intent,
    PayInstallment,
    PayOff,
    Pick,
    RecordPayment,
    Reschedule,
    SendReminder,
    SetContact,
    Settle,
    ShowHelp,
    ShowHistory,
    ShowSettings,
    ShowStatus,
    ShowUsage,
    StartAgreement,
    Undo,
    Unreadable,
)

TODAY = date(2026, 2, 18)
PHONE = "6281234567890"


def read(text: str) -> Intent:
    return read_lender(text, TODAY)


def a_debt(
    name: str = "Budi",
    amount: int = 500_000,
    *,
    days: int = 14,
    note: str | None = None,
    phone: str | None = None,
    direction: Direction = Direction.RECEIVABLE,
) -> CreateDebt:
    due_date = TODAY + timedelta(days=days)
    return CreateDebt(direction, name, amount, due_date, note, phone)  # type: ignore[arg-type]


class TestPinjam:
    @pytest.mark.parametrize(
        "text",
        "PINJAM Budi 500rb 14hari|pinjam Budi 500rb|Pinjam Budi Rp500.000 2 minggu"
        "|PINJAM 500rb Budi 14 hari|PINJAM 14hari Budi 500rb|LEND Budi 500k 14 days"
        "|LEND 500k to Budi for 2 weeks|PINJAM Budi sebesar 500 ribu selama 14 hari"
        "|PINJAM si Budi 500rb jatuh tempo 4 Maret|PINJAM Budi 500rb tempo dua minggu"
        "|PINJAM Budi lima ratus ribu dua minggu lagi|PINJAM Budi 500rb untuk 2 minggu"
        "|PINJAM Budi - 500rb - 14 hari|PINJAM Budi, 500rb, 14 hari.|PINJAM: Budi 500rb"
        '|PINJAM "Budi" 500rb|PINJAM Budi 500rb ""'.split("|"),
    )
    def test_name_amount_and_days_stand_in_any_clear_order(self, text: str) -> None:
        assert read(text) == a_debt()

    @pytest.mark.parametrize(
        "text",
        [
            "  \n PINJAM   Budi\n500rb\t14hari  ",
            "\u200b\ufeffPINJAM Budi\u00a0500rb\u200b 14hari",
            "/pinjam Budi 500rb",
            ".PINJAM Budi 500rb!",
            "*PINJAM* Budi 500rb",
            "✅ PINJAM Budi 500rb 🙏",
            "ＰＩＮＪＡＭ Budi ５００ｒｂ",
            "PINJAM Budi ٥٠٠٠٠٠ 14hari",
            "PIN\u200dJAM Bu\x00di 500rb",
            "PINJAM\u202e Budi \u202c500rb",
            "\ud83dPINJAM Budi 500rb\ude4f",
        ],
    )
    def test_signs_around_a_command_do_no_harm(self, text: str) -> None:
        assert read(text) == a_debt()

    @pytest.mark.parametrize(
        ("text", "note"),
        [
            ('PINJAM Budi 500rb 14hari "semen"', "semen"),
            ("PINJAM Budi 500rb 14hari “semen 2 sak”.", "semen 2 sak"),
            ('PINJAM Budi "semen" 500rb', "semen"),
            ('PINJAM "semen" Budi 500rb', "semen"),
            ("PINJAM Budi 500rb buat semen 2 minggu", "semen"),
            ("PINJAM Budi 500rb 14hari untuk 2 sak semen", "2 sak semen"),
            ("PINJAM Budi buat semen 500rb", "semen"),
            ("LEND Budi 500k for cement", "cement"),
            ("PINJAM Budi 500rb catatan: semen", "semen"),
            ('PINJAM Budi 500rb buat "semen"', "semen"),
            ('PINJAM Budi 500rb "lunas besok? 200rb"', "lunas besok? 200rb"),
            ('PINJAM Budi 500rb "=HYPERLINK("http://x")"', '=HYPERLINK("http://x")'),
            ('PINJAM Budi 500rb "\'; drop table debts; --"', "'; drop table debts; --"),
            ('PINJAM Budi 500rb "{{7*7}} %s {name}"', "{{7*7}} %s {name}"),
            ('PINJAM Budi 500rb "baris\nsatu 😀"', "baris satu 😀"),
            ('PINJAM Budi 500rb "סחורה"', "סחורה"),
        ],
    )
    def test_note_stands_in_quotes_or_behind_buat(self, text: str, note: str) -> None:
        assert read(text) == a_debt(note=note)

    @pytest.mark.parametrize(
        "name",
        "Pak Haji Slamet|Bu RT|Budi bengkel|M Yusuf|Juli|Toko Tiga Putra|محمد|李小龙|Budi 👨‍👩‍👧|😀"
        '|\'; drop table debts; --|{{7*7}}|=HYPERLINK("http://x")|{name}|%s'.split("|"),
    )
    def test_any_name_is_ordinary_text(self, name: str) -> None:
        assert read(f"PINJAM {name} 500rb 14hari") == a_debt(name)

    def test_name_with_figures_or_small_words_goes_in_quotes(self) -> None:
        assert read('PINJAM "Toko 99" 500rb "semen"') == a_debt("Toko 99", note="semen")
        assert read("PINJAM “Ibu dan Anak” 500rb") == a_debt("Ibu dan Anak")

    @pytest.mark.parametrize(
        "text",
        "PINJAM Budi 081234567890 500rb|PINJAM Budi 500rb 0812-3456-7890|PINJAM Budi 500rb wa"
        " 0812 3456 7890 14 hari|PINJAM Budi +62 812-3456-7890 500rb|PINJAM 6281234567890 Budi"
        " 500rb|PINJAM Budi 500rb no hp 081234567890".split("|"),
    )
    def test_whatsapp_number_belongs_to_the_person(self, text: str) -> None:
        assert read(text) == a_debt(phone=PHONE)

    def test_number_is_no_amount_and_an_amount_no_number(self) -> None:
        assert read("PINJAM Budi 081234567890") == Unreadable("amount_missing", "PINJAM")
        assert read("PINJAM Budi +62 812 345 678 90") == Unreadable("amount_missing", "PINJAM")
        assert read("PINJAM Budi 620000000") == a_debt(amount=620_000_000)
        refused = read("PINJAM Budi 0812345678 90 500rb")
        assert refused == Unreadable("phone_invalid", "PINJAM", {"text": "0812345678 90"})

    def test_bare_figures_of_a_command_are_exactly_what_they_say(self) -> None:
        assert read("PINJAM Budi 500") == a_debt(amount=500)
        assert read("PINJAM Budi 1") == a_debt(amount=1)

    def test_limits_are_inclusive(self) -> None:
        assert read(f"PINJAM Budi {AMOUNT_MAX} 365hari") == a_debt(amount=AMOUNT_MAX, days=365)
        assert read("PINJAM Budi 500rb 1 hari") == a_debt(days=1)
        assert read(f"PINJAM {'a' * NAME_MAX} 500rb") == a_debt("a" * NAME_MAX)
        assert read(f'PINJAM Budi 500rb "{"a" * NOTE_MAX}"') == a_debt(note="a" * NOTE_MAX)


class TestHutang:
    def test_hutang_is_what_the_lender_owes_and_lasts_thirty_days(self) -> None:
        owed = a_debt("Bu Rina", 1_000_000, days=30, direction=Direction.PAYABLE)
        for text in ("HUTANG Bu Rina 1jt", "hutang Bu Rina 1jt 30hari", "BORROW 1jt from Bu Rina"):
            assert read(text) == owed

    def test_hutang_alone_asks_whom(self) -> None:
        assert read("HUTANG") == Unreadable("name_missing", "HUTANG")


REFUSED: list[tuple[str, str, dict[str, object]]] = [
    ("PINJAM", "name_missing", {}),
    ("PINJAM 500rb", "name_missing", {}),
    ("PINJAM 123 500rb", "name_missing", {}),
    ("PINJAM \u200b 500rb", "name_missing", {}),
    ("PINJAM Minggu 100rb", "name_missing", {}),
    ("PINJAM Budi", "amount_missing", {}),
    ("PINJAM Budi 14 hari", "amount_missing", {}),
    (f"PINJAM {'a' * 61} 5rb", "name_too_long", {"length": 61, "max": 60}),
    ("PINJAM Budi 0", "amount_not_positive", {}),
    ("PINJAM Budi -5rb", "amount_not_positive", {}),
    ("PINJAM Budi 1000000000", "amount_too_large", {"max": AMOUNT_MAX}),
    ("PINJAM Budi 1,5", "amount_not_whole", {"text": "1,5"}),
    ("PINJAM Budi gocap", "amount_unclear", {"text": "gocap"}),
    ("PINJAM Budi $20", "amount_unclear", {"text": "$20"}),
    ("PINJAM Budi 1jt balikin 1,2jt", "amount_unclear", {"text": "1jt balikin 1,2jt"}),
    ("PINJAM Toko 99 500rb", "amount_unclear", {"text": "99 500rb"}),
    ("PINJAM Budi lima 500rb", "amount_unclear", {"text": "lima 500rb"}),
    ("PINJAM Budi sekitar 2jt", "amount_unclear", {"text": "sekitar"}),
    (
        "PINJAM Budi 5rb buat modal balik 6rb",
        "amount_unclear",
        {"text": "5rb buat modal balik 6rb"},
    ),
    ("PINJAM Budi 5rb 0hari", "days_out_of_range", {"days": 0, "min": 1, "max": 365}),
    ("PINJAM Budi 5rb 366hari", "days_out_of_range", {"days": 366, "min": 1, "max": 365}),
    ("PINJAM Budi 5rb kemarin", "days_out_of_range", {"days": -1, "min": 1, "max": 365}),
    ("PINJAM Budi 5rb Senin depan", "days_unclear", {"text": "Senin depan"}),
    ("PINJAM Pak Minggu 5rb", "days_unclear", {"text": "Pak Minggu"}),
    ("PINJAM Budi 5rb 2 hari besok", "days_unclear", {"text": "2 hari besok"}),
    (f'PINJAM Budi 5rb "{"a" * 201}"', "note_too_long", {"length": 201, "max": 200}),
    ("PINJAM Budi 5rb +99912", "amount_unclear", {"text": "5rb +99912"}),
    ("PINJAM Budi 5rb 0000000000", "phone_invalid", {"text": "0000000000"}),
    ("PINJAM Budi 5rb 14hari semen", "text_left_over", {"left_over": "semen"}),
    ("PINJAM Budi 5rb ya", "text_left_over", {"left_over": "ya"}),
    ("PINJAM Budi 5rb boleh?", "text_left_over", {"left_over": "boleh?"}),
    ("PINJAM Budi 5rb buat semen ga jadi", "text_left_over", {"left_over": "buat semen ga jadi"}),
    ('PINJAM Budi 5rb "semen', "text_left_over", {"left_over": '"semen'}),
    ('PINJAM Budi 5rb "a" "b"', "text_left_over", {"left_over": '"b"'}),
    ("PINJAM Budi 5rb\nPINJAM Sari 6rb", "text_left_over", {"left_over": "PINJAM Sari 6rb"}),
    ("PINJAM Budi 5rb buat x\nBAYAR Sari 6rb", "text_left_over", {"left_over": "BAYAR Sari 6rb"}),
    ("pinjam ke Budi 100rb", "text_left_over", {"left_over": "ke"}),
    ("pinjam Budi dan Andi 100rb", "text_left_over", {"left_over": "dan"}),
    ("hutang ke Toko Budi sembako 150K", "text_left_over", {"left_over": "ke"}),
    ("BAYAR", "name_missing", {}),
    ("bayar utang 50rb", "name_missing", {}),
    ("bayar listrik 200rb", "name_missing", {}),
    ("BAYAR Budi", "amount_missing", {}),
    ("BAYAR Budi 081234567890", "amount_missing", {}),
    ("BAYAR Budi 200", "amount_unclear", {"text": "200"}),
    ("Bayar Budi lima", "amount_unclear", {"text": "lima"}),
    ("BAYAR Budi 200rb besok", "text_left_over", {"left_over": "besok"}),
    ('BAYAR Budi 200rb "tf"', "text_left_over", {"left_over": '"tf"'}),
    ("BAYAR CICILAN", "installment_missing", {}),
    ("LUNAS", "name_missing", {}),
    ("LUNAS semua", "name_missing", {}),
    ("LUNAS Budi?", "text_left_over", {"left_over": "Budi?"}),
    ("LUNAS Budi 200rb", "text_left_over", {"left_over": "200rb"}),
    ("lunas belum Budi", "text_left_over", {"left_over": "belum"}),
    ("INGATKAN", "name_missing", {}),
    ("INGATKAN Budi besok", "text_left_over", {"left_over": "besok"}),
    ("NOMOR Budi", "phone_invalid", {"text": ""}),
    ("NOMOR Budi 123", "phone_invalid", {"text": "123"}),
    ("NOMOR 081234567890", "name_missing", {}),
    ("SETTING warna biru", "setting_unknown", {"text": "warna"}),
    ("SETTING bahasa", "setting_value_unclear", {"setting": "language", "text": None}),
    ("SETTING bahasa jawa", "setting_value_unclear", {"setting": "language", "text": "jawa"}),
    ("SETTING zona WIB WIT", "setting_value_unclear", {"setting": "timezone", "text": "WIB WIT"}),
    ("SETTING zona WIB\nBAYAR Budi 5rb", "text_left_over", {"left_over": "BAYAR Budi 5rb"}),
    (
        "SETTING template frendly",
        "setting_value_unclear",
        {"setting": "template", "text": "frendly"},
    ),
    ("SETTING template", "setting_value_unclear", {"setting": "template", "text": None}),
    ("BATAL deh", "text_left_over", {"left_over": "deh"}),
    ("BATAL?", "text_left_over", {"left_over": "?"}),
]


@pytest.mark.parametrize(("text", "code", "fields"), REFUSED)
def test_refusal_names_its_reason_and_the_command(
    text: str, code: str, fields: dict[str, object]
) -> None:
    command = COMMANDS[text.split()[0].rstrip("?").lower()]
    assert read(text) == Unreadable(code, command, fields)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("BAYAR Budi 200rb", RecordPayment("Budi", 200_000)),
        ("bayar 200rb Pak Haji Slamet", RecordPayment("Pak Haji Slamet", 200_000)),
        ("PAY Budi 200k!", RecordPayment("Budi", 200_000)),
        ("BAYAR Budi Rp200", RecordPayment("Budi", 200)),
        ('BAYAR "Toko 99" 200rb', RecordPayment("Toko 99", 200_000)),
        ("LUNAS Budi", Settle("Budi")),
        ("settle Bu RT", Settle("Bu RT")),
        ('LUNAS "Toko 99"', Settle("Toko 99")),
        ("STATUS", ShowStatus()),
        ("status?", ShowStatus()),
        ("STATUS 🙏", ShowStatus()),
        ("STATUS Budi", ShowStatus("Budi")),
        ("status Toko 99 ?", ShowStatus("Toko 99")),
        ('status "Toko 99"', ShowStatus("Toko 99")),
        ("STATUS AKUN", ShowUsage()),
        ("status akun?", ShowUsage()),
        ("ACCOUNT", ShowUsage()),
        ("account status", ShowUsage()),
        ("RIWAYAT", ShowHistory()),
        ("history Budi", ShowHistory("Budi")),
        ("INGATKAN Budi", SendReminder("Budi")),
        ("remind Pak Haji Slamet", SendReminder("Pak Haji Slamet")),
        ("NOMOR Budi 0812-3456-7890", SetContact("Budi", PHONE)),  # type: ignore[arg-type]
        ("NOMOR Budi 81234567890", SetContact("Budi", PHONE)),  # type: ignore[arg-type]
        ("contact +62 812 3456 7890 Budi", SetContact("Budi", PHONE)),  # type: ignore[arg-type]
        ("NOMOR WA Budi 081234567890", SetContact("Budi", PHONE)),  # type: ignore[arg-type]
        ("BATAL", Undo()),
        ("batal.", Undo()),
        ("Undo 🙏", Undo()),
        ("cancel!", Undo()),
        ("SETTING", ShowSettings()),
        ("settings?", ShowSettings()),
        ("pengaturan", ShowSettings()),
        ("SETTING bahasa en", ChangeSetting("language", "en")),
        ("setting bahasa: Bahasa Indonesia", ChangeSetting("language", "id")),
        ("SETTING language = English", ChangeSetting("language", "en")),
        ("SETTING zona WITA", ChangeSetting("timezone", "Asia/Makassar")),
        ("SETTING zona waktu Jayapura", ChangeSetting("timezone", "Asia/Jayapura")),
        ("setting zone asia/jakarta!", ChangeSetting("timezone", "Asia/Jakarta")),
        ("SETTING pengingat otomatis mati", ChangeSetting("reminder", "off")),
        ("SETTING reminder ON", ChangeSetting("reminder", "on")),
        ("SETTING template Ramah", ChangeSetting("template", "friendly")),
        ("SETTING template resmi.", ChangeSetting("template", "formal")),
        ("SETTING template Halo {nama}!", ChangeSetting("template", "Halo {nama}!")),
        (
            'SETTING template "Halo {nama}, bayar ya."',
            ChangeSetting("template", "Halo {nama}, bayar ya."),
        ),
        (
            "SETTING template Halo {nama},\n\nBAYAR Budi 5rb\n*tebal*",
            ChangeSetting("template", "Halo {nama},\n\nBAYAR Budi 5rb\n*tebal*"),
        ),
        ("SETTING\ntemplate Halo {nama}\nya", ChangeSetting("template", "Halo {nama} ya")),
        ("SETTING template {rincian}", ChangeSetting("template", "{rincian}")),
        ("HELP", ShowHelp()),
        ("bantuan setting", ShowHelp("SETTING")),
        ("BANTUAN", ShowHelp()),
        ("menu", ShowHelp()),
        ("help bayar", ShowHelp("BAYAR")),
        ("HELP lend", ShowHelp("PINJAM")),
        ("bantuan status akun", ShowHelp("STATUS AKUN")),
        ("HELP apa saja", ShowHelp()),
        ("1", Pick(1)),
        (" 99. ", Pick(99)),
        ("#2", Pick(2)),
        ("no 3", Pick(3)),
        ("2️⃣", Pick(2)),
        ("３", Pick(3)),
    ],
)
def test_command_is_read(text: str, intent: Intent) -> None:
    assert read(text) == intent


@pytest.mark.parametrize(
    ("text", "suggested"),
    [
        ("PINJM Budi 500rb", "PINJAM"),
        ("pinjma Budi 500rb", "PINJAM"),
        ("PINJEM Budi 500rb", "PINJAM"),
        ("PPINJAM Budi 500rb", "PINJAM"),
        ("pinjemin Budi 500rb 2 minggu", "PINJAM"),
        ("hutnag Budi 1jt", "HUTANG"),
        ("byar Budi 5rb", "BAYAR"),
        ("lunass Budi", "LUNAS"),
        ("staus", "STATUS"),
        ("riwyat Budi", "RIWAYAT"),
        ("ingatkn Budi", "INGATKAN"),
        ("batl", "BATAL"),
        ("bantaun", "BANTUAN"),
        ("batar Budi 5rb", None),  # BATAL or BAYAR
        ("utang Budi 50rb", None),  # whose?
        ("STOP", None),
        ("MULAI", None),
        ("halo", None),
        ("Budi utang 50rb", None),
        ("PINJAM500rb", None),
        ("pinjam-meminjam itu biasa", None),
        ("", None),
        ("😀", None),
        ("0", None),
        ("100", None),
        ("-1", None),
        ("1/2", None),
    ],
)
def test_what_is_no_command_is_never_acted_upon(text: str, suggested: str | None) -> None:
    assert read(text) == Unreadable("command_unknown", suggested)


def test_message_over_the_limit_is_refused_by_its_length() -> None:
    refused = read("PINJAM Budi 500rb" + " " * 4_080)
    assert refused == Unreadable("message_too_long", None, {"length": 4_097, "max": 4_096})


def test_left_over_text_is_repeated_in_short() -> None:
    refused = read("PINJAM Budi 500rb " + "x" * 3_000)
    assert isinstance(refused, Unreadable)
    assert refused.fields == {"left_over": "x" * 59 + "…"}


CODES = frozenset(
    "message_too_long command_unknown name_missing name_too_long amount_missing amount_unclear"
    " amount_not_positive amount_too_large amount_not_whole days_out_of_range days_unclear"
    " note_too_long phone_invalid text_left_over installment_missing agreement_number_missing"
    " months_out_of_range reschedule_unclear setting_unknown setting_value_unclear".split()
)


def check_contract(intent: Intent) -> None:
    """What every later room may rely on."""
    if isinstance(intent, Unreadable):
        assert intent.code in CODES
        assert intent.command is None or intent.command in COMMANDS.values()
        assert all(len(one) <= 60 for one in intent.fields.values() if isinstance(one, str))
    name = getattr(intent, "name", None)
    if name is not None:
        assert 1 <= len(name) <= NAME_MAX
        assert name == " ".join(name.split())
        name.encode()
        assert "\x00" not in name
    if isinstance(intent, CreateDebt | RecordPayment):
        assert 1 <= intent.amount <= AMOUNT_MAX
    if isinstance(intent, StartAgreement):
        assert 1 <= intent.amount <= AMOUNT_MAX
        assert intent.months is None or 1 <= intent.months <= 60
    if isinstance(intent, PayInstallment | Forgive | PayOff):
        assert intent.number is None or intent.number >= 1
        assert intent.amount is None or 1 <= intent.amount <= AMOUNT_MAX
    if isinstance(intent, Reschedule):
        assert (intent.first_due is None) != (intent.months_more is None)
    if isinstance(intent, CreateDebt):
        assert 1 <= (intent.due_date - TODAY).days <= 365
        assert intent.note is None or 1 <= len(intent.note) <= NOTE_MAX


@given(st.text(max_size=5_000))
def test_any_text_is_read_or_refused_and_never_raises(text: str) -> None:
    check_contract(read(text))


words = st.one_of(
    st.sampled_from([*COMMANDS, "Budi", "Pak", "500rb", "1,5", "14hari", "2", "minggu", "tgl"]),
    st.sampled_from(["25", "Maret", "buat", '"semen"', '"', "0812", "34567890", "+62", "?", "-"]),
    st.sampled_from(["satu", "setengah", "juta", "ribu", "gocap", "akun", "ke", "\n", "\u200b"]),
    st.text(max_size=8),
)


@given(st.sampled_from(sorted(COMMANDS)), st.lists(words, max_size=12))
def test_any_command_keeps_its_contract(command: str, rest: list[str]) -> None:
    check_contract(read(" ".join([command, *rest])))


letters = st.text(
    st.characters(categories=["L", "So"], max_codepoint=0x1FFFF), min_size=1, max_size=30
)
unseen = st.sampled_from(["", "\u200b", "\ufeff", "\u202e", "\u2066", "\x00", "\u00ad"])


@given(name=letters, hidden=unseen, amount=st.integers(1, AMOUNT_MAX))
def test_name_in_quotes_survives_whatever_hides_in_it(name: str, hidden: str, amount: int) -> None:
    plain = read(f'PINJAM "{name}" {amount} 14hari')
    hiding = read(f'PINJAM "{hidden}{name}{hidden}" {amount} 14hari')
    assert plain == hiding
    if isinstance(plain, CreateDebt):
        assert plain == a_debt(clean(name), amount)
    else:
        assert isinstance(plain, Unreadable)
        assert plain.code in ("name_missing", "name_too_long")  # fillers alone; endless ligatures


@given(amount=st.integers(1, AMOUNT_MAX), days=st.integers(1, 365), first=st.booleans())
def test_every_debt_within_the_limits_reads_back_equal(amount: int, days: int, first: bool) -> None:
    order = f"{amount} Bu RT" if first else f"Bu RT {amount}"
    assert read(f"PINJAM {order} {days}hari") == a_debt("Bu RT", amount, days=days)
