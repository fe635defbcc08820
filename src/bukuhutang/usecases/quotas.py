"""What the plan allows: looked at in the transaction of the write that it guards.

Everything here runs under the book's lock and counts what is staged as well, so the last free
place is taken once. Only what is new is refused: reading, paying, closing, taking back and
exporting never ask here.

Refusals:

    DebtQuotaReached, AgreementQuotaReached, PdfQuotaReached, AiCreditsUsedUp
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from bukuhutang.base.answers import Answer
from bukuhutang.base.errors import Refusal
from bukuhutang.rendering.texts import render
from bukuhutang.store import usage
from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.plans import PLANS, PlanName
from bukuhutang.tenancy.quotas import Credits, Quota, Standing
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.book import Book

OPEN_AGREEMENTS = frozenset(("draft", "sent", "active"))


@dataclass(eq=False)
class _QuotaReached(Refusal):
    """A limit of the plan: how much of it is used, and what the plan above allows."""

    plan: PlanName
    used: int
    limit: int
    next_plan: PlanName | None  # None: there is none above
    next_limit: int | None  # None: unlimited, or no plan above


@dataclass(eq=False)
class DebtQuotaReached(_QuotaReached):
    code: ClassVar[str] = "debt_quota_reached"


@dataclass(eq=False)
class AgreementQuotaReached(_QuotaReached):
    code: ClassVar[str] = "agreement_quota_reached"


@dataclass(eq=False)
class PdfQuotaReached(_QuotaReached):
    code: ClassVar[str] = "pdf_quota_reached"


@dataclass(eq=False)
class AiCreditsUsedUp(_QuotaReached):
    """The month's credits are used and no added ones are left."""

    code: ClassVar[str] = "ai_credits_used_up"


REFUSALS: dict[Quota, type[_QuotaReached]] = {
    Quota.DEBTS: DebtQuotaReached,
    Quota.AGREEMENTS: AgreementQuotaReached,
    Quota.PDFS: PdfQuotaReached,
    Quota.AI_CREDITS: AiCreditsUsedUp,
}


@dataclass(frozen=True)
class QuotaNotice(Answer):
    """80 or 100 percent of a limit are used."""

    code: ClassVar[str] = "quota_notice"
    quota: Quota
    percent: int
    plan: PlanName
    used: int
    limit: int
    next_plan: PlanName | None
    next_limit: int | None


def month_of(book: Book) -> date:
    """The first day of the calendar month in the tenant's zone."""
    return book.occasion.today.replace(day=1)


def month_start(today: date, zone: ZoneInfo) -> datetime:
    """The instant the calendar month of `today` began in the tenant's zone."""
    return datetime.combine(today.replace(day=1), time(), tzinfo=zone)


async def usage_now(tx: TenantTx, now: datetime, zone: ZoneInfo) -> usage.Usage:
    """What of the plan is used at this moment: the one source of every page that shows it."""
    return await usage.read_usage(tx, month_start(now.astimezone(zone).date(), zone))


# --- places: what is open ------------------------------------------------------------------------


async def room_for_debt(book: Book) -> Standing:
    """A further open debt, of either direction, has a place. Raises DebtQuotaReached."""
    limits = book.page.limits
    standing = Standing(Quota.DEBTS, limits.plan, 0, limits.debts)
    if limits.debts is None:
        return standing
    moved, opened = _staged(book.changes.balances, book.changes.debts, frozenset(("open",)))
    used, told = await usage.debts_open(
        book.tx, month=month_of(book), limit=limits.debts, without=moved
    )
    return _with_room(replace(standing, used=used + opened, told=told))


async def room_for_agreement(book: Book) -> Standing:
    """A further agreement has a place. Raises AgreementQuotaReached."""
    limits = book.page.limits
    standing = Standing(Quota.AGREEMENTS, limits.plan, 0, limits.agreements)
    if limits.agreements is None:
        return standing
    moved, opened = _staged(
        book.changes.agreements_changed, book.changes.agreements, OPEN_AGREEMENTS
    )
    used, told = await usage.agreements_open(
        book.tx, month=month_of(book), limit=limits.agreements, without=moved
    )
    return _with_room(replace(standing, used=used + opened, told=told))


def _staged(
    moved: list[dict[str, Any]], new: list[dict[str, Any]], open_in: frozenset[str]
) -> tuple[list[int], int]:
    """The rows that this work changes, and how many it leaves open, new ones among them."""
    after = {row["id"]: row["status"] for row in [*new, *moved]}
    stored = {row["id"] for row in moved} - {row["id"] for row in new}
    return sorted(stored), sum(1 for status in after.values() if status in open_in)


def took_place(book: Book, standing: Standing) -> None:
    """One more is staged than there was room for: the lender hears when that is worth a word."""
    _tell(book, replace(standing, used=standing.used + 1))


# --- meters: what a month counts -----------------------------------------------------------------


async def room_for_pdf(book: Book, *, replaces: int | None = None) -> Standing:
    """A further document of an agreement may be made this month. Raises PdfQuotaReached.

    What waits to be made for the agreement that `replaces` numbers is called off by the new one.
    """
    plan = book.page.limits.plan
    standing = Standing(Quota.PDFS, plan, 0, PLANS[plan].pdfs_a_month)
    if standing.limit is None:
        return standing
    used, told = await usage.pdfs(
        book.tx, month=month_of(book), limit=standing.limit, without=replaces
    )
    staged, _ = book.metered(Quota.PDFS, month_of(book))
    return _with_room(replace(standing, used=used + staged, told=told))


async def spend_ai_credit(book: Book) -> Credits:
    """One question to the model: the month's credits first, then the added ones.

    Returns what is there afterwards. Raises NotPermitted, AiCreditsUsedUp.
    """
    book.require(Permission.READ)
    month, plan = month_of(book), book.page.limits.plan
    before = _with_staged(
        await usage.credits(book.tx, month), *book.metered(Quota.AI_CREDITS, month)
    )
    after = before.spend()
    if after is None:
        assert before.of_month is not None, "what is unlimited is never used up"
        raise _refusal(Standing(Quota.AI_CREDITS, plan, before.used, before.of_month))
    from_added = after.used_added - before.used_added
    book.meter(Quota.AI_CREDITS, month, used_added=from_added)
    detail = {"month": month.isoformat(), "from": "added" if from_added else "month"}
    book.seal("ai_credit_spent", detail=detail)
    if after.limit is not None:
        told = await usage.told(book.tx, Quota.AI_CREDITS, month=month, limit=after.limit)
        _tell(book, Standing(Quota.AI_CREDITS, plan, after.used, after.limit, told))
    return after


def _with_staged(credits: Credits, used: int, used_added: int) -> Credits:
    return replace(
        credits,
        used=credits.used + used,
        used_added=credits.used_added + used_added,
        used_added_ever=credits.used_added_ever + used_added,
    )


# --- words ---------------------------------------------------------------------------------------


def _with_room(standing: Standing) -> Standing:
    if standing.is_full:
        raise _refusal(standing)
    return standing


def _refusal(standing: Standing) -> Refusal:
    assert standing.limit is not None
    return REFUSALS[standing.quota](
        standing.plan, standing.used, standing.limit, standing.next_plan, standing.next_limit
    )


def _tell(book: Book, standing: Standing) -> None:
    """Queue the notice into the lender's own chat, once for each limit and month.

    It is written with the act that caused it, and under the same lock: never twice, never lost.
    """
    staged = [
        row
        for row in book.changes.quota_notices
        if (row["quota"], row["quota_max"]) == (standing.quota, standing.limit)
    ]
    percent = standing.news
    if percent is None or any(row["percent"] >= percent for row in staged):
        return
    assert standing.limit is not None
    for row in staged:  # what this very work was going to say is out of date
        book.changes.quota_notices.remove(row)
    book.changes.quota_notices.append(
        {
            "quota": standing.quota,
            "month": month_of(book),
            "quota_max": standing.limit,
            "percent": percent,
            "told_at": book.occasion.now,
        }
    )
    notice = QuotaNotice(
        standing.quota,
        percent,
        standing.plan,
        standing.used,
        standing.limit,
        standing.next_plan,
        standing.next_limit,
    )
    language = book.page.settings.language
    text = render(notice.code, language, today=book.occasion.today, **notice.fields())
    book.send_last(f"{standing.quota}:{standing.limit}", book.page.lender_chat, text)
