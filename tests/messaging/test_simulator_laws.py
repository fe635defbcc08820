"""Whatever people and crashes do: nothing is lost, nothing is shown twice, chats stay in order."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bukuhutang.base.ids import ChatId
from bukuhutang.messaging.driver import Accepted, MessageReceived
from bukuhutang.messaging.simulated import PhoneState, Ticks

from .rig import BORROWER, DANI, LENDER, STRANGER, Rig

ACTS = ("lender writes", "borrower writes", "stranger writes", "service sends", "borrower taps")
TROUBLE = ("lender offline", "borrower offline", "all online", "crash", "stop and start", "rest")
NUMBERS = {"lender": LENDER, "borrower": BORROWER, "stranger": STRANGER}


class Story:
    """One sequence of acts, and what must be true at its end."""

    def __init__(self, folder: Path) -> None:
        self.rig = Rig(folder / "simulator")
        self.heard: list[MessageReceived] = []
        self.written: dict[str, list[str]] = {number: [] for number in NUMBERS.values()}
        self.sent: list[str] = []

    async def run(self, acts: list[str]) -> None:
        """Do the acts one after the other, mend everything, and check."""
        await self.rig.open()
        await self.rig.link()
        for number, act in enumerate(acts):
            await self._do(act, number)
        await self._do("all online", 0)
        await self._do("crash", 0)
        self._check_what_was_heard()
        await self._check_what_is_shown()
        await self.rig.driver.aclose()

    async def _do(self, act: str, number: int) -> None:
        rig = self.rig
        who, _, what = act.partition(" ")
        if what == "writes":
            await self._write(NUMBERS[who], f"A{number}")
        elif what == "taps" and self.written[BORROWER]:
            await self._write(BORROWER, self.written[BORROWER][-1])
        elif act == "service sends":
            outcome = await rig.driver.send_text(
                DANI, ChatId(BORROWER), "halo", client_ref=f"r{number}"
            )
            if isinstance(outcome, Accepted):
                self.sent.append(outcome.provider_id)
        elif what == "offline":
            await rig.phones.set_connection(NUMBERS[who], PhoneState.OFFLINE)
        elif act == "all online":
            for phone in NUMBERS.values():
                await rig.phones.set_connection(phone, PhoneState.ONLINE)
        elif act == "stop and start":
            await rig.driver.stop(DANI)
            await rig.driver.start(DANI)
        elif act == "rest":
            await rig.settle()
        elif act == "crash":
            self.heard += rig.service.events(MessageReceived)
            await rig.restart()
            self.heard += rig.service.events(MessageReceived)
            rig.service.heard.clear()

    async def _write(self, number: str, message_id: str) -> None:
        written = await self.rig.phones.write(number, LENDER, message_id, message_id=message_id)
        assert written.id == message_id
        assert written.resent == (message_id in self.written[number])
        if not written.resent:
            self.written[number].append(message_id)

    def _check_what_was_heard(self) -> None:
        first_heard = list(dict.fromkeys(one.id for one in self.heard))
        expected = {*self.sent, *(one for ids in self.written.values() for one in ids)}
        assert set(first_heard) == expected
        for ids in self.written.values():
            assert [one for one in first_heard if one in ids] == ids
        assert [one for one in first_heard if one in self.sent] == self.sent

    async def _check_what_is_shown(self) -> None:
        on_lender = await self.rig.shown(LENDER)
        assert len({one.id for one in on_lender}) == len(on_lender)
        assert len(on_lender) == len(self.sent) + sum(map(len, self.written.values()))
        on_borrower = [one.id for one in await self.rig.shown(BORROWER)]
        assert [one for one in on_borrower if one in self.sent] == self.sent
        for number in NUMBERS.values():
            own = [one for one in await self.rig.shown(number) if one.sender == number]
            assert all(one.ticks is Ticks.DELIVERED for one in own)
        assert self.rig.phones.accepted_sends().doubled == {}


@settings(max_examples=60, deadline=None)
@given(acts=st.lists(st.sampled_from(ACTS + TROUBLE), max_size=25))
def test_nothing_is_lost_doubled_or_out_of_order(acts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(Story(Path(folder)).run(acts))
