"""The ways of saying who one is: one entry each, so that every route is tried with all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bukuhutang.entrypoints.web.openapi import Api
from bukuhutang.tenancy.roles import KeyScope
from bukuhutang.usecases.api_keys import CreateKey, create_key
from tests.isolation.calls import Route
from tests.isolation.makers import AMOUNT
from tests.isolation.two import FIRST_NUMBER, THEIRS, Pair
from tests.web.rig import KEY

WAYS = {
    "nobody": False,
    "the operator": True,
    "their key for the operator's": False,
    "the operator's key for a tenant's": False,
    "my key that reads": False,
    "my key that writes": False,
    "my tenant's number with their secret": False,
    "their tenant's number with my secret": False,
}
"""Each way, and whether it is the operator's, who may steer every tenant."""

STEERED = frozenset(
    (
        "api_keys",
        "tenants",
        "audit_log",
        "books",
        "ai_credit_grants",
        "wa_sessions",
        "users",
        "mail_messages",
    )
)
"""What the operator's routes are for; never a debt, a payment, a person or a message."""


KEY_NUMBERS = " ".join(str(FIRST_NUMBER + number) for number in range(1, 6))
AS_I_SAID: Any = {"may_know": f"{THEIRS.debtor} {THEIRS.debtor_phone} {AMOUNT}"}
"""A program may make a person of its own with a name and number that others have, too."""


@dataclass(frozen=True)
class Way:
    """What a caller sends along, and what it is allowed to learn and to change by it."""

    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    is_operator: bool = False
    may_know: str = ""
    may_change: frozenset[str] = frozenset()
    facts_stay: bool = True
    not_under: str = "(nowhere)"  # where the proof is a right one: that is the other's own call
    refusals: frozenset[int] = frozenset((401, 403, 404, 405, 409, 422, 428))

    def takes(self, route: Route, status: int) -> bool:
        """Whether `status` is a refusal of a row that is not there for this caller."""
        return status in self.refusals


async def open_ways(pair: Pair, app: Api) -> dict[str, Way]:
    """Each way with a proof that is valid."""
    mine = pair.mine
    async with mine.deal.shop.book() as book:
        reads = (await create_key(book, CreateKey("baca", KeyScope.READ), "r" * 43)).key
    made = {
        "nobody": Way(),
        "the operator": Way(
            {"X-API-Key": KEY},
            is_operator=True,
            # Who the tenant is, and sums over its book.
            may_know=f"{THEIRS.debtor} {THEIRS.debtor_phone} {KEY_NUMBERS} "
            f"{THEIRS.shop} {THEIRS.phone} {THEIRS.debt - THEIRS.paid} {THEIRS.owed}",
            may_change=STEERED,
        ),
        "their key for the operator's": Way({"X-API-Key": pair.theirs.key}, not_under="/api/v1"),
        "the operator's key for a tenant's": Way({"Authorization": f"Bearer {KEY}"}),
        "my key that reads": Way({"Authorization": f"Bearer {reads}"}, **AS_I_SAID),
        "my key that writes": Way({"X-API-Key": mine.key}, facts_stay=False, **AS_I_SAID),
        "my tenant's number with their secret": Way(
            {"Authorization": f"Bearer bh_live_{int(mine.tenant_id)}_{THEIRS.key}"}
        ),
        "their tenant's number with my secret": Way(
            {"Authorization": f"Bearer bh_live_{int(pair.theirs.tenant_id)}_{mine.people.key}"}
        ),
    }
    assert set(made) == set(WAYS)
    return made
