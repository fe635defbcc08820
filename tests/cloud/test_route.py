"""Where Meta posts: verified, signed, stored as it came; nothing else gets in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bukuhutang.entrypoints.web.webhooks import WEBHOOK_STATUSES, cloud_webhook_router
from bukuhutang.store.scope import Database
from tests.cloud.fake_graph import APP_SECRET, VERIFY_TOKEN, sign, wrapped
from tests.web.rig import Web, problem

PATH = "/webhooks/whatsapp"
BODY = json.dumps(wrapped({"messages": []})).encode()


class Wakes:
    """How often the loop was called."""

    count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def wakes() -> Wakes:
    return Wakes()


@pytest.fixture
async def meta(database: Database, wakes: Wakes) -> AsyncIterator[httpx.AsyncClient]:
    """A client without the operator's key."""
    web = Web(database)
    router = cloud_webhook_router(app_secret=APP_SECRET, verify_token=VERIFY_TOKEN, stored=wakes)
    deps = replace(web.deps(), extra_statuses=WEBHOOK_STATUSES)
    async with web.client(deps, key=None, routers=(router,)) as client:
        yield client


async def stored(database: Database) -> list[bytes]:
    """Every body that is kept."""
    async with database.courier() as db:
        return [row[0] for row in await db.fetch("select body from cloud_webhooks order by id")]


def asked(**changes: str) -> dict[str, str]:
    """Meta's verification, with changes."""
    wanted = {"mode": "subscribe", "verify_token": VERIFY_TOKEN, "challenge": "1158201444"}
    return {f"hub.{name}": value for name, value in (wanted | changes).items()}


async def test_the_address_is_verified_by_echoing_the_challenge(meta: httpx.AsyncClient) -> None:
    answer = await meta.get(PATH, params=asked())
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "changes",
    [{"verify_token": "guess"}, {"verify_token": ""}, {"mode": "x"}, {"challenge": "1" * 201}],
)
async def test_a_verification_that_is_not_ours_is_refused(
    meta: httpx.AsyncClient, changes: dict[str, str]
) -> None:
    problem(await meta.get(PATH, params=asked(**changes)), 403, "webhook_token_wrong")


async def test_a_signed_body_is_stored_as_it_came_and_answered_at_once(
    meta: httpx.AsyncClient, database: Database, wakes: Wakes
) -> None:
    raw = b'{ "entry" : [] }\n'
    answer = await meta.post(PATH, content=raw, headers={"X-Hub-Signature-256": sign(raw)})
    assert (answer.status_code, answer.content) == (200, b"")
    assert await stored(database) == [raw]
    assert wakes.count == 1


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        sign(BODY, "another-secret"),
        sign(BODY + b" "),
        sign(BODY).removeprefix("sha256="),
        sign(BODY).replace("sha256", "sha1"),
        sign(BODY).upper(),
        "sha256=\xff\xfe",
    ],
)
async def test_a_body_that_meta_did_not_sign_is_refused_and_not_kept(
    meta: httpx.AsyncClient, database: Database, signature: str | None
) -> None:
    headers: Any = {} if signature is None else {"X-Hub-Signature-256": signature.encode("latin-1")}
    problem(await meta.post(PATH, content=BODY, headers=headers), 403, "webhook_not_signed")
    assert await stored(database) == []


async def test_a_body_larger_than_metas_is_refused_before_it_is_read(
    meta: httpx.AsyncClient, database: Database
) -> None:
    raw = b"x" * (4 * 1024 * 1024 + 1)
    answer = await meta.post(PATH, content=raw, headers={"X-Hub-Signature-256": sign(raw)})
    problem(answer, 413, "body_too_large")
    assert await stored(database) == []
