"""One tenant's chat door without WhatsApp: messages go into the inbox, answers into the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bukuhutang.base.ids import ChatId, MemberId, PhoneNumber, TenantId
from bukuhutang.entrypoints.chat.handle import handle
from bukuhutang.entrypoints.chat.loop import InboxLoop
from bukuhutang.store import checks, inbox, members
from bukuhutang.store.inbox import Arrival, Inbound
from bukuhutang.store.members import MemberRow
from bukuhutang.store.scope import Database
from bukuhutang.tenancy.roles import Role
from bukuhutang.usecases.tenants import When, set_plan
from tests.store.ground import NOON, Ground
from tests.support.world import clock_at

PATIENCE_SECONDS = 10
Handle = Callable[[Database, Inbound, datetime], Awaitable[str]]


@dataclass
class Desk:
    """Where one tenant's messages are worked, one by one or by a loop."""

    ground: Ground
    tenant_id: TenantId
    phone: str
    now: datetime = NOON
    arrived: int = field(default=0)

    async def arrive(
        self,
        text: str,
        *,
        sender: str | None = None,
        id: str | None = None,
        kind: str = "text",
        refers_to: str | None = None,
        detail: dict[str, Any] | None = None,
        sent_at: datetime | None = None,
    ) -> str:
        """Store a message: to oneself when no other sender is named; returns its provider id."""
        self.arrived += 1
        from_me = sender is None
        one = Arrival(
            self.tenant_id,
            id or f"M{self.arrived}",
            ChatId(sender or self.phone),
            PhoneNumber(sender or self.phone),
            from_me=from_me,
            self_chat=from_me,
            kind=kind,
            body=text,
            sent_at=sent_at or self.now,
            received_at=self.now,
            refers_to=refers_to,
            detail=detail,
        )
        async with self.ground.database.courier() as db:
            await inbox.receive(db, [one])
        return one.provider_message_id

    async def lease(self, loop: str = "desk", *, ago: float = 0) -> list[Inbound]:
        """Take what waits, as a loop did `ago` seconds ago."""
        now = clock_at(NOON).machine_now() - timedelta(seconds=ago)
        async with self.ground.database.courier() as db:
            return await inbox.lease(
                db,
                loop,
                now=now,
                until=now + timedelta(seconds=inbox.LEASE_SECONDS),
                business_now=self.now,
                chat_max=100,
                limit=2_000,
            )

    async def say(
        self,
        text: str,
        *,
        sender: str | None = None,
        id: str | None = None,
        kind: str = "text",
        refers_to: str | None = None,
        detail: dict[str, Any] | None = None,
        sent_at: datetime | None = None,
    ) -> list[tuple[str, str]]:
        """One message, worked at once; what was queued for it, as (chat, text)."""
        before = len(await self.queued())
        await self.arrive(
            text,
            sender=sender,
            id=id,
            kind=kind,
            refers_to=refers_to,
            detail=detail,
            sent_at=sent_at,
        )
        for message in await self.lease():
            await handle(self.ground.database, message, self.now)
        return (await self.queued())[before:]

    async def answer(self, text: str, *, sender: str | None = None) -> str:
        """The one answer, which goes into the chat of the one who spoke."""
        [(chat, body)] = await self.say(text, sender=sender)
        assert chat == (sender or self.phone)
        return body

    async def member(self, phone: str, name: str = "Staf", role: Role = Role.OWNER) -> str:
        """A further number that speaks for the lender."""
        async with self.ground.database.book_tx(self.tenant_id) as tx:
            number = MemberId(await tx.db.fetchval("select last_member + 1 from books"))
            row = MemberRow(number, PhoneNumber(phone), name, role, is_removed=False)
            await members.insert(tx, row, self.now)
            await tx.db.execute("update books set last_member = $1", number)
        return phone

    async def take_plan(self, plan: str) -> None:
        """Another plan, such as one with many messages a minute."""
        await set_plan(self.ground.database, self.tenant_id, plan, When(self.now, self.now))

    async def queued(self) -> list[tuple[str, str]]:
        """Everything said so far: chat and text."""
        async with self.ground.database.tenant_tx(self.tenant_id) as tx:
            rows = await tx.db.fetch("select chat_id, body from outbound_messages order by id")
        return [(row["chat_id"], row["body"]) for row in rows]

    async def inbound(self) -> list[tuple[str, str, str | None, str | None]]:
        """Every message: provider id, status, reason, text."""
        async with self.ground.database.tenant_tx(self.tenant_id) as tx:
            rows = await tx.db.fetch(
                "select provider_message_id, status, reason, body from inbound_messages order by id"
            )
        return [tuple(row) for row in rows]

    async def statuses(self) -> list[str]:
        """What became of each message, in the order of arrival."""
        return [row[1] for row in await self.inbound()]

    async def debts(self) -> list[tuple[int, int, str]]:
        """Principal, paid and status of each debt."""
        async with self.ground.database.tenant_tx(self.tenant_id) as tx:
            rows = await tx.db.fetch("select principal, paid, status from debts order by id")
        return [tuple(row) for row in rows]

    async def count(self, table: str) -> int:
        """Rows of this tenant."""
        async with self.ground.database.tenant_tx(self.tenant_id) as tx:
            return int(await tx.db.fetchval(f"select count(*) from {table}"))  # noqa: S608  ours

    async def audited(self) -> list[checks.Difference]:
        """What the audit finds."""
        async with self.ground.database.book_tx(self.tenant_id) as tx:
            return await checks.differences(tx)

    async def worked(self) -> None:
        """Wait until no message of this tenant waits any more."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "pending" in await self.statuses():  # noqa: ASYNC110  another loop works
                await asyncio.sleep(0.01)

    @asynccontextmanager
    async def loop(
        self, handler: Handle = handle, *, name: str = "loop"
    ) -> AsyncIterator[asyncio.Task[None]]:
        """A drain loop at work; raises what ended it before its time."""
        loop = InboxLoop(
            self.ground.database, clock_at(self.now), name, after=lambda: None, handler=handler
        )
        task = asyncio.create_task(loop.run())
        try:
            yield task
        finally:
            if not task.done():
                task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def open_desk(ground: Ground, phone: str, name: str = "Toko Dani") -> Desk:
    """A tenant's desk with an empty book."""
    return Desk(ground, await ground.tenant(f"+{phone}", name), phone)
