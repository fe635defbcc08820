"""One message out of the door: sent, its outcome noted, and told when it did not arrive."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import structlog
from prometheus_client import Counter

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.sessions.outcomes import Outcomes
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.sessions import SessionManager, WaSessionState
from bukuhutang.store import files
from bukuhutang.store.outbox import ASK_AFTER_MINUTES, ATTEMPTS_MAX, CODE, EXPIRED, Mark, Outbound
from bukuhutang.store.paced import RESTRICTED, Head
from bukuhutang.store.scope import Database
from bukuhutang.usecases.sign_ins import code_is_old
from bukuhutang.usecases.undelivered import no_longer_so

SEND_SECONDS_MAX = 90.0
RETRY_SECONDS = 2.0
NOT_CONNECTED = "not_connected"
"""Costs no attempt: the message waits for its login, however often that comes and goes."""

T = TypeVar("T")

REASONS_COUNTED = frozenset(
    {RESTRICTED, "not_on_whatsapp", "banned", "document_too_large", "too_long", "file_not_read"}
)
"""The others are counted together: a label must not be whatever a library says."""

SENT = Counter("bukuhutang_outbound", "Outbound messages by what became of them", ["outcome"])
FAILED = Counter("bukuhutang_outbound_failed", "Outbound messages that failed, by reason", ["why"])

log = structlog.get_logger("outbox")


def count_failed(reason: str) -> None:
    """Count a message that certainly does not go out."""
    SENT.labels(outcome="failed").inc()
    FAILED.labels(why=reason if reason in REASONS_COUNTED else "other").inc()


class Sender:
    """Sends claimed messages through the logins of this process."""

    def __init__(
        self, database: Database, wa_sessions: SessionManager, clock: Clock, outcomes: Outcomes
    ) -> None:
        self._database = database
        self._sessions = wa_sessions
        self._clock = clock
        self._outcomes = outcomes
        self.on_retry: Callable[[], None] = lambda: None  # a message may be tried again now
        self.on_untold: Callable[[Outbound], None] = lambda message: None

    async def deliver(self, message: Outbound) -> Mark:
        """Send it once; returns when what became of it is durable."""
        mark = await self._attempt(message)
        await self._outcomes.add(mark)
        if mark.status in ("failed", "skipped"):
            self.on_untold(message)
        return mark

    async def _attempt(self, message: Outbound) -> Mark:
        key = (message.tenant_id, message.id)
        try:
            reason = await self.outdated(message)
        except TransientFault:
            return self._later(message, "not_looked_up")
        if reason is not None:
            SENT.labels(outcome="skipped").inc()
            return Mark(*key, "skipped", None, reason, self._clock.now())
        outcome = await self._send(message)
        if isinstance(outcome, wa.Rejected) and outcome.reason == RESTRICTED:
            await self._restricted(message.tenant_id)
        return self._mark(message, outcome)

    async def _restricted(self, tenant_id: TenantId) -> None:
        """WhatsApp refused to begin a chat: no other is tried, unless the driver told already."""
        if self._sessions.all_sessions().get(tenant_id) is WaSessionState.CONNECTED:
            await self._sessions.on_event(tenant_id, wa.Restricted())

    async def outdated(self, message: Outbound | Head) -> str | None:
        """Why a reminder or code should no longer go out, or None. Raises TransientFault."""
        if message.purpose == CODE:
            is_old = await code_is_old(
                self._database, message.tenant_id, message.id, self._clock.now()
            )
            return EXPIRED if is_old else None
        if message.purpose != "reminder":
            return None
        return await no_longer_so(self._database, message.tenant_id, message.client_ref)

    async def guarded(self, act: Awaitable[T], seconds: float) -> T | None:
        """What the driver says, or None when it takes too long or breaks."""
        try:
            async with asyncio.timeout(seconds):
                return await act
        except TimeoutError:
            return None
        except Exception:
            log.exception("driver_failed")
            return None

    async def _send(self, message: Outbound) -> wa.Outcome:
        if message.file_id is not None:
            return await self._send_document(message, message.file_id)
        return await self._answered(
            self._sessions.send_message(
                message.tenant_id, message.chat_id, message.body, client_ref=message.client_ref
            )
        )

    async def _send_document(self, message: Outbound, file_id: UUID) -> wa.Outcome:
        try:
            async with self._database.courier() as db:
                file = await files.to_send(db, message.tenant_id, file_id)
        except TransientFault:
            return wa.Rejected("file_not_read", retry=True)
        assert file is not None, "a foreign key holds it"
        return await self._answered(
            self._sessions.send_document(
                message.tenant_id,
                message.chat_id,
                wa.Document(file.file_name, file.mime_type, file.size, file.content),
                message.body,
                client_ref=message.client_ref,
            )
        )

    async def _answered(self, act: Awaitable[wa.Outcome]) -> wa.Outcome:
        outcome = await self.guarded(act, SEND_SECONDS_MAX)
        return wa.Unknown("no answer") if outcome is None else outcome

    def _mark(self, message: Outbound, outcome: wa.Outcome) -> Mark:
        now = self._clock.now()
        key = (message.tenant_id, message.id)
        match outcome:
            case wa.Accepted(provider_id=provider_id):
                SENT.labels(outcome="sent").inc()
                return Mark(*key, "sent", provider_id, None, now)
            case wa.Unknown(reason=reason):
                SENT.labels(outcome="unknown").inc()
                ask_from = self._clock.machine_now() + timedelta(minutes=ASK_AFTER_MINUTES)
                return Mark(*key, "unknown", None, reason, now, ask_from)
            case wa.Rejected(reason=reason, retry=True) if (
                reason == NOT_CONNECTED or message.attempts < ATTEMPTS_MAX
            ):
                # It certainly did not leave, so it may be tried again.
                return self._later(message, reason)
            case wa.Rejected(reason=reason):
                count_failed(reason)
                return Mark(*key, "failed", None, reason, now)

    def _later(self, message: Outbound, reason: str) -> Mark:
        later = self._clock.machine_now() + timedelta(seconds=RETRY_SECONDS)
        asyncio.get_running_loop().call_later(RETRY_SECONDS, self.on_retry)
        return Mark(message.tenant_id, message.id, "queued", None, reason, self._clock.now(), later)
