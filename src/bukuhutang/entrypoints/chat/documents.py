"""Makes the documents that were decided on: PDF in a thread, then one transaction that sends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from bukuhutang.base.clock import Clock
from bukuhutang.base.errors import TransientFault
from bukuhutang.base.faults import described
from bukuhutang.base.spelling import storable
from bukuhutang.rendering.documents.agreement import agreement_pdf
from bukuhutang.rendering.documents.settlement import settlement_pdf
from bukuhutang.rendering.documents.shapes import AgreementDocument
from bukuhutang.store import document_jobs
from bukuhutang.store.document_jobs import ATTEMPTS_MAX, LEASE_SECONDS, DocumentJob
from bukuhutang.store.scope import Database
from bukuhutang.usecases import agreement_documents
from bukuhutang.usecases.agreement_documents import ToPrint

POLL_SECONDS = 1.0
"""The safety net under the wake-up call."""

LEASED_MAX = 8
RETRY_SECONDS = 2.0
REASON_MAX = 500
CHANGED_MAX = 3
"""So often the facts may change under a print before it counts as an attempt that failed."""

log = structlog.get_logger("documents")

Printer = Callable[[ToPrint], bytes]


def printed(wanted: ToPrint) -> bytes:
    """The document as PDF; some hundredths of a second of computing."""
    if isinstance(wanted.paper, AgreementDocument):
        return agreement_pdf(wanted.paper, wanted.language)
    return settlement_pdf(wanted.paper, wanted.language)


@dataclass(frozen=True)
class Desk:
    """What a loop works with; `new_id` draws the number of a file at random."""

    database: Database
    clock: Clock
    base_url: str
    new_id: Callable[[], UUID]
    printer: Printer = printed


class DocumentLoop:
    """One loop; any number may run. A document is sent once, whoever makes it how often."""

    def __init__(self, desk: Desk, *, after: Callable[[], None]) -> None:
        self._desk = desk
        self._after = after  # wakes whoever empties the outbox
        self._wake = asyncio.Event()
        self._busy = False

    def wake(self) -> None:
        """A document is wanted: look now."""
        self._wake.set()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being made here."""
        return not self._busy

    async def run(self) -> None:
        """Work until cancelled; what was leased and not done is taken up after its lease."""
        while True:
            self._wake.clear()
            try:
                while await self.work_once():
                    pass
            except TransientFault as fault:
                log.warning("database_away", reason=str(fault))
            with suppress(TimeoutError):
                # Not wait_for, which before Python 3.12 may swallow the end of this task.
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()

    async def work_once(self) -> bool:
        """Work what can be leased now; whether there was anything. Raises TransientFault."""
        self._busy = True
        try:
            now = self._desk.clock.machine_now()
            async with self._desk.database.courier() as db:
                jobs = await document_jobs.lease(
                    db, now=now, until=now + timedelta(seconds=LEASE_SECONDS), limit=LEASED_MAX
                )
            for job in jobs:
                await self._to_its_end(job)
                self._after()
            return bool(jobs)
        finally:
            self._busy = False

    async def _to_its_end(self, job: DocumentJob) -> None:
        if job.attempts > ATTEMPTS_MAX:
            # Counted before the work: it never came back, so it may have ended the process.
            await self._give_up(job, "did not come back from its attempts")
            return
        try:
            done = await self._made(job)
            reason = "the facts changed each time"
        except TransientFault:
            raise
        except Exception as problem:  # boundary: the document loop
            log.exception("document_failed", tenant_id=job.tenant_id, job=job.id)
            done, reason = False, described(problem)
        if done:
            return
        if job.attempts >= ATTEMPTS_MAX:
            await self._give_up(job, reason)
            return
        async with self._desk.database.courier() as db:
            later = self._desk.clock.machine_now() + timedelta(seconds=RETRY_SECONDS)
            await document_jobs.put_off(db, job, later, storable(reason)[:REASON_MAX])

    async def _give_up(self, job: DocumentJob, reason: str) -> None:
        log.error("document_given_up", tenant_id=job.tenant_id, job=job.id)
        now = self._desk.clock.now()
        await agreement_documents.give_up(
            self._desk.database, job, now=now, reason=storable(reason)[:REASON_MAX]
        )

    async def _made(self, job: DocumentJob) -> bool:
        desk = self._desk
        for _ in range(CHANGED_MAX):
            wanted = await agreement_documents.read_facts(desk.database, job, desk.base_url)
            if wanted is None:
                await agreement_documents.drop(desk.database, job)
                return True
            pdf = await asyncio.to_thread(desk.printer, wanted)
            if await agreement_documents.finish(
                desk.database,
                job,
                wanted,
                (desk.new_id(), pdf),
                base_url=desk.base_url,
                now=desk.clock.now(),
            ):
                return True
        return False
