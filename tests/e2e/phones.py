"""Phones on the fake WhatsApp, and a driver that reaches it through the real library."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bukuhutang.base.clock import MovableClock
from bukuhutang.entrypoints.sessions.pace import UNHURRIED, Pace, Span
from bukuhutang.main.drivers import LOGINS_FOLDER, NEONIZE, DriverRequest
from bukuhutang.store.scope import Database
from bukuhutang.tenancy.phone import read_phone
from tests.fakewa import rig
from tests.fakewa.client import FakeWhatsApp
from tests.fakewa.shapes import Content
from tests.support.phones import TEXT_ONLY, Heard, More

LINK_SECONDS = 60.0
STORED_SECONDS = 30.0
STORED = "select exists (select from inbound_messages where provider_message_id = $1)"
KINDS = {"image": "image", "audio": "voice"}
"""What a phone sends a file as, by the first half of its type; else as a document."""

SPELLED = re.compile(r"\+?\d[\d-]{8,}\d")
WORKER_COMMAND = (
    sys.executable,
    *("-m", "tests.fakewa.rig", "bukuhutang.messaging.drivers.neonize_worker"),
)
HURRIED = Pace(
    own=Span(0.02, 0.06),
    answer=Span(0.1, 0.3),
    begin=Span(0.4, 1.2),
    begin_typing=Span(0.15, 0.5),
    between=0.1,
    seconds_a_character=0.002,
)
"""Every pause is kept, each at a tenth of its length: for long talks whose pauses are not the
matter. The caps of a day are those of the product."""


@asynccontextmanager
async def running_fake(folder: Path) -> AsyncIterator[FakeWhatsApp]:
    """A fake WhatsApp; worker processes started meanwhile trust it."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with FakeWhatsApp.start(folder) as fake:
        before = dict(os.environ)
        os.environ.update(rig.environment(fake))
        try:
            yield fake
        finally:
            os.environ.clear()
            os.environ.update(before)


def on_the_fake(
    fake: FakeWhatsApp,
    *,
    send_seconds: float = 75.0,
    store_url: str | None = None,
    pace: Pace = UNHURRIED,
) -> DriverRequest:
    """The driver of the real service, with the fake behind the proxy."""
    return DriverRequest(
        NEONIZE,
        store_url=store_url,
        proxy_url=fake.proxy_url,
        worker_command=WORKER_COMMAND,
        send_seconds=send_seconds,
        pace=pace,
    )


@dataclass
class FakewaPhones:
    """`Phones` of people on the fake."""

    fake: FakeWhatsApp
    data_folder: Path
    clock: MovableClock
    database: Database
    _seen: dict[str, int] = field(default_factory=dict)
    _typed: set[str] = field(default_factory=set)
    _linked: set[str] = field(default_factory=set)

    async def number(self, phone: str) -> str:
        """The digits of a number; its phone exists from now on."""
        digits = read_phone(phone)
        assert digits is not None, phone
        if digits not in self._seen:
            self._seen[digits] = 0
            await self.fake.phone(digits)
        return digits

    async def link(self, phone: str, code: str) -> None:
        """Scan, and wait until a worker has taken the device over from the linking process."""
        number = await self.number(phone)
        await self.fake.scan(code, number)
        assert await self.fake.online(number, logins=2, seconds=LINK_SECONDS)
        self._linked.add(number)

    async def write(
        self, phone: str, to: str, text: str, *, id: str | None = None, more: More = TEXT_ONLY
    ) -> None:
        """Write; the fake keeps it for linked devices until they have said that they have it."""
        sender = await self.number(phone)
        for spelled in SPELLED.findall(text):
            if read_phone(spelled) is not None:
                await self.number(spelled)  # whoever is spoken of has WhatsApp
        if id in self._typed:
            assert id is not None
            await self.fake.again(id, fresh=True)
            return
        if to.endswith("@g.us"):
            for member in self._linked:
                await self.fake.write(sender, member, text, group=to)
            return
        content = await asyncio.to_thread(self._content, text, more)
        receiver = await self.number(to)
        written = await self.fake.write(sender, receiver, content, message_id=id)
        self._typed.add(written)
        if receiver in self._linked:
            await self._until_stored(receiver, written)

    async def _until_stored(self, number: str, message_id: str) -> None:
        """Wait for the service to have what a device that is online was written.

        On a machine with too much to do the device's acknowledgement may come first: what it has
        acknowledged and what the service knows could then both look like rest.
        """
        async with asyncio.timeout(STORED_SECONDS):
            while any(one.online for one in await self.fake.linked(number)):
                async with self.database.courier() as db:
                    if await db.fetchval(STORED, message_id):
                        return
                await asyncio.sleep(0.01)

    def _content(self, text: str, more: More) -> Content:
        """The message as the fake's phones write it; a file's bytes go through the folder."""
        quotes = more.reply_to or ""
        for kind, target in (
            ("reaction", more.reacts_to),
            ("edit", more.edits),
            ("deletion", more.deletes),
        ):
            if target is not None:
                return Content(kind, text, target=target)
        if more.cards:
            return Content("contacts", quotes=quotes, cards=more.cards)
        if more.file is None:
            return Content(text=text, quotes=quotes)
        assert more.file.content is not None
        path = self.data_folder / f"sent-{len(self._typed)}"
        path.write_bytes(more.file.content)
        mime = more.file.mime_type
        return Content(
            KINDS.get(mime.partition("/")[0], "document"),
            text,
            quotes,
            path=str(path),
            file_name=more.file.file_name,
            mime=mime,
            declared_bytes=more.file.size,
        )

    async def heard(self, phone: str) -> list[Heard]:
        """What linked devices wrote: into the chat with oneself, or to this phone."""
        number = await self.number(phone)
        shown = await self.fake.messages(number, after=self._seen[number], count=0)
        if shown:
            self._seen[number] = shown[-1].number
        return [
            Heard(one.id, one.text, file_name=one.file_name)
            for one in shown
            if one.id not in self._typed and (not one.from_me or one.chat == number)
        ]

    async def at_rest(self) -> bool:
        """Whether devices that are online have everything, and the service was told all of it.

        What was written while a device was off is handed over some time after it came back.
        """
        for number in self._seen:
            if any(one.online and one.waiting for one in await self.fake.linked(number)):
                return False
        for path in (self.data_folder / LOGINS_FOLDER).glob("*/spool.sqlite"):
            with closing(sqlite3.connect(path)) as db:
                if db.execute("select count(*) from bukuhutang_spool").fetchone() != (0,):
                    return False
        return True

    def move_clock(self, by: timedelta) -> None:
        """The service's business time; WhatsApp's own goes on as it does."""
        self.clock.advance(by)
