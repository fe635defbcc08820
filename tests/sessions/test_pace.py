"""The rules alone: when a message goes, how many new chats a day, when a number is asked about."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bukuhutang.entrypoints.sessions.pace import (
    AT_ONCE,
    UNHURRIED,
    Lane,
    Number,
    check_wanted,
    new_chats_a_day,
    opens_at,
    plan,
)

JAYAPURA = ZoneInfo("Asia/Jayapura")
NOW = datetime(2026, 2, 18, 5, 0, tzinfo=UTC)


def test_what_we_begin_is_4_to_12_seconds_apart_however_the_dice_fall() -> None:
    draw = random.Random(7).random  # noqa: S311  a seed, to be played again
    number, now, sent = Number(), 0.0, []
    for turn in range(300):
        slot = plan(UNHURRIED, number, Lane.BEGIN, characters=turn, now=now, draw=draw)
        number.sent(Lane.BEGIN, slot.send_at)
        sent.append(slot.send_at)
        assert slot.typing_at is not None
        assert 1.5 <= slot.send_at - slot.typing_at <= 5.0
        now = slot.send_at
    gaps = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert min(gaps) >= 4.0
    assert max(gaps) <= 12.0
    assert max(gaps) - min(gaps) > 6.0  # jitter, no beat


@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("characters", [1, 40, 400, 65_536])
def test_an_answer_is_typed_for_one_to_three_seconds(share: float, characters: int) -> None:
    slot = plan(
        UNHURRIED, Number(), Lane.ANSWER, characters=characters, now=10.0, draw=lambda: share
    )
    assert slot.typing_at == 10.0
    assert 11.0 <= slot.send_at <= 13.0


def test_longer_messages_are_typed_longer() -> None:
    def took(characters: int) -> float:
        draw = iter([0.5]).__next__
        return plan(
            UNHURRIED, Number(), Lane.ANSWER, characters=characters, now=0.0, draw=draw
        ).send_at

    assert took(5) < took(50) < took(100)


def test_the_lenders_own_chat_waits_for_nothing_but_a_breath() -> None:
    number = Number(other_at=100.0, begun_at=100.0)
    slot = plan(UNHURRIED, number, Lane.OWN, characters=900, now=50.0, draw=lambda: 0.999)
    assert slot.typing_at is None
    assert slot.send_at <= 50.6


def test_an_answer_goes_between_two_reminders_and_not_on_their_heels() -> None:
    def answered(number: Number) -> float:
        return plan(
            UNHURRIED, number, Lane.ANSWER, characters=0, now=19.0, draw=lambda: 0.0
        ).send_at

    assert answered(Number(planned={Lane.BEGIN: 28.0})) == 20.0
    assert answered(Number(planned={Lane.BEGIN: 20.5})) == 21.5
    assert answered(Number(other_at=19.9)) == 20.9


def test_at_once_means_at_once() -> None:
    for lane in Lane:
        slot = plan(AT_ONCE, Number(), lane, characters=500, now=1.0, draw=lambda: 0.9)
        assert slot.typing_at is None
        assert slot.send_at == 1.0


def test_the_cap_grows_with_the_days_and_ends_at_twelve() -> None:
    caps = [
        new_chats_a_day(UNHURRIED, NOW - timedelta(days=days), NOW, JAYAPURA)
        for days in (0, 1, 2, 8, 9, 10, 400)
    ]
    assert caps == [3, 4, 5, 11, 12, 12, 12]
    assert new_chats_a_day(UNHURRIED, None, NOW, JAYAPURA) == 3


def test_the_days_since_the_link_are_the_tenants_days() -> None:
    linked = datetime(2026, 2, 17, 14, 59, tzinfo=UTC)  # 23:59 in Jayapura
    for minutes, cap in ((0, 3), (2, 4)):
        now = linked + timedelta(minutes=minutes)
        assert new_chats_a_day(UNHURRIED, linked, now, JAYAPURA) == cap


def test_held_messages_open_at_eight_the_next_local_day() -> None:
    before, after = datetime(2026, 2, 18, 14, 59, tzinfo=UTC), datetime(2026, 2, 18, 15, tzinfo=UTC)
    assert opens_at(before, JAYAPURA) == datetime(2026, 2, 18, 23, 0, tzinfo=UTC)
    assert opens_at(after, JAYAPURA) == datetime(2026, 2, 19, 23, 0, tzinfo=UTC)


def test_a_number_is_asked_about_again_after_some_days() -> None:
    day = timedelta(days=1)
    assert check_wanted(UNHURRIED, None, None, NOW)
    assert not check_wanted(UNHURRIED, True, NOW - 13 * day, NOW)
    assert check_wanted(UNHURRIED, True, NOW - 14 * day, NOW)
    assert not check_wanted(UNHURRIED, False, NOW - day / 2, NOW)
    assert check_wanted(UNHURRIED, False, NOW - day, NOW)
