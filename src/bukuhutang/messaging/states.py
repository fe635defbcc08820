"""The closed list of states of a WhatsApp login, and what leads from one to another. Pure.

Each state says who acts: the driver by itself (INTERRUPTED), time (REPLACED and TEMPORARILY_BANNED
while they have an end), a person (LOGGED_OUT, BANNED, the other REPLACED), or the operator with a
newer program (OUTDATED). No event leads back to connecting by itself, so nothing can loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bukuhutang.messaging import driver as wa

REPLACED_PAUSE = timedelta(minutes=15)
"""After which a replaced login is connected once more: the other owner may have been a mistake."""

REPLACED_AGAIN = timedelta(hours=24)
"""Replaced again within this after that one attempt: a person decides who owns the login."""

BAN_PAUSE_MIN = timedelta(minutes=10)
"""A temporary ban that claims to be over at once is not believed sooner."""


class WaSessionState(StrEnum):
    UNLINKED = "unlinked"  # needs a QR or a pairing code
    PAIRING = "pairing"  # a code is being shown
    CONNECTING = "connecting"
    CONNECTED = "connected"
    INTERRUPTED = "interrupted"  # will reconnect by itself
    RESTRICTED = "restricted"  # connected, but may not start new chats
    LOGGED_OUT = "logged_out"  # the phone removed us: a person must link again
    REPLACED = "replaced"  # somebody else opened the same login
    TEMPORARILY_BANNED = "temporarily_banned"
    BANNED = "banned"  # stop sending, tell the tenant
    OUTDATED = "outdated"  # our library is too old: every session is concerned
    CLOSED = "closed"  # the tenant is inactive


S = WaSessionState

UP = frozenset({S.CONNECTED, S.RESTRICTED})
GOING = UP | {S.CONNECTING, S.INTERRUPTED}
"""Connected, or the driver is at it."""

RESTING = frozenset({S.LOGGED_OUT, S.REPLACED, S.TEMPORARILY_BANNED, S.BANNED})
"""Not connected again because a process starts or a login changes its owner."""

STOPPED = frozenset({S.REPLACED, S.TEMPORARILY_BANNED, S.OUTDATED})
"""The driver is told to stop, so that it does not reconnect by itself either."""


@dataclass(frozen=True)
class StateChange:
    """What is to be noted about a login; `linked` and `lid` None leave the stored ones."""

    state: WaSessionState
    reason: str | None = None  # a code of ours that says why, where the state alone does not
    detail: str | None = None  # what the provider said, for the operator
    qr: wa.QrShown | None = None
    pair_code: str | None = None
    until: datetime | None = None  # machine time: when the state ends by itself
    linked: bool | None = None
    lid: str | None = None
    before: WaSessionState | None = None  # where it comes from, for the counters


LOGOUT_REASONS = frozenset(
    {
        *("token_invalid", "phone_id_missing", "phone_id_unknown", "phone_id_of_another"),
        *("login_lost", "store_corrupted"),
    }
)
"""Codes of ours among the reasons a driver gives for a login that is over; each has its words."""

AT_ANY_TIME = frozenset(S) - {S.CLOSED}
MAY_FOLLOW: dict[type, frozenset[WaSessionState]] = {
    wa.QrShown: frozenset({S.PAIRING}),
    wa.PairCodeShown: frozenset({S.PAIRING}),
    wa.PairingFailed: frozenset({S.PAIRING}),
    wa.Paired: frozenset({S.PAIRING, S.UNLINKED, S.LOGGED_OUT}),
    wa.Connected: AT_ANY_TIME - {S.UNLINKED, S.LOGGED_OUT},
    wa.Disconnected: GOING,
    wa.LoggedOut: AT_ANY_TIME - {S.UNLINKED, S.PAIRING, S.LOGGED_OUT, S.BANNED},
    wa.Replaced: GOING,
    wa.TemporarilyBanned: AT_ANY_TIME,
    wa.Banned: AT_ANY_TIME,
    wa.ClientOutdated: AT_ANY_TIME,
    wa.Restricted: UP,
    wa.Unrestricted: frozenset({S.RESTRICTED}),
}
"""In which states an event is news. Elsewhere it is the echo of something older: libraries report
a broken connection after the reason for it, and the reason must stay."""


def follows(event: wa.Event, state: WaSessionState) -> bool:
    """Whether an event about the connection changes a login that is in `state`."""
    return state in MAY_FOLLOW[type(event)]


def change_for(event: wa.Event, *, now: datetime, retried_at: datetime | None) -> StateChange:
    """The state that follows from an event about the connection.

    `now` is machine time, `retried_at` when this login was last connected again after it had been
    replaced.
    """
    match event:
        case wa.QrShown():
            return StateChange(S.PAIRING, qr=event)
        case wa.PairCodeShown(code=code):
            return StateChange(S.PAIRING, pair_code=code)
        case wa.PairingFailed(reason=reason):
            return StateChange(S.UNLINKED, f"pairing_{reason}", linked=False)
        case wa.Connected():
            return StateChange(S.CONNECTED, linked=True)
        case wa.Disconnected(reason=reason):
            return StateChange(S.INTERRUPTED, detail=reason)
        case wa.LoggedOut(reason=reason):
            ours = reason if reason in LOGOUT_REASONS else None
            return StateChange(S.LOGGED_OUT, ours, reason, linked=False)
        case wa.Replaced():
            again = retried_at is not None and now - retried_at < REPLACED_AGAIN
            return StateChange(S.REPLACED, until=None if again else now + REPLACED_PAUSE)
        case wa.TemporarilyBanned(code=code, until=until):
            ends = None if until is None else max(until, now + BAN_PAUSE_MIN)
            return StateChange(S.TEMPORARILY_BANNED, detail=f"code {code}", until=ends)
        case wa.Banned(reason=reason):
            return StateChange(S.BANNED, detail=reason)
        case wa.ClientOutdated():
            return StateChange(S.OUTDATED)
        case wa.Restricted(until=until):
            return StateChange(S.RESTRICTED, "new_chats_barred", until=until)
        case wa.Unrestricted():
            return StateChange(S.CONNECTED)
    raise AssertionError(f"no state follows from {event!r}")
