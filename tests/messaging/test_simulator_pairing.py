"""Linking a phone: codes, the wrong phone, logging out."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.driver import (
    Connected,
    Disconnected,
    Event,
    LoggedOut,
    PairCodeShown,
    Paired,
    PairingFailed,
    QrShown,
    Rejected,
)
from bukuhutang.messaging.simulated import (
    PairCodeExpired,
    PairCodeUnknown,
    PhoneAlreadyLinked,
    PhoneBanned,
    PhoneOffline,
    PhoneState,
    QrExpired,
    QrUnknown,
    WrongNumber,
)

from .rig import BORROWER, DANI, LENDER, Rig

SARI = TenantId(2)


async def test_scanning_the_code_links_and_connects_the_phone(rig: Rig) -> None:
    code = await rig.show_qr()
    assert not await rig.driver.is_linked(DANI)
    assert await rig.phones.scan("0812-3000-0001", code) == DANI
    assert rig.service.names() == ["QrShown", "Paired", "Connected"]
    assert rig.service.events(Paired)[0].phone_number == LENDER
    assert await rig.driver.is_linked(DANI)
    assert rig.phones.phone(LENDER).tenant == DANI


async def test_a_phone_with_another_number_is_declined_and_not_linked(rig: Rig) -> None:
    async def decline(tenant: TenantId, event: Event) -> None:
        if isinstance(event, Paired) and event.phone_number != LENDER:
            await rig.driver.logout(tenant)

    rig.service.act = decline
    code = await rig.show_qr()
    with pytest.raises(WrongNumber):
        await rig.phones.scan(BORROWER, code)
    assert rig.phones.phone(BORROWER).tenant is None
    assert rig.service.events(Connected) == []
    assert await rig.phones.scan(LENDER, await rig.show_qr()) == DANI


async def test_six_codes_are_shown_in_160_seconds_and_then_pairing_fails(rig: Rig) -> None:
    first = await rig.show_qr()
    began = rig.service.events(QrShown)[0].expires_at - timedelta(seconds=60)
    for number, seconds in enumerate((60, 20, 20, 20, 20), start=2):
        rig.phones.move_clock(timedelta(seconds=seconds))
        await rig.settle()
        assert len(rig.service.events(QrShown)) == number
    with pytest.raises(QrExpired):
        await rig.phones.scan(LENDER, first)
    assert rig.service.events(PairingFailed) == []
    rig.phones.move_clock(timedelta(seconds=20))
    await rig.settle()
    assert rig.service.events(PairingFailed) == [PairingFailed("timeout")]
    shown = rig.service.events(QrShown)
    assert [(one.expires_at - began).total_seconds() for one in shown] == [
        60,
        80,
        100,
        120,
        140,
        160,
    ]
    assert len({one.code for one in shown}) == 6
    with pytest.raises(QrExpired):
        await rig.phones.scan(LENDER, shown[-1].code)


async def test_a_jump_over_the_whole_pairing_shows_all_codes_and_ends_it(rig: Rig) -> None:
    await rig.show_qr()
    rig.phones.move_clock(timedelta(days=30))
    await rig.settle()
    assert rig.service.names() == ["QrShown"] * 6 + ["PairingFailed"]


async def test_the_code_on_show_after_time_travel_can_be_scanned(rig: Rig) -> None:
    await rig.show_qr()
    rig.phones.move_clock(timedelta(seconds=70))
    await rig.settle()
    assert await rig.phones.scan(LENDER, rig.service.events(QrShown)[-1].code) == DANI


async def test_a_code_works_once(rig: Rig) -> None:
    code = await rig.show_qr()
    await rig.phones.scan(LENDER, code)
    with pytest.raises(QrExpired):
        await rig.phones.scan(LENDER, code)


async def test_a_code_that_nobody_showed_is_unknown(rig: Rig) -> None:
    with pytest.raises(QrUnknown):
        await rig.phones.scan(LENDER, "SIM-made-up")


@pytest.mark.parametrize(
    ("state", "refusal"),
    [(PhoneState.OFFLINE, PhoneOffline), (PhoneState.BANNED, PhoneBanned)],
)
async def test_a_phone_without_whatsapp_cannot_scan(
    rig: Rig, state: PhoneState, refusal: type[Exception]
) -> None:
    code = await rig.show_qr()
    await rig.switch(LENDER, state)
    with pytest.raises(refusal):
        await rig.phones.scan(LENDER, code)
    await rig.switch(LENDER, PhoneState.ONLINE)
    assert await rig.phones.scan(LENDER, code) == DANI


async def test_a_phone_is_linked_to_one_tenant_only(linked: Rig) -> None:
    await linked.driver.create_session(SARI, BORROWER)
    await linked.driver.start_pairing(SARI)
    await linked.settle()
    code = linked.service.events(QrShown, SARI)[-1].code
    with pytest.raises(PhoneAlreadyLinked):
        await linked.phones.scan(LENDER, code)
    assert await linked.phones.scan(BORROWER, code) == SARI


async def test_logging_out_on_the_phone_needs_a_new_scan(linked: Rig) -> None:
    await linked.switch(LENDER, PhoneState.LOGGED_OUT)
    assert linked.service.events(LoggedOut)
    assert not await linked.driver.is_linked(DANI)
    assert await linked.send(BORROWER, "halo", "r1") == Rejected("not_connected", retry=True)
    await linked.write(BORROWER, LENDER, "halo")
    assert await linked.texts_on(LENDER) == ["halo"]  # the phone itself works on
    assert linked.service.texts() == []
    assert await linked.phones.scan(LENDER, await linked.show_qr()) == DANI
    assert linked.phones.phone(LENDER).state is PhoneState.ONLINE


async def test_logging_out_by_the_service_forgets_the_login(linked: Rig) -> None:
    await linked.driver.logout(DANI)
    await linked.driver.start(DANI)
    await linked.settle()
    assert linked.service.events(LoggedOut) == [LoggedOut("not linked")]
    assert linked.phones.phone(LENDER).tenant is None


async def test_stopping_keeps_the_login_and_ends_a_pairing(linked: Rig) -> None:
    await linked.driver.stop(DANI)
    await linked.write(BORROWER, LENDER, "halo")
    assert linked.service.heard == []
    await linked.driver.start(DANI)
    await linked.settle()
    assert linked.service.names() == ["Connected", "MessageReceived"]


async def test_starting_while_the_phone_is_offline_reports_it_and_connects_later(
    linked: Rig,
) -> None:
    await linked.driver.stop(DANI)
    await linked.switch(LENDER, PhoneState.OFFLINE)
    await linked.driver.start(DANI)
    await linked.settle()
    assert [event for _, event in linked.service.heard] == [Disconnected()]
    await linked.switch(LENDER, PhoneState.ONLINE)
    assert linked.service.names() == ["Disconnected", "Connected"]


async def show_code(rig: Rig) -> str:
    await rig.driver.start_pairing(DANI, "code")
    await rig.settle()
    return rig.service.events(PairCodeShown)[-1].code


async def test_eight_characters_typed_on_the_phone_link_it(rig: Rig) -> None:
    code = await show_code(rig)
    assert len(code) == 8
    spelled = f"{code[:4]}-{code[4:]}".lower()
    assert await rig.phones.pair("0812-3000-0001", spelled) == DANI
    assert rig.service.names() == ["PairCodeShown", "Paired", "Connected"]
    with pytest.raises(PairCodeExpired):
        await rig.phones.pair(LENDER, code)


async def test_the_characters_are_of_use_on_their_own_phone_only(rig: Rig) -> None:
    code = await show_code(rig)
    with pytest.raises(PairCodeUnknown):
        await rig.phones.pair(BORROWER, code)
    with pytest.raises(PairCodeUnknown):
        await rig.phones.pair(LENDER, "AAAA-BBBB")
    assert await rig.phones.pair(LENDER, code) == DANI


async def test_the_characters_end_like_the_last_qr_code(rig: Rig) -> None:
    code = await show_code(rig)
    rig.phones.move_clock(timedelta(seconds=159))
    await rig.settle()
    assert rig.service.events(PairingFailed) == []
    rig.phones.move_clock(timedelta(seconds=1))
    await rig.settle()
    assert rig.service.events(PairingFailed) == [PairingFailed("timeout")]
    with pytest.raises(PairCodeExpired):
        await rig.phones.pair(LENDER, code)


async def test_a_wrong_link_left_by_a_crash_is_dropped_at_the_next_start(rig: Rig) -> None:
    paired = asyncio.Event()

    async def die_before_deciding(tenant: TenantId, event: Event) -> None:
        if isinstance(event, Paired):
            paired.set()
            await asyncio.Event().wait()

    rig.service.act = die_before_deciding
    code = await rig.show_qr()
    scanning = asyncio.create_task(rig.phones.scan(BORROWER, code))
    await paired.wait()
    assert rig.phones.phone(BORROWER).tenant == DANI
    await rig.crash()
    scanning.cancel()
    rig.begin()
    assert rig.phones.phone(BORROWER).tenant == DANI
    await rig.open()
    assert rig.phones.phone(BORROWER).tenant is None
    assert not await rig.driver.is_linked(DANI)
