"""The SessionManager with a scripted driver: every event in every state, leases, wrong numbers."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bukuhutang.base.ids import ChatId, TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.ports import Held
from bukuhutang.messaging.starts import AT_ONCE_MAX
from bukuhutang.messaging.states import WaSessionState

from .scripted import DANI, LENDER, NOON, STRANGER, WORDS, Desk, S, a_row, connected, managing
from .test_states import EVENTS

CHAT = ChatId("6281230000002")
NOT_CONNECTED = wa.Rejected("not_connected", retry=True)

INTO: dict[WaSessionState, list[wa.Event]] = {
    S.CONNECTED: [],
    S.INTERRUPTED: [wa.Disconnected()],
    S.RESTRICTED: [wa.Restricted()],
    S.LOGGED_OUT: [wa.LoggedOut("removed")],
    S.REPLACED: [wa.Replaced()],
    S.TEMPORARILY_BANNED: [wa.TemporarilyBanned(101, NOON + timedelta(minutes=20))],
    S.BANNED: [wa.Banned("403")],
    S.OUTDATED: [wa.ClientOutdated()],
}
STARTS_MAX = 2
"""After a ban that ended, and once after the login was replaced."""


@pytest.mark.parametrize("state", INTO, ids=str)
@pytest.mark.parametrize("event", EVENTS, ids=lambda one: type(one).__name__)
async def test_nothing_loops_whatever_is_reported_in_whatever_state(
    state: WaSessionState, event: wa.Event
) -> None:
    async with connected() as desk:
        await desk.hear(*INTO[state])
        assert desk.state is state
        desk.driver.calls.clear()
        # A library that reports the same over and over.
        for _ in range(5):
            await desk.hear(event)
            await desk.later(minutes=12)
        assert desk.driver.count("start") <= STARTS_MAX, desk.noted
        assert desk.driver.count("pair_qr") == 0, "nobody asked for a code"
        assert desk.driver.count("logout") == 0


class TestReplaced:
    async def test_it_is_stopped_and_connected_once_more_after_a_quarter_of_an_hour(self) -> None:
        async with connected() as desk:
            desk.driver.calls.clear()
            await desk.hear(wa.Replaced(), wa.Disconnected())
            assert desk.state is S.REPLACED
            assert desk.driver.calls == [("stop", DANI)]
            await desk.later(minutes=14)
            assert desk.driver.count("start") == 0
            await desk.later(minutes=2)
            assert desk.driver.count("start") == 1
            await desk.hear(wa.Connected())
            assert desk.sessions.may_send(DANI)

    async def test_replaced_again_waits_for_a_person(self) -> None:
        async with connected() as desk:
            await desk.hear(wa.Replaced())
            await desk.later(minutes=16)
            desk.driver.calls.clear()
            await desk.hear(wa.Connected(), wa.Replaced())
            await desk.later(minutes=40)
            assert desk.driver.count("start") == 0
            await desk.wish()  # the lender at the page
            assert desk.driver.count("start") == 1, "its login is still there: no new code"


class TestTemporaryBan:
    async def test_it_is_kept_until_its_end_then_started_once(self) -> None:
        async with connected() as desk:
            await desk.hear(wa.TemporarilyBanned(101, NOON + timedelta(hours=1)))
            desk.driver.calls.clear()
            await desk.wish()
            await desk.later(minutes=58)
            assert desk.driver.calls == [], "whoever insists makes it longer"
            await desk.later(minutes=4)
            assert desk.driver.count("start") == 1
            await desk.later(minutes=20)
            assert desk.driver.count("start") == 1

    async def test_without_an_end_a_person_decides(self) -> None:
        async with connected() as desk:
            await desk.hear(wa.TemporarilyBanned(101, None))
            desk.driver.calls.clear()
            await desk.later(minutes=40)
            assert desk.driver.calls == []
            await desk.wish()
            assert desk.driver.count("start") == 1

    async def test_another_process_keeps_it_too(self) -> None:
        row = a_row(S.TEMPORARILY_BANNED, linked=True, until=NOON + timedelta(minutes=30))
        async with managing(row) as desk:
            assert desk.driver.calls == []
            await desk.later(minutes=31)
            assert desk.driver.count("start") == 1


class TestOutdated:
    async def test_no_other_login_is_started_until_there_is_a_newer_program(self) -> None:
        other = replace(a_row(S.INTERRUPTED, linked=True), tenant_id=TenantId(2))
        async with connected() as desk:
            await desk.hear(wa.ClientOutdated())
            assert ("stop", DANI) in desk.driver.calls
            desk.driver.calls.clear()
            desk.driver.linked.add(TenantId(2))
            desk.ports.rows[TenantId(2)] = other
            await desk.settle()
            await desk.wish()
            await desk.later(minutes=20)
            assert [name for name, _ in desk.driver.calls if name != "stop"] == []
            assert desk.sessions.all_sessions() == {1: S.OUTDATED, 2: S.OUTDATED}

    async def test_tenants_of_the_cloud_are_started_all_the_same(self) -> None:
        async with connected() as desk:
            await desk.hear(wa.ClientOutdated())
            linked = desk.driver.capabilities
            cloud = replace(linked, needs_pairing=False)
            desk.sessions.capabilities_of = lambda one: linked if one == DANI else cloud
            other = replace(a_row(S.LOGGED_OUT), tenant_id=TenantId(2))
            desk.ports.rows[TenantId(2)] = other
            await desk.settle()
            assert ("start", TenantId(2)) in desk.driver.calls
            await desk.hear(wa.Connected(), tenant=TenantId(2))
            assert desk.sessions.may_send(TenantId(2))

    async def test_those_that_are_connected_go_on(self) -> None:
        async with connected() as desk:
            desk.driver.linked.add(TenantId(2))
            other = replace(a_row(S.INTERRUPTED, linked=True), tenant_id=TenantId(2))
            desk.ports.rows[TenantId(2)] = other
            await desk.settle()
            await desk.hear(wa.ClientOutdated(), tenant=TenantId(2))
            assert desk.sessions.may_send(DANI)


@pytest.mark.parametrize("state", [S.LOGGED_OUT, S.BANNED, S.REPLACED], ids=str)
async def test_a_restart_does_not_connect_what_waits_for_a_person(state: WaSessionState) -> None:
    async with managing(a_row(state, linked=state is not S.LOGGED_OUT)) as desk:
        await desk.later(minutes=20)
        assert desk.driver.calls == []
        await desk.wish("code")
        expected = "pair_code" if state is S.LOGGED_OUT else "start"
        assert desk.driver.calls == [(expected, DANI)]


class TestPairing:
    async def test_a_code_is_shown_when_somebody_wants_one(self) -> None:
        async with managing() as desk:
            await desk.wish()
            await desk.hear(wa.QrShown("one", NOON), wa.QrShown("two", NOON))
            assert desk.driver.calls == [("pair_qr", DANI)]
            assert [one.qr and one.qr.code for one in desk.ports.notes] == ["one", "two"]
            await desk.hear(wa.Paired(LENDER, lid="1@lid"), wa.Connected())
            assert desk.noted[-2:] == [S.CONNECTING, S.CONNECTED]
            assert desk.ports.activated == [DANI]

    async def test_the_other_kind_of_code_replaces_the_one_on_show(self) -> None:
        async with managing() as desk:
            await desk.wish("qr")
            await desk.hear(wa.QrShown("one", NOON))
            await desk.wish("qr")
            assert desk.driver.calls == [("pair_qr", DANI)], "it is on show already"
            await desk.wish("code")
            await desk.hear(wa.PairCodeShown("ABCDEFGH"))
            assert desk.driver.calls[1:] == [("pair_code", DANI)]
            assert desk.ports.notes[-1].pair_code == "ABCDEFGH"

    @pytest.mark.parametrize("reason", ["timeout", "passkey", "error"])
    async def test_a_pairing_that_failed_says_why_and_waits(self, reason: str) -> None:
        async with managing() as desk:
            await desk.wish()
            failed = next(one for one in EVENTS if one == wa.PairingFailed(reason))  # type: ignore[arg-type]
            await desk.hear(failed)
            assert desk.ports.notes[-1].reason == f"pairing_{reason}"
            await desk.later(minutes=30)
            assert desk.driver.count("pair_qr") == 1
            await desk.wish()
            assert desk.driver.count("pair_qr") == 2

    async def test_a_pairing_that_cannot_be_begun_says_so(self) -> None:
        async with managing() as desk:
            desk.driver.broken.add(DANI)
            await desk.wish()
            assert desk.ports.notes[-1].reason == "pairing_error"

    async def test_an_old_wish_is_forgotten(self) -> None:
        row = replace(a_row(), pairing_wanted_at=NOON - timedelta(minutes=3))
        async with managing(row) as desk:
            assert desk.driver.calls == []


def a_message(sender: str, *, from_me: bool = False) -> wa.MessageReceived:
    return wa.MessageReceived(
        "M1", ChatId(sender), None, STRANGER, from_me, from_me, False, NOON, "rahasia"
    )


async def scanned_by_a_stranger(desk: Desk) -> None:
    await desk.wish()
    await desk.hear(wa.QrShown("one", NOON), wa.Paired(STRANGER, lid=None))


class TestWrongNumber:
    async def test_it_is_told_in_its_own_chat_and_unlinked(self) -> None:
        async with managing() as desk:
            await scanned_by_a_stranger(desk)
            assert desk.driver.count("logout") == 0, "first it has to be told"
            await desk.sessions.on_event(DANI, wa.Connected())
            await desk.until(lambda: desk.state is S.UNLINKED)
            assert desk.driver.texts == [(ChatId(STRANGER), WORDS)]
            assert desk.driver.calls[-1] == ("logout", DANI)
            last = desk.ports.notes[-1]
            assert (last.reason, last.detail, last.linked) == ("wrong_number", "…0003", False)
            assert desk.ports.activated == []

    async def test_nothing_is_read_or_sent_through_it_meanwhile(self) -> None:
        async with managing() as desk:
            await scanned_by_a_stranger(desk)
            await desk.sessions.on_event(DANI, a_message(STRANGER, from_me=True))
            await desk.sessions.on_event(DANI, a_message("6281239999999"))
            sent = await desk.sessions.send_message(DANI, CHAT, "halo", client_ref="r1")
            assert sent == NOT_CONNECTED
            assert desk.ports.arrivals == []
            await desk.sessions.on_event(DANI, wa.Connected())
            await desk.until(lambda: desk.state is S.UNLINKED)

    async def test_it_is_unlinked_although_the_words_cannot_leave(self) -> None:
        async with managing() as desk:
            await scanned_by_a_stranger(desk)
            await desk.wish()  # waits
            desk.driver.broken.add(DANI)
            await desk.sessions.on_event(DANI, wa.Connected())
            await desk.until(lambda: desk.state is S.UNLINKED)
            assert desk.ports.notes[-1].reason == "wrong_number"

    async def test_a_new_code_can_be_had_afterwards(self) -> None:
        async with managing() as desk:
            await scanned_by_a_stranger(desk)
            await desk.sessions.on_event(DANI, wa.Connected())
            await desk.until(lambda: desk.state is S.UNLINKED)
            await desk.wish()
            await desk.hear(wa.QrShown("two", NOON), wa.Paired(LENDER, None), wa.Connected())
            assert desk.state is S.CONNECTED


class TestLeases:
    async def test_a_login_whose_lease_is_lost_is_stopped_and_sends_no_more(self) -> None:
        async with connected() as desk:
            desk.driver.calls.clear()
            desk.ports.rows.clear()
            await desk.settle()
            assert desk.driver.calls == [("stop", DANI)]
            assert not desk.sessions.may_send(DANI)
            assert sum(one.lost for one in desk.ports.watches) == 1

    @pytest.mark.parametrize("how", ["away", "hangs"])
    async def test_a_lease_that_cannot_be_renewed_ends_by_our_own_clock(self, how: str) -> None:
        async with connected() as desk:
            setattr(desk.ports, how, True)
            desk.sessions.wake()
            await asyncio.sleep(0)
            desk.clock.pass_by(seconds=8)
            assert desk.sessions.may_send(DANI), "it is still ours"
            desk.clock.pass_by(seconds=1.1)
            assert not desk.sessions.may_send(DANI), "a second before others may take it"
            sent = await desk.sessions.send_message(DANI, CHAT, "halo", client_ref="r1")
            assert sent == NOT_CONNECTED
            assert desk.driver.texts == []

    async def test_then_the_connection_is_closed_and_opened_again_with_the_next_lease(self) -> None:
        async with connected() as desk:
            desk.ports.away = True
            desk.driver.calls.clear()
            desk.clock.pass_by(seconds=9.5)
            desk.sessions.wake()
            await desk.until(lambda: ("stop", DANI) in desk.driver.calls)
            assert desk.sessions.all_sessions() == {}
            desk.ports.away = False
            await desk.settle()
            assert desk.driver.calls == [("stop", DANI), ("start", DANI)]

    async def test_a_driver_that_hangs_does_not_carry_us_past_the_lease(self) -> None:
        async with connected() as desk:
            desk.driver.hangs = True
            desk.ports.rows[DANI] = replace(desk.ports.rows[DANI], tenant_active=False)
            desk.clock.pass_by(seconds=8.8)
            desk.sessions.wake()  # closes the login, which never returns
            await desk.until(lambda: desk.driver.count("stop") == 1)
            desk.clock.pass_by(seconds=20)
            assert not desk.sessions.may_send(DANI)

    async def test_an_owner_that_died_is_followed_as_soon_as_its_lease_ends(self) -> None:
        async with managing() as desk:
            before = desk.ports.holds
            # Seen a moment before it ends; without that the next look is three seconds away.
            desk.ports.others_end_at = desk.clock.at + timedelta(milliseconds=50)
            await desk.settle()
            desk.ports.others_end_at = None
            desk.clock.pass_by(milliseconds=60)
            async with asyncio.timeout(2):
                while desk.ports.holds == before + 1:  # noqa: ASYNC110  a real pause is measured
                    await asyncio.sleep(0.005)


class TestRest:
    async def test_a_login_on_its_way_is_not_at_rest_until_its_row_says_that_it_is_up(self) -> None:
        async with managing(a_row(S.INTERRUPTED, linked=True)) as desk:
            await desk.settle()
            assert desk.state is S.CONNECTING
            assert not desk.sessions.is_at_rest
            desk.ports.slow = asyncio.Event()
            hearing = asyncio.create_task(desk.sessions.on_event(DANI, wa.Connected()))
            await desk.until(lambda: desk.state is S.CONNECTED)
            assert not desk.sessions.is_at_rest, "messages go out when the row says so"
            desk.ports.slow.set()
            await hearing
            await desk.settle()
            assert desk.sessions.is_at_rest


class TestManyLogins:
    def rows(self, count: int) -> list[Held]:
        return [
            replace(a_row(S.INTERRUPTED, linked=True), tenant_id=TenantId(number))
            for number in range(1, count + 1)
        ]

    async def test_they_are_connected_a_few_at_a_time(self) -> None:
        first, *others = self.rows(AT_ONCE_MAX + 4)
        async with managing(first) as desk:
            for one in others:
                desk.driver.linked.add(one.tenant_id)
                desk.ports.rows[one.tenant_id] = one
            desk.sessions.wake()
            await desk.until(lambda: desk.driver.count("start") == AT_ONCE_MAX)
            for number in range(1, 6):
                await desk.sessions.on_event(TenantId(number), wa.Connected())
            await desk.until(lambda: desk.driver.count("start") == AT_ONCE_MAX + 4)

    async def test_one_that_cannot_be_started_does_not_keep_the_others(self) -> None:
        first, second = self.rows(2)
        async with managing(first) as desk:
            desk.driver.linked.add(second.tenant_id)
            desk.driver.broken.add(second.tenant_id)
            desk.ports.rows[second.tenant_id] = second
            await desk.settle()
            await desk.hear(wa.Connected())
            assert desk.sessions.may_send(DANI)
            desk.driver.broken.clear()
            desk.driver.calls.clear()
            await desk.later(seconds=9)
            assert ("start", second.tenant_id) in desk.driver.calls
