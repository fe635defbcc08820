"""How often an address did lately what is limited: wrong keys and codes, codes asked for."""

from __future__ import annotations

import ipaddress
import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

FAILURES_A_MINUTE_MAX = 30
IPV6_NETWORK_BITS = 64
"""What one customer of a provider gets: its addresses count as one."""


SIGN_INS_MAX, SIGN_INS_MINUTES = 20, 15
"""Codes asked for, and wrong codes, from one address; a shop's staff share theirs."""


class FailedAttempts:
    """A moving window per client address, in this process's memory."""

    def __init__(self, limit: RateLimitItem | None = None) -> None:
        self._limit = limit or RateLimitItemPerMinute(FAILURES_A_MINUTE_MAX)
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def note(self, address: str) -> None:
        """One more of this address."""
        self._windows.hit(self._limit, _network(address))

    def seconds_blocked(self, address: str) -> int:
        """Whole seconds until this address may try again; 0 when it may now."""
        network = _network(address)
        if self._windows.test(self._limit, network):
            return 0
        frees_at = self._windows.get_window_stats(self._limit, network).reset_time
        # The library's window runs on the machine's wall clock, not on business time.
        return max(1, math.ceil(frees_at - time.time()))


def sign_in_window() -> FailedAttempts:
    """What one address may do around signing in."""
    return FailedAttempts(RateLimitItemPerMinute(SIGN_INS_MAX, SIGN_INS_MINUTES))


def _network(address: str) -> str:
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if known.version == 4:
        return str(known)
    return str(ipaddress.ip_network((known, IPV6_NETWORK_BITS), strict=False))
