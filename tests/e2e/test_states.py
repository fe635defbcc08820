"""How a login begins, breaks, comes back and ends."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bukuhutang.messaging import driver as wa
from tests.e2e.rig import Lender, Rig
from tests.fakewa.shapes import Refusing

pytestmark = pytest.mark.e2e


async def turned_away(rig: Rig, dani: Lender, code: int) -> None:
    """From now on the service refuses this number's logins."""
    await rig.fake.mode(dani.number, login_failure=code)
    await rig.fake.drop(dani.number)


async def test_a_code_of_eight_characters_links_a_phone_that_cannot_scan(rig: Rig) -> None:
    dani = await rig.lender(linked=False)
    assert not await rig.driver.is_linked(dani.tenant)
    await rig.driver.start_pairing(dani.tenant, "code")
    shown = await dani.until(wa.PairCodeShown)
    assert len(shown.code.replace("-", "")) == 8
    await rig.fake.enter_pair_code(dani.number, shown.code)
    await dani.until(wa.Connected)
    assert not any(isinstance(one, wa.QrShown) for one in dani.heard)


async def test_a_demanded_passkey_is_told_in_its_own_words(rig: Rig) -> None:
    dani = await rig.lender(linked=False)
    await rig.driver.start_pairing(dani.tenant, "qr")
    shown = await dani.until(wa.QrShown)
    assert shown.expires_at > datetime.now(UTC) + timedelta(seconds=40)
    await rig.fake.scan(shown.code, dani.number, passkey=True)
    assert await dani.until(wa.PairingFailed) == wa.PairingFailed("passkey")


async def test_the_wrong_phone_is_unlinked_again(rig: Rig) -> None:
    dani = await rig.lender(linked=False)
    await rig.driver.start_pairing(dani.tenant, "qr")
    shown = await dani.until(wa.QrShown)
    declined = asyncio.Event()

    async def decline(event: wa.Event) -> None:
        """As the session manager does: while it is being told."""
        if isinstance(event, wa.Paired):
            await rig.driver.logout(dani.tenant)
            declined.set()

    dani.act = decline
    await rig.fake.scan(shown.code, dani.friend)
    assert (await dani.until(wa.Paired)).phone_number == dani.friend
    await asyncio.wait_for(declined.wait(), 30)
    assert await rig.fake.linked(dani.friend) == []
    assert not await rig.driver.is_linked(dani.tenant)


async def test_a_broken_line_and_a_service_that_is_away_come_back_by_themselves(rig: Rig) -> None:
    dani = await rig.lender()
    await rig.fake.drop(dani.number)
    await dani.until(wa.Disconnected)
    await dani.until(wa.Connected, 2)
    await rig.fake.refuse(Refusing.HTTP_503)
    await rig.fake.drop(dani.number)
    await dani.until(wa.Disconnected, 2)
    waiting = await rig.fake.write(dani.friend, dani.number, "selagi terputus")
    await rig.fake.refuse(Refusing.NOBODY)
    await dani.until(wa.Connected, 3)
    assert (await dani.until(wa.MessageReceived)).id == waiting


async def test_a_device_the_phone_has_removed_must_be_linked_anew(rig: Rig) -> None:
    dani = await rig.lender()
    await rig.fake.unlink(dani.number)
    await dani.until(wa.LoggedOut)
    await rig.until(lambda: not (dani.folder / "device.sqlite").exists())
    assert not await rig.driver.is_linked(dani.tenant)
    assert await dani.send("halo", "r") == wa.Rejected("not_connected", retry=True)
    connected = sum(isinstance(one, wa.Connected) for one in dani.heard)
    await rig.driver.start_pairing(dani.tenant, "qr")
    again = await dani.until(wa.QrShown, 2)
    await rig.fake.scan(again.code, dani.number)
    await dani.until(wa.Connected, connected + 1)
    assert await dani.send("halo lagi", "r2") == wa.Accepted("r2")


async def test_a_refused_login_is_told_by_its_reason(rig: Rig) -> None:
    dani = await rig.lender()
    await turned_away(rig, dani, 401)
    assert (await dani.until(wa.LoggedOut)).reason == "logged_out"


async def test_who_was_replaced_does_not_come_back_by_itself(rig: Rig) -> None:
    dani = await rig.lender()
    await rig.fake.stream_error(dani.number, conflict="replaced")
    await dani.until(wa.Replaced)
    assert await rig.fake.online(dani.number, False)
    logins = (await rig.fake.linked(dani.number))[0].logins
    await asyncio.sleep(1.0)
    assert (await rig.fake.linked(dani.number))[0].logins == logins
    await rig.driver.start(dani.tenant)
    await dani.until(wa.Connected, 2)


async def test_a_temporary_ban_is_told_with_its_end_and_waited_for(rig: Rig) -> None:
    dani = await rig.lender()
    await turned_away(rig, dani, 402)
    ban = await dani.until(wa.TemporarilyBanned)
    assert ban.code == 104
    assert ban.until is not None
    assert abs(ban.until - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)
    connections = (await rig.fake.counts()).connections
    await asyncio.sleep(1.0)
    assert (await rig.fake.counts()).connections == connections


async def test_an_outdated_library_is_told_and_does_not_insist(rig: Rig) -> None:
    dani = await rig.lender()
    await turned_away(rig, dani, 405)
    await dani.until(wa.ClientOutdated)
    assert await dani.send("halo", "r") == wa.Rejected("not_connected", retry=True)


async def test_a_refusal_for_an_odd_reason_is_tried_again_later(rig: Rig) -> None:
    dani = await rig.lender()
    await turned_away(rig, dani, 409)
    await dani.until(wa.Disconnected, 2)
    await rig.fake.mode(dani.number, login_failure=0)
    await dani.until(wa.Connected, 2)


async def test_a_broken_store_is_set_aside_and_the_tenant_links_anew(rig: Rig) -> None:
    dani = await rig.lender()
    other = await rig.lender()
    await rig.driver.stop(dani.tenant)
    path = dani.folder / "device.sqlite"
    content = bytearray(path.read_bytes())
    content[50:6000] = b"\x00" * 5950
    path.write_bytes(bytes(content))
    assert await rig.driver.is_linked(dani.tenant), "what is broken is told by the start"
    await rig.driver.start(dani.tenant)
    assert await dani.until(wa.LoggedOut) == wa.LoggedOut("store_corrupted")
    await rig.until(lambda: not path.exists())
    assert len(list(dani.folder.glob("device.sqlite.broken-*"))) == 1
    assert await other.send("tidak terganggu", "o1") == wa.Accepted("o1")
