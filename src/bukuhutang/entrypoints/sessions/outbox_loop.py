"""Empties the outbox: in order per chat, many chats at once, every outcome noted."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter

from bukuhutang.base.answers import Answer
from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.entrypoints.sessions.insist import insist
from bukuhutang.entrypoints.sessions.outcomes import Outcomes
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.sessions import SessionManager
from bukuhutang.rendering.texts import render
from bukuhutang.store import files, outbox
from bukuhutang.store.outbox import ATTEMPTS_MAX, Mark, Outbound
from bukuhutang.store.scope import Database
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.reminders import tell_reminder_failed

AT_ONCE = 64
"""Messages under way at the same time, one per chat."""

POLL_SECONDS = 1.0
BREATH_SECONDS = 0.003
SEND_SECONDS_MAX = 90.0
RETRY_SECONDS = 2.0
NOT_CONNECTED = "not_connected"
"""Costs no attempt: the message waits for its login, however often that comes and goes."""

SENT = Counter("bukuhutang_outbound", "Outbound messages by what became of them", ["outcome"])
log = structlog.get_logger("outbox")


class OutboxLoop:
    """Sends what is queued for the logins this process holds."""

    def __init__(
        self, database: Database, wa_sessions: SessionManager, clock: Clock, outcomes: Outcomes
    ) -> None:
        self._database = database
        self._sessions = wa_sessions
        self._clock = clock
        self._outcomes = outcomes
        self._wake = asyncio.Event()
        self._under_way = 0

    def wake(self) -> None:
        """Something was queued or a login came up: look now."""
        self._wake.set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being sent or marked."""
        return self._under_way == 0

    async def run(self) -> None:
        """Send until cancelled. What was under way then is found in doubt by the next owner."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wake.clear()
                if self._under_way <= AT_ONCE // 2:
                    for message in await self._claim(AT_ONCE - self._under_way):
                        self._under_way += 1
                        tasks.create_task(self._one(message))
                try:
                    await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
                except TimeoutError:
                    continue
                # A breath, so that a busy hour claims and marks many at once.
                await asyncio.sleep(BREATH_SECONDS)

    async def _claim(self, limit: int) -> list[Outbound]:
        try:
            async with self._database.courier() as db:
                return await outbox.claim(
                    db, self._sessions.owner, now=self._clock.machine_now(), limit=limit
                )
        except TransientFault as fault:
            log.warning("outbox_unreachable", reason=str(fault))
            await asyncio.sleep(POLL_SECONDS)
            return []

    async def _one(self, message: Outbound) -> None:
        try:
            mark = self._mark(message, await self._send(message))
            await self._outcomes.add(mark)
            if mark.status == "failed" and message.purpose == "reminder":
                await self._tell(message)
        finally:
            self._under_way -= 1
            self._wake.set()  # the next message of this chat may go now

    async def _tell(self, message: Outbound) -> None:
        now = self._clock.now()

        def words(answer: Answer, language: Language) -> str:
            return render(answer.code, language, today=now.date(), **answer.fields())

        await insist(
            lambda: tell_reminder_failed(
                self._database, message.tenant_id, message.client_ref, now=now, words=words
            )
        )

    async def _send(self, message: Outbound) -> wa.Outcome:
        try:
            async with asyncio.timeout(SEND_SECONDS_MAX):
                if message.file_id is not None:
                    return await self._send_document(message, message.file_id)
                return await self._sessions.send_message(
                    message.tenant_id, message.chat_id, message.body, client_ref=message.client_ref
                )
        except TimeoutError:
            return wa.Unknown("no answer in time")
        except Exception:
            log.exception("send_failed", tenant_id=message.tenant_id, outbound=message.id)
            return wa.Unknown("the driver failed")

    async def _send_document(self, message: Outbound, file_id: UUID) -> wa.Outcome:
        try:
            async with self._database.courier() as db:
                file = await files.to_send(db, message.tenant_id, file_id)
        except TransientFault:
            return wa.Rejected("file_not_read", retry=True)
        assert file is not None, "a foreign key holds it"
        return await self._sessions.send_document(
            message.tenant_id,
            message.chat_id,
            wa.Document(file.file_name, file.mime_type, file.size, file.content),
            message.body,
            client_ref=message.client_ref,
        )

    def _mark(self, message: Outbound, outcome: wa.Outcome) -> Mark:
        now = self._clock.now()
        key = (message.tenant_id, message.id)
        match outcome:
            case wa.Accepted(provider_id=provider_id):
                SENT.labels(outcome="sent").inc()
                return Mark(*key, "sent", provider_id, None, now)
            case wa.Unknown(reason=reason):
                SENT.labels(outcome="unknown").inc()
                return Mark(*key, "unknown", None, reason, now)
            case wa.Rejected(reason=reason, retry=True) if (
                reason == NOT_CONNECTED or message.attempts < ATTEMPTS_MAX
            ):
                # It certainly did not leave, so it may be tried again.
                later = self._clock.machine_now() + timedelta(seconds=RETRY_SECONDS)
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._wake.set)
                return Mark(*key, "queued", None, reason, now, later)
            case wa.Rejected(reason=reason):
                SENT.labels(outcome="failed").inc()
                return Mark(*key, "failed", None, reason, now)
