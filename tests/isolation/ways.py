"""The ways of saying who one is: one entry each, so that every route is tried with all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bukuhutang.entrypoints.web.openapi import Api
from tests.isolation.calls import Route
from tests.isolation.two import FIRST_NUMBER, THEIRS, Pair
from tests.web.rig import KEY

WAYS = {
    "nobody": False,
    "the operator": True,
    "their key for the operator's": False,
    "the operator's key for a tenant's": False,
}
"""Each way, and whether it is the operator's, who may steer every tenant."""

STEERED = frozenset(
    ("tenants", "audit_log", "books", "ai_credit_grants", "wa_sessions", "users", "mail_messages")
)
"""What the operator's routes are for; never a debt, a payment, a person or a message."""

SEALED = " ".join(
    str(one)
    for one in (
        *(THEIRS.debt, THEIRS.paid, THEIRS.owed, THEIRS.principal),
        *range(FIRST_NUMBER - FIRST_NUMBER % 10, FIRST_NUMBER + 10),
    )
)
"""What the audit trail holds: numbers and amounts, never a name, a phone number or a note."""


@dataclass(frozen=True)
class Way:
    """What a caller sends along, and what it is allowed to learn and to change by it."""

    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    is_operator: bool = False
    may_know: str = ""
    may_know_by: Mapping[str, str] = field(default_factory=dict)  # one route only
    may_change: frozenset[str] = frozenset()
    facts_stay: bool = True
    refusals: frozenset[int] = frozenset((401, 403, 404, 405, 422))

    def takes(self, route: Route, status: int) -> bool:
        """Whether `status` is a refusal of a row that is not there for this caller."""
        return status in self.refusals


async def open_ways(pair: Pair, app: Api) -> dict[str, Way]:
    """Each way with a proof that is valid."""
    made = {
        "nobody": Way(),
        "the operator": Way(
            {"X-API-Key": KEY},
            is_operator=True,
            # Who the tenant is, and sums over its book.
            may_know=f"{THEIRS.shop} {THEIRS.phone} {THEIRS.debt - THEIRS.paid} {THEIRS.owed}",
            may_know_by={"GET /admin/tenant/{id}/audit": SEALED},
            may_change=STEERED,
        ),
        "their key for the operator's": Way({"X-API-Key": THEIRS.key}),
        "the operator's key for a tenant's": Way({"Authorization": f"Bearer {KEY}"}),
    }
    assert set(made) == set(WAYS)
    return made
