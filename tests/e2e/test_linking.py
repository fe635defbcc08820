"""Linking through the whole service: wrong numbers, typed codes, passkeys, and quiet logs."""

from __future__ import annotations

import asyncio
import re
import secrets

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.usecases.pairing import How, PairingView, link_for, pairing_view, want_code
from tests.e2e.phones import FakewaPhones
from tests.e2e.test_service import BUDI, DANI, linked_world
from tests.support.database import Server
from tests.support.world import World

pytestmark = pytest.mark.e2e

STRANGER = "6281333330003"
SHOP = "Toko Sumber Rejeki"
WAIT_SECONDS = 60.0


class Page:
    """The pairing page of one tenant, as its lender sees it."""

    def __init__(self, world: World, tenant_id: TenantId, token: str) -> None:
        self._world, self._tenant_id, self._token = world, tenant_id, token

    @classmethod
    async def open(cls, world: World) -> Page:
        """A registered lender opens the link."""
        tenant_id = await world.register(DANI, SHOP)
        link = await link_for(world.database, tenant_id, secrets.token_hex(24), world.when())
        return cls(world, tenant_id, link.token)

    async def ask(self, how: How) -> PairingView:
        """Ask for a code of this kind, and wait for it."""
        async with asyncio.timeout(WAIT_SECONDS):
            # A wish so soon after the one before changes nothing: who waits asks again.
            while (await self._want(how)).how != how:  # noqa: ASYNC110  another process
                await asyncio.sleep(0.1)
        await self._world.service.wake_sessions()
        return await self.until(how)

    async def _want(self, how: How) -> PairingView:
        return await want_code(self._world.database, self._token, how, self._world.when())

    async def until(self, step: str) -> PairingView:
        """What it shows, once it is at `step`."""
        seen = None
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                while True:
                    seen = await pairing_view(self._world.database, self._token, self._world.when())
                    if seen.step == step:
                        return seen
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"the page never came to {step!r}: {seen}") from None


async def until_unlinked(phones: FakewaPhones, number: str) -> None:
    """Until the phone lists no linked device."""
    async with asyncio.timeout(WAIT_SECONDS):
        while await phones.fake.linked(number):  # noqa: ASYNC110  another process
            await asyncio.sleep(0.05)


async def test_a_wrong_phone_reads_why_in_its_own_chat_and_is_unlinked(server: Server) -> None:
    async with linked_world(server) as (world, phones):
        page = await Page.open(world)
        for number in (DANI, STRANGER):
            await phones.number(number)
        shown = await page.ask("qr")
        assert shown.qr_code is not None
        await phones.fake.scan(shown.qr_code, STRANGER)
        refused = await page.until("wrong_number")
        assert refused.tail == STRANGER[-4:]
        told = await phones.fake.messages(STRANGER, chat=STRANGER)
        assert [one.from_me for one in told] == [True]
        assert SHOP in told[0].text
        assert DANI[-4:] in told[0].text
        assert DANI not in told[0].text, "a stranger does not learn the lender's number"
        await until_unlinked(phones, STRANGER)
        again = await page.ask("qr")
        assert again.qr_code is not None
        await phones.link(DANI, again.qr_code)
        await page.until("connected")
        await world.rest()
        await world.heard(DANI)
        assert "Rp500.000" in await world.answer(DANI, "PINJAM Budi 500rb")


async def test_a_typed_code_links_the_phone_that_shows_the_page(server: Server) -> None:
    async with linked_world(server) as (world, phones):
        page = await Page.open(world)
        await phones.number(DANI)
        shown = await page.ask("code")
        assert shown.pair_code is not None
        assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", shown.pair_code)
        await phones.fake.enter_pair_code(DANI, shown.pair_code)
        await page.until("connected")
        await world.rest()
        await world.heard(DANI)
        assert "Rp500.000" in await world.answer(DANI, "PINJAM Budi 500rb")


async def test_a_demanded_passkey_is_what_the_page_says(server: Server) -> None:
    async with linked_world(server) as (world, phones):
        page = await Page.open(world)
        await phones.number(DANI)
        shown = await page.ask("qr")
        assert shown.qr_code is not None
        await phones.fake.scan(shown.qr_code, DANI, passkey=True)
        await page.until("passkey")
        assert (await page.ask("qr")).qr_code != shown.qr_code, "asking again gives a new code"


async def test_no_number_no_name_and_no_text_reach_the_logs(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    async with linked_world(server) as (world, phones):
        await world.lender(DANI, SHOP)
        await world.answer(DANI, f"PINJAM Budi 500rb 14hari {BUDI}")
        await world.say(BUDI, "sisa hutang saya?", to=DANI)
        assert await world.heard(BUDI)
        await phones.fake.drop(DANI)
        await phones.fake.unlink(DANI)
        await until_unlinked(phones, DANI)
        await world.rest()
    printed = capfd.readouterr()
    written = printed.out + printed.err
    for secret in (DANI, BUDI, DANI[2:], BUDI[2:], SHOP, "Budi", "sisa hutang"):
        assert secret not in written, [one for one in written.splitlines() if secret in one]
    assert "session_state" in written, "something was logged at all"
