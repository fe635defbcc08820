"""The simulator's routes, as programs outside rely on them, on an app that has nothing else."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from bukuhutang.base.clock import MovableClock
from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.entrypoints.web.simulator import SIMULATOR_STATUSES, simulator_router
from bukuhutang.messaging.driver import Event, MessageReceived, Paired, QrShown
from bukuhutang.messaging.drivers.simulator import SimulatorDriver, open_simulator
from bukuhutang.messaging.simulated import SimulatorRefusal

DANI = TenantId(1)
LENDER = "6281230000001"
BORROWER = "6281230000002"
KEY = {"X-API-Key": "right"}
JSON = {"Content-Type": "application/json"}


@dataclass
class World:
    """The app, the simulator behind it, and what the service heard."""

    http: httpx.AsyncClient
    driver: SimulatorDriver
    heard: list[Event] = field(default_factory=list)
    idle: bool = True
    clock_moves: int = 0

    async def on_event(self, tenant: TenantId, event: Event) -> None:
        """The service: it declines any phone but the lender's."""
        self.heard.append(event)
        if isinstance(event, Paired) and event.phone_number != LENDER:
            await self.driver.logout(tenant)

    async def wait_idle(self, seconds: float) -> bool:
        """Whether the service came to rest."""
        return self.idle

    async def on_clock_moved(self) -> None:
        """What main would set off."""
        self.clock_moves += 1

    async def show_qr(self) -> str:
        """The code on show."""
        await self.driver.start_pairing(DANI)
        return await self.code_on_show()

    async def code_on_show(self) -> str:
        """The newest code."""
        # At rest is no event: more may come with each step of the loop.
        while not self.driver.whatsapp.at_rest():  # noqa: ASYNC110
            await asyncio.sleep(0)
        return [one.code for one in self.heard if isinstance(one, QrShown)][-1]

    async def post(self, path: str, body: object = None, expect: int = 200) -> Any:
        """The answer's JSON."""
        # Escaped, so that half a surrogate pair can be sent as a hostile program would.
        answer = await self.http.post(f"/simulator{path}", content=json.dumps(body), headers=JSON)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def get(self, path: str, expect: int = 200) -> Any:
        """The answer's JSON."""
        answer = await self.http.get(f"/simulator{path}")
        assert answer.status_code == expect, answer.text
        return answer.json()


def _app(world: World) -> FastAPI:
    async def require_operator(x_api_key: Annotated[str, Header()] = "") -> None:
        if x_api_key != "right":
            raise HTTPException(401)

    async def refuse(request: Request, no: Exception) -> JSONResponse:
        assert isinstance(no, Refusal)
        return JSONResponse({"code": no.code, **no.fields()}, SIMULATOR_STATUSES[type(no)])

    app = FastAPI()
    app.include_router(
        simulator_router(
            world.driver.whatsapp,
            require_operator=require_operator,
            wait_idle=world.wait_idle,
            on_clock_moved=world.on_clock_moved,
        )
    )

    async def invalid(request: Request, problem: Exception) -> JSONResponse:
        return JSONResponse({"code": "invalid"}, 422)  # without the input: it may be no text

    app.add_exception_handler(Refusal, refuse)
    app.add_exception_handler(RequestValidationError, invalid)
    return app


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A linked lender's phone is one `scan` away."""
    tokens = iter(f"token-{number}" for number in range(1000))
    driver = open_simulator(tmp_path / "simulator", MovableClock(), lambda: next(tokens))
    world = World(httpx.AsyncClient(), driver)
    await world.http.aclose()
    transport = httpx.ASGITransport(app=_app(world))
    world.http = httpx.AsyncClient(transport=transport, base_url="http://test", headers=KEY)
    await driver.open(world.on_event)
    await driver.create_session(DANI, PhoneNumber(LENDER))
    yield world
    await world.http.aclose()
    await driver.aclose()


@pytest.fixture
async def linked(world: World) -> World:
    """The lender's phone is linked and connected."""
    scanned = await world.post(f"/phones/{LENDER}/scan", {"qr": await world.show_qr()})
    assert scanned == {"linked": True, "tenantId": DANI}
    return world


async def test_every_route_asks_for_the_key(world: World) -> None:
    del world.http.headers["X-API-Key"]
    for path in ("/clock", f"/phones/{LENDER}", f"/phones/{LENDER}/messages", "/documents/x"):
        await world.get(path, expect=401)
    for path in (f"/phones/{LENDER}/scan", f"/phones/{LENDER}/messages", "/clock", "/idle"):
        await world.post(path, {}, expect=401)


async def test_scan_refusals_have_their_codes(world: World) -> None:
    unknown = await world.post(f"/phones/{LENDER}/scan", {"qr": "made up"}, expect=404)
    assert unknown["code"] == "qr_unknown"
    code = await world.show_qr()
    wrong = await world.post(f"/phones/{BORROWER}/scan", {"qr": code}, expect=409)
    assert wrong["code"] == "wrong_number"
    used = await world.post(f"/phones/{LENDER}/scan", {"qr": code}, expect=410)
    assert used["code"] == "qr_expired"
    await world.post(f"/phones/{LENDER}/scan", {}, expect=422)
    nobody = await world.post("/phones/12/scan", {"qr": code}, expect=422)
    assert nobody["code"] == "number_invalid"


async def test_a_phone_tells_its_state_and_its_link(linked: World) -> None:
    assert await linked.get("/phones/0812-3000-0001") == {
        "number": LENDER,
        "state": "online",
        "linked": {"tenantId": DANI},
        "lastSeq": 0,
        "rev": 0,
    }
    assert (await linked.get(f"/phones/{BORROWER}"))["linked"] is None


async def test_a_message_is_written_resent_and_shown(linked: World) -> None:
    body = {"to": LENDER, "text": "PINJAM Budi 500rb", "id": "A1"}
    path = f"/phones/{LENDER}/messages"
    assert await linked.post(path, body, expect=201) == {"id": "A1", "seq": 1}
    assert await linked.post(path, body, expect=200) == {"id": "A1", "seq": 1}
    (shown,) = await linked.get(path)
    assert datetime.fromisoformat(shown.pop("at")).utcoffset() == timedelta(0)
    assert shown == {
        "seq": 1,
        "id": "A1",
        "from": LENDER,
        "to": LENDER,
        "text": "PINJAM Budi 500rb",
        "ticks": "delivered",
    }
    assert await linked.get(f"{path}?after=1&wait=0") == []
    heard = [one.id for one in linked.heard if isinstance(one, MessageReceived)]
    assert heard == ["A1", "A1"]


async def test_a_document_is_fetched_byte_for_byte(linked: World) -> None:
    content = bytes(range(256)) * 9
    document = {
        "fileName": "bukti transfer.png",
        "mimeType": "image/png",
        "base64": base64.b64encode(content).decode(),
    }
    await linked.post(
        f"/phones/{BORROWER}/messages", {"to": LENDER, "document": document}, expect=201
    )
    (shown,) = await linked.get(f"/phones/{LENDER}/messages")
    href = shown["document"].pop("href")
    assert shown["document"] == {
        "fileName": "bukti transfer.png",
        "mimeType": "image/png",
        "size": len(content),
    }
    answer = await linked.http.get(href)
    assert answer.content == content
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith("attachment")
    await linked.get("/documents/unknown", expect=404)
    document["base64"] = base64.b64encode(bytes(16 * 1024 * 1024 + 1)).decode()
    body = {"to": LENDER, "document": document}
    too_large = await linked.post(f"/phones/{BORROWER}/messages", body, expect=413)
    assert too_large["code"] == "document_too_large"


async def test_a_message_is_replied_to_reacted_to_edited_and_deleted(linked: World) -> None:
    path = f"/phones/{LENDER}/messages"
    await linked.post(path, {"to": LENDER, "text": "satu", "id": "A1"}, expect=201)
    reply = {"to": LENDER, "text": "dua", "id": "A2", "replyTo": "A1"}
    await linked.post(path, reply, expect=201)
    reaction = {"to": LENDER, "reaction": {"to": "A1", "emoji": "👍"}, "id": "R1"}
    assert await linked.post(path, reaction, expect=201) == {"id": "R1", "seq": 0}
    assert await linked.post(path, reaction, expect=200) == {"id": "R1", "seq": 0}
    await linked.post(path, {"to": LENDER, "edit": {"id": "A1", "text": "tiga"}}, expect=201)
    first, second = await linked.get(path)
    assert (first["text"], first["edited"]) == ("tiga", True)
    assert first["reactions"] == [{"from": LENDER, "emoji": "👍"}]
    assert second["replyTo"] == "A1"
    await linked.post(path, {"to": LENDER, "delete": {"id": "A1"}}, expect=201)
    first, _ = await linked.get(path)
    assert (first["text"], first["deleted"]) == ("", True)
    assert "reactions" not in first
    for body, status, code in (
        ({"edit": {"id": "NONE", "text": "x"}}, 404, "message_unknown"),
        ({"reaction": {"to": "A1", "emoji": "👍"}}, 404, "message_unknown"),
    ):
        refused = await linked.post(path, {"to": LENDER, **body}, expect=status)
        assert refused["code"] == code
    await linked.post(
        f"/phones/{BORROWER}/messages", {"to": LENDER, "text": "x", "id": "B1"}, expect=201
    )
    not_yours = {"to": BORROWER, "edit": {"id": "B1", "text": "y"}}
    assert (await linked.post(path, not_yours, expect=409))["code"] == "message_not_yours"
    linked.driver.whatsapp.move_clock(timedelta(minutes=16))
    too_old = {"to": LENDER, "edit": {"id": "A2", "text": "y"}}
    assert (await linked.post(path, too_old, expect=409))["code"] == "message_too_old"


async def test_contacts_and_the_claimed_size_of_a_document(linked: World) -> None:
    path = f"/phones/{LENDER}/messages"
    card = {"name": "Sari", "phone": "0812-3456-7890"}
    await linked.post(path, {"to": LENDER, "contact": card}, expect=201)
    await linked.post(path, {"to": LENDER, "contacts": [card, {"name": "Tono"}]}, expect=201)
    document = {"fileName": "x.pdf", "mimeType": "application/pdf", "base64": "JVBERg=="}
    large = {**document, "size": 100 * 1024 * 1024}
    await linked.post(path, {"to": LENDER, "document": large}, expect=201)
    one, several, file = await linked.get(path)
    assert one["contacts"] == [card]
    assert several["contacts"] == [card, {"name": "Tono", "phone": ""}]
    assert file["document"]["size"] == 100 * 1024 * 1024
    answer = await linked.http.get(file["document"]["href"])
    assert answer.content == b"%PDF"
    heard = [one for one in linked.heard if isinstance(one, MessageReceived)]
    assert [one.kind.value for one in heard] == ["contact", "contact", "document"]


@pytest.mark.parametrize(
    "body",
    [
        {"to": LENDER},
        {"to": LENDER, "text": ""},
        {"to": LENDER, "text": "x" * 65_537},
        {"to": LENDER, "text": "x", "id": "with space"},
        {"to": LENDER, "text": "x", "id": "x" * 129},
        {"to": "nobody", "text": "x"},
        {"to": LENDER, "text": "x", "delete": {"id": "A1"}},
        {"to": LENDER, "reaction": {"to": "A1", "emoji": "x" * 21}},
        {"to": LENDER, "reaction": {"to": "A1"}},
        {"to": LENDER, "edit": {"id": "A1", "text": ""}},
        {"to": LENDER, "delete": {"id": "A1"}, "replyTo": "A1"},
        {"to": LENDER, "contact": {"phone": "0812"}},
        {"to": LENDER, "contact": {"name": "x"}, "contacts": [{"name": "y"}]},
        {"to": LENDER, "contacts": [{"name": "x"}] * 258},
        {"text": "x"},
        {"to": LENDER, "text": "\ud800"},
        {"to": LENDER, "document": {"fileName": "a", "mimeType": "a/b", "base64": "?"}},
        {"to": LENDER, "document": {"fileName": "a", "mimeType": "a/b", "base64": ""}},
        {"to": LENDER, "document": {"fileName": "a", "mimeType": "text", "base64": "YQ=="}},
    ],
)
async def test_what_no_phone_can_write_is_refused(world: World, body: object) -> None:
    await world.post(f"/phones/{BORROWER}/messages", body, expect=422)
    assert await world.get(f"/phones/{BORROWER}/messages") == []


async def test_receipts_switches_and_changes(linked: World) -> None:
    written = await linked.post(
        f"/phones/{LENDER}/messages", {"to": BORROWER, "text": "halo"}, expect=201
    )
    receipts = f"/phones/{BORROWER}/receipts"
    receipt = {"id": written["id"], "state": "read"}
    assert await linked.post(receipts, receipt) == receipt
    await linked.post(receipts, {"id": "unknown", "state": "read"}, expect=404)
    await linked.post(receipts, {"id": written["id"], "state": "sent"}, expect=422)
    offline = {"state": "offline"}
    assert await linked.post(f"/phones/{LENDER}/connection", offline) == offline
    await linked.post(f"/phones/{LENDER}/connection", {"state": "asleep"}, expect=422)
    changes = await linked.get(f"/phones/{LENDER}/changes?after=0")
    assert [one["ticks"] for one in changes["messages"]] == ["read"]
    assert changes["state"] == "offline"
    assert not changes["more"]
    later = await linked.get(f"/phones/{LENDER}/changes?after={changes['rev']}")
    assert later == {**changes, "messages": []}
    await linked.get(f"/phones/{LENDER}/messages?wait=61", expect=422)
    assert await linked.get("/sends") == {"accepted": 0, "doubled": {}}
    assert await linked.get("/sends?clientRef=r1") == {"accepted": 0}


async def test_the_clock_is_read_and_moved_forward_only(world: World) -> None:
    now = datetime.fromisoformat((await world.get("/clock"))["now"])
    moved = await world.post("/clock", {"advanceSeconds": 3600})
    assert datetime.fromisoformat(moved["now"]) - now >= timedelta(hours=1)
    there = now + timedelta(days=7)
    moved = await world.post("/clock", {"now": there.isoformat()})
    assert timedelta(0) <= datetime.fromisoformat(moved["now"]) - there < timedelta(seconds=5)
    assert world.clock_moves == 2
    for back in ({"now": now.isoformat()}, {"advanceSeconds": -1}):
        assert (await world.post("/clock", back, expect=409))["code"] == "clock_backwards"
    too_far = {"now": "2099-01-01T00:00:00Z"}
    assert (await world.post("/clock", too_far, expect=422))["code"] == "clock_too_far"
    for body in ({}, {"now": there.isoformat(), "advanceSeconds": 1}, {"now": "2030-01-01T00:00"}):
        await world.post("/clock", body, expect=422)
    assert world.clock_moves == 2


async def test_time_travel_turns_the_codes_on_show(world: World) -> None:
    first = await world.show_qr()
    await world.post("/clock", {"advanceSeconds": 65})
    await world.post(f"/phones/{LENDER}/scan", {"qr": first}, expect=410)
    await world.post(f"/phones/{LENDER}/scan", {"qr": await world.code_on_show()})


async def test_idle_says_when_the_service_rests_and_when_it_does_not(world: World) -> None:
    assert await world.post("/idle") == {"idle": True}
    world.idle = False
    assert (await world.post("/idle?timeout=0.1", expect=408))["code"] == "still_busy"
    await world.post("/idle?timeout=1000", expect=422)


def test_every_refusal_of_the_simulator_has_a_status() -> None:
    assert set(SimulatorRefusal.__subclasses__()) == set(SIMULATOR_STATUSES)
