"""The lender hears of every message to somebody else that did not arrive, or may not have."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import date

import structlog

from bukuhutang.base.answers import Answer
from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.base.ids import TenantId
from bukuhutang.rendering.texts import render
from bukuhutang.store import outbox
from bukuhutang.store.scope import Database
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.tenants import When
from bukuhutang.usecases.undelivered import tell_undelivered

LOOK_SECONDS = 30.0
"""Between two looks for what nobody reminded us of: unknown for long, or left by a crash."""

log = structlog.get_logger("outbox")


def words(answer: Answer, language: Language, today: date) -> str:
    """The text of an answer."""
    return render(answer.code, language, today=today, **answer.fields())


class Teller:
    """One at a time, so that what fails together is told together."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        after: Callable[[], None],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._after = after  # something was queued
        self._look_seconds = look_seconds
        self._waiting: dict[TenantId, None] = {}
        self._wake = asyncio.Event()
        self._telling = False

    def nudge(self, tenant_id: TenantId) -> None:
        """This lender has something to hear: look now."""
        self._waiting[tenant_id] = None
        self._wake.set()

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits to be told."""
        return not self._waiting and not self._telling

    async def run(self) -> None:
        """Tell until cancelled; begins with what an earlier life left untold."""
        await self._look()
        while True:
            while self._waiting:
                self._telling = True
                await self._tell(self._waiting.popitem()[0])
                self._telling = False
            self._wake.clear()
            try:
                # Not wait_for, which before Python 3.12 may swallow the end of this task.
                async with asyncio.timeout(self._look_seconds):
                    await self._wake.wait()
            except TimeoutError:
                await self._look()

    async def _look(self) -> None:
        with suppress(TransientFault):
            async with self._database.courier() as db:
                found = await outbox.untold_tenants(db, self._clock.machine_now())
            self._waiting.update(dict.fromkeys(found))

    async def _tell(self, tenant_id: TenantId) -> None:
        when = When(self._clock.now(), self._clock.machine_now(), actor="service")
        try:
            if await tell_undelivered(self._database, tenant_id, when, words):
                self.nudge(tenant_id)
            self._after()
        except TransientFault as fault:
            # The rows say it still: the next look finds them.
            log.warning("database_away", reason=str(fault))
        except Exception:  # boundary: one lender's trouble must not silence all the others
            log.exception("telling_failed", tenant_id=tenant_id)
