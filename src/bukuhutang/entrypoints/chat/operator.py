"""The operator in the own tenant's chats; from anybody else the words mean nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bukuhutang.base.answers import Answer
from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import MemberId, PhoneNumber, TenantId
from bukuhutang.store.book import read_page
from bukuhutang.store.inbox import Inbound
from bukuhutang.store.scope import Database
from bukuhutang.understanding.operator_commands import (
    ListTenants,
    OperatorIntent,
    Register,
    Switch,
    Unclear,
    read_operator,
)
from bukuhutang.usecases.operator_chat import (
    ACTOR,
    list_by_chat,
    register_by_chat,
    switch_by_chat,
)
from bukuhutang.usecases.tenants import When

Told = tuple[str, dict[str, object]]
"""The code of a text and its fields."""


@dataclass(frozen=True)
class OperatorDesk:
    """Where and from which numbers the operator is heard, and whom to wake after an act."""

    tenant_id: TenantId
    numbers: frozenset[PhoneNumber]
    clock: Clock
    wake_sessions: Callable[[], Awaitable[None]]

    async def hear(self, database: Database, message: Inbound, now: datetime) -> Told | None:
        """Do what the operator means, before the message is answered; None when it is not he.

        Nothing is held open meanwhile. Worked again, it has no second effect.
        """
        if message.tenant_id != self.tenant_id or message.sender not in self.numbers:
            return None
        intent = read_operator(message.body) if message.kind == "text" else None
        member = None if intent is None else await self._who(database, message)
        if intent is None or member is None:
            return None
        asked = f"{message.tenant_id}:{message.id}"
        when = When(now, self.clock.machine_now(), f"{ACTOR}:{member}", asked)
        try:
            return _of(await self._done(database, intent, when))
        except Refusal as no:
            return "operator_refused", {"reason": no.code}

    async def _who(self, database: Database, message: Inbound) -> MemberId | None:
        """Which member of the own tenant speaks, if the words are his and not worked yet."""
        async with database.tenant_tx(message.tenant_id) as tx:
            page = await read_page(
                tx,
                inbound_id=message.id,
                chat_id=message.chat_id,
                sender=message.sender,
                provider_message_id=message.provider_message_id if message.from_me else None,
            )
        is_own = message.from_me and page.is_own_echo
        state = page.inbound
        waits = state is None or state.status != "pending" or state.is_paused
        return None if waits or is_own or page.member is None else page.member.id

    async def _done(
        self, database: Database, intent: OperatorIntent, when: When
    ) -> Answer | Unclear:
        match intent:
            case Register(phone=phone, name=name):
                done: Answer = await register_by_chat(database, phone, name, when)
            case Switch(tenant=tenant, active=active):
                done = await switch_by_chat(
                    database, TenantId(tenant), active=active, own=self.tenant_id, when=when
                )
            case ListTenants(search=search):
                return await list_by_chat(database, search)
            case Unclear():
                return intent
        await self.wake_sessions()
        return done


def _of(done: Answer | Unclear) -> Told:
    if isinstance(done, Unclear):
        return "operator_unclear", {"command": done.command}
    return done.code, done.fields()
