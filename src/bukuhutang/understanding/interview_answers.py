"""What an answer in the interview says: a number, a source, a day, amounts, or one of few words.

Only what is said is read; a figure that could be two things belongs to the question asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from bukuhutang.base import spelling
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.ledger.affordability import GRACE_MAX, RATE_PERCENT_MAX
from bukuhutang.understanding.amounts import AmountProblem
from bukuhutang.understanding.phones import match as match_phone
from bukuhutang.understanding.scan import Kind, scan

MONTHS_MAX = 60
_SMALL = 1_000
_ANY_DAY = date(2000, 1, 1)  # due dates mean nothing in these answers
_ANSWER_MAX = 500


class IncomeSource(StrEnum):
    SALARY = "gaji"
    BUSINESS = "bisnis"
    OTHER = "lainnya"


class Word(StrEnum):
    """Answers that mean the same whatever is asked."""

    AGREE = "agree"
    CANCEL = "cancel"
    BACK = "back"


_WORDS = {
    **dict.fromkeys(("batal", "batalkan", "cancel", "stop"), Word.CANCEL),
    **dict.fromkeys(("kembali", "back", "balik", "ulang"), Word.BACK),
    **dict.fromkeys("setuju stuju sepakat agree agreed ya iya yes ok oke".split(), Word.AGREE),
}
_POLITE = frozenset("pak bu mas mbak bang kak aja saja dong ya deh please".split())
_SKIP = re.compile(
    r"(?:skip|lewat|lewati|lewatin|rahasia|(?:tidak|tdk|gak|ga|nggak|ngga|enggak) (?:tahu|tau)"
    r"|gatau|entah|kurang tahu|belum tahu|don'?t know|unknown)(?: (?:aja|saja|dulu|pak|bu))*"
)
_NONE = re.compile(
    r"(?:(?:cicilan|angsuran|kredit|hutang|utang)(?: lain(?:nya)?)? )?"
    r"(?:(?:tidak|tdk|gak|ga|nggak|ngga|enggak|belum) (?:ada|punya)(?: .{0,40})?|tidak|gak|ga"
    r"|nggak|kosong|nihil|none|no|nothing|nol|0|rp ?0|-)"
)
_SOURCES: tuple[tuple[IncomeSource, re.Pattern[str]], ...] = (
    (
        IncomeSource.SALARY,
        re.compile(
            r"\b(?:gaji|gajian|gajinya|digaji|karyawan|pegawai|pns|asn|buruh|honor|upah|kantoran"
            r"|salary|wage|wages|employee|payday|pensiun|pensiunan)\b"
        ),
    ),
    (
        IncomeSource.BUSINESS,
        re.compile(
            r"\b(?:bisnis|usaha|dagang|jualan|warung|toko|wiraswasta|wirausaha|petani|tani|nelayan"
            r"|ojek|ojol|sopir|business|shop|trader|freelance)\b"
        ),
    ),
    (
        IncomeSource.OTHER,
        re.compile(r"\b(?:lainnya|lain|lain-lain|serabutan|kiriman|other|others)\b"),
    ),
)
_DAY = re.compile(
    r"\b(?:(?:setiap|tiap|every) )?(?:tanggal|tgl|tg|on the|the)\.? ?([0-9]{1,2})(?:st|nd|rd|th)?\b"
)
_OR_ANOTHER = re.compile(r" *(?:atau|or|sampai|s/d|-|dan|and|/) *(?:tanggal |tgl )?[0-9]")
_NOT_MONTHLY = re.compile(
    r"\b(?:per ?hari|sehari|(?:tiap|setiap) (?:hari|minggu)|harian|per ?minggu|seminggu|mingguan"
    r"|(?:a|per|every) (?:day|week)|daily|weekly)\b"
)
_ABOUT = re.compile(r"\b(juta|ribu|rb|jt)an\b")
_BARE_DAY = re.compile(r"(?:tiap |setiap )?([0-9]{1,2})(?:st|nd|rd|th)?[.!]?")
_END_OF_MONTH = re.compile(r"\b(?:akhir bulan|end of (?:the )?month)\b")
_START_OF_MONTH = re.compile(r"\b(?:awal bulan|start of (?:the )?month)\b")
_OTHER_MARK = re.compile(
    r"\b(?:cicilan|angsuran|kredit|nyicil|cicil|paylater|pinjol|instal?lments?|loan|credit)\b"
)
_ELSEWHERE = re.compile(
    r"\b(?:bank|koperasi|leasing|motor|mobil|rumah|kpr|bpr|bri|bca|hp|arisan|kartu|card|car)\b"
)
_MONTHS = re.compile(r"([0-9]{1,3}) ?(?:x|kali|bulan|bln|months?)")
_RATE = re.compile(
    r"(?:bunga|interest|rate) *([0-9]{1,3}(?:[.,][0-9]{1,4})?) ?(?:%|persen|percent)?"
    r"(?P<period> ?(?:per|/|se|a|an)? ?(?:bulan|bln|month|tahun|thn|th|year))?"
    r"(?: ?(?P<kind>flat|tetap|menurun|efektif|declining|reducing))?"
    r"(?P<period2> ?(?:per|/|se|a|an)? ?(?:bulan|bln|month|tahun|thn|th|year))?"
)
_NO_RATE = re.compile(r"(?:tanpa bunga|bunga (?:nol|tidak ada)|no interest)")
_NO_MORE = re.compile(
    r"(?:(?:tanpa|hapus|no) (denda|penalty|dp|uang muka|down payment)"
    r"|(denda|penalty|dp|uang muka|down payment) (?:0|rp ?0|nol|tidak ada))"
)
_GRACE = re.compile(r"(?:tenggang|grace)(?: period)? *([0-9]{1,2})(?: ?(?:bulan|bln|months?))?")
_GUARANTOR = re.compile(r"(?:penjamin|guarantor)(?:nya)?:? +(.{1,60})")
_CHANGE = re.compile(
    r"(?:ubah|ganti|jadi|jadikan|change|make it)(?: (?:ke|jadi|to|menjadi))? +(.+)"
)


_CHANGEABLE = ("bunga", "interest", "dp ", "uang muka", "denda ", "tenggang", "pokok ", "penjamin")


@dataclass(frozen=True)
class Facts:
    """What one answer told; None where it says nothing."""

    phone: PhoneNumber | None = None
    source: IncomeSource | None = None
    income_day: int | None = None
    income: int | None = None
    skipped: bool = False
    other: int | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Change:
    """What is to be otherwise in the offer; None where nothing was said."""

    months: int | None = None
    monthly: int | None = None
    rate_percent: str | None = None
    rate_type: str | None = None
    down_payment: int | None = None
    grace_months: int | None = None
    penalty_a_day: int | None = None
    guarantor: str | None = None
    principal: int | None = None
    problem: str | None = None


def read_word(said: str) -> Word | None:
    """The word, when the folded message is that word and politeness only."""
    words = [one for one in re.sub(r"[^\w\s]", " ", said).split() if one not in _POLITE]
    if not words and said.strip(" .!") in ("ya", "iya"):
        return Word.AGREE
    return _WORDS.get(words[0]) if len(words) == 1 else None


def says_another_loan(text: str) -> bool:
    """Whether a text speaks of what somebody pays off elsewhere: a bank, a motorbike, a card."""
    said = spelling.fold(spelling.clean(text))
    return _ELSEWHERE.search(said) is not None or _OTHER_MARK.search(said) is not None


def read_facts(said: str, question: str) -> Facts:
    """What the folded message tells, when `question` was asked."""
    if len(said) > _ANSWER_MAX:
        return Facts(problem=f"{question}_unclear")
    if question == "phone":
        return _read_phone(said)
    if question == "source" and (picked := _picked_source(said)) is not None:
        return Facts(source=picked)
    if question == "income" and _SKIP.fullmatch(said.strip(" .!")):
        return Facts(skipped=True)
    if question == "other" and _NONE.fullmatch(said.strip(" .!")):
        return Facts(other=0)
    day, rest = _take_day(said, bare=question == "income_day")
    if day is not None and not 1 <= day <= 31:
        return Facts(problem="income_day_out_of_range")
    source = next((one for one, words in _SOURCES if words.search(said)), None)
    return _with_amounts(rest, question, source, day)


def _read_phone(said: str) -> Facts:
    words = said.split(" ")
    for at, word in enumerate(words):
        if word and (found := match_phone(words, at)) is not None:
            return Facts(phone=found.phone, problem=None if found.phone else "phone_unclear")
    return Facts()


def _picked_source(said: str) -> IncomeSource | None:
    picked = said.strip(" .!)#")
    if picked in ("1", "2", "3"):
        return tuple(IncomeSource)[int(picked) - 1]
    return None


def _take_day(said: str, *, bare: bool) -> tuple[int | None, str]:
    """The day of the month that is named, and the message without it."""
    if _END_OF_MONTH.search(said):
        return 31, _END_OF_MONTH.sub(" ", said)
    if _START_OF_MONTH.search(said):
        return 1, _START_OF_MONTH.sub(" ", said)
    if (found := _DAY.search(said)) is not None:
        if _OR_ANOTHER.match(said[found.end() :]):
            return 0, said  # one of two days: out of range, so it is asked again
        return int(found[1]), said[: found.start()] + " " + said[found.end() :]
    if bare and (alone := _BARE_DAY.fullmatch(said.strip())):
        return int(alone[1]), ""
    return None, said


def _with_amounts(said: str, question: str, source: IncomeSource | None, day: int | None) -> Facts:
    income: int | None = None
    other: int | None = None
    words = _ABOUT.sub(r"\1", said).split()
    before = 0
    if _NOT_MONTHLY.search(said):
        if question in ("income", "other"):
            return Facts(problem="income_not_monthly")
        words = []  # a day's takings are no month's income
    for part in scan(words, _ANY_DAY) if words else ():
        if part.kind is not Kind.AMOUNT or part.weak:
            continue
        lead = " ".join(words[before : part.start])
        before = part.end
        value = part.value
        if isinstance(value, AmountProblem) or (value < _SMALL):
            if question in ("income", "other"):
                return Facts(problem="amount_small" if isinstance(value, int) else value.value)
            continue
        if question == "other" or _OTHER_MARK.search(lead):
            other = (other or 0) + value
        elif income is None:
            income = value
        else:
            return Facts(problem="income_unclear")
    return Facts(source=source, income_day=day, income=income, other=other)


def read_change(shown: str) -> Change | None:
    """What is to be changed in the offer, or None when the cleaned message is no change."""
    if len(shown) > _ANSWER_MAX:
        return None
    said = spelling.fold(shown)
    if _NO_RATE.search(said):
        return Change(rate_percent="0")
    if (nothing := _NO_MORE.fullmatch(said)) is not None:
        is_penalty = (nothing[1] or nothing[2]) in ("denda", "penalty")
        return Change(penalty_a_day=0) if is_penalty else Change(down_payment=0)
    if said.startswith(("bunga", "interest", "rate")):
        return _read_rate(said)
    if (found := _GRACE.fullmatch(said)) is not None:
        months = int(found[1])
        return Change(grace_months=months) if months <= GRACE_MAX else _bad("grace_out_of_range")
    if (found := _GUARANTOR.fullmatch(said)) is not None:
        return Change(guarantor=shown[found.start(1) : found.end(1)].strip())
    if said.startswith(("dp ", "uang muka ", "down payment ")):
        value = _only_amount(said.split(" ", 1)[1].removeprefix("muka ").removeprefix("payment "))
        return Change(down_payment=value) if value is not None else _bad("amount_unclear")
    if said.startswith(("pokok ", "pinjaman ", "principal ", "loan ")):
        value = _only_amount(said.split(" ", 1)[1])
        return Change(principal=value) if (value or 0) >= _SMALL else _bad("amount_small")
    if said.startswith(("cicilan ", "angsuran ", "installment ")):
        said = "ubah " + said.split(" ", 1)[1]
    if said.startswith(("denda ", "penalty ")):
        value = _only_amount(re.sub(r"(?:per|/| se| a) ?(?:hari|day)$", "", said.split(" ", 1)[1]))
        return Change(penalty_a_day=value) if value is not None else _bad("amount_unclear")
    found = _CHANGE.fullmatch(said)
    wanted = found[1].strip() if found else said
    if (months_found := _MONTHS.fullmatch(wanted)) is not None:
        count = int(months_found[1])
        return Change(months=count) if 1 <= count <= MONTHS_MAX else _bad("months_out_of_range")
    if found is not None and wanted.startswith(_CHANGEABLE):
        return read_change(shown[found.start(1) : found.end(1)].strip())
    monthly = _only_amount(re.sub(r"(?:per|/| se| a) ?(?:bulan|bln|month)$", "", wanted))
    if monthly is not None:
        return Change(monthly=monthly) if monthly >= _SMALL else _bad("amount_small")
    return _bad("amount_unclear") if found else None


def _read_rate(said: str) -> Change:
    found = _RATE.fullmatch(said.strip(" .!"))
    if found is None:
        return _bad("rate_unclear")
    percent = Decimal(found[1].replace(",", "."))
    period = (found["period"] or "") + (found["period2"] or "")
    if any(one in period for one in ("tahun", "thn", "th", "year")) and "month" not in period:
        percent /= 12
    if percent > RATE_PERCENT_MAX:
        return _bad("rate_out_of_range")
    kind = (
        "declining" if found["kind"] in ("menurun", "efektif", "declining", "reducing") else "flat"
    )
    return Change(rate_percent=_plain(percent), rate_type=kind)


def _plain(percent: Decimal) -> str:
    rounded = percent.quantize(Decimal("0.0001")).normalize()
    return format(rounded, "f")


def _only_amount(said: str) -> int | None:
    words = said.split()
    parts = scan(words, _ANY_DAY) if words else []
    if len(parts) == 1 and parts[0].kind is Kind.AMOUNT and isinstance(parts[0].value, int):
        return int(parts[0].value)
    return None


def _bad(problem: str) -> Change:
    return Change(problem=problem)
