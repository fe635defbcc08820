"""The table of states: where an event leads, where it is only an echo; and when logins start."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.starts import AT_ONCE_MAX, BACKOFF_SECONDS_MAX, PATIENCE, Starts
from bukuhutang.messaging.states import (
    BAN_PAUSE_MIN,
    GOING,
    MAY_FOLLOW,
    REPLACED_AGAIN,
    REPLACED_PAUSE,
    RESTING,
    STOPPED,
    UP,
    change_for,
    follows,
)

from .scripted import NOON, S

EVENTS: list[wa.Event] = [
    wa.QrShown("code", NOON),
    wa.PairCodeShown("ABCDEFGH"),
    *(wa.PairingFailed(reason) for reason in ("timeout", "passkey", "error")),
    wa.Connected(),
    wa.Disconnected(),
    wa.LoggedOut("removed"),
    wa.Replaced(),
    wa.TemporarilyBanned(101, NOON + timedelta(hours=3)),
    wa.TemporarilyBanned(101, None),
    wa.Banned("403"),
    wa.ClientOutdated(),
    wa.Restricted(),
    wa.Unrestricted(),
]


def test_every_event_about_a_login_has_its_place_in_the_table() -> None:
    named = {type(one) for one in EVENTS} | {wa.Paired}
    assert named == set(MAY_FOLLOW)


def test_no_event_leads_to_connecting_by_itself() -> None:
    for event in EVENTS:
        change = change_for(event, now=NOON, retried_at=None)
        assert change.state is not S.CONNECTING, event


def test_an_end_that_needs_a_person_is_not_covered_by_the_broken_connection_behind_it() -> None:
    for state in (*RESTING, *STOPPED, S.CLOSED, S.UNLINKED):
        assert not follows(wa.Disconnected(), state), state
        assert not follows(wa.Replaced(), state), state
        assert not follows(wa.QrShown("late", NOON), state), state


def test_a_ban_is_news_wherever_the_login_stands() -> None:
    for state in set(S) - {S.CLOSED}:
        assert follows(wa.Banned("403"), state)
    assert not follows(wa.LoggedOut("403"), S.BANNED), "the worse news stays"


def test_only_a_login_that_is_linked_can_come_up() -> None:
    assert not follows(wa.Connected(), S.UNLINKED)
    assert not follows(wa.Connected(), S.LOGGED_OUT)
    assert GOING > UP


def test_a_replaced_login_is_tried_once_in_a_day() -> None:
    first = change_for(wa.Replaced(), now=NOON, retried_at=None)
    assert first.until == NOON + REPLACED_PAUSE
    soon = change_for(wa.Replaced(), now=NOON, retried_at=NOON - timedelta(hours=1))
    assert soon.until is None, "a person decides"
    next_day = change_for(wa.Replaced(), now=NOON, retried_at=NOON - REPLACED_AGAIN)
    assert next_day.until == NOON + REPLACED_PAUSE


def test_a_temporary_ban_lasts_as_long_as_it_says_and_never_no_time() -> None:
    ends = NOON + timedelta(hours=3)
    change = change_for(wa.TemporarilyBanned(101, ends), now=NOON, retried_at=None)
    assert (change.until, change.detail) == (ends, "code 101")
    over = change_for(wa.TemporarilyBanned(101, NOON), now=NOON, retried_at=None)
    assert over.until == NOON + BAN_PAUSE_MIN
    assert change_for(wa.TemporarilyBanned(1, None), now=NOON, retried_at=None).until is None


# --- when they start ------------------------------------------------------------------------------


def ids(count: int) -> list[TenantId]:
    return [TenantId(number) for number in range(1, count + 1)]


def test_one_login_starts_at_once_and_many_are_spread() -> None:
    starts = Starts(lambda: 0.9)
    for one in ids(200):
        starts.ask(one, NOON)
    assert starts.take(NOON) == [1]
    assert starts.next_at() is not None
    assert len(starts.take(NOON + timedelta(seconds=6))) == AT_ONCE_MAX - 1
    assert starts.take(NOON + timedelta(seconds=6)) == [], "so many at once and no more"


def test_a_place_is_free_when_whatsapp_has_answered_or_said_nothing_for_long() -> None:
    starts = Starts(lambda: 0.0)
    for one in ids(AT_ONCE_MAX + 2):
        starts.ask(one, NOON)
    assert len(starts.take(NOON)) == AT_ONCE_MAX
    assert starts.next_at() == NOON + PATIENCE
    starts.answered(TenantId(3))
    assert starts.take(NOON) == [AT_ONCE_MAX + 1]
    assert starts.take(NOON + PATIENCE) == [AT_ONCE_MAX + 2]
    assert starts.is_idle


def test_whatsapp_is_waited_for_until_it_has_answered() -> None:
    starts = Starts(lambda: 0.0)
    starts.ask(TenantId(1), NOON)
    waiting = [starts.is_waiting]
    starts.take(NOON)
    waiting.append(starts.is_waiting)
    starts.answered(TenantId(1))
    assert [*waiting, starts.is_waiting] == [False, True, False]


@pytest.mark.parametrize("drawn", [0.0, 0.999])
def test_what_fails_is_tried_ever_later_within_a_bound(drawn: float) -> None:
    starts = Starts(lambda: drawn)
    pauses, now = [], NOON
    for _ in range(40):
        starts.failed(TenantId(1), now)
        due = starts.next_at()
        assert due is not None
        pauses.append((due - now).total_seconds())
        now = due
        assert starts.take(now) == [1]
    assert pauses[0] >= 1
    assert pauses == sorted(pauses)
    assert BACKOFF_SECONDS_MAX / 2 <= pauses[-1] <= BACKOFF_SECONDS_MAX
    starts.answered(TenantId(1))
    starts.failed(TenantId(1), now)
    assert starts.next_at() == now + timedelta(seconds=pauses[0]), "it begins again"
