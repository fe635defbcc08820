"""The whole service over the Cloud API: who reads what, statuses, and both kinds side by side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.store import files
from bukuhutang.store.files import NewFile
from bukuhutang.usecases.channel import SetChannel
from tests.cloud.fake_graph import APP_SECRET, sign
from tests.cloud.world import CloudWorld, business_number, digits, running_cloud_world
from tests.store.ground import NOON, Ground, fresh_ground
from tests.support.database import Server
from tests.support.phones import SimulatedPhones

OWNER, BUDI, RINA = "081111111111", "081222222222", "081555555555"


@pytest.fixture
async def ground(server: Server) -> AsyncIterator[Ground]:
    async with fresh_ground(server) as made:
        yield made


@pytest.fixture
async def world(ground: Ground) -> AsyncIterator[CloudWorld]:
    """A service with the Cloud API alone."""
    async with running_cloud_world(ground.database, ground.dsn, at=NOON) as made:
        yield made


async def outbox(world: CloudWorld, tenant_id: TenantId) -> list[tuple[Any, ...]]:
    """Status and reason of everything that was queued, in order."""
    async with world.database.tenant_tx(tenant_id) as tx:
        return [
            tuple(row)
            for row in await tx.db.fetch(
                "select status, reason, provider_message_id from outbound_messages order by id"
            )
        ]


async def test_the_owner_writes_from_the_own_number_and_reads_there(world: CloudWorld) -> None:
    tenant_id = await world.lender(OWNER, "Toko Dani")
    assert (await world.tenant(tenant_id)).status == "active"
    assert "Rp500.000" in await world.answer(OWNER, f"PINJAM Budi 500rb {BUDI}")
    await world.say(BUDI, "STOP", to=OWNER)
    (told,) = await world.heard(OWNER)  # a notice, to the owner's own number
    assert "Budi" in told.text
    assert len(await world.heard(BUDI)) == 1
    assert not [one for one in world.graph.sent if one.to == business_number(OWNER)]


async def test_neither_of_the_lenders_numbers_can_be_a_borrowers(world: CloudWorld) -> None:
    await world.lender(OWNER, "Toko Dani")
    for own in (OWNER, f"+{business_number(OWNER)}"):
        answer = await world.answer(OWNER, f"PINJAM Budi 500rb {own}")
        assert "nomor kamu sendiri" in answer


async def test_statuses_move_a_message_on_and_a_late_failure_takes_it_back(
    world: CloudWorld,
) -> None:
    tenant_id = await world.lender(OWNER, "Toko Dani")
    world.graph.statuses = ("sent", "delivered", "read")
    await world.say(OWNER, "STATUS")
    world.graph.failing[digits(OWNER)] = 131026
    await world.say(OWNER, "STATUS")
    read, failed = await outbox(world, tenant_id)
    assert read[:2] == ("read", None)
    assert failed[:2] == ("failed", "not_on_whatsapp")


async def test_a_send_without_an_answer_is_settled_by_its_status(world: CloudWorld) -> None:
    tenant_id = await world.lender(OWNER, "Toko Dani")
    world.graph.faults = ["gateway"]
    await world.say(OWNER, "STATUS")
    assert (await outbox(world, tenant_id))[0][0] == "unknown"
    (sent,) = world.graph.sent
    await world.graph.post(world.graph.status(sent, "delivered"))
    await world.rest()
    assert (await outbox(world, tenant_id))[0] == ("delivered", "gateway answered 502", sent.id)
    assert len(world.graph.sent) == 1  # never sent a second time


async def queue_document(world: CloudWorld, tenant_id: TenantId, ref: str, file: NewFile) -> None:
    """Send Budi a stored file, and wait for it."""
    async with world.database.tenant_tx(tenant_id) as tx:
        await tx.db.execute(
            "insert into outbound_messages (tenant_id, client_ref, chat_id, body, purpose,"
            " queued_at, file_id) values ($1, $2, $3, 'Suratnya', 'agreement', $4, $5)",
            tenant_id,
            ref,
            digits(BUDI),
            NOON,
            file.id,
        )
    world.service.wake_outbox()
    await world.rest()


async def test_a_document_from_the_outbox_arrives_byte_for_byte(world: CloudWorld) -> None:
    tenant_id = await world.lender(OWNER, "Toko Dani")
    content = b"%PDF-1.7\r\n" + bytes(range(256)) * 40 + b"\r\n--boundary"
    file = NewFile(uuid4(), "perjanjian.pdf", "application/pdf", content)
    async with world.database.tenant_tx(tenant_id) as tx:
        await files.insert(tx, file, NOON)
    await queue_document(world, tenant_id, "doc:1", file)
    (sent,) = world.graph.sent
    assert (sent.file, sent.kind, sent.text) == (content, "template", "Suratnya")  # never wrote
    await world.say(BUDI, "halo", to=OWNER)
    await queue_document(world, tenant_id, "doc:2", file)
    assert [(one.kind, one.file) for one in world.graph.sent[1:]] == [("document", content)]


async def test_the_same_webhook_twice_has_one_effect(world: CloudWorld) -> None:
    tenant_id = await world.lender(OWNER, "Toko Dani")
    line = world.lines[digits(OWNER)]
    body = world.graph.body(line, world.graph.text(digits(OWNER), "PINJAM Budi 500rb"))
    world.graph.hear(line, body["entry"][0]["changes"][0]["value"]["messages"][0])
    for _ in range(2):
        assert (await world.graph.post(body)).status_code == 200
        await world.rest()
    assert len(await world.heard(OWNER)) == 1
    async with world.database.tenant_tx(tenant_id) as tx:
        assert await tx.db.fetchval("select count(*) from debts") == 1


async def test_two_messages_in_one_webhook_are_both_answered(world: CloudWorld) -> None:
    await world.lender(OWNER, "Toko Dani")
    own = digits(OWNER)
    messages = [world.graph.text(own, text) for text in ("PINJAM Budi 500rb", "STATUS")]
    await world.graph.say(world.lines[own], *messages)
    await world.rest()
    first, second = await world.heard(OWNER)
    assert "Tercatat" in first.text
    assert "Piutang" in second.text


async def test_a_stranger_is_not_answered_and_nothing_of_it_is_kept(world: CloudWorld) -> None:
    tenant_id = await world.lender(OWNER, "Toko Dani")
    await world.say(RINA, "rahasia sekali", to=OWNER)
    assert world.graph.sent == []
    async with world.database.tenant_tx(tenant_id) as tx:
        assert await tx.db.fetchval("select body from inbound_messages") is None
    async with world.database.courier() as db:
        assert [row[0] for row in await db.fetch("select body from cloud_webhooks")] == [b""]


async def test_messages_wait_while_the_token_is_refused(world: CloudWorld) -> None:
    tenant_id = await world.lender(OWNER, "Toko Dani")
    tokens, world.graph.tokens = world.graph.tokens, set()
    line = world.lines[digits(OWNER)]
    await world.graph.say(line, world.graph.text(digits(OWNER), "STATUS"))
    row = await world.until(tenant_id, "logged_out")
    assert row.wa_reason == "token_invalid"
    world.graph.tokens = tokens
    # Off and on again, as the operator would after a new token was set.
    await world.choose(tenant_id, SetChannel("linked"))
    await world.choose(tenant_id, SetChannel("cloud"))
    await world.until(tenant_id, "connected")
    await world.rest()
    assert len(world.graph.sent) == 1


async def test_an_unsigned_webhook_does_nothing(world: CloudWorld) -> None:
    await world.lender(OWNER, "Toko Dani")
    body = world.graph.body(
        world.lines[digits(OWNER)], world.graph.text(digits(OWNER), "PINJAM Budi 500rb")
    )
    answer = await world.graph.post(body, signature=sign(b"other", APP_SECRET))
    assert answer.status_code == 403
    await world.rest()
    assert world.graph.sent == []


async def test_both_kinds_live_side_by_side_and_a_tenant_moves_between_them(
    ground: Ground,
) -> None:
    async with running_cloud_world(
        ground.database, ground.dsn, at=NOON, driver="simulator"
    ) as world:
        world.graph.statuses = ("delivered",)
        official = await world.lender(OWNER, "Toko Dani")
        whatsapp = world.service.whatsapp
        linked_phones = SimulatedPhones(whatsapp)
        linked = await world.register(RINA, "Toko Rina")
        await linked_phones.link(RINA, await world.qr(linked))
        await world.rest()
        # Each hears through its own, and receipts of both are matched by their own ids.
        assert "piutang" in await world.answer(OWNER, "STATUS")
        await linked_phones.write(RINA, RINA, "STATUS")
        await world.rest()
        assert len(await linked_phones.heard(RINA)) == 1
        assert (await outbox(world, official))[0][0] == "delivered"
        assert (await outbox(world, linked))[0][0] in ("sent", "delivered", "read")
        # The linked tenant gets a number of the API; its phone stays linked for the way back.
        world.graph.numbers["777"] = f"+{digits(RINA)}"
        await world.choose(linked, SetChannel("cloud", "777", BUDI))
        await world.until(linked, "connected")
        await world.graph.say("777", world.graph.text(digits(BUDI), "STATUS"))
        await world.rest()
        assert [one.phone_id for one in world.graph.sent] == [
            world.lines[digits(OWNER)],
            "777",
        ]
        await world.choose(linked, SetChannel("linked"))
        await world.until(linked, "connected")
        await linked_phones.write(RINA, RINA, "STATUS")
        await world.rest()
        assert len(await linked_phones.heard(RINA)) == 1


async def test_metas_verification_reaches_the_running_service(world: CloudWorld) -> None:
    query = "hub.mode=subscribe&hub.verify_token=the-verify-token&hub.challenge=42"
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{world.address}/webhooks/whatsapp?{query}")
    assert (answer.status_code, answer.text) == (200, "42")
