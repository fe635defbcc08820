"""The agreement as both parties hold it: terms, schedule, rules, places to sign."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from bukuhutang.rendering import formats
from bukuhutang.rendering.documents.layout import Page, term
from bukuhutang.rendering.documents.press import Press, press
from bukuhutang.rendering.documents.shapes import (
    MONTHS_A_YEAR,
    AgreementDocument,
    InterestKind,
    Party,
    Penalty,
    PenaltyKind,
    Surplus,
)
from bukuhutang.rendering.documents.wording import wording
from bukuhutang.tenancy.tenant import Language


def agreement_pdf(
    agreement: AgreementDocument, language: Language, *, printer: Press | None = None
) -> bytes:
    """A PDF/A-2b of the agreement; the same agreement gives the same bytes.

    It takes some hundredths of a second of computing: call it in a worker thread.
    """
    printer = printer or press()
    page = Page(wording(language), language, printer.faces)
    _head(page, agreement)
    _terms(page, agreement)
    _schedule(page, agreement)
    _paying(page, agreement)
    _late(page, agreement)
    _own_rules(page, agreement)
    _electronic(page, agreement)
    page.note(agreement.note)
    page.signing(_people(agreement))
    return printer.pdf(page.facts(), dated=agreement.agreed_on)


def _head(page: Page, agreement: AgreementDocument) -> None:
    words = page.words.section("agreement")
    named = {"number": agreement.number, "version": agreement.version}
    page.put(
        title=words("title"),
        subtitle=words(
            "subtitle", **named, day=formats.calendar_day(agreement.agreed_on, page.language)
        ),
        footer=words("footer", **named),
    )
    page.parties(_people(agreement))
    page.verify(agreement.verify_url)


def _people(agreement: AgreementDocument) -> list[tuple[str, Party | None]]:
    return [
        ("lender", agreement.lender),
        ("borrower", agreement.borrower),
        ("guarantor", agreement.guarantor),
    ]


def _terms(page: Page, agreement: AgreementDocument) -> None:
    words = page.words.section("agreement")
    due = [one.due for one in agreement.rows]
    first, last = (
        formats.calendar_day(agreement.rows[place].due_on, page.language) for place in (0, -1)
    )
    installments = words(
        "installments_are" if min(due) == max(due) else "installments_range",
        count=formats.count(len(due), page.language),
        least=formats.rupiah(min(due)),
        most=formats.rupiah(max(due)),
    )
    due_dates = words("due_one" if first == last else "due_are", first=first, last=last)
    lines = [_money(page, words("principal"), agreement.principal)]
    if agreement.down_payment:
        down = formats.rupiah(agreement.down_payment)
        lines.append(term(words("down_payment"), down, words("down_payment_is")))
    lines += [
        _interest(page, agreement),
        _money(page, words("total"), agreement.total),
        term(words("installments"), installments),
        term(words("due"), due_dates),
    ]
    page.put(terms={"title": words("loan"), "intro": words("intro"), "lines": lines})


def _interest(page: Page, agreement: AgreementDocument) -> dict[str, str | None]:
    words = page.words.section("agreement")
    kind = agreement.interest.kind
    told = words.section("interest_is")
    if kind is InterestKind.NONE:
        return term(words("interest"), told("none"))
    annual = agreement.interest.annual_rate_percent
    rate = told("a_year", rate=formats.percent(annual, page.language))
    if agreement.interest.by_month:
        monthly = formats.percent(annual / MONTHS_A_YEAR, page.language)
        rate = told("a_month", rate=monthly, a_year=rate)
    amount = formats.rupiah(agreement.total_interest)
    return term(
        words("interest"), told(kind.value, rate=rate), told(f"{kind.value}_means", amount=amount)
    )


def _money(page: Page, label: str, amount: int) -> dict[str, str | None]:
    return term(label, formats.rupiah(amount), page.amount_in_words(amount))


def _schedule(page: Page, agreement: AgreementDocument) -> None:
    words = page.words.section("agreement")
    # Without interest two columns would say nothing new.
    parts = agreement.interest.kind is not InterestKind.NONE
    left, rows = agreement.principal, []
    for one in agreement.rows:
        left -= one.principal
        amounts = (one.principal, one.interest, one.due, left) if parts else (one.due, left)
        day = formats.calendar_day(one.due_on, page.language)
        rows.append([str(one.number), day, *map(formats.rupiah, amounts)])
    assert left == 0
    sums = (agreement.principal, agreement.total_interest, agreement.total)
    total = map(formats.rupiah, sums if parts else sums[-1:])
    page.put(
        table={
            "title": words("schedule"),
            "columns": words.lines("columns" if parts else "columns_without_interest"),
            "rows": rows,
            "total": ["", page.words("together"), *total, ""],
        }
    )


def _paying(page: Page, agreement: AgreementDocument) -> None:
    words = page.words.section("agreement").section("paying")
    ahead = agreement.surplus is Surplus.PAYS_AHEAD
    free = agreement.interest.kind is InterestKind.NONE
    page.section(
        words("title"),
        [
            words("when"),
            words("order"),
            words("pays_ahead" if ahead else "stays_credit"),
            words("receipt"),
            words("early" if free else "early_with_interest"),
            words("change"),
        ],
    )


def _late(page: Page, agreement: AgreementDocument) -> None:
    words = page.words.section("agreement").section("late")
    penalty = agreement.penalty
    if penalty.kind is PenaltyKind.NONE:
        page.section(words("title"), [words("none")])
        return
    due = max(one.due for one in agreement.rows)
    amount = penalty_a_time(penalty, due)
    items = [
        words(
            penalty.kind.value,
            amount=formats.rupiah(amount),
            words=page.amount_in_words(amount),
            rate=formats.percent(penalty.percent_a_day, page.language),
            due=formats.rupiah(due),
        )
    ]
    if penalty.grace_days:
        items.append(words("grace", days=formats.days(penalty.grace_days, page.language)))
    if (most := penalty.amount_max) is not None:
        items.append(words("most", amount=formats.rupiah(most), words=page.amount_in_words(most)))
    page.section(words("title"), [*items, words("simple")])


def penalty_a_time(penalty: Penalty, due: int) -> int:
    """What being late costs once, or a day, in whole rupiah, rounded half up."""
    if penalty.kind in (PenaltyKind.FLAT, PenaltyKind.DAILY_AMOUNT):
        return penalty.amount
    exact = due * penalty.percent_a_day / Decimal(100)
    return int(exact.to_integral_value(ROUND_HALF_UP))


def _own_rules(page: Page, agreement: AgreementDocument) -> None:
    rules = [seen for one in agreement.rules if (seen := page.legible(one))]
    if rules:
        title = page.words.section("agreement").section("own_rules")("title")
        page.section(title, rules, theirs=True)


def _electronic(page: Page, agreement: AgreementDocument) -> None:
    words = page.words.section("agreement").section("electronic")
    items = [words("accept"), words("evidence"), words("stamp")]
    if agreement.guarantor is not None:
        items.append(words("guarantor"))
    if agreement.version > 1:
        items.append(page.words.section("agreement")("replaces"))
    page.closing(words("title"), items)
