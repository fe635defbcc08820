"""The whole service with its web door, reached through the Cloud API of a fake Graph."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bukuhutang.base.clock import MovableClock, monotonic
from bukuhutang.base.ids import TenantId
from bukuhutang.main.address import claim_port
from bukuhutang.main.cloud import Cloud
from bukuhutang.main.drivers import DriverRequest
from bukuhutang.main.serve import Serve, Service
from bukuhutang.messaging.driver import Document
from bukuhutang.messaging.drivers.cloud_graph import CloudConfig
from bukuhutang.store import tenants
from bukuhutang.store.scope import Database
from bukuhutang.store.tenants import TenantRow
from bukuhutang.tenancy.phone import read_phone
from bukuhutang.usecases.channel import SetChannel, set_channel
from tests.cloud.fake_graph import (
    APP_SECRET,
    TOKEN,
    VERIFY_TOKEN,
    FakeGraph,
    Sent,
    running_graph,
)
from tests.support.phones import TEXT_ONLY, Heard, More
from tests.support.world import World, clock_at

KEY = "the-operators-own-key-for-tests"
TEMPLATE = "kabar"
TEMPLATE_DOCUMENT = "berkas"
CONNECT_SECONDS = 20


def digits(phone: str) -> str:
    """E.164 digits of any spelling."""
    number = read_phone(phone)
    assert number is not None, phone
    return number


def business_number(owner: str) -> str:
    """The number a lender gets for the API, beside the own one."""
    return "62822" + digits(owner)[-8:]


def _wamid(id: str) -> str:
    """The provider's id of a message, whether typed in a test or sent by the bot."""
    return id if id.startswith("wamid.") else f"wamid.{id}"


def config(graph: FakeGraph, **more: object) -> CloudConfig:
    """As an operator configures it, with both templates and hardly any pauses."""
    graph.templates = {(TEMPLATE, "id"): None, (TEMPLATE_DOCUMENT, "id"): "document"}
    wanted: dict[str, object] = {
        "base_url": graph.base_url,
        "template_notice": TEMPLATE,
        "template_document": TEMPLATE_DOCUMENT,
        "pause_seconds": 0.01,
        **more,
    }
    return CloudConfig(TOKEN, **wanted)  # type: ignore[arg-type]


@dataclass
class CloudPhones:
    """Phones that write to numbers of the Cloud API; what they write elsewhere never gets there.

    A lender's own phone stands for the number from which it writes to its business number.
    """

    graph: FakeGraph
    clock: MovableClock
    lines: dict[str, str] = field(default_factory=dict)  # a lender's own number -> phone id
    _seen: dict[str, int] = field(default_factory=dict)

    async def link(self, phone: str, code: str) -> None:
        """Nothing is scanned here."""
        raise AssertionError("the Cloud API has nothing to scan")

    async def write(
        self, phone: str, to: str, text: str, *, id: str | None = None, more: More = TEXT_ONLY
    ) -> None:
        """Write to a lender's business number, or to somebody the API never hears of."""
        sender = digits(phone)
        receiver = None if re.search(r"@g\.us$", to) else digits(to)
        if receiver in self.lines:
            given: dict[str, Any] = {} if id is None else {"id": _wamid(id)}
            typ, content = self._content(text, more)
            if more.reply_to is not None:
                given["context"] = {"id": _wamid(more.reply_to)}
            await self.graph.say(
                self.lines[receiver], self.graph.message(sender, typ, content, **given)
            )

    def _content(self, text: str, more: More) -> tuple[str, Any]:
        """The type of the message and what stands under it in a webhook."""
        if more.reacts_to is not None:
            return "reaction", {"message_id": _wamid(more.reacts_to), "emoji": text}
        if more.edits is not None:
            new = {"type": "text", "text": {"body": text}}
            return "edit", {"original_message_id": _wamid(more.edits), "message": new}
        if more.deletes is not None:
            return "revoke", {"original_message_id": _wamid(more.deletes)}
        if more.cards:
            return "contacts", [
                {"name": {"formatted_name": name}, "phones": [{"phone": number}]}
                for name, number in more.cards
            ]
        if more.file is not None:
            return self._file(text, more.file)
        return "text", {"body": text}

    def _file(self, caption: str, file: Document) -> tuple[str, Any]:
        assert file.content is not None
        media_id = str(700_000 + len(self.graph.media))
        self.graph.media[media_id] = (file.content, file.mime_type)
        self.graph.claimed_size = file.size if file.size != len(file.content) else None
        told = {"id": media_id, "mime_type": file.mime_type}
        if caption:
            told["caption"] = caption
        if file.mime_type.startswith("image/"):
            return "image", told
        if file.mime_type.startswith("audio/"):
            return "audio", {**told, "voice": True}
        return "document", {**told, "filename": file.file_name}

    def sent_to(self, phone: str) -> list[Sent]:
        """Everything the bot sent to this number so far."""
        return [one for one in self.graph.sent if one.to == digits(phone)]

    async def heard(self, phone: str) -> list[Heard]:
        """What the bot sent to this number since the last look."""
        number = digits(phone)
        found = self.sent_to(phone)[self._seen.get(number, 0) :]
        self._seen[number] = self._seen.get(number, 0) + len(found)
        return [Heard(one.id, one.text, file_name=_file_name(one)) for one in found]

    async def at_rest(self) -> bool:
        """What was posted is with the service already."""
        return True

    def move_clock(self, by: timedelta) -> None:
        """Business time; Graph's windows follow it."""
        self.clock.advance(by)


@dataclass
class CloudWorld(World):
    """Lenders with business numbers of one app."""

    graph: FakeGraph = field(kw_only=True)
    lines: dict[str, str] = field(kw_only=True)
    address: str = field(kw_only=True)

    async def lender(self, phone: str, name: str) -> TenantId:
        """A lender whose business number is connected; `phone` is the owner's own."""
        number = business_number(phone)
        tenant_id = await self.register(f"+{number}", name)
        phone_id = f"1065{number[-6:]}"
        self.graph.numbers[phone_id] = f"+{number[:2]} {number[2:5]}-{number[5:]}"
        await self.choose(tenant_id, SetChannel("cloud", phone_id, phone))
        await self.until(tenant_id, "connected")
        self.lines[digits(phone)] = phone_id
        return tenant_id

    async def choose(self, tenant_id: TenantId, wish: SetChannel) -> None:
        """Set the channel as the operator does."""
        await set_channel(self.database, tenant_id, wish, cloud_configured=True, when=self.when())
        await self.service.wake_sessions()

    async def tenant(self, tenant_id: TenantId) -> TenantRow:
        """The tenant's row."""
        async with self.database.tenant_tx(tenant_id) as tx:
            row = await tenants.read(tx)
        assert row is not None
        return row

    async def until(self, tenant_id: TenantId, state: str) -> TenantRow:
        """Wait for a state of the tenant's WhatsApp."""
        gives_up = monotonic() + CONNECT_SECONDS
        row = await self.tenant(tenant_id)
        while row.wa_state != state or (state == "connected" and row.status == "pending_qr"):
            assert monotonic() < gives_up, (row.wa_state, row.wa_reason)
            await asyncio.sleep(0.02)
            row = await self.tenant(tenant_id)
        return row

    async def rest(self) -> None:
        """Until the service and Meta's statuses about it are at rest."""
        await super().rest()
        await self.graph.rest()
        await super().rest()


@asynccontextmanager
async def running_cloud_world(
    database: Database,
    dsn: str,
    *,
    at: datetime,
    driver: str = "cloud",
    folder: Path | None = None,
    **settings: object,
) -> AsyncIterator[CloudWorld]:
    """Start all roles and a fake Graph, and end both afterwards."""
    async with AsyncExitStack() as stack:
        clock = clock_at(at)
        graph = await stack.enter_async_context(running_graph(clock.now))
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        listening = claim_port("127.0.0.1", 0)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        graph.webhook = f"{address}/webhooks/whatsapp"
        request = Serve(
            data_folder=folder,
            host="127.0.0.1",
            port=listening.getsockname()[1],
            roles=frozenset({"web", "chat", "sessions", "clock"}),
            driver=DriverRequest(driver),
            dsn=dsn,
            database_alive=lambda: True,
            database_ours_alone=False,
            admin_keys=(KEY,),
            show_key=False,
            cloud=Cloud(config(graph, **settings), APP_SECRET, VERIFY_TOKEN),
        )
        service = await Service.wired(request, database, stack, clock)
        stop = asyncio.Event()
        running = asyncio.create_task(service.run(listening, stop))
        phones = CloudPhones(graph, clock)
        try:
            yield CloudWorld(
                service,
                database,
                clock,
                phones,
                graph=graph,
                lines=phones.lines,
                address=address,
            )
        finally:
            stop.set()
            await running


def _file_name(sent: Sent) -> str:
    document = sent.content.get("document")
    return str(document.get("filename", "")) if isinstance(document, dict) else ""
