"""Every route, called by a tenant with ids of another one, by every way of saying who one is."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from bukuhutang.entrypoints.web.app import WebDeps, build_app
from bukuhutang.entrypoints.web.openapi import Api
from bukuhutang.entrypoints.web.webhooks import WEBHOOK_STATUSES, cloud_webhook_router
from tests.isolation.calls import Aim, Route, request_for, routes_of, words_of
from tests.isolation.two import (
    FIRST_NUMBER,
    MINE,
    NOBODY,
    THEIRS,
    TRAFFIC,
    Pair,
    changed,
    file_of,
    leaks,
)
from tests.isolation.watched import OPERATOR, opened_in
from tests.isolation.ways import WAYS, Way, open_ways
from tests.web.rig import KEY, StandingClock

NOBODYS_FILE = UUID("00000000-0000-4000-8000-000000000000")
CLOCK = StandingClock()
ADDRESSES = (f"198.51.{high}.{low}" for high, low in itertools.product(range(250), range(250)))


@pytest.fixture(scope="module")
async def app(pair: Pair) -> Api:
    """The application as the service builds it, with all that hangs on it in the wild."""

    async def wake() -> None:
        """Nobody sleeps here."""

    webhooks = cloud_webhook_router(app_secret="s" * 32, verify_token="v" * 32, stored=lambda: None)
    return build_app(
        WebDeps(
            pair.ground.database,
            CLOCK,
            (KEY,),
            wake,
            routers=(webhooks,),
            extra_statuses=WEBHOOK_STATUSES,
            cloud_configured=True,
            qr_wait_seconds=0.0,
        )
    )


@pytest.fixture(scope="module")
async def ways(pair: Pair, app: Api) -> dict[str, Way]:
    """Who one can be, with what proves it; the others have looked at all that is theirs before."""
    made = await open_ways(pair, app)
    await warm(pair, app)
    return made


async def warm(pair: Pair, app: Api) -> None:
    """Whatever is remembered of an answer to them, under their numbers, is remembered now."""
    as_they = Way({"Authorization": f"Bearer {pair.theirs.key}"})
    aim, shown = await aim_at(pair), 0
    for route in routes_of(app):
        if route.method == "GET" and route.path.startswith("/api/v1/"):
            _, answer = await call(app, route, aim, as_they)
            shown += answer.status_code == 200
    assert shown > 10, "they see their own book"


@asynccontextmanager
async def calling(app: Api) -> AsyncIterator[httpx.AsyncClient]:
    """A client at an address of its own, so that no limit on guessing hides an answer."""
    transport = httpx.ASGITransport(app, client=(next(ADDRESSES), 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://web") as opened:
        yield opened


async def aim_at(pair: Pair) -> Aim:
    """The other tenant, in all that a request can name."""
    theirs = pair.theirs
    token = (await theirs.deal.stored(theirs.active)).verify_token
    return Aim(
        number=FIRST_NUMBER + 1,
        tenant=theirs.tenant_id,
        name=THEIRS.debtor,
        phone=THEIRS.debtor_phone,
        file_id=await file_of(theirs),
        strings={
            # Their secrets under my number: neither is a key to the other's door.
            "address": f"{pair.mine.tenant_id}-{theirs.active}-{token}",
            "token": f"{pair.mine.tenant_id}-{THEIRS.link_secret}",
        },
    )


async def call(
    app: Api, route: Route, aim: Aim, way: Way, *, asked: str = ""
) -> tuple[httpx.Request, httpx.Response]:
    """One call with fresh proof of who one is."""
    CLOCK.at += timedelta(minutes=1)  # so that no limit on requests hides an answer
    proof = way.headers if way.renew is None else way.renew()
    request = request_for(app, route, aim, proof, asked=asked)
    async with calling(app) as client:
        sent = client.build_request(
            request.method,
            request.url,
            headers={
                k: v for k, v in request.headers.items() if k not in ("host", "content-length")
            },
            content=request.content,
        )
        return sent, await client.send(sent)


@pytest.mark.parametrize("name", WAYS)
async def test_no_route_reaches_what_is_theirs(
    name: str, pair: Pair, app: Api, ways: dict[str, Way]
) -> None:
    way, aim = ways[name], await aim_at(pair)
    before = pair.rows(pair.theirs), pair.rows(pair.mine, leave_out=TRAFFIC)
    found = []
    routes = routes_of(app)
    assert len(routes) > 20
    for route in [one for one in routes if not one.path.startswith(way.not_under)]:
        sent, answer = await call(app, route, aim, way)
        if answer.status_code >= 500:
            found.append(f"{route}: {answer.status_code}")
        said = f"{answer.headers} {answer.text}"
        given = f"{sent.url} {sent.content.decode()} {way.may_know}"
        given += way.may_know_by.get(str(route), "")
        found += [f"{route} tells {secret}" for secret in leaks(said, given=given)]
        if not way.is_operator and str(aim.number) in sent.content.decode():
            if answer.status_code < 400:
                found.append(f"{route} takes their number: {answer.text[:200]}")
        if not way.is_operator and route.has_places and not way.takes(route, answer.status_code):
            found.append(f"{route} answers {answer.status_code}: {answer.text[:200]}")
    assert found == []
    facts = TRAFFIC | way.may_change
    theirs = {t: rows for t, rows in before[0].items() if t not in way.may_change}
    assert changed(theirs, pair.rows(pair.theirs, leave_out=way.may_change)) == []
    if not way.is_operator:
        mine = {t: rows for t, rows in before[1].items() if t not in facts}
        after = pair.rows(pair.mine, leave_out=facts)
        assert [one for one in changed(mine, after) if way.facts_stay] == []


OPENS_MORE: dict[str, tuple[str, str]] = {
    "POST /sign-in/code": (OPERATOR, "the lender is found by number; the answer tells nothing"),
    "POST /sign-in": (OPERATOR, "the same; whoever has no code opens an empty scope"),
    "GET /ready": (OPERATOR, "the version of the schema"),
    "HEAD /ready": (OPERATOR, "the same"),
    "GET /metrics": (OPERATOR, "counts over all tenants, of nobody"),
}
"""Routes that look beyond one tenant although no operator calls, with the role and the reason."""


@pytest.mark.parametrize("name", [name for name, is_operator in WAYS.items() if not is_operator])
async def test_no_route_opens_more_than_the_callers_own_scope(
    name: str, pair: Pair, app: Api, ways: dict[str, Way]
) -> None:
    """Whatever it takes: also what may be left out is given, one after the other."""
    way, aim = ways[name], await aim_at(pair)
    opened = {}
    for route in [one for one in routes_of(app) if not one.path.startswith(way.not_under)]:
        for asked in ("", *route.may_be_asked):
            opened_in(pair.ground.database)
            await call(app, route, aim, way, asked=asked)
            allowed = {pair.mine.tenant_id, way.knocks_at, OPENS_MORE.get(str(route), ("",))[0]}
            if more := opened_in(pair.ground.database) - allowed:
                opened[f"{route} {asked}"] = more
    assert opened == {}


@pytest.mark.parametrize("name", [name for name, is_operator in WAYS.items() if not is_operator])
async def test_what_is_theirs_looks_like_what_is_nobodys(
    name: str, pair: Pair, app: Api, ways: dict[str, Way]
) -> None:
    way, theirs = ways[name], await aim_at(pair)
    nobodys = replace(
        theirs,
        number=NOBODY + 1,
        file_id=NOBODYS_FILE,
        strings={
            "address": f"{pair.mine.tenant_id}-{NOBODY + 1}-{'n' * 43}",
            "token": f"{pair.mine.tenant_id}-{'e' * 48}",
        },
    )
    for route in routes_of(app):
        if route.has_places and not route.path.startswith(way.not_under):
            _, one = await call(app, route, theirs, way)
            _, other = await call(app, route, nobodys, way)
            same = words_of(other).replace(str(NOBODY + 1), str(FIRST_NUMBER + 1))
            assert words_of(one) == same, str(route)


@pytest.mark.parametrize("name", ["my key that reads", "my key that writes", "my login"])
async def test_my_own_proof_opens_my_own_book_and_says_not_found_of_theirs(
    name: str, pair: Pair, app: Api, ways: dict[str, Way]
) -> None:
    way, aim = ways[name], await aim_at(pair)
    looked = [
        one
        for one in routes_of(app)
        if one.method == "GET" and one.path.startswith("/api/v1/") and one.names_a_row
    ]
    assert looked
    for route in looked:
        _, answer = await call(app, route, aim, way)
        if name != "my login" and route.path.startswith("/api/v1/members"):
            assert answer.status_code == 403, "a key opens no members, mine neither"
            continue
        assert answer.status_code == 404, str(route)
        assert answer.json()["code"].endswith(("_not_found", "_unknown")), str(route)
    _, own = await call(app, Route("GET", "/api/v1/borrowers", {}), aim, way)
    assert own.status_code == 200
    assert MINE.debtor in own.text
