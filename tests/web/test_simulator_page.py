"""The page with two phones, in a real browser on the real service."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, FilePayload, Locator, Page, Route, expect

from tests.support.browser import WAIT_MS_MAX, Visit, overflow_px, running_browser, visiting
from tests.support.sent_files import sent_file
from tests.support.service import RunningService, running_service

pytestmark = pytest.mark.browser

DESKTOP = (1280, 800)
HAND = (390, 844)
BOTH_SIZES = pytest.mark.parametrize("size", [DESKTOP, HAND], ids=["desktop", "hand"])
HOSTILE = "<img src=x onerror=document.title='cracked'> <script>document.title='cracked'</script>"
_people = itertools.count(1)

expect.set_options(timeout=WAIT_MS_MAX)


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for all tests here; first, so that nothing is started where there is none."""
    async with running_browser() as opened:
        yield opened


@pytest.fixture(scope="module")
async def service(browser: Browser) -> AsyncIterator[RunningService]:
    """One service for all tests here; each test has numbers of its own."""
    async with running_service() as started:
        yield started


@dataclass
class Desk:
    """The page in one tab, with the numbers of this test."""

    page: Page
    service: RunningService
    lender_number: str
    borrower_number: str

    def phone(self, role: str) -> Locator:
        """One of the two phones."""
        return self.page.locator(f"#{role}")

    def bubble(self, role: str, text: str) -> Locator:
        """The newest bubble with this text; PINJAM is not pinjam."""
        exactly = re.compile(re.escape(text))
        return self.phone(role).locator(".bubble").filter(has_text=exactly).last

    async def take(self, role: str) -> None:
        """Take a phone into the hand: where only one fits on the screen, its tab is clicked."""
        tab = self.page.locator(f"#tab-{role}")
        if await tab.is_visible():
            await tab.click()

    async def write(self, role: str, text: str) -> None:
        """Type into the open chat and press Enter."""
        draft = self.phone(role).locator(".draft")
        await draft.fill(text)
        await draft.press("Enter")

    async def act(self, role: str, text: str, what: str) -> None:
        """Do something to a message, through its menu."""
        bubble = self.bubble(role, text)
        await bubble.locator(".acts-open").click()
        await bubble.locator(f".act.{what}").click()

    async def open_chat(self, role: str, number: str) -> None:
        """Tap a chat in the list; the list is shown first if another chat is open."""
        await self.take(role)
        phone = self.phone(role)
        if await phone.locator(".back").is_visible():
            await phone.locator(".back").click()
        await phone.locator(f'[data-chat="{number}"]').click()

    async def hold(self, role: str, number: str) -> None:
        """Put another number into a phone."""
        await self.take(role)
        phone = self.phone(role)
        await phone.locator(".phone-number").click()
        await phone.locator(".number-input").fill(number)
        await phone.locator(".number-form .primary").click()
        await expect(phone.locator(".number-form")).to_be_hidden()

    async def enter(self) -> None:
        """Open the address that the terminal prints."""
        await self.page.goto(f"{self.service.address}/simulator#key={self.service.key}")
        await expect(self.page.locator("#stage")).to_be_visible()

    async def link(self) -> None:
        """Register the lender, and scan its code by clicking it."""
        await self.hold("borrower", f"+{self.borrower_number}")
        form = self.page.locator(".register")
        await form.locator("[name=phoneNumber]").fill(f"+{self.lender_number}")
        await form.locator(".primary").click()
        await expect(self.page.locator(".qr")).to_be_enabled()
        await self.page.locator(".qr").click()
        await expect(self.page.locator(".linked")).to_contain_text("Toko Dani")
        await expect(self.phone("lender").locator(".draft")).to_be_visible()

    async def record_debt(self) -> None:
        """Budi, with the number of the borrower's phone, owes 500.000."""
        await self.write("lender", f"PINJAM Budi +{self.borrower_number} 500rb 14hari")
        await expect(self.bubble("lender", "Tercatat")).to_contain_text("Rp500.000")


@asynccontextmanager
async def visit(
    browser: Browser, service: RunningService, size: tuple[int, int] = DESKTOP
) -> AsyncIterator[tuple[Desk, Visit]]:
    """A newcomer at the page, with a lender and a borrower nobody else has."""
    number = next(_people)
    width, height = size
    async with visiting(browser, width=width, height=height) as opened:
        page = await opened.page()
        desk = Desk(page, service, f"62812110{number:05}", f"62813330{number:05}")
        await desk.enter()
        yield desk, opened


def _keys_in(address: str) -> Iterator[str]:
    return iter(re.findall(r"key=[^&]+", address))


@BOTH_SIZES
async def test_a_newcomer_scans_writes_and_reads_the_answer(
    browser: Browser, service: RunningService, size: tuple[int, int]
) -> None:
    async with visit(browser, service, size) as (desk, visitor):
        assert not list(_keys_in(desk.page.url)), "the key stays in the address bar"
        assert await overflow_px(desk.page) == 0
        await desk.link()
        await desk.page.locator(".hint .primary").click()
        draft = desk.phone("lender").locator(".draft")
        await expect(draft).to_have_value(re.compile(r"^PINJAM Budi 0813330\d+ 500rb 14hari$"))
        await draft.press("Enter")
        await expect(desk.bubble("lender", "Tercatat")).to_contain_text("Rp500.000")
        # The marks became styles: the name is bold, and no star is left.
        await expect(desk.bubble("lender", "Tercatat").locator("strong").first).to_have_text("Budi")
        await expect(desk.bubble("lender", "PINJAM").locator(".ticks.delivered")).to_be_visible()
        assert await overflow_px(desk.page) == 0
        assert visitor.complaints == []


@BOTH_SIZES
async def test_the_borrowers_question_is_answered_and_reading_turns_the_ticks_blue(
    browser: Browser, service: RunningService, size: tuple[int, int]
) -> None:
    async with visit(browser, service, size) as (desk, visitor):
        await desk.link()
        await desk.record_debt()
        await desk.open_chat("borrower", desk.lender_number)
        await desk.phone("borrower").locator(".chip", has_text="sisa hutang").click()
        await desk.phone("borrower").locator(".send").click()
        await expect(desk.bubble("borrower", "Halo Budi")).to_contain_text("Rp500.000")
        # What the borrower's phone showed was read; the lender's own phone knows.
        await desk.open_chat("lender", desk.borrower_number)
        answer = desk.bubble("lender", "Halo Budi")
        await expect(answer.locator(".ticks.read")).to_be_visible()
        await desk.take("borrower")
        asked = desk.bubble("borrower", "sisa hutang saya?")
        await expect(asked.locator(".ticks.read")).to_be_visible()
        assert await overflow_px(desk.page) == 0
        assert visitor.complaints == []


async def test_an_unread_message_is_counted_until_its_chat_is_opened(
    browser: Browser, service: RunningService
) -> None:
    async with visit(browser, service) as (desk, visitor):
        await desk.link()
        await desk.open_chat("lender", desk.borrower_number)
        await desk.write("lender", "besok ke pasar?")
        row = desk.phone("borrower").locator(f'[data-chat="{desk.lender_number}"]')
        await expect(row.locator(".badge")).to_have_text("1")
        await expect(desk.bubble("lender", "pasar").locator(".ticks.delivered")).to_be_visible()
        await row.click()
        await expect(desk.bubble("lender", "pasar").locator(".ticks.read")).to_be_visible()
        await desk.phone("borrower").locator(".back").click()
        await expect(row.locator(".badge")).to_have_count(0)
        assert visitor.complaints == []


async def test_what_was_read_in_an_older_data_folder_does_not_hide_new_messages(
    browser: Browser, service: RunningService
) -> None:
    async with visit(browser, service) as (desk, visitor), service.http() as http:
        await desk.page.evaluate(
            "([name, marks]) => localStorage.setItem(name, JSON.stringify(marks))",
            [
                f"bukuhutang.marks.{desk.borrower_number}",
                {
                    "chats": {desk.lender_number: {"seen": 1, "told": 1}},
                    "last": {"seq": 1, "name": "of another history"},
                },
            ],
        )
        await http.post(
            f"/simulator/phones/{desk.lender_number}/messages",
            json={"to": desk.borrower_number, "text": "halo"},
        )
        await desk.hold("lender", f"+{desk.lender_number}")
        await desk.hold("borrower", f"+{desk.borrower_number}")
        row = desk.phone("borrower").locator(f'[data-chat="{desk.lender_number}"]')
        await expect(row.locator(".badge")).to_have_text("1")
        assert visitor.complaints == []


async def test_a_second_tab_shows_the_same(browser: Browser, service: RunningService) -> None:
    async with visit(browser, service) as (desk, visitor):
        await desk.link()
        second = Desk(await visitor.page(), service, desk.lender_number, desk.borrower_number)
        await second.enter()
        await expect(second.page.locator(".linked")).to_contain_text("Toko Dani")
        await desk.record_debt()
        await expect(second.bubble("lender", "Tercatat")).to_contain_text("Rp500.000")
        await second.write("lender", "STATUS")
        await expect(desk.bubble("lender", "Piutang:")).to_contain_text("Rp500.000")
        # The switch is the phone's, not the tab's.
        await second.phone("borrower").locator(".switch").click()
        await expect(desk.phone("borrower").locator(".switch")).to_have_attribute(
            "aria-checked", "true"
        )
        assert visitor.complaints == []


async def test_an_offline_phone_keeps_its_messages_until_it_is_back(
    browser: Browser, service: RunningService
) -> None:
    async with visit(browser, service) as (desk, visitor):
        await desk.link()
        await desk.record_debt()
        switch = desk.phone("lender").locator(".switch")
        await switch.click()
        await expect(desk.phone("lender").locator(".phone-note")).to_contain_text("offline")
        await desk.write("lender", "BAYAR Budi 200rb")
        await expect(desk.bubble("lender", "BAYAR").locator(".ticks.pending")).to_be_visible()
        await switch.click()
        await expect(desk.bubble("lender", "BAYAR").locator(".ticks.delivered")).to_be_visible()
        await expect(desk.bubble("lender", "bayar")).to_contain_text("Rp300.000")
        await expect(desk.phone("lender").locator(".phone-note")).to_be_empty()
        assert visitor.complaints == []


async def test_a_removed_device_is_linked_again_by_another_scan(
    browser: Browser, service: RunningService
) -> None:
    async with visit(browser, service) as (desk, visitor):
        await desk.link()
        phone = desk.phone("lender")
        await phone.locator(".more summary").click()
        await phone.locator(".state-select").select_option("logged_out")
        await expect(desk.page.locator(".qr")).to_be_enabled()
        await desk.page.locator(".qr").click()
        await expect(desk.page.locator(".linked")).to_be_visible()
        await expect(phone.locator(".state")).to_have_attribute("data-state", "online")
        await desk.record_debt()
        assert visitor.complaints == []


async def test_text_that_looks_like_markup_stays_text(
    browser: Browser, service: RunningService
) -> None:
    async with visit(browser, service) as (desk, visitor):
        await desk.link()
        await desk.open_chat("borrower", desk.lender_number)
        await desk.write("borrower", HOSTILE)
        await desk.open_chat("lender", desk.borrower_number)
        shown = desk.bubble("lender", "<img src=x")
        await expect(shown.locator(".text")).to_have_text(HOSTILE)
        await expect(desk.page.locator(".log img, .log script, .chats img")).to_have_count(0)
        assert "cracked" not in await desk.page.title()
        await desk.write("borrower", "a*b*c *tebal _miring_* ~coret~ 2*3*4 <b>x</b>")
        text = desk.bubble("lender", "tebal").locator(".text")
        await expect(text).to_have_text("a*b*c tebal miring coret 2*3*4 <b>x</b>")
        await expect(text.locator("strong em")).to_have_text("miring")
        await expect(text.locator("s")).to_have_text("coret")
        assert visitor.complaints == []


async def test_a_document_travels_and_comes_down_again(
    browser: Browser, service: RunningService
) -> None:
    async with visit(browser, service) as (desk, visitor):
        await desk.hold("lender", f"+{desk.lender_number}")
        await desk.hold("borrower", f"+{desk.borrower_number}")
        await desk.open_chat("borrower", desk.lender_number)
        content = b"%PDF-1.4 " + bytes(range(256)) * 40
        await (
            desk.phone("borrower")
            .locator(".file")
            .set_input_files(
                {"name": "bukti <b>.pdf", "mimeType": "application/pdf", "buffer": content}
            )
        )
        await expect(desk.phone("borrower").locator(".attached")).to_contain_text("bukti <b>.pdf")
        await desk.write("borrower", "ini buktinya")
        await desk.open_chat("lender", desk.borrower_number)
        card = desk.bubble("lender", "ini buktinya").locator(".document")
        await expect(card).to_contain_text("10 kB")
        async with desk.page.expect_download() as coming:
            await card.click()
        file = await (await coming.value).path()
        assert file.read_bytes() == content
        assert visitor.complaints == []


async def test_a_wrong_key_is_refused_in_words_and_the_right_one_opens(
    browser: Browser, service: RunningService
) -> None:
    async with visiting(browser, width=390, height=844) as visitor:
        page = await visitor.page()
        await page.goto(f"{service.address}/simulator")
        await page.get_by_label("Kunci super-admin").fill("a-wrong-key")
        await page.get_by_role("button", name="Buka simulator").click()
        await expect(page.locator("#gate-problem")).not_to_be_empty()
        await expect(page.locator("#stage")).to_be_hidden()
        await page.get_by_label("Kunci super-admin").fill(service.key)
        await page.get_by_role("button", name="Buka simulator").click()
        await expect(page.locator("#stage")).to_be_visible()
        assert await overflow_px(page) == 0


async def test_the_page_comes_back_with_the_service_and_sends_what_waited_once(
    browser: Browser, service: RunningService
) -> None:
    async with visit(browser, service) as (desk, _):
        await desk.link()
        await desk.record_debt()
        banner = desk.page.locator("#reconnecting")
        await service.stop()
        await expect(banner).to_contain_text("menyambung lagi")
        await desk.write("lender", "BAYAR Budi 200rb")
        await expect(desk.phone("lender").locator(".waiting .ticks.pending")).to_be_visible()
        await service.start_again()
        await expect(banner).to_be_empty()
        await expect(desk.phone("lender").locator(".waiting")).to_have_count(0)
        await expect(desk.bubble("lender", "bayar")).to_contain_text("Rp300.000")
        paid = desk.phone("lender").locator(".bubble").filter(has_text="BAYAR Budi 200rb")
        await expect(paid).to_have_count(1)


async def test_a_long_chat_shows_its_end_and_more_when_asked(
    browser: Browser, service: RunningService
) -> None:
    async with visit(browser, service) as (desk, visitor), service.http() as http:
        for number in range(1, 251):
            await http.post(
                f"/simulator/phones/{desk.lender_number}/messages",
                json={"to": desk.borrower_number, "text": f"pesan {number}."},
            )
        await desk.hold("lender", f"+{desk.lender_number}")
        await desk.hold("borrower", f"+{desk.borrower_number}")
        await desk.open_chat("borrower", desk.lender_number)
        bubbles = desk.phone("borrower").locator(".bubble")
        await expect(desk.bubble("borrower", "pesan 250.")).to_be_in_viewport()
        await expect(bubbles).to_have_count(200)
        await desk.phone("borrower").locator(".earlier").click()
        await expect(bubbles).to_have_count(250)
        await expect(desk.phone("borrower").locator(".earlier")).to_be_hidden()
        await desk.phone("borrower").locator(".jump").click()
        await expect(desk.bubble("borrower", "pesan 250.")).to_be_in_viewport()
        assert visitor.complaints == []


async def test_the_clock_moves_a_week_on(browser: Browser, service: RunningService) -> None:
    async with visit(browser, service) as (desk, visitor):
        clock = desk.page.locator("#clock-now")
        before = await clock.inner_text()
        await desk.page.get_by_role("button", name="+7 hari").click()
        await expect(clock).not_to_have_text(before)
        weekday = before.partition(",")[0]
        await expect(clock).to_contain_text(weekday)
        assert visitor.complaints == []


async def test_a_code_that_expired_in_business_time_is_replaced_and_scanned(
    browser: Browser, service: RunningService
) -> None:
    async with visit(browser, service) as (desk, _):
        form = desk.page.locator(".register")
        await form.locator("[name=phoneNumber]").fill(f"+{desk.lender_number}")
        await form.locator(".primary").click()
        await expect(desk.page.locator(".qr")).to_be_enabled()
        clock = desk.page.locator("#clock-now")
        before = await clock.inner_text()
        await desk.page.get_by_role("button", name="+1 jam").click()
        await expect(clock).not_to_have_text(before)
        await expect(desk.page.locator(".qr")).to_be_enabled()
        await desk.page.locator(".qr").click()
        await expect(desk.page.locator(".linked")).to_be_visible()


async def test_a_number_that_is_registered_already_is_offered(
    browser: Browser, service: RunningService
) -> None:
    async with visit(browser, service) as (desk, _):
        await desk.link()
        await desk.page.locator(".plain").click()
        form = desk.page.locator(".register")
        await form.locator("[name=name]").fill("Toko Sari")
        await form.locator("[name=phoneNumber]").fill(f"+{desk.lender_number}")
        await form.locator(".primary").click()
        await expect(desk.page.locator("#screen .problem")).not_to_be_empty()
        await expect(form.locator("[name=name]")).to_have_value("Toko Sari")
        await expect(form.locator("[name=phoneNumber]")).to_have_value(f"+{desk.lender_number}")
        await desk.page.locator(".existing button").click()
        await expect(desk.page.locator(".linked")).to_contain_text("Toko Dani")


async def test_what_was_typed_stays_when_the_list_of_tenants_comes_late(
    browser: Browser, service: RunningService
) -> None:
    async def late(route: Route) -> None:
        await asyncio.sleep(1.5)
        await route.continue_()

    async with visit(browser, service) as (desk, _):
        await desk.link()  # so that there is a list
        await desk.page.evaluate("localStorage.clear()")
        await desk.page.route(re.compile(r"/admin/tenants(\?|$)"), late)
        await desk.page.reload()
        number = desk.page.locator(".register [name=phoneNumber]")
        await number.fill("0812 999")
        await expect(desk.page.locator(".existing")).to_be_visible()
        await expect(number).to_have_value("0812 999")


async def test_the_other_language_is_one_tap_away(
    browser: Browser, service: RunningService
) -> None:
    async with visit(browser, service) as (desk, visitor):
        await desk.page.get_by_role("button", name="English").click()
        await expect(desk.phone("lender").locator(".chat-row").first).to_contain_text(
            "Message yourself"
        )
        await expect(desk.page.locator("html")).to_have_attribute("lang", "en")
        await desk.page.reload()
        await expect(desk.page.locator(".register .primary")).to_have_text("Register")
        assert visitor.complaints == []


@BOTH_SIZES
async def test_a_message_is_replied_to_reacted_to_edited_and_deleted(
    browser: Browser, service: RunningService, size: tuple[int, int]
) -> None:
    async with visit(browser, service, size) as (desk, visitor):
        await desk.link()
        await desk.record_debt()
        lender = desk.phone("lender")
        await desk.act("lender", "Tercatat", "reply")
        await expect(lender.locator(".referring-text")).to_contain_text("Budi pinjam Rp500.000")
        await desk.write("lender", "BAYAR 200rb")
        await expect(desk.bubble("lender", "bayar")).to_contain_text("sisa Rp300.000")
        await expect(desk.bubble("lender", "BAYAR 200rb").locator(".quote")).to_be_visible()
        await desk.act("lender", "bayar Rp200.000", "react")
        await expect(desk.bubble("lender", "bayar").locator(".reactions")).to_have_text("👍")
        await desk.act("lender", "bayar Rp200.000", "react")
        await expect(desk.bubble("lender", "bayar").locator(".reactions")).to_have_count(0)
        await desk.act("lender", "BAYAR 200rb", "edit")
        await expect(lender.locator(".draft")).to_have_value("BAYAR 200rb")
        await desk.write("lender", "BAYAR 250rb")
        await expect(desk.bubble("lender", "BAYAR 250rb").locator(".meta")).to_contain_text(
            "diubah"
        )
        await expect(desk.bubble("lender", "Pesannya diubah")).to_be_visible()
        await desk.act("lender", "BAYAR 250rb", "remove")
        await expect(desk.bubble("lender", "Pesan dihapus")).to_be_visible()
        await expect(desk.bubble("lender", "Pesannya dihapus")).to_contain_text("Rp200.000")
        assert await overflow_px(desk.page) == 0
        assert visitor.complaints == []


@BOTH_SIZES
async def test_a_contact_and_a_picture_are_sent(
    browser: Browser, service: RunningService, size: tuple[int, int]
) -> None:
    async with visit(browser, service, size) as (desk, visitor):
        await desk.link()
        await desk.write("lender", "PINJAM Sari 80rb")
        await expect(desk.bubble("lender", "Tercatat")).to_be_visible()
        lender = desk.phone("lender")
        await lender.locator(".contact-open").click()
        await lender.locator(".contact-form [name=name]").fill("Sari")
        await lender.locator(".contact-form [name=phone]").fill(f"+{desk.borrower_number}")
        await lender.locator(".contact-form .primary").click()
        await expect(lender.locator(".contact-form")).to_be_hidden()
        await expect(desk.bubble("lender", "Nomor Sari disimpan")).to_be_visible()
        await expect(lender.locator(".bubble .contact").last).to_contain_text("Sari")
        photo = sent_file("foto.jpg")
        assert photo.content is not None
        await lender.locator(".file").set_input_files(
            FilePayload(name="foto.jpg", mimeType="image/jpeg", buffer=photo.content)
        )
        await desk.write("lender", "BAYAR Sari 30rb")
        await expect(desk.bubble("lender", "bayar Rp30.000")).to_contain_text("sisa Rp50.000")
        assert await overflow_px(desk.page) == 0
        assert visitor.complaints == []
