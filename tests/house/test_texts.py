"""Every sentence of the bot, in both languages: same codes, same fields, the voice of voice.md.

A new code fails here until SAMPLES shows what it is filled with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jinja2 import meta, nodes

from bukuhutang.ledger.money import Direction
from bukuhutang.rendering.examples import EXAMPLES
from bukuhutang.rendering.texts import (
    TEXTS,
    codes,
    environment,
    mail_codes,
    problem_codes,
    render,
    render_login,
    render_mail,
    render_problem,
)
from bukuhutang.tenancy.tenant import Language
from bukuhutang.understanding.member_commands import PAIRS  # two words: never suggested
from tests.house import agreement_samples, member_samples, quota_samples, setting_samples
from tests.house.mail_samples import (
    LOGIN_REASONS,
    MAIL_COLUMNS_MAX,
    MAIL_SAMPLES,
    SUBJECT_MAX,
)
from tests.house.problem_samples import HOSTILE, PROBLEM_SAMPLES

Fields = dict[str, Any]

TODAY = date(2026, 2, 18)
LINES_MAX = 12
"""With every list in it full; an ordinary answer stays within seven lines of text."""
LINES_USUAL_MAX = 7
LONG_BY_NATURE = {
    "status",
    "history",
    "person_status",
    "reminder_to_borrower",
    "reminder_text_to_forward",
    *setting_samples.LONG_BY_NATURE,
    "own_balance",
    "payment_recorded",
    "payment_undone",
    "record_stays",
    "cards_read",
    *agreement_samples.LONG_BY_NATURE,
    "not_delivered",
    "in_doubt",
    "new_chats_held",
    "usage",
}
COLUMNS_MAX = 66
# How much was typed is not ours to shorten further, and a link is one tap however long.
QUOTED = re.compile(r'"[^"]*"|https://\S+')
COLUMNS_MAX_PROBLEM = 100  # one sentence, read on the operator's wide screen
EMOJI_WITH_MEANING = ("✅", "↩️", "❓", "⏰", "⚠️", "📄", "🙏")
MARKS = re.compile("^(✅|⚠️|⏳|⏸️) ", re.MULTILINE)
EMOJI = re.compile("[\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\U0001f000-\U0001faff]")
FORBIDDEN = re.compile(
    r"(?i:\b(error|errors|gagal|failed|invalid|anda|telah berhasil|successfully|kesalahan)\b)"
    r"|\b(None|True|False|Undefined)\b"
)

PIUTANG, HUTANG = Direction.RECEIVABLE, Direction.PAYABLE
RECORDED: Fields = {
    "direction": PIUTANG,
    "name": "Budi",
    "principal": 500_000,
    "note": "semen",
    "due_date": date(2026, 3, 4),
    "number": 12,
    "credit_used": 0,
    "outstanding": 500_000,
    "total": 650_000,
    "credit_left": 0,
}
UNDONE: Fields = {
    "direction": PIUTANG,
    "name": "Budi",
    "principal": 500_000,
    "number": 12,
    "total": 150_000,
    "credit_back": 0,
}
PAYMENT_UNDONE: Fields = {
    "direction": PIUTANG,
    "name": "Budi",
    "amount": 200_000,
    "debts": [{"number": 9, "outstanding": 150_000}, {"number": 12, "outstanding": 500_000}],
    "total": 650_000,
}
PAID: Fields = {
    "direction": PIUTANG,
    "name": "Budi",
    "amount": 200_000,
    "debts": [
        {"number": 9, "applied": 150_000, "outstanding": 0},
        {"number": 12, "applied": 50_000, "outstanding": 450_000},
    ],
    "credit_added": 0,
    "credit_total": 0,
    "total": 450_000,
}
LATE = {"name": "Sari", "outstanding": 200_000, "days_past_due": 5, "agreement": None}
NEXT = {**LATE, "name": "Budi", "outstanding": 450_000, "due_date": date(2026, 3, 4)}
TO_RINA = {
    "name": "Bu Rina",
    "outstanding": 1_250_000,
    "due_date": date(2026, 3, 20),
    "days_past_due": -30,
}
STATUS: Fields = {
    "receivable_total": 1_730_000,
    "receivable_people": 4,
    "overdue_total": 280_000,
    "overdue": [
        LATE,
        {**LATE, "name": "Tono", "outstanding": 80_000, "days_past_due": 1, "agreement": 3},
    ],
    "overdue_more": 0,
    "upcoming": [NEXT, {**NEXT, "name": "Wati", "due_date": date(2026, 2, 19), "agreement": 4}],
    "upcoming_more": 0,
    "payable_total": 1_250_000,
    "payables": [TO_RINA],
    "payables_more": 0,
}
OPEN_12 = {
    "number": 12,
    "outstanding": 450_000,
    "due_date": date(2026, 3, 4),
    "days_past_due": -14,
    "note": "semen",
}
OPEN_9 = {
    "number": 9,
    "outstanding": 200_000,
    "due_date": date(2026, 2, 13),
    "days_past_due": 5,
    "note": None,
}
PERSON: Fields = {
    "name": "Budi",
    "receivables": [OPEN_9, OPEN_12],
    "receivable_total": 650_000,
    "receivables_more": 0,
    "payables": [{**OPEN_12, "number": 3, "note": None}],
    "payable_total": 450_000,
    "payables_more": 0,
    "credit_receivable": 0,
    "credit_payable": 0,
    "agreements": [],
}
NOTHING_OPEN: Fields = {
    **PERSON,
    "receivables": [],
    "receivable_total": 0,
    "payables": [],
    "payable_total": 0,
}
LINE: Fields = {
    "kind": "debt",
    "on": date(2026, 2, 18),
    "direction": PIUTANG,
    "amount": 500_000,
    "number": 12,
    "name": "Budi",
}
HISTORY_LINES = [
    {**LINE, "kind": "payment_undone"},
    {**LINE, "kind": "payment", "amount": 200_000},
    LINE,
    {**LINE, "kind": "debt_undone"},
    {**LINE, "direction": HUTANG, "number": 3, "on": date(2025, 12, 30)},
    {**LINE, "direction": HUTANG, "kind": "payment"},
    {**LINE, "kind": "installment"},
    {**LINE, "kind": "installment_undone"},
    {**LINE, "kind": "forgiven"},
    {**LINE, "kind": "forgiven_undone"},
]
CHOICES = [
    {"name": "Budi Santoso", "phone_tail": "7890", "outstanding": 450_000, "is_new": False},
    {"name": "Budi bengkel", "phone_tail": None, "outstanding": 0, "is_new": False},
    {"name": "Budi", "phone_tail": None, "outstanding": None, "is_new": True},
]
ONE_DEBT = {"outstanding": 450_000, "due_date": date(2026, 2, 19), "days_past_due": -1}
TWO_DEBTS = [{"outstanding": 150_000, "due_date": date(2026, 2, 13), "days_past_due": 5}, ONE_DEBT]
REMINDER: Fields = {
    "name": "Budi",
    "lender": "Toko Dani",
    "debts": [ONE_DEBT],
    "agreements": [],
    "total": 450_000,
}
REMINDER_TWO: Fields = {**REMINDER, "debts": TWO_DEBTS, "total": 600_000}
REMINDER_MANY: Fields = {**REMINDER, "debts": [ONE_DEBT] * 8, "total": 3_600_000}
DUE = agreement_samples.DUE
REMINDER_DUE: Fields = {**REMINDER, "debts": [], "agreements": [DUE], "total": 1_000_000}
REMINDER_BOTH: Fields = {**REMINDER_TWO, "agreements": [DUE] * 5}
RATE = {"hour": "10", "minute": "05"}
STAYING = [
    {"kind": kind, "name": "Budi", "direction": direction, "amount": 500_000, "number": 12}
    for direction in (PIUTANG, HUTANG)
    for kind in ("debt_recorded", "payment_recorded", "debt_undone")
] + [
    {"kind": kind, "name": "Budi", "direction": "", "amount": 0, "number": 0}
    for kind in ("contact_set", "reminder_queued")
]
CARD = {"name": "Budi", "phone": "6281234567890"}
UNSAVED = [
    {"name": "Sari", "reason": reason}
    for reason in ("unknown", "no_number", "taken", "own", "several", "twice")
]
HELP_TOPICS = (
    "PINJAM", "HUTANG", "BAYAR", "LUNAS", "STATUS", "RIWAYAT", "INGATKAN", "BATAL", "NOMOR",
    "STATUS AKUN", "SETTING", "ANGGOTA", "TAMBAH ANGGOTA", "HAPUS ANGGOTA", "KELUAR SEMUA",
    *agreement_samples.HELP_TOPICS,
)  # fmt: skip
FATES = ("waiting", "held", "sent", "delivered", "read", "unknown")
FATE: Fields = {"on": date(2026, 2, 18), "at": "09.15", "until": None}
MISSING: Fields = {
    "name": "Budi",
    "phone": "6281234567890",
    "what": "reminder",
    "link": "https://wa.me/6281234567890?text=Halo%20Budi",
}
COMMANDS: list[Fields] = [{"command": word} for word in (*EXAMPLES, None)]

SAMPLES: dict[str, list[Fields]] = {
    "debt_recorded": [
        RECORDED,
        {**RECORDED, "note": None, "credit_used": 50_000, "outstanding": 450_000},
        {**RECORDED, "credit_used": 500_000, "outstanding": 0, "total": 0, "credit_left": 20_000},
        {**RECORDED, "direction": HUTANG, "name": "Bu Rina", "number": 3, "note": None},
        {**RECORDED, "direction": HUTANG, "credit_used": 500_000, "outstanding": 0, "total": 0},
    ],
    "payment_recorded": [
        PAID,
        {**PAID, "debts": PAID["debts"][:1], "credit_added": 50_000, "credit_total": 50_000},
        {**PAID, "total": 0, "credit_added": 50_000, "credit_total": 70_000},
        {**PAID, "direction": HUTANG, "name": "Bu Rina", "credit_added": 5, "credit_total": 5},
        {**PAID, "debts": PAID["debts"] * 4, "direction": HUTANG, "total": 0},
    ],
    "debt_undone": [
        UNDONE,
        {**UNDONE, "direction": HUTANG, "total": 0},
        {**UNDONE, "credit_back": 50_000},
    ],
    "not_delivered": [
        {"why": why, "people": people}
        for why in ("restricted", "too_large", "refused")
        for people in (
            [MISSING],
            [{**MISSING, "name": None, "what": "reply"}],
            [MISSING, {**MISSING, "what": "agreement"}, {**MISSING, "name": None}],
        )
    ]
    + [
        {"why": "no_whatsapp", "people": [{**MISSING, "link": None}]},
        {"why": "no_whatsapp", "people": [{**MISSING, "link": None}] * 3},
        {"why": "no_whatsapp", "people": [{**MISSING, "link": None, "name": None}]},
    ],
    "in_doubt": [
        {"people": [MISSING]},
        {"people": [{**MISSING, "what": "document"}]},
        {"people": [MISSING, {**MISSING, "what": "notice"}]},
    ],
    "new_chats_held": [
        {"begun": 3, "count": 1, "until": date(2026, 2, 19), "people": [MISSING]},
        {"begun": 12, "count": 7, "until": date(2026, 2, 20), "people": [MISSING] * 5},
    ],
    "reminder_outdated": [{"name": "Budi"}],
    "wrong_number_scanned": [{"name": "Toko Dani", "tail": "7890"}],
    "payment_undone": [
        PAYMENT_UNDONE,
        {**PAYMENT_UNDONE, "direction": HUTANG, "debts": []},
        {**PAYMENT_UNDONE, "debts": PAYMENT_UNDONE["debts"] * 4},
    ],
    "status": [
        STATUS,
        {**STATUS, "payables": [TO_RINA, LATE | TO_RINA], "payables_more": 3, "overdue_more": 7},
        {**STATUS, "overdue_total": 0, "overdue": [], "receivable_people": 1, "upcoming_more": 9},
        {**STATUS, "payable_total": 0, "payables": []},
        {**STATUS, "payables": [{**TO_RINA, "days_past_due": 3}]},
        {**STATUS, "receivable_total": 0, "overdue_total": 0, "overdue": [], "upcoming": []},
    ],
    "status_empty": [{}],
    "person_status": [
        PERSON,
        {**PERSON, "payables": [], "payable_total": 0, "receivables_more": 4},
        {**PERSON, "receivables": [], "receivable_total": 0, "credit_receivable": 20_000},
        {**NOTHING_OPEN, "credit_payable": 7_500},
        NOTHING_OPEN,
        {**NOTHING_OPEN, "agreements": [agreement_samples.DUE] * 4},
    ],
    "history": [
        {"name": None, "lines": HISTORY_LINES, "more": 1_204, "reminder": None},
        *(
            {"name": "Budi", "lines": HISTORY_LINES, "more": 0, "reminder": {**FATE, "fate": fate}}
            for fate in (*FATES, "failed", "skipped")
        ),
    ],
    "history_empty": [{"name": "Budi"}, {"name": None}],
    "which_person": [
        {"name": "Budi", "choices": CHOICES},
        {"name": "Budi", "choices": CHOICES[:2]},
    ],
    "which_direction": [
        {"name": "Budi", "amount": 100_000, "receivable": 450_000, "payable": 200_000}
    ],
    "question_dropped": [{}],
    "yes_needs_number": [{"count": 2}, {"count": 3}],
    "record_stays": [
        {"is_deleted": deleted, "records": [record], "way_out": way_out}
        for deleted in (False, True)
        for record in STAYING
        for way_out in ("undo", "undone", "later", "write")
    ]
    + [{"is_deleted": False, "records": STAYING, "way_out": "write"}],
    "cards_read": [
        {"saved": [CARD] * 3, "unsaved": [], "left_out": 0},
        {"saved": [], "unsaved": UNSAVED, "left_out": 2},
        {"saved": [CARD], "unsaved": UNSAVED[:1], "left_out": 0},
    ],
    "file_kept": [
        {"file_name": "nota.pdf", "is_picture": False},
        {"file_name": "", "is_picture": True},
    ],
    "reminder_sent": [
        {"name": "Budi", "outside_hours": False},
        {"name": "Budi", "outside_hours": True},
    ],
    "reminder_to_borrower": [REMINDER, REMINDER_TWO, REMINDER_MANY, REMINDER_DUE, REMINDER_BOTH],
    "reminder_text_to_forward": [
        REMINDER,
        REMINDER_TWO,
        REMINDER_MANY,
        REMINDER_DUE,
        REMINDER_BOTH,
    ],
    **setting_samples.reminders(
        [REMINDER, REMINDER_TWO, REMINDER_MANY, REMINDER_DUE, REMINDER_BOTH]
    ),
    **setting_samples.SAMPLES,
    "reminder_to_forward": [{"name": "Pak Haji Slamet"}],
    "contact_set": [{"name": "Budi", "phone": "6281234567890"}],
    **quota_samples.ANSWERS,
    "help": [{}],
    "help_topic": [{"topic": topic} for topic in HELP_TOPICS],
    "apology_quarantined": [{}],
    **member_samples.SAMPLES,
    "rate_reached": [
        {**RATE, "plan": "free", "limit": 20, "next_plan": "basic", "next_limit": 60},
        {**RATE, "plan": "enterprise", "limit": 1_000, "next_plan": None, "next_limit": None},
    ],
    "outbox_full": [{"waiting_max": 5_000}],
    "rate_flooded": [{**RATE, "waiting_max": 200}, {**RATE, "waiting_max": 10_000}],
    "chat_rate_reached": [{**RATE, "tenant_name": "Toko Dani"}],
    "own_balance": [REMINDER, REMINDER_TWO, REMINDER_MANY, REMINDER_DUE, REMINDER_BOTH],
    "own_balance_none": [{"name": "Budi", "lender": "Toko Dani"}],
    "opt_out_done": [{"lender": "Toko Dani"}],
    "opt_in_done": [{"lender": "Toko Dani"}],
    "borrower_opted_out": [{"name": "Budi"}],
    "borrower_opted_in": [{"name": "Budi"}],
    **agreement_samples.SAMPLES,
    "message_too_long": [{"max": 4_096}],
    "command_unknown": [
        {"suggestion": None},
        *({"suggestion": word} for word in EXAMPLES if word not in PAIRS),
    ],
    "name_missing": COMMANDS,
    "name_too_long": [{**one, "length": 75, "max": 60} for one in COMMANDS],
    "amount_missing": COMMANDS,
    "amount_unclear": [
        {"command": "PINJAM", "text": "5oorb"},
        {"command": "BAYAR", "text": None},
        {"command": "BAYAR", "text": "lima ratus dua puluh empat koma lima ribuan rupiah kurang"},
    ],
    "amount_not_positive": COMMANDS,
    "amount_too_large": [{"command": "PINJAM", "max": 999_999_999}],
    "amount_not_whole": [{"command": "HUTANG"}],
    "days_out_of_range": [{"command": "PINJAM", "min": 1, "max": 365}],
    "days_unclear": [{"command": "HUTANG"}],
    "note_too_long": [{"command": "PINJAM", "length": 250, "max": 200}],
    "phone_invalid": [{"command": "NOMOR"}, {"command": "PINJAM"}],
    "text_left_over": [{"command": "LUNAS", "left_over": "kemarin sore"}],
    **setting_samples.REFUSALS,
    "borrower_unknown": [
        {"name": "Budy", "similar": ["Budi"]},
        {"name": "Budy", "similar": ["Budi", "Bude", "Buyung"]},
        {"name": "Sari", "similar": []},
    ],
    "nothing_owed": [
        {"name": "Budi", "direction": direction} for direction in (None, "piutang", "hutang")
    ],
    "nothing_to_undo": [{}],
    "already_undone": [{"debt": 12}, {"debt": None}],
    "built_upon": [{"name": "Budi"}],
    "reminded_today": [
        {"name": "Budi", "at": "09.15", "fate": fate, "until": date(2026, 2, 19)} for fate in FATES
    ],
    "borrower_opted_out_already": [{"name": "Budi"}],
    "phone_taken": [{"phone": "6281234567890", "name": "Sari"}],
    "phone_is_own": [{}],
    "debt_not_open": [{"number": 12, "name": "Budi"}],
    "not_the_last": [{"name": "Budi"}],
    "no_record_quoted": [{}],
    "question_over": [{}],
    "card_unknown": [{"name": "Sari Dewi"}],
    "card_without_number": [{"name": "Sari Dewi"}],
    "file_not_kept": [
        {"problem": problem, "megabytes": 100, "megabytes_max": 16}
        for problem in ("too_large", "wrong_type", "too_many_pixels", "unavailable")
    ],
    "voice_unheard": [{}],
    "kind_unread": [{}],
    "pick_without_question": [{"number": 2}],
    "pick_out_of_range": [{"count": 2}, {"count": 3}],
    "too_many_people": [{"name": "Budi", "max": 20}],
    "not_permitted": [{"permission": "record"}, {"permission": "settings"}],
    **quota_samples.REFUSALS,
    **agreement_samples.REFUSALS,
}


def rendered(language: Language) -> Iterator[tuple[str, str]]:
    for code, samples in SAMPLES.items():
        for fields in samples:
            yield code, render(code, language, today=TODAY, **fields)


def rendered_problems(language: Language) -> Iterator[tuple[str, str]]:
    for code, samples in PROBLEM_SAMPLES.items():
        for fields in samples:
            yield code, render_problem(code, language, **fields)


def rendered_mails(language: Language) -> Iterator[tuple[str, str, str]]:
    for code in sorted(mail_codes(language)):
        for fields in MAIL_SAMPLES:
            yield code, *render_mail(code, language, today=TODAY, **fields)


def files(language: Language) -> dict[str, str]:
    folder = TEXTS / language.value
    return {str(one.relative_to(folder)): one.read_text() for one in folder.rglob("*.txt")}


def placeholders(language: Language, source: str) -> tuple[set[str], set[str]]:
    """The names a template asks for, and the attributes it reads of them."""
    tree = environment(language).parse(source)
    own = {one.name for one in tree.find_all(nodes.Name) if one.ctx == "store"}
    asked = meta.find_undeclared_variables(tree) - set(environment(language).globals) - own
    return asked, {one.attr for one in tree.find_all(nodes.Getattr)}


@pytest.fixture(params=list(Language), ids=lambda language: str(language.value))
def language(request: pytest.FixtureRequest) -> Language:
    chosen: Language = request.param
    return chosen


def test_both_languages_have_the_same_texts() -> None:
    assert set(files(Language.INDONESIAN)) == set(files(Language.ENGLISH))
    assert codes(Language.INDONESIAN) == codes(Language.ENGLISH)
    assert problem_codes(Language.INDONESIAN) == problem_codes(Language.ENGLISH)


def test_both_languages_have_the_same_placeholders() -> None:
    english = files(Language.ENGLISH)
    for path, source in files(Language.INDONESIAN).items():
        assert placeholders(Language.INDONESIAN, source) == placeholders(
            Language.ENGLISH, english[path]
        ), path


def test_every_code_has_samples(language: Language) -> None:
    assert codes(language) == set(SAMPLES)
    assert problem_codes(language) == set(PROBLEM_SAMPLES)


def test_every_sample_renders_to_clean_text(language: Language) -> None:
    for code, text in [*rendered(language), *rendered_problems(language)]:
        assert text, code
        assert text == text.strip(), code
        assert "\n\n\n" not in text, code
        if code in setting_samples.WITH_FIELDS:
            text = setting_samples.FIELD.sub("X", text)
        assert not re.search(r"[ \t]\n|  |[{}]| [.,:;]", text), (code, text)


def test_at_most_one_emoji_and_it_stands_at_the_start(language: Language) -> None:
    for code, text in rendered(language):
        if code in agreement_samples.MARKED:
            text = MARKS.sub("", text)
        opening = next((one for one in EMOJI_WITH_MEANING if text.startswith(one + " ")), "")
        assert not EMOJI.search(text.removeprefix(opening)), (code, text)
    for code, text in rendered_problems(language):
        assert not EMOJI.search(text), (code, text)


def test_lines_are_short_and_few(language: Language) -> None:
    for code, text in rendered(language):
        lines = text.splitlines()
        spoken = [line for line in lines if line]
        most = LINES_MAX if code in LONG_BY_NATURE else LINES_USUAL_MAX
        assert len(spoken) <= most, (code, text)
        assert max(len(QUOTED.sub('""', line)) for line in lines) <= COLUMNS_MAX, (code, text)
    for code, text in rendered_problems(language):
        assert "\n" not in text, code
        assert len(text) <= COLUMNS_MAX_PROBLEM, (code, text)


def test_a_mail_has_one_line_of_subject_and_a_next_step(language: Language) -> None:
    assert mail_codes(Language.INDONESIAN) == mail_codes(Language.ENGLISH)
    for code, subject, body in rendered_mails(language):
        assert 0 < len(subject) <= SUBJECT_MAX, code
        assert "\n" not in subject, code
        assert body.endswith("\n"), code
        assert not FORBIDDEN.search(subject + body), (code, subject, body)
        assert not re.search(r"[ \t]\n|  |[{}]| [.,:;]|\n{3}", body), (code, body)
        assert max(len(line) for line in body.splitlines()) <= MAIL_COLUMNS_MAX, (code, body)
    for code, _, body in rendered_mails(language):
        if code in ("logged_out", "replaced", "banned"):
            assert ("https://buku.example/" in body) or "operator" in body, (code, body)


def test_every_state_of_a_login_is_explained_with_what_to_do(language: Language) -> None:
    for state in quota_samples.SESSION_STATES:
        for reason in LOGIN_REASONS:
            fields = {"state": state, "reason": reason, "until": None}
            texts = [
                render_login("explanation", language, **fields),
                render_login("next_step", language, **fields),
                render_login("next_step", language, **{**fields, "until": TODAY}),
            ]
            for text in texts:
                assert text.endswith("."), text
                assert len(text) <= COLUMNS_MAX_PROBLEM, text
                assert "\n" not in text, text


def test_no_word_of_blame_or_office(language: Language) -> None:
    for code, text in [*rendered(language), *rendered_problems(language)]:
        assert not FORBIDDEN.search(text), (code, text)


def test_a_refusal_says_what_was_not_done_before_anything_else() -> None:
    refusals = list(SAMPLES)[list(SAMPLES).index("message_too_long") :]
    openings = {
        Language.INDONESIAN: re.compile(r"(Belum \w+( \w+)?|Tidak ada yang dibatalkan): "),
        Language.ENGLISH: re.compile(r"(Not \w+|Nothing undone): "),
    }
    for language, opening in openings.items():
        for code, text in rendered(language):
            assert bool(opening.match(text)) or code not in refusals, text


def test_bold_stands_around_words_never_around_lines(language: Language) -> None:
    for code, text in rendered(language):
        for line in text.splitlines():
            assert line.count("*") % 2 == 0, (code, line)
            assert not re.fullmatch(r"\*[^*]*\*", line), (code, line)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_people_write_appears_literally(hostile: str, language: Language) -> None:
    for code, samples in SAMPLES.items():
        for key in ("name", "note", "lender", "tenant_name", "text", "left_over"):
            if not isinstance(samples[0].get(key), str):
                continue
            text = render(code, language, today=TODAY, **{**samples[0], key: hostile})
            assert hostile in text, (code, key, text)


def test_the_texts_are_the_only_files_in_their_folder() -> None:
    strays = [one for one in Path(TEXTS).rglob("*") if one.is_file() and one.suffix != ".txt"]
    assert not strays
