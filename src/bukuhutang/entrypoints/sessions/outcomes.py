"""What became of sent messages, written by one writer: outcomes first, then receipts.

One at a time, because two statements that move many rows each could wait for one another in a
circle; in batches, because nearly every message causes both.
"""

from __future__ import annotations

from collections.abc import Callable

from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.sessions.batch import Batcher
from bukuhutang.store import outbox
from bukuhutang.store.outbox import Mark, ReceiptMark
from bukuhutang.store.scope import Database


class Outcomes:
    """The one writer of outbox states after a send, in this process."""

    def __init__(self, database: Database, *, own_message_ids: Callable[[TenantId], bool]) -> None:
        self._own_message_ids = own_message_ids
        self._database = database
        self._batcher: Batcher[Mark | ReceiptMark] = Batcher(self._store)

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be written."""
        return self._batcher.is_idle

    async def run(self) -> None:
        """Write batches until cancelled."""
        await self._batcher.run()

    async def add(self, one: Mark | ReceiptMark) -> None:
        """Returns when it is durable."""
        await self._batcher.add(one)

    async def _store(self, batch: list[Mark | ReceiptMark]) -> None:
        marks = [one for one in batch if isinstance(one, Mark)]
        receipts = [one for one in batch if isinstance(one, ReceiptMark)]
        async with self._database.courier() as db:
            if marks:
                await outbox.mark(db, marks)
            for by_ref in (True, False):
                found = [one for one in receipts if self._is_by_ref(one) is by_ref]
                if found:
                    await outbox.receipts(db, found, own_message_ids=by_ref)

    def _is_by_ref(self, receipt: ReceiptMark) -> bool:
        # One batch may hold receipts of several kinds of WhatsApp.
        return receipt.client_ref is not None or self._own_message_ids(receipt.tenant_id)
