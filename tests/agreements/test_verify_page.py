"""The page that verifies a document, in a real browser on a phone: no script, nothing too wide."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from playwright.async_api import Browser, expect

from bukuhutang.entrypoints.web.app import build_app
from bukuhutang.usecases.agreement_documents import verify_address
from tests.agreements.rig import Deal
from tests.support.browser import overflow_px, running_browser, visiting
from tests.web.rig import Web

pytestmark = pytest.mark.browser
STARTED_SECONDS_MAX = 10


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests here; first, so that nothing is started where there is none."""
    async with running_browser() as opened:
        yield opened


@asynccontextmanager
async def served(deal: Deal) -> AsyncIterator[str]:
    """The web door on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(
            build_app(Web(deal.shop.database).deps()), lifespan="off", log_config=None
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        async with asyncio.timeout(STARTED_SECONDS_MAX):
            while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
                await asyncio.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_a_file_is_checked_without_any_script(
    browser: Browser, deal: Deal, width: int
) -> None:
    await deal.active(name="Budi Santoso")
    [(content,)] = [(row[0],) for row in await deal.rows("files", "content, created_at")]
    async with served(deal) as here, visiting(browser, width=width, height=844) as visit:
        page = await visit.page()
        address = verify_address(here, deal.shop.tenant_id, await deal.stored(1))
        assert address is not None
        await page.goto(address)
        await expect(page.get_by_role("heading", name="Perjanjian nomor 1")).to_be_visible()
        await expect(page.locator(".state")).to_have_text("berjalan")
        await page.get_by_label("Berkas PDF", exact=True).set_input_files(
            {"name": "a.pdf", "mimeType": "application/pdf", "buffer": content}
        )
        await page.get_by_role("button", name="Periksa").click()
        await expect(page.get_by_role("status")).to_contain_text("Cocok.")
        await page.get_by_label("atau sidik SHA-256").fill("f" * 64)
        await page.get_by_role("button", name="Periksa").click()
        await expect(page.get_by_role("status")).to_contain_text("Tidak cocok.")
        assert await overflow_px(page) == 0
        await page.get_by_role("link", name="English").click()
        await expect(page.get_by_role("heading", name="Agreement number 1")).to_be_visible()
        assert await overflow_px(page) == 0
        assert visit.complaints == []
