"""A write is done once for each key of its caller, and answered the same each time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from fastapi import APIRouter, Response
from pydantic import BaseModel

from bukuhutang.base.errors import TransientFault
from bukuhutang.entrypoints.web.api.calls import ApiWriting
from bukuhutang.entrypoints.web.api.gate import GUARDED
from bukuhutang.ledger.money import Direction
from bukuhutang.usecases.api_keys import ANSWERS_KEPT, forget_answers
from bukuhutang.usecases.record_debt import DebtRecorded, RecordDebt, record_debt
from tests.web.api.rig import TODAY, Program, a_debt, a_key, count, differences, program
from tests.web.rig import Web, problem


async def test_the_same_request_gets_the_same_answer(web: Web, shop: Program) -> None:
    first = await shop.post("/debts", a_debt(), key="once")
    web.clock.at += timedelta(days=20)
    again = await shop.post("/debts", a_debt(), key="once")
    assert (again.status_code, again.text) == (first.status_code, first.text)
    for name in ("location", "etag", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["ratelimit-remaining"], "it is counted as a request all the same"
    assert await count(web, shop.tenant_id, "debts") == 1


async def test_the_same_key_with_anything_else_is_refused(web: Web, shop: Program) -> None:
    await shop.post("/debts", a_debt(), key="once")
    problem(await shop.post("/debts", a_debt(amount=1), key="once"), 422, "idempotency_key_reused")
    query = await shop.post("/debts?x=1", a_debt(), key="once")
    problem(query, 422, "idempotency_key_reused")
    path = await shop.post("/debts/1/reversal", key="once")
    problem(path, 422, "idempotency_key_reused")
    assert await count(web, shop.tenant_id, "debts") == 1
    assert (await shop.get("/debts/1")).json()["status"] == "open"


async def test_a_write_needs_a_key_that_can_be_one(web: Web, shop: Program) -> None:
    bare = await shop.http.post("/api/v1/debts", json=a_debt())
    problem(bare, 400, "idempotency_key_missing")
    for key in ("x" * 201, "a b", "a\tb"):
        problem(await shop.post("/debts", a_debt(), key=key), 400, "idempotency_key_invalid")
    odd = await shop.http.post(
        "/api/v1/debts", json=a_debt(), headers=[(b"Idempotency-Key", "kunci-é".encode())]
    )
    problem(odd, 400, "idempotency_key_invalid")
    assert await count(web, shop.tenant_id, "debts") == 0
    assert (await shop.post("/debts", a_debt(), key="~" * 200)).status_code == 201


async def test_keys_belong_to_their_program_and_tenant(web: Web, shop: Program) -> None:
    await shop.post("/debts", a_debt(), key="1")
    async with program(web, shop.tenant_id) as colleague, program(web) as stranger:
        for other in (colleague, stranger):
            answer = await other.post("/debts", a_debt(), key="1")
            assert answer.status_code == 201
            assert "idempotency-replayed" not in answer.headers
    assert await count(web, shop.tenant_id, "debts") == 2


async def test_a_refusal_stores_nothing(web: Web, shop: Program) -> None:
    wrong = await shop.post("/debts/1/reversal", key="later")
    problem(wrong, 404, "debt_not_found")
    assert await count(web, shop.tenant_id, "idempotency_keys") == 0
    await shop.lent("Budi")
    done = await shop.post("/debts/1/reversal", key="later")
    assert done.status_code == 200


async def test_two_at_once_are_done_once(web: Web, shop: Program) -> None:
    answers = await asyncio.gather(*(shop.post("/debts", a_debt(), key="once") for _ in range(8)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.text for one in answers}) == 1
    replayed = [one.headers.get("idempotency-replayed") for one in answers]
    assert replayed.count(None) == 1
    assert await count(web, shop.tenant_id, "debts") == 1
    assert await differences(web, shop.tenant_id) == []


def breaking_router(where: str) -> APIRouter:
    """A route that records a debt and breaks, before or after its answer is stored."""
    router = APIRouter(prefix=GUARDED)

    class Done(BaseModel):
        number: int

    @router.post("/broken")
    async def broken(call: ApiWriting) -> Response:
        async with call.writing(name="Budi") as work:
            request = RecordDebt(
                Direction.RECEIVABLE, "Budi", "budi", 1_000, TODAY + timedelta(days=1)
            )
            done = await record_debt(work.book, request)
            assert isinstance(done, DebtRecorded)
            number = done.number

            async def show() -> Done:
                if where == "before":
                    raise TransientFault("the database went away")
                return Done(number=number)

            answer = await work.answer(show)
            if where == "after":
                raise TransientFault("the database went away")
            return answer

    return router


@pytest.mark.parametrize("where", ["before", "after"])
async def test_what_breaks_in_between_leaves_nothing_and_is_done_when_repeated(
    web: Web, shop: Program, where: str
) -> None:
    key = await a_key(web, shop.tenant_id)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "once"}
    async with web.client(key=None, routers=(breaking_router(where),)) as http:
        broken = await http.post("/api/v1/broken", headers=headers)
        problem(broken, 503, "service_unavailable")
        assert broken.headers["ratelimit-limit"] == "60"
    for table in ("debts", "borrowers", "idempotency_keys"):
        assert await count(web, shop.tenant_id, table) == 0
    async with web.client(key=None, routers=(breaking_router("never"),)) as http:
        done = await http.post("/api/v1/broken", headers=headers)
        assert (done.status_code, done.json()) == (200, {"number": 1})
    assert await count(web, shop.tenant_id, "debts") == 1


async def test_old_answers_are_dropped_and_their_keys_act_no_second_time(
    web: Web, shop: Program
) -> None:
    await shop.post("/debts", a_debt(), key="once")
    await forget_answers(web.database, web.clock.at + ANSWERS_KEPT)
    assert await count(web, shop.tenant_id, "idempotency_keys") == 1
    await forget_answers(web.database, web.clock.at + ANSWERS_KEPT + timedelta(seconds=1))
    assert await count(web, shop.tenant_id, "idempotency_keys") == 0
    problem(await shop.post("/debts", a_debt(), key="once"), 422, "idempotency_key_reused")
    assert await count(web, shop.tenant_id, "debts") == 1


async def test_nothing_of_the_callers_key_is_kept(web: Web, shop: Program) -> None:
    await shop.post("/debts", a_debt(), key="untuk-Bu-Sari")
    async with web.database.tenant_tx(shop.tenant_id) as tx:
        kept = await tx.db.fetch("select key from idempotency_keys")
        sealed = await tx.db.fetch("select actor, idempotency_key from audit_log order by id")
    assert "Sari" not in repr([*kept, *sealed])
    assert sealed[-1]["actor"] == "key:1"
    assert sealed[-1]["idempotency_key"].startswith("api:key:1:")
