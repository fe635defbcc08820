"""The linking page in a real browser: every step as a lender sees it, and the way through."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from bukuhutang.store.scope import Database
from bukuhutang.tenancy.tenant import Language
from tests.support.browser import WAIT_MS_MAX, Visit, overflow_px, running_browser, visiting
from tests.support.service import RunningService, running_service
from tests.web.link_rig import link_desk

pytestmark = pytest.mark.browser

HAND = (390, 844)
DESKTOP = (1280, 800)
LENDER, STRANGER = "6281290000001", "6281290000002"
HOSTILE = "<img src=x onerror=document.title='cracked'>"

expect.set_options(timeout=WAIT_MS_MAX)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests here; first, so that nothing is started where there is none."""
    async with running_browser() as opened:
        yield opened


@asynccontextmanager
async def visit(
    browser: Browser, url: str, size: tuple[int, int] = HAND
) -> AsyncIterator[tuple[Page, Visit]]:
    """A lender who has opened the link."""
    async with visiting(browser, width=size[0], height=size[1]) as opened:
        page = await opened.page()
        await page.goto(url)
        yield page, opened


STEPS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("timeout", ("unlinked", "pairing_timeout"), {}),
    ("passkey", ("unlinked", "pairing_passkey"), {}),
    ("failed", ("unlinked", "pairing_error"), {}),
    ("wrong_number", ("unlinked", "wrong_number"), {"reason_detail": "…0002"}),
    ("logged_out", ("logged_out",), {}),
    ("replaced", ("replaced",), {}),
    ("banned", ("banned",), {}),
    ("outdated", ("outdated",), {}),
    ("connecting", ("connecting",), {}),
    ("connected", ("connected",), {}),
    ("paused_open", ("temporarily_banned",), {}),
    ("paused", ("temporarily_banned",), {"state_until": datetime.now(UTC) + timedelta(hours=20)}),
]


@pytest.mark.parametrize("language", list(Language), ids=str)
@pytest.mark.parametrize("size", [HAND, DESKTOP], ids=["hand", "desktop"])
async def test_every_step_fits_the_screen_and_says_what_to_do(
    browser: Browser, database: Database, size: tuple[int, int], language: Language
) -> None:
    async with link_desk(database, language) as desk:
        await desk.put("connecting")
        async with visit(browser, desk.url, size) as (page, opened):
            for step, state, columns in STEPS:
                await desk.put(*state, **columns)
                await page.reload()
                await expect(page.locator(f'#card[data-step="{step}"]')).to_be_visible()
                await expect(page.locator("#head")).to_have_text(re.compile(r"\w{3}"))
                shown = await page.locator("main").inner_text()
                assert "undefined" not in shown, step
                assert "{" not in shown, step
                assert await overflow_px(page) == 0, step
            assert await page.locator("html").get_attribute("lang") == language
            assert opened.complaints == []


async def test_a_newcomer_sees_a_code_that_renews_itself(
    browser: Browser, database: Database
) -> None:
    async with link_desk(database) as desk:
        async with visit(browser, desk.url) as (page, opened):
            await expect(page.locator("#card")).to_have_attribute("data-step", "waiting")
            assert await desk.wanted() == "qr", "the page itself has asked"
            await desk.show_qr("2@first")
            qr = page.locator("#qr")
            await expect(qr).to_be_visible()
            await expect(page.locator("#count")).to_contain_text(re.compile(r"\d+ detik"))
            first = await qr.get_attribute("src")
            await desk.show_qr("2@second")
            await expect(qr).not_to_have_attribute("src", str(first))
            await expect(page.locator("#steps li")).to_have_count(4)
            box = await qr.bounding_box()
            assert box is not None
            assert box["width"] >= 290, "large enough for an old camera"
            assert opened.complaints == []


async def test_nobody_is_asked_for_by_a_page_that_only_looks_on(
    browser: Browser, database: Database
) -> None:
    async with link_desk(database) as desk:
        await desk.put("logged_out")
        async with visit(browser, desk.url) as (page, _):
            await expect(page.locator("#again")).to_be_visible()
            assert await desk.wanted() is None
            await page.locator("#again").click()
            await expect(page.locator("#card")).to_have_attribute("data-step", "waiting")
            assert await desk.wanted() == "qr"


async def test_the_only_phone_is_shown_characters_by_keyboard_too(
    browser: Browser, database: Database
) -> None:
    async with link_desk(database, Language.ENGLISH) as desk:
        await desk.show_qr()
        async with visit(browser, desk.url) as (page, opened):
            switch = page.get_by_role("switch", name=re.compile("my only phone"))
            await expect(switch).to_have_attribute("aria-checked", "false")
            await switch.focus()
            await page.keyboard.press("Space")
            await expect(switch).to_have_attribute("aria-checked", "true")
            await expect(page.locator("#card")).to_have_attribute("data-step", "waiting")
            await desk.show_code("WZYE1R2K")
            await expect(page.locator("#pair-code")).to_have_text("WZYE-1R2K")
            await expect(page.locator("#steps")).to_contain_text("Link with phone number")
            status = page.get_by_role("status").filter(has_text="Type this code")
            await expect(status).to_be_visible()
            assert opened.complaints == []


async def test_a_name_that_looks_like_markup_stays_text(
    browser: Browser, database: Database
) -> None:
    async with link_desk(database, name=HOSTILE) as desk:
        await desk.put("connected")
        async with visit(browser, desk.url) as (page, _):
            await expect(page.locator("#title")).to_contain_text(HOSTILE)
            assert await page.locator("img[src=x]").count() == 0
            assert await overflow_px(page) == 0


async def test_a_link_that_ends_while_it_is_open_says_so(
    browser: Browser, database: Database
) -> None:
    async with link_desk(database) as desk:
        await desk.show_qr()
        async with visit(browser, desk.url) as (page, _):
            await expect(page.locator("#qr")).to_be_visible()
            async with database.courier() as db:
                await db.execute("update wa_sessions set link_expires_at = now()")
            await expect(page.locator("h1")).to_have_text("Tautan ini sudah tidak berlaku")
            assert await overflow_px(page) == 0


async def test_a_service_that_is_away_is_waited_for(browser: Browser, database: Database) -> None:
    async with link_desk(database) as desk:
        await desk.show_qr()
        async with visit(browser, desk.url) as (page, _):
            await expect(page.locator("#qr")).to_be_visible()
            await page.context.set_offline(True)
            await expect(page.locator("#lost")).to_have_text(re.compile("mencoba lagi"))
            await page.context.set_offline(False)
            await expect(page.locator("#lost")).to_be_empty()


# --- on the whole service, with simulated phones --------------------------------------------------


@pytest.fixture(scope="module")
async def service(browser: Browser) -> AsyncIterator[RunningService]:
    """One service for all tests here."""
    async with running_service() as started:
        yield started


async def a_link(service: RunningService, number: str) -> str:
    """A registered lender's link."""
    async with service.http() as http:
        body = {"phoneNumber": f"+{number}", "name": "Toko Dani"}
        made = (await http.post("/admin/tenants/register", json=body)).json()
        answer = await http.post(f"/admin/tenant/{made['tenant']['tenantId']}/link")
        url: str = answer.json()["url"]
        return url


async def qr_on_show(service: RunningService, url: str) -> str:
    """The text of the QR code on the page, by the operator's way."""
    tenant = url.rpartition("/")[2].partition("-")[0]
    async with service.http() as http, asyncio.timeout(20):
        while (answer := await http.get(f"/admin/tenant/{tenant}/qr")).status_code != 200:  # noqa: ASYNC110  HTTP
            await asyncio.sleep(0.1)
        code: str = answer.json()["qr"]
        return code


async def test_a_phone_scans_and_the_page_says_so(
    browser: Browser, service: RunningService
) -> None:
    url = await a_link(service, LENDER)
    async with visit(browser, url) as (page, opened):
        await expect(page.locator("#qr")).to_be_visible()
        async with service.http() as http:
            code = await qr_on_show(service, url)
            await http.post(f"/simulator/phones/{LENDER}/scan", json={"qr": code})
        await expect(page.locator("#head")).to_have_text("WhatsApp sudah tersambung")
        await page.reload()
        await expect(page.locator("#head")).to_have_text("WhatsApp sudah tersambung")
        assert opened.complaints == []


async def test_another_phone_is_told_in_its_own_chat_and_the_page_says_which(
    browser: Browser, service: RunningService
) -> None:
    url = await a_link(service, "6281290000011")
    async with visit(browser, url) as (page, opened):
        await expect(page.locator("#qr")).to_be_visible()
        async with service.http() as http:
            code = await qr_on_show(service, url)
            scanned = await http.post(f"/simulator/phones/{STRANGER}/scan", json={"qr": code})
            assert scanned.json()["code"] == "wrong_number"
            await expect(page.locator("#card")).to_have_attribute("data-step", "wrong_number")
            await expect(page.locator("#text")).to_contain_text("0002")
            [told] = (await http.get(f"/simulator/phones/{STRANGER}/messages")).json()
            phone = (await http.get(f"/simulator/phones/{STRANGER}")).json()
        assert "belum ditautkan" in told["text"]
        assert "0011" in told["text"]
        assert told["to"] == STRANGER
        assert phone["linked"] is None
        assert opened.complaints == []


async def test_the_eight_characters_link_the_phone_from_its_own_screen(
    browser: Browser, service: RunningService
) -> None:
    number = "6281290000021"
    url = await a_link(service, number)
    async with visit(browser, url) as (page, opened):
        await expect(page.locator("#qr")).to_be_visible()
        await page.locator("#only-phone").click()
        code = page.locator("#pair-code")
        await expect(code).to_have_text(re.compile(r"[1-9A-Z]{4}-[1-9A-Z]{4}"))
        simulator = await opened.page()
        await simulator.goto(f"{service.address}/simulator#key={service.key}")
        phone = simulator.locator("#lender")
        await phone.locator(".phone-number").click()
        await phone.locator(".number-input").fill(f"+{number}")
        await phone.locator(".number-form .primary").click()
        await expect(phone.locator(".number-form")).to_be_hidden()
        await phone.locator(".more summary").click()
        await phone.locator(".pair-input").fill(await code.inner_text())
        await phone.locator(".pair-form button").click()
        await expect(page.locator("#head")).to_have_text("WhatsApp sudah tersambung")
        assert opened.complaints == []
