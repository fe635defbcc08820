"""A driver that writes down what it was asked to do, and complains when it is done wrongly."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bukuhutang.base.clock import Clock
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa


@dataclass(frozen=True)
class Sent:
    """One send as it reached the driver."""

    tenant_id: TenantId
    chat: str
    text: str
    client_ref: str
    at: datetime
    typed: bool  # typing was on in this chat
    document: wa.Document | None = None


@dataclass
class StrictDriver:
    """Paced like a linked device. Every send is accepted unless an outcome was laid ready.

    Holds the caller to its promises: no two sends of one chat at once, the same reference never
    twice, nothing of a login that was not started.
    """

    clock: Clock
    paced: bool = True
    outcomes: dict[str, deque[wa.Outcome]] = field(default_factory=dict)  # by chat, in order
    without_whatsapp: set[str] = field(default_factory=set)
    check_answers: bool = True
    sent: list[Sent] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)  # chats of all sends, hanging ones included
    checked: list[str] = field(default_factory=list)
    typing_now: set[tuple[TenantId, str]] = field(default_factory=set)
    typed: list[tuple[str, bool]] = field(default_factory=list)
    hold: asyncio.Event | None = None  # sends hang until it is set
    _up: set[TenantId] = field(default_factory=set)
    _linked: set[TenantId] = field(default_factory=set)
    _in_flight: set[tuple[TenantId, str]] = field(default_factory=set)
    _refs: set[tuple[TenantId, str]] = field(default_factory=set)
    _on_event: wa.OnEvent | None = None

    @property
    def capabilities(self) -> wa.Capabilities:
        """As neonize has them."""
        return wa.Capabilities(
            needs_pairing=True,
            templates=False,
            free_text_window=False,
            own_message_id=False,
            phone_echo=True,
            self_chat=True,
            paced=self.paced,
        )

    def lay_ready(self, chat: str, *outcomes: wa.Outcome) -> None:
        """What the next sends into this chat come to."""
        self.outcomes.setdefault(chat, deque()).extend(outcomes)

    def chats(self) -> list[str]:
        """The chats written to, in order."""
        return [one.chat for one in self.sent]

    async def report(self, tenant: TenantId, event: wa.Event) -> None:
        """WhatsApp says something."""
        assert self._on_event is not None
        await self._on_event(tenant, event)

    async def open(self, on_event: wa.OnEvent) -> None:
        self._on_event = on_event

    async def aclose(self) -> None:
        self._up.clear()

    async def create_session(self, tenant: TenantId, phone_number: PhoneNumber) -> None:
        self._linked.add(tenant)

    async def is_linked(self, tenant: TenantId) -> bool:
        return tenant in self._linked

    async def start_pairing(self, tenant: TenantId, how: Literal["qr", "code"] = "qr") -> None:
        raise AssertionError("nobody pairs here")

    async def start(self, tenant: TenantId) -> None:
        """Connect at once; the event comes as from a library, after the return."""
        self._up.add(tenant)
        task = asyncio.create_task(self.report(tenant, wa.Connected()))
        self._connecting = task  # held, or the collector may take it

    async def stop(self, tenant: TenantId) -> None:
        self._up.discard(tenant)

    async def logout(self, tenant: TenantId) -> None:
        self._up.discard(tenant)
        self._linked.discard(tenant)

    async def send_text(
        self, tenant: TenantId, chat: ChatId, text: str, *, client_ref: str
    ) -> wa.Outcome:
        return await self._send(tenant, chat, text, None, client_ref=client_ref)

    async def send_document(
        self,
        tenant: TenantId,
        chat: ChatId,
        document: wa.Document,
        caption: str,
        *,
        client_ref: str,
    ) -> wa.Outcome:
        return await self._send(tenant, chat, caption, document, client_ref=client_ref)

    async def send_image(
        self, tenant: TenantId, chat: ChatId, image: wa.Document, caption: str, *, client_ref: str
    ) -> wa.Outcome:
        return await self._send(tenant, chat, caption, image, client_ref=client_ref)

    async def _send(
        self,
        tenant: TenantId,
        chat: str,
        text: str,
        document: wa.Document | None,
        *,
        client_ref: str,
    ) -> wa.Outcome:
        key = (tenant, chat)
        assert tenant in self._up, "sent through a login that was not started"
        assert key not in self._in_flight, "two sends of one chat at once"
        self._in_flight.add(key)
        self.begun.append(chat)
        try:
            if self.hold is not None:
                await self.hold.wait()
            waiting = self.outcomes.get(chat)
            outcome = waiting.popleft() if waiting else wa.Accepted(f"P{len(self.sent) + 1}")
            if not isinstance(outcome, wa.Rejected):
                assert (tenant, client_ref) not in self._refs, "the same message sent twice"
                self._refs.add((tenant, client_ref))
                typed = key in self.typing_now
                at = self.clock.machine_now()
                self.sent.append(Sent(tenant, chat, text, client_ref, at, typed, document))
            return outcome
        finally:
            self._in_flight.discard(key)

    async def mark_read(self, tenant: TenantId, chat: ChatId, ids: tuple[str, ...]) -> None:
        raise AssertionError("nobody reads here")

    async def typing(self, tenant: TenantId, chat: ChatId, *, on: bool) -> None:
        """Remembered by chat."""
        self.typed.append((chat, on))
        if on:
            self.typing_now.add((tenant, chat))
        else:
            self.typing_now.discard((tenant, chat))

    async def check_number(self, tenant: TenantId, number: PhoneNumber) -> bool:
        """Every number exists but those named; a library that does not answer raises."""
        self.checked.append(number)
        if not self.check_answers:
            raise TimeoutError
        return number not in self.without_whatsapp

    async def resolve_identity(self, tenant: TenantId, lid: str) -> PhoneNumber | None:
        return None

    async def download(
        self, tenant: TenantId, document: wa.Document, *, bytes_max: int
    ) -> bytes | None:
        return None

    def measures(self) -> Sequence[wa.WorkerMeasure]:
        return ()
