"""Codes to scan, six in a row, each void when the next is shown, and one to type; business time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from bukuhutang.base.clock import Clock
from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.driver import Event, PairCodeShown, PairingFailed, QrShown
from bukuhutang.messaging.simulated import QrExpired, QrUnknown

QR_SECONDS = (60, 20, 20, 20, 20, 20)
"""How long WhatsApp lets each code of a pairing live."""

PAIR_CODE_SECONDS = 160
"""How long the one code to type lives: as long as all codes to scan together."""

PAIR_CODE_SIZE = 8
PAIR_CODE_SIGNS = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"
"""WhatsApp's own: nothing that could be taken for something else."""

VOID_CODES_REMEMBERED = 10_000
"""Older ones are told to be unknown instead of expired."""


@dataclass(slots=True, eq=False)
class _Pairing:
    tenant: TenantId
    code: str
    expires_at: datetime
    how: Literal["qr", "code"] = "qr"
    codes_shown: int = 0
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)


class Pairings:
    """The pairings under way, one per tenant at most. Timers only, no task."""

    def __init__(
        self,
        clock: Clock,
        new_token: Callable[[], str],
        report: Callable[[TenantId, Event], None],
    ) -> None:
        self._clock = clock
        self._new_token = new_token
        self._report = report
        self._of_tenant: dict[TenantId, _Pairing] = {}
        self._of_code: dict[str, _Pairing] = {}
        self._void: dict[str, None] = {}

    def begin(self, tenant: TenantId, how: Literal["qr", "code"]) -> None:
        """Show the first code; a pairing that this tenant had before is ended."""
        self.end(tenant)
        pairing = _Pairing(tenant, code="", expires_at=self._clock.now(), how=how)
        self._of_tenant[tenant] = pairing
        self._turn(pairing)

    def end(self, tenant: TenantId) -> None:
        """Stop showing codes, without an event; does nothing when none is shown."""
        pairing = self._of_tenant.pop(tenant, None)
        if pairing is None:
            return
        if pairing.timer is not None:
            pairing.timer.cancel()
        self._make_void(pairing)

    def end_all(self) -> None:
        """Stop every timer."""
        for tenant in list(self._of_tenant):
            self.end(tenant)

    def tenant_of(self, code: str) -> TenantId:
        """Whose code it is. Raises QrUnknown, QrExpired."""
        pairing = self._of_code.get(code)
        # The timer may be late: the clock decides.
        if pairing is not None and self._clock.now() < pairing.expires_at:
            return pairing.tenant
        if pairing is not None or code in self._void:
            raise QrExpired
        raise QrUnknown

    def clock_moved(self) -> None:
        """Show and void, in order, what became due while business time jumped."""
        for pairing in list(self._of_tenant.values()):
            self._turn(pairing)

    def _turn(self, pairing: _Pairing) -> None:
        if pairing.timer is not None:
            pairing.timer.cancel()
        now = self._clock.now()
        while pairing.expires_at <= now:
            if pairing.codes_shown == (len(QR_SECONDS) if pairing.how == "qr" else 1):
                self.end(pairing.tenant)
                self._report(pairing.tenant, PairingFailed("timeout"))
                return
            self._show_next(pairing)
        wait_seconds = (pairing.expires_at - now).total_seconds()
        pairing.timer = asyncio.get_running_loop().call_later(wait_seconds, self._turn, pairing)

    def _show_next(self, pairing: _Pairing) -> None:
        self._make_void(pairing)
        is_qr = pairing.how == "qr"
        seconds = QR_SECONDS[pairing.codes_shown] if is_qr else PAIR_CODE_SECONDS
        # From the end of the code before, not from now: a jump over all six ends the pairing.
        pairing.expires_at += timedelta(seconds=seconds)
        pairing.codes_shown += 1
        pairing.code = f"SIM-{self._new_token()}" if is_qr else self._code_to_type()
        self._of_code[pairing.code] = pairing
        shown = QrShown(pairing.code, pairing.expires_at) if is_qr else PairCodeShown(pairing.code)
        self._report(pairing.tenant, shown)

    def _code_to_type(self) -> str:
        drawn = hashlib.sha256(self._new_token().encode()).digest()
        return "".join(
            PAIR_CODE_SIGNS[one % len(PAIR_CODE_SIGNS)] for one in drawn[:PAIR_CODE_SIZE]
        )

    def _make_void(self, pairing: _Pairing) -> None:
        if self._of_code.pop(pairing.code, None) is None:
            return
        self._void[pairing.code] = None
        if len(self._void) > VOID_CODES_REMEMBERED:
            self._void.pop(next(iter(self._void)))
