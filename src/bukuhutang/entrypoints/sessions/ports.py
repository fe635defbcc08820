"""What the SessionManager needs of the database, batched where many arrive at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.base.spelling import storable
from bukuhutang.entrypoints.sessions import metrics
from bukuhutang.entrypoints.sessions.batch import Batcher
from bukuhutang.entrypoints.sessions.insist import insist
from bukuhutang.entrypoints.sessions.outcomes import Outcomes
from bukuhutang.entrypoints.sessions.received_files import Fetch, ReceivedFiles
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.ports import PAIRING_WISH_SECONDS, Held, Holding, Watch
from bukuhutang.messaging.states import StateChange, WaSessionState
from bukuhutang.store import inbox, outbox, wa_sessions
from bukuhutang.store.files import NewFile
from bukuhutang.store.inbox import Arrival
from bukuhutang.store.outbox import ReceiptMark
from bukuhutang.store.scope import Database
from bukuhutang.store.wa_sessions import LINKED_ONLY, Channels
from bukuhutang.usecases.logins import OtherWay, note_login, words_for_stranger
from bukuhutang.usecases.tenants import When, activate_by_scan

TEXT_STORED_MAX = 4_097
"""One more than the longest message we read: enough to see that it is too long."""

ID_MAX = 200
CONTACTS_MAX = 10
FILES = frozenset((wa.MessageKind.DOCUMENT, wa.MessageKind.IMAGE))
NAME_MAX = 200

SKEW_MAX = timedelta(seconds=2)
"""Between this machine's clock and the database's; more is an operator's business."""

log = structlog.get_logger("sessions")


def _kind(message: wa.MessageReceived) -> str:
    if message.kind is wa.MessageKind.TEXT and message.document is not None:
        return wa.MessageKind.DOCUMENT
    return message.kind


def _cards(message: wa.MessageReceived) -> dict[str, Any] | None:
    """The contact cards in a message, as the column holds them."""
    if not message.contacts:
        return None
    cards = message.contacts[:CONTACTS_MAX]
    return {
        "contacts": [{"name": storable(one.name)[:NAME_MAX], "phone": one.phone} for one in cards],
        "left_out": len(message.contacts) - len(cards),
    }


def _held(row: Any) -> Held:
    return Held(
        TenantId(row["tenant_id"]),
        PhoneNumber(row["phone_number"]),
        row["status"] != "inactive",
        WaSessionState(row["state"]),
        row["fencing"],
        row["linked"],
        row["pairing_wanted_at"],
        row["pairing_how"],
        row["state_until"],
        row["channel"],
    )


class DatabasePorts:
    """`SessionPorts` on the store."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        outcomes: Outcomes,
        *,
        after: Callable[[], None],
        fetch: Fetch,
        channels: Channels = LINKED_ONLY,
        other_way: OtherWay | None = None,
    ) -> None:
        self._database = database
        self._channels = channels
        self._clock = clock
        self._arrivals = Batcher(self._store_arrivals)
        self._outcomes = outcomes
        self._after = after  # wakes the chat door
        self._files = ReceivedFiles(database, fetch, uuid4)
        self._other_way = other_way
        self._clocks_differ = False
        self.on_up: Callable[[], None] = lambda: None  # a login can send again

    async def run(self) -> None:
        """Write batches until cancelled."""
        await self._arrivals.run()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be written."""
        return self._arrivals.is_idle

    async def hold(self, owner: str, now: datetime, until: datetime) -> Holding:
        """Renew this owner's leases and take free ones.

        Leases are dated by the database's clock, since the machines' own may differ; `now` and
        `until` say how long it is to be.
        """
        async with self._database.courier() as db:
            there = await wa_sessions.machine_time(db)
            self._watch_clocks(there - now)
            since = there - timedelta(seconds=PAIRING_WISH_SECONDS)
            rows = await wa_sessions.hold(
                db,
                owner,
                now=there,
                until=there + (until - now),
                wishes_since=since,
                channels=self._channels,
            )
            held = [_held(row) for row in rows]
            doubtful = await outbox.doubt_abandoned(
                db,
                [one.tenant_id for one in held],
                owner,
                ask_from=now + timedelta(minutes=outbox.ASK_AFTER_MINUTES),
            )
            ends = await wa_sessions.others_end(db, owner, now=there, wishes_since=since)
        if doubtful:
            log.warning("sends_in_doubt", count=doubtful)
        return Holding(held, None if ends is None else now + (ends - there))

    def _watch_clocks(self, skew: timedelta) -> None:
        skewed = abs(skew) > SKEW_MAX
        if skewed and not self._clocks_differ:
            log.error("clock_skew", seconds=round(skew.total_seconds(), 1))
        self._clocks_differ = skewed

    async def release(self, owner: str, tenant_ids: Sequence[TenantId]) -> None:
        """Let leases go; a database that is away lets them end by themselves."""
        try:
            async with self._database.courier() as db:
                await wa_sessions.release(db, owner, tenant_ids)
        except TransientFault:
            return

    async def note(self, tenant_id: TenantId, owner: str, change: StateChange) -> None:
        """Write a login's state while `owner` holds it; mail goes along where it has to."""
        metrics.count_change(change)

        async def write() -> None:
            await note_login(
                self._database,
                tenant_id,
                owner,
                change,
                when=self._when(),
                other_way=self._other_way,
            )

        await insist(write)
        self.on_up()

    def _when(self) -> When:
        return When(self._clock.now(), self._clock.machine_now(), actor="service")

    async def words_for_stranger(self, tenant_id: TenantId) -> str:
        """What a phone with another number reads before it is unlinked."""
        return await words_for_stranger(self._database, tenant_id, self._when())

    def watched(self, watch: Watch) -> None:
        """Show in /metrics how the logins stand."""
        metrics.show(watch)

    async def linked(self, tenant_id: TenantId) -> None:
        """The scan itself activates a waiting tenant."""
        when = self._when()
        await insist(lambda: activate_by_scan(self._database, tenant_id, when))

    async def arrived(self, tenant_id: TenantId, message: wa.MessageReceived) -> None:
        """One durable insert, with the file that belongs to it; the driver acknowledges after it.

        A member's file is fetched before, so a slow one holds up the later messages of its login.
        """
        assert message.sender is not None
        arrival = Arrival(
            tenant_id,
            message.id[:ID_MAX],
            message.chat,
            message.sender,
            message.from_me,
            message.self_chat,
            _kind(message),
            storable(message.text)[:TEXT_STORED_MAX],
            message.at,
            self._clock.now(),
            message.refers_to[:ID_MAX] if message.refers_to else None,
            _cards(message),
        )
        if message.document is None or arrival.kind not in FILES:
            await self._arrivals.add(arrival)
        else:
            await self._with_file(arrival, message, message.document)
        self._after()

    async def _with_file(
        self, arrival: Arrival, message: wa.MessageReceived, document: wa.Document
    ) -> None:
        taken: list[tuple[dict[str, Any], NewFile | None]] = []

        async def take() -> None:  # asks the database before it fetches anything, and never after
            taken.append(await self._files.take(arrival.tenant_id, message, document))

        await insist(take)
        detail, file = taken[-1]
        described = replace(arrival, detail=detail)
        if file is None:
            await self._arrivals.add(described)
            return
        whole = file

        async def store() -> None:
            async with self._database.courier() as db:
                await inbox.receive_file(db, described, whole)

        await insist(store)

    async def receipt(self, tenant_id: TenantId, receipt: wa.ReceiptReceived) -> None:
        """Move sent messages forward."""
        now = self._clock.now()
        for provider_id in receipt.ids:
            await self._outcomes.add(
                ReceiptMark(
                    tenant_id, provider_id, receipt.state, now, receipt.client_ref, receipt.reason
                )
            )

    async def _store_arrivals(self, arrivals: list[Arrival]) -> None:
        async with self._database.courier() as db:
            await inbox.receive(db, arrivals)
