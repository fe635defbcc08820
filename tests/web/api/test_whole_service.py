"""A program and the whole service, over HTTP: what it records is the chat's book."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import httpx

from tests.support.service import running_service

DANI, BUDI = "6281211111111", "6281222222222"


async def test_a_program_keeps_the_same_book_as_the_chat() -> None:
    async with running_service() as service, service.http() as operator:
        registered = await operator.post(
            "/admin/tenants/register", json={"phoneNumber": DANI, "name": "Toko Dani"}
        )
        assert registered.status_code == 201, registered.text
        qr = (await operator.get("/admin/tenant/1/qr")).json()["qr"]
        await operator.post(f"/simulator/phones/{DANI}/scan", json={"qr": qr})
        await operator.post("/simulator/idle")
        made = await operator.post("/admin/tenant/1/keys", json={"name": "Kasir", "scope": "write"})
        headers = {"Authorization": f"Bearer {made.json()['key']['key']}"}
        async with httpx.AsyncClient(
            base_url=f"{service.address}/api/v1", headers=headers
        ) as program:
            await _record(program)
            await _read_in_chat(operator)
            await service.stop()
            await service.start_again()
            await _repeat(program)


async def _record(program: httpx.AsyncClient) -> None:
    due = (date.today() + timedelta(days=9)).isoformat()  # noqa: DTZ011  any near day will do
    body = {"direction": "piutang", "name": "Budi", "amount": 500_000, "dueDate": due}
    answers = await asyncio.gather(
        *(program.post("/debts", json=body, headers={"Idempotency-Key": "1"}) for _ in range(5))
    )
    assert {one.status_code for one in answers} == {201}, [one.text for one in answers]
    assert {one.json()["number"] for one in answers} == {1}
    paid = await program.post(
        "/debts/1/payments", json={"amount": 200_000}, headers={"Idempotency-Key": "2"}
    )
    assert paid.status_code == 201, paid.text
    assert int(paid.headers["ratelimit-remaining"]) < 60


async def _read_in_chat(operator: httpx.AsyncClient) -> None:
    path = f"/simulator/phones/{DANI}/messages"
    await operator.post(path, json={"to": DANI, "text": "STATUS Budi"})
    await operator.post("/simulator/idle")
    heard = [one["text"] for one in (await operator.get(path)).json()]
    assert "Rp300.000" in heard[-1], heard


async def _repeat(program: httpx.AsyncClient) -> None:
    """After a restart the answer is the same, and nothing is paid twice."""
    again = await program.post(
        "/debts/1/payments", json={"amount": 200_000}, headers={"Idempotency-Key": "2"}
    )
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert (await program.get("/debts/1")).json()["outstanding"] == 300_000
