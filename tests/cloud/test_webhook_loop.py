"""Stored webhooks are worked once, in order; poison is set aside, and what was worked forgotten."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.sessions.webhook_loop import WebhookLoop
from bukuhutang.messaging import driver as wa
from bukuhutang.store import cloud_webhooks
from bukuhutang.store.cloud_webhooks import ATTEMPTS_MAX
from bukuhutang.usecases.channel import SetChannel, set_channel
from bukuhutang.usecases.tenants import When
from tests.cloud.fake_graph import FakeGraph
from tests.store.ground import NOON, Ground, fresh_ground
from tests.support.database import Server
from tests.web.rig import StandingClock

BUDI, SARI = "6281222222222", "6281333333333"
LINE = "106540352242922"
SECONDS_MAX = 20


@dataclass
class Desk:
    """A tenant with a phone id, its webhooks, and what was told of them."""

    ground: Ground
    tenant_id: TenantId
    clock: StandingClock = field(default_factory=lambda: StandingClock(NOON))
    told: list[tuple[TenantId, wa.Event]] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)  # texts nobody can deal with

    @property
    def graph(self) -> FakeGraph:
        """Makes bodies; posts nothing."""
        return FakeGraph("http://127.0.0.1:1", self.clock.now)

    async def on_event(self, tenant_id: TenantId, event: wa.Event) -> None:
        """Note it, as the SessionManager would store it."""
        if isinstance(event, wa.MessageReceived) and event.text in self.broken:
            raise ValueError("a defect of ours")
        self.told.append((tenant_id, event))

    async def store(self, *bodies: Any) -> None:
        """As the web door does after checking the signature."""
        async with self.ground.database.courier() as db:
            for one in bodies:
                raw = one if isinstance(one, bytes) else json.dumps(one).encode()
                await cloud_webhooks.receive(db, raw, NOON)

    async def rows(self) -> list[tuple[Any, ...]]:
        """Status, body and attempts of every webhook."""
        async with self.ground.database.courier() as db:
            rows = await db.fetch(
                "select status, body, attempts, reason from cloud_webhooks order by id"
            )
        return [tuple(row) for row in rows]

    async def work(self) -> None:
        """Run the loop until nothing waits; time passes meanwhile."""
        loop = WebhookLoop(self.ground.database, self.clock, self.on_event)
        running = asyncio.create_task(loop.run())
        try:
            async with asyncio.timeout(SECONDS_MAX):
                while await self._is_waiting():
                    self.clock.at += timedelta(seconds=3)
                    loop.wake()
                    await asyncio.sleep(0.02)
        finally:
            running.cancel()
            await asyncio.wait([running])

    async def _is_waiting(self) -> bool:
        async with self.ground.database.courier() as db:
            return await cloud_webhooks.is_waiting(db)

    @property
    def texts(self) -> list[str]:
        """The messages told, in order."""
        return [one.text for _, one in self.told if isinstance(one, wa.MessageReceived)]


@pytest.fixture
async def desk(server: Server) -> AsyncIterator[Desk]:
    async with made_desk(server) as made:
        yield made


@asynccontextmanager
async def made_desk(server: Server) -> AsyncIterator[Desk]:
    """A tenant that was given its phone id."""
    async with fresh_ground(server) as ground:
        tenant_id = await ground.tenant()
        await set_channel(
            ground.database,
            tenant_id,
            SetChannel("cloud", LINE, "081999999999"),
            cloud_configured=True,
            when=When(NOON, NOON),
        )
        yield Desk(ground, tenant_id)


async def test_messages_reach_their_tenant_in_order_and_the_body_is_forgotten(desk: Desk) -> None:
    graph = desk.graph
    first = graph.body(LINE, graph.text(BUDI, "satu"), graph.text(BUDI, "dua"))
    await desk.store(first, graph.body(LINE, graph.text(BUDI, "tiga")))
    await desk.work()
    assert desk.texts == ["satu", "dua", "tiga"]
    assert {tenant_id for tenant_id, _ in desk.told} == {desk.tenant_id}
    assert await desk.rows() == [("done", b"", 1, None)] * 2


async def test_a_phone_id_that_is_nobodys_is_set_aside_and_the_others_go_on(desk: Desk) -> None:
    graph = desk.graph
    strange = graph.body("555", graph.text(BUDI, "salah alamat"))
    await desk.store(strange, graph.body(LINE, graph.text(BUDI, "benar")))
    await desk.work()
    assert desk.texts == ["benar"]
    (status, body, _, reason), (second, *_) = await desk.rows()
    assert (status, second) == ("quarantined", "done")
    assert "555" in reason
    assert b"salah alamat" in body  # kept for the operator


@pytest.mark.parametrize(
    "poison", [b"{", b"[]", b'{"entry": [{"changes": [{"field": "messages"}]}]}']
)
async def test_poison_is_set_aside_with_its_reason_and_the_later_go_on(
    desk: Desk, poison: bytes
) -> None:
    await desk.store(poison, desk.graph.body(LINE, desk.graph.text(BUDI, "sehat")))
    await desk.work()
    assert desk.texts == ["sehat"]
    (status, body, _, reason), (second, *_) = await desk.rows()
    assert (status, body, second) == ("quarantined", poison, "done")
    assert reason


async def test_one_bad_message_of_two_is_set_aside_and_the_other_worked(desk: Desk) -> None:
    body = desk.graph.body(LINE, desk.graph.text(BUDI, "utuh"))
    body["entry"][0]["changes"][0]["value"]["messages"].append({"type": "text"})
    await desk.store(body)
    await desk.work()
    assert desk.texts == ["utuh"]
    assert (await desk.rows())[0][0] == "quarantined"


async def test_what_fails_for_us_is_tried_again_and_then_set_aside(desk: Desk) -> None:
    desk.broken = {"rusak"}
    graph = desk.graph
    await desk.store(graph.body(LINE, graph.text(BUDI, "rusak")))
    await desk.store(graph.body(LINE, graph.text(SARI, "sehat")))
    await desk.work()
    assert desk.texts == ["sehat"]  # not held up by the other's attempts
    (status, body, attempts, reason), (second, *_) = await desk.rows()
    assert (status, attempts, reason) == ("quarantined", ATTEMPTS_MAX, "ValueError")
    assert b"rusak" in body
    assert second == "done"


async def test_what_failed_once_is_told_when_it_works_again(desk: Desk) -> None:
    desk.broken = {"sekali"}
    await desk.store(desk.graph.body(LINE, desk.graph.text(BUDI, "sekali")))
    async with desk.ground.database.courier() as db:
        leased = await cloud_webhooks.lease(db, now=NOON, until=NOON, limit=9)
        await cloud_webhooks.try_later(db, leased[0].id, until=NOON, reason="x")
    desk.broken = set()
    await desk.work()
    assert desk.texts == ["sekali"]
    assert (await desk.rows())[0][:3] == ("done", b"", 2)


async def test_a_webhook_whose_loop_died_is_worked_when_its_lease_ends(desk: Desk) -> None:
    await desk.store(desk.graph.body(LINE, desk.graph.text(BUDI, "selamat")))
    async with desk.ground.database.courier() as db:
        until = NOON + timedelta(seconds=60)
        assert await cloud_webhooks.lease(db, now=NOON, until=until, limit=9)
        assert not await cloud_webhooks.lease(db, now=NOON, until=until, limit=9)
    await desk.work()  # the clock passes the lease
    assert desk.texts == ["selamat"]
    assert desk.clock.at >= until


async def test_one_that_ends_the_process_each_time_costs_no_other_an_attempt(desk: Desk) -> None:
    graph = desk.graph
    await desk.store(*(graph.body(LINE, graph.text(BUDI, text)) for text in ("a", "b", "c")))
    async with desk.ground.database.courier() as db:
        now = NOON
        for _ in range(ATTEMPTS_MAX):  # each time the process dies with what it holds
            now += timedelta(minutes=2)
            leased = await cloud_webhooks.lease(
                db, now=now, until=now + timedelta(minutes=1), limit=9
            )
    assert [one.attempts for one in leased] == [ATTEMPTS_MAX]  # the first alone
    desk.clock.at = now + timedelta(minutes=2)
    await desk.work()
    assert [row[0] for row in await desk.rows()] == ["quarantined", "done", "done"]
    assert desk.texts == ["b", "c"]


async def test_a_window_opens_with_a_message_and_never_shrinks(desk: Desk) -> None:
    graph = desk.graph
    await desk.store(graph.body(LINE, graph.text(BUDI, "a")))
    await desk.store(graph.body(LINE, graph.text(BUDI, "b", timestamp="1")))
    await desk.store(graph.body(LINE, graph.text(SARI, "c", timestamp="9999999999")))
    await desk.work()
    async with desk.ground.database.courier() as db:
        heard = [
            await cloud_webhooks.last_heard(db, desk.tenant_id, chat)  # type: ignore[arg-type]
            for chat in (BUDI, SARI, "6281")
        ]
    assert heard[0] == NOON
    assert heard[1] is not None
    assert heard[1] < datetime(2027, 1, 1, tzinfo=UTC)  # no window from the future
    assert heard[2] is None
