"""One tenant's login as the driver keeps it: what is wanted of it, and where it sits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.messaging.drivers.neonize_backoff import Record
from bukuhutang.messaging.drivers.neonize_process import WorkerProcess


@dataclass(eq=False)
class Seat:
    """A login and its history in this process."""

    tenant: TenantId
    phone_number: PhoneNumber
    wanted: bool = False  # it is to be connected
    leaving: bool = False  # it is being taken out of its worker
    worker: WorkerProcess | None = None
    linking: WorkerProcess | None = None  # the process that links its phone
    record: Record = field(default_factory=Record)
    crashes: int = 0  # of its workers, since it was last up for a while
    tries: int = 0  # to connect, since it was last up for a while
    up_since: float = 0.0
    placing: asyncio.Task[None] | None = None
    pairing: asyncio.Task[None] | None = None
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_waiting(self) -> bool:
        """Whether it will be given a place by itself."""
        return self.placing is not None and not self.placing.done()

    def is_unwanted(self) -> bool:
        """Whether that changed while it was being placed."""
        return not self.wanted

    def leave(self) -> None:
        """It is no longer to be connected."""
        self.wanted = False
        self.cancel_waiting()

    def cancel_waiting(self) -> None:
        """Whatever was planned for it is off."""
        if self.placing is not None and self.placing is not asyncio.current_task():
            self.placing.cancel()
        self.placing = None
