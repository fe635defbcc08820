"""The ways of saying who one is: one entry each, so that every route is tried with all of them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import psycopg

from bukuhutang.base.ids import TenantId
from bukuhutang.base.secret import secret_hash
from bukuhutang.entrypoints.web import operator_cookie
from bukuhutang.entrypoints.web.cookies import MEMBER_COOKIE, SET_COOKIE, csrf_token
from bukuhutang.entrypoints.web.deps import WebDeps
from bukuhutang.entrypoints.web.member_cookie import TOKEN_BYTES
from bukuhutang.entrypoints.web.openapi import Api
from bukuhutang.entrypoints.web.operator_cookie import OperatorLogin, token_for
from bukuhutang.tenancy.roles import KeyScope
from bukuhutang.usecases.api_keys import CreateKey, create_key
from tests.isolation.calls import Route
from tests.isolation.makers import AMOUNT
from tests.isolation.two import FIRST_NUMBER, THEIRS, Pair
from tests.web.rig import KEY

NOBODYS = TenantId(0)
"""The scope that is opened for whom nobody knows."""

WAYS = {
    "nobody": False,
    "the operator": True,
    "their key for the operator's": False,
    "the operator's key for a tenant's": False,
    "my key that reads": False,
    "my key that writes": False,
    "my tenant's number with their secret": False,
    "their tenant's number with my secret": False,
    "my login": False,
    "their login under my tenant's number": False,
    "the operator's login": True,
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

SEALED = " ".join(
    str(one)
    for one in (
        *(THEIRS.debt, THEIRS.paid, THEIRS.owed, THEIRS.principal),
        *range(FIRST_NUMBER - FIRST_NUMBER % 10, FIRST_NUMBER + 10),
    )
)
"""What the audit trail holds: numbers and amounts, never a name, a phone number or a note."""


SAME_SITE = {"Origin": "http://web", "Sec-Fetch-Site": "same-origin"}
KEY_NUMBERS = " ".join(str(FIRST_NUMBER + number) for number in range(1, 6))
AS_I_SAID: Any = {"may_know": f"{THEIRS.debtor} {THEIRS.debtor_phone} {AMOUNT}"}
"""A program may make a person of its own with a name and number that others have, too."""


@dataclass(frozen=True)
class Way:
    """What a caller sends along, and what it is allowed to learn and to change by it."""

    headers: Mapping[str, str] = field(default_factory=dict)
    is_operator: bool = False
    may_know: str = ""
    may_know_by: Mapping[str, str] = field(default_factory=dict)  # one route only
    may_change: frozenset[str] = frozenset()
    facts_stay: bool = True
    not_under: str = "(nowhere)"  # where the proof is a right one: that is the other's own call
    knocks_at: TenantId = NOBODYS  # whose scope is opened to compare the proof
    renew: Callable[[], Mapping[str, str]] | None = None  # a fresh proof for each call
    refusals: frozenset[int] = frozenset((401, 403, 404, 405, 409, 422, 428))

    def takes(self, route: Route, status: int) -> bool:
        """Whether `status` is a refusal of a row that is not there for this caller."""
        return status in self.refusals


def a_login(pair: Pair, deps: WebDeps) -> dict[str, str]:
    """What a browser sends in which the attacker's owner has just signed in."""
    now, token = deps.clock.now(), secrets.token_urlsafe(TOKEN_BYTES)
    with psycopg.connect(pair.ground.superuser_dsn) as db:
        row = db.execute(
            "insert into sign_ins (tenant_id, member_id, token_hash, created_at, rotated_at,"
            " seen_at, expires_at) values (%s, 1, %s, %s, %s, %s, %s) returning id",
            (pair.mine.tenant_id, secret_hash(token), now, now, now, now + timedelta(days=1)),
        ).fetchone()
    assert row is not None
    tenant_id = int(pair.mine.tenant_id)
    return {
        "Cookie": f"{MEMBER_COOKIE}={tenant_id}.{token}",
        "X-CSRF-Token": csrf_token(deps, "member", tenant_id, row[0]),
        **SAME_SITE,
    }


def operators_login(deps: WebDeps) -> dict[str, str]:
    """What a browser sends in which the operator has just shown the key."""
    scope: dict[str, Any] = {}
    login = OperatorLogin("i" * 22, deps.clock.now(), KEY)
    operator_cookie.give(deps, scope, login, deps.clock.now())
    cookie = scope[SET_COOKIE].partition(";")[0]
    return {"Cookie": cookie, "X-CSRF-Token": token_for(deps, login), **SAME_SITE}


async def open_ways(pair: Pair, app: Api) -> dict[str, Way]:
    """Each way with a proof that is valid."""
    mine, deps = pair.mine, app.state.deps
    async with mine.deal.shop.book() as book:
        reads = (await create_key(book, CreateKey("baca", KeyScope.READ), "r" * 43)).key
    made = {
        "nobody": Way(),
        "the operator": Way(
            {"X-API-Key": KEY},
            is_operator=True,
            # Who the tenant is, sums over its book, amounts in its audit trail: no names in either.
            may_know=f"{THEIRS.debtor} {THEIRS.debtor_phone} {KEY_NUMBERS} "
            f"{THEIRS.shop} {THEIRS.phone} {THEIRS.debt - THEIRS.paid} {THEIRS.owed}"
            f" {THEIRS.debt} {THEIRS.paid} {THEIRS.principal}",
            may_know_by={"GET /admin/tenant/{id}/audit": SEALED},
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
            {"Authorization": f"Bearer bh_live_{int(pair.theirs.tenant_id)}_{mine.people.key}"},
            knocks_at=pair.theirs.tenant_id,
        ),
        "my login": Way(renew=lambda: a_login(pair, deps), facts_stay=False, **AS_I_SAID),
        "their login under my tenant's number": Way(
            {"Cookie": f"{MEMBER_COOKIE}={int(mine.tenant_id)}.{THEIRS.cookie}", **SAME_SITE}
        ),
    }
    made["the operator's login"] = replace(
        made["the operator"], headers={}, renew=lambda: operators_login(deps)
    )
    assert set(made) == set(WAYS)
    return made
