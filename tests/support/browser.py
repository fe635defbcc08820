"""A real Chromium, driven by playwright; loudly absent where none is installed, except in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    async_playwright,
)

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_MS_MAX = 15_000


def chromium_path() -> str:
    """Where Chromium is; skips the test when there is none, and fails it in CI."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        reason = "no Chromium found: install `chromium` or set CHROMIUM to its path"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}; CI must not skip the browser tests")
        pytest.skip(reason)
    return path


@asynccontextmanager
async def running_browser() -> AsyncIterator[Browser]:
    """A headless browser until the end of the block."""
    path = chromium_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Visit:
    """One person's browser profile, and everything its pages complained about."""

    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    async def page(self) -> Page:
        """A new tab, watched."""
        page = await self.context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", self._hear_error)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text} {message.location}")

    def _hear_error(self, error: Error) -> None:
        self.complaints.append(f"page error: {error}")


@asynccontextmanager
async def visiting(browser: Browser, *, width: int, height: int) -> AsyncIterator[Visit]:
    """A fresh profile with a window of this size, in Indonesian."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="id-ID", timezone_id="Asia/Jakarta"
    )
    context.set_default_timeout(WAIT_MS_MAX)
    try:
        yield Visit(context)
    finally:
        await context.close()


async def overflow_px(page: Page) -> int:
    """How many pixels the page is wider than its window; 0 is right."""
    wide: int = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return max(0, wide)
