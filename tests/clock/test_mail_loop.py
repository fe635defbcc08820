"""The loop that empties the mail: attempts, pauses, crashes, two of them at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.entrypoints.clock.mail_loop import ATTEMPTS_MAX, MailLoop, again_at
from bukuhutang.gateways.mail import Mail, NotSent, Outcome, Sent
from bukuhutang.store import mail
from bukuhutang.store.scope import Database
from bukuhutang.usecases.tenants import When, register_tenant

NOON = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)


@dataclass
class HandClock:
    at: datetime = NOON

    def now(self) -> datetime:
        """The instant."""
        return self.at

    def machine_now(self) -> datetime:
        """The same."""
        return self.at


@dataclass
class Post:
    """Somebody who takes mail, or not."""

    outcome: Outcome = field(default_factory=Sent)
    taken: list[Mail] = field(default_factory=list)

    async def send(self, letter: Mail) -> Outcome:
        """Keeps what it is given."""
        self.taken.append(letter)
        await asyncio.sleep(0)
        return self.outcome


@dataclass
class Office:
    database: Database
    tenant_id: TenantId
    clock: HandClock = field(default_factory=HandClock)
    post: Post = field(default_factory=Post)

    def loop(self) -> MailLoop:
        """One more that empties the same box."""
        return MailLoop(self.database, self.post, self.clock, lambda: 0.5)

    async def queue(self, key: str = "k") -> bool:
        """A mail to the lender."""
        async with self.database.tenant_tx(self.tenant_id) as tx:
            return await mail.queue(
                tx, key=key, recipient="d@x.id", subject="S", body="B", now=NOON
            )

    async def fate(self) -> tuple[str, str | None]:
        """What became of the latest."""
        async with self.database.tenant_tx(self.tenant_id) as tx:
            last = await mail.last(tx)
        assert last is not None
        return last.status, last.reason


@pytest.fixture
async def office(database: Database) -> Office:
    made = await register_tenant(
        database, phone_number="081234567890", name="Dani", email=None, when=When(NOON, NOON)
    )
    return Office(database, made.id)


async def test_a_mail_is_sent_once(office: Office) -> None:
    assert await office.queue()
    assert not await office.queue(), "the same thing is said once"
    await asyncio.gather(office.loop().send_due(), office.loop().send_due())
    await office.loop().send_due()
    [letter] = office.post.taken
    assert (letter.recipient, letter.subject, letter.body) == ("d@x.id", "S", "B")
    assert await office.fate() == ("sent", None)


async def test_a_mail_that_cannot_go_now_goes_later_and_not_for_ever(office: Office) -> None:
    await office.queue()
    office.post.outcome = NotSent("refused with 451", retry=True)
    for _ in range(ATTEMPTS_MAX + 3):
        await office.loop().send_due()
        before = len(office.post.taken)
        await office.loop().send_due()
        assert len(office.post.taken) == before, "not before its time"
        office.clock.at += timedelta(hours=3)
    assert len(office.post.taken) == ATTEMPTS_MAX
    assert await office.fate() == ("failed", "refused with 451")


async def test_a_mail_that_is_refused_for_good_is_not_tried_again(office: Office) -> None:
    await office.queue()
    office.post.outcome = NotSent("recipient refused", retry=False)
    for _ in range(2):
        await office.loop().send_due()
        office.clock.at += timedelta(hours=3)
    assert len(office.post.taken) == 1
    assert await office.fate() == ("failed", "recipient refused")


async def test_a_mail_whose_sender_died_is_taken_up_again(office: Office) -> None:
    await office.queue()
    async with office.database.courier() as db:
        soon = NOON + timedelta(minutes=5)
        assert len(await mail.claim(db, now=NOON, again_at=soon, limit=9)) == 1
    await office.loop().send_due()
    assert office.post.taken == []
    office.clock.at += timedelta(minutes=6)
    await office.loop().send_due()
    assert len(office.post.taken) == 1


def test_the_pauses_grow_and_are_bounded() -> None:
    pauses = [(again_at(NOON, number, 0.5) - NOON).total_seconds() for number in range(1, 30)]
    assert pauses[0] == 30
    assert pauses == sorted(pauses)
    assert pauses[-1] == 7_200
    assert sum(pauses[: ATTEMPTS_MAX - 1]) > 4 * 3600
