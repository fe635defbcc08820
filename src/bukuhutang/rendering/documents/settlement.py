"""The receipt of settlement: what was paid, for what, and that nothing is left."""

from __future__ import annotations

from bukuhutang.rendering import formats
from bukuhutang.rendering.documents.layout import Page, term
from bukuhutang.rendering.documents.press import Press, press
from bukuhutang.rendering.documents.shapes import SettlementDocument
from bukuhutang.rendering.documents.wording import wording
from bukuhutang.tenancy.tenant import Language


def settlement_pdf(
    settlement: SettlementDocument, language: Language, *, printer: Press | None = None
) -> bytes:
    """A PDF/A-2b of the receipt; as `agreement_pdf`, the same facts give the same bytes."""
    printer = printer or press()
    page = Page(wording(language), language, printer.faces)
    words = page.words.section("settlement")
    number = settlement.agreement_number
    settled = formats.calendar_day(settlement.settled_on, language)
    page.put(
        title=words("title"),
        subtitle=words("subtitle", number=number, day=settled),
        footer=words("footer", number=number),
        badge=words("badge"),
    )
    page.parties([("lender", settlement.lender), ("borrower", settlement.borrower)])
    page.verify(settlement.verify_url)
    agreed = formats.calendar_day(settlement.agreed_on, language)
    intro = words("intro", number=number, agreed=agreed, settled=settled)
    lines = _summary(page, settlement)
    page.put(terms={"title": words("summary"), "intro": intro, "lines": lines})
    page.put(table=_payments(page, settlement))
    page.closing(words("closing"), [words("stamp")])
    page.signing([("lender", settlement.lender)])
    return printer.pdf(page.facts(), dated=settlement.settled_on)


def _summary(page: Page, settlement: SettlementDocument) -> list[dict[str, str | None]]:
    words = page.words.section("settlement")
    received = settlement.paid("total")
    lines = [
        term(words("loan"), formats.rupiah(settlement.principal)),
        term(words("received"), formats.rupiah(received), page.amount_in_words(received)),
        # A receipt that does not split counts as interest paid (Civil Code, article 1769).
        *(
            term(words(part), formats.rupiah(settlement.paid(part)))
            for part in ("principal", "interest", "penalty")
        ),
    ]
    if settlement.forgiven:
        amount = formats.rupiah(settlement.forgiven)
        lines.append(term(words("forgiven"), amount, words("forgiven_is")))
    if settlement.credit:
        lines.append(term(words("credit"), formats.rupiah(settlement.credit), words("credit_is")))
    return lines


def _payments(page: Page, settlement: SettlementDocument) -> dict[str, object] | None:
    if not settlement.payments:
        return None
    words = page.words.section("settlement")
    rows = []
    for number, one in enumerate(settlement.payments, start=1):
        day = formats.calendar_day(one.paid_on, page.language)
        amounts = (one.penalty, one.interest, one.principal, one.total)
        rows.append([str(number), day, *map(formats.rupiah, amounts)])
    sums = map(settlement.paid, ("penalty", "interest", "principal", "total"))
    total = ["", page.words("together"), *map(formats.rupiah, sums)]
    table = {"title": words("payments"), "columns": words.lines("columns")}
    return {**table, "rows": rows, "total": total}
