"""Many small writes become one: whoever adds waits until its row is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bukuhutang.entrypoints.sessions.insist import insist

BATCH_MAX = 256
QUEUE_MAX = 4_096

Row = TypeVar("Row")


class Batcher(Generic[Row]):
    """Collects rows while a write is under way and writes them together.

    The queue is bounded: when the database is slower than the world, `add` waits, and so does
    whoever calls it.
    """

    def __init__(self, write: Callable[[list[Row]], Awaitable[None]]) -> None:
        self._write = write
        self._queue: asyncio.Queue[tuple[Row, asyncio.Future[None]]] = asyncio.Queue(QUEUE_MAX)
        self._writing = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is being written."""
        return self._queue.empty() and not self._writing

    async def add(self, row: Row) -> None:
        """Returns when `row` is written. Raises what the database says of a row it refuses."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._queue.put((row, done))
        await done

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            batch = [await self._queue.get()]
            self._writing = True
            while len(batch) < BATCH_MAX and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                await self._insist(batch)
            finally:
                self._writing = False

    async def _insist(self, batch: list[tuple[Row, asyncio.Future[None]]]) -> None:
        try:
            await insist(lambda: self._write([row for row, _ in batch]))
        except Exception as problem:  # noqa: BLE001  boundary: one bad row fails its own caller
            await self._one_by_one(batch, problem)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(None)

    async def _one_by_one(
        self, batch: list[tuple[Row, asyncio.Future[None]]], problem: Exception
    ) -> None:
        """Find the row the database refuses; the others are written all the same."""
        if len(batch) == 1:
            if not batch[0][1].done():
                batch[0][1].set_exception(problem)
            return
        for one in batch:
            await self._insist([one])
