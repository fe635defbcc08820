"""One lender with agreements: use cases on the book, borrowers in the chat, documents, time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from bukuhutang.base.ids import AgreementNumber, BorrowerId, ChatId, PhoneNumber
from bukuhutang.entrypoints.chat.documents import Desk as PrintDesk
from bukuhutang.entrypoints.chat.documents import DocumentLoop, Printer, printed
from bukuhutang.entrypoints.chat.handle import handle
from bukuhutang.entrypoints.clock.loop import ClockLoop
from bukuhutang.ledger.penalty import PenaltyKind, PenaltyRule
from bukuhutang.ledger.terms import InterestKind, LoanTerms
from bukuhutang.store import agreements, inbox
from bukuhutang.store.agreements import StoredAgreement
from bukuhutang.store.inbox import Arrival
from bukuhutang.usecases.agreement_facts import NewAgreement, open_agreement
from bukuhutang.usecases.people import NewPerson, borrower_of
from tests.store.ground import NOON, Ground
from tests.usecases.rig import Shop

BASE = "https://buku.example"
SECRET = "s" * 43
BUDI = "6281230000001"


@dataclass
class HandClock:
    """Both clocks, moved by hand."""

    at: datetime = NOON
    machine: datetime = NOON

    def now(self) -> datetime:
        """The business instant."""
        return self.at

    def machine_now(self) -> datetime:
        """For leases."""
        return self.machine


@dataclass(frozen=True)
class Said:
    """One message that went out."""

    to: str
    text: str
    purpose: str
    has_file: bool


@dataclass
class Deal:
    """A lender whose agreements a test drives through every door."""

    ground: Ground
    shop: Shop
    clock: HandClock = field(default_factory=HandClock)
    seen: int = 0
    arrived: int = 0
    drafted: int = 0

    async def draft(
        self,
        name: str = "Budi",
        phone: str = BUDI,
        *,
        principal: int = 3_000_000,
        months: int = 6,
        penalty: bool = False,
        percent: str = "0",
        language: str = "id",
    ) -> AgreementNumber:
        """What the interview writes down at its end; due on the 25th."""
        terms = LoanTerms(
            principal,
            months,
            self.shop.today,
            due_day=25,
            interest=InterestKind.FLAT,
            annual_percent=Decimal(percent),
        )
        rule = PenaltyRule(PenaltyKind.RUPIAH_A_DAY, amount=5_000, grace_days=1, cap=150_000)
        self.drafted += 1
        secret = f"{SECRET}{self.drafted}"
        async with self.shop.book(name) as book:
            known = [one.borrower.id for one in book.page.people]
            person = NewPerson(name, name.lower(), PhoneNumber(phone))
            borrower: BorrowerId = known[0] if known else borrower_of(person, book).id
            new = NewAgreement(
                borrower, terms, rule if penalty else None, None, language, None, secret
            )
            number, _ = open_agreement(book, new)
        return number

    def loop(self, printer: Printer = printed) -> DocumentLoop:
        """A document loop of its own."""
        desk = PrintDesk(self.shop.database, self.clock, BASE, uuid4, printer)
        return DocumentLoop(desk, after=lambda: None)

    async def print(self, printer: Printer = printed) -> None:
        """Make every document that is wanted."""
        loop = self.loop(printer)
        while await loop.work_once():
            pass

    async def sent(self, **terms: Any) -> AgreementNumber:
        """Drafted, printed and sent; what was said of it is behind us."""
        number = await self.draft(**terms)
        await self.print()
        await self.heard()
        return number

    async def active(self, **terms: Any) -> AgreementNumber:
        """Sent and agreed to."""
        number = await self.sent(**terms)
        await self.say(f"SETUJU {number}", terms.get("phone", BUDI))
        assert (await self.stored(number)).status == "active"
        await self.heard()
        return number

    async def last_sent(self, chat: str) -> str:
        """The provider's id of the newest message to this chat, which is sent now."""
        async with self.ground.superuser() as db:
            provider_id: str = await db.fetchval(
                "update outbound_messages set status = 'sent', waits = false,"
                " provider_message_id = 'OUT-' || id where tenant_id = $1 and id = (select max(id)"
                "  from outbound_messages where tenant_id = $1 and chat_id = $2)"
                " returning provider_message_id",
                self.shop.tenant_id,
                chat,
            )
        return provider_id

    async def say(
        self,
        text: str,
        sender: str = BUDI,
        *,
        quotes: str | None = None,
        kind: str = "text",
        id: str | None = None,
    ) -> str:
        """A borrower writes; returns what became of it."""
        self.arrived += 1
        arrival = Arrival(
            self.shop.tenant_id,
            id or f"B{self.arrived}",
            ChatId(sender),
            PhoneNumber(sender),
            from_me=False,
            self_chat=False,
            kind=kind,
            body=text,
            sent_at=self.clock.at,
            received_at=self.clock.at,
            refers_to=quotes,
        )
        async with self.shop.database.courier() as db:
            await inbox.receive(db, [arrival])
            until = self.clock.machine + timedelta(seconds=60)
            leased = await inbox.lease(
                db,
                "rig",
                now=self.clock.machine,
                until=until,
                business_now=self.clock.at,
                chat_max=9,
                limit=9,
            )
        outcome = "nothing"
        for message in leased:
            outcome = await handle(self.shop.database, message, self.clock.at)
        return outcome

    async def heard(self) -> list[Said]:
        """What went out since the last look."""
        async with self.shop.database.tenant_tx(self.shop.tenant_id) as tx:
            rows = await tx.db.fetch(
                "select id, chat_id, body, purpose, file_id from outbound_messages"
                " where id > $1 order by id",
                self.seen,
            )
        self.seen = rows[-1]["id"] if rows else self.seen
        return [
            Said(row["chat_id"], row["body"], row["purpose"], row["file_id"] is not None)
            for row in rows
        ]

    async def told(self) -> dict[str, str]:
        """The same, one text for each who heard something."""
        heard = await self.heard()
        assert len({one.to for one in heard}) == len(heard), heard
        return {one.to: one.text for one in heard}

    async def stored(self, number: int) -> StoredAgreement:
        """The agreement as the database has it."""
        async with self.shop.database.tenant_tx(self.shop.tenant_id) as tx:
            found = await agreements.by_number(tx, number)
        assert found is not None
        return found

    async def rows(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """All rows of a table of this tenant, in order."""
        async with self.shop.database.tenant_tx(self.shop.tenant_id) as tx:
            found = await tx.db.fetch(f"select {columns} from {table} order by id")  # noqa: S608  ours
        return [tuple(row) for row in found]

    def advance(self, **time: float) -> date:
        """Time passes; returns the new date."""
        by = timedelta(**time)
        self.clock.at += by
        self.clock.machine += by
        self.shop.now = self.clock.at
        return self.shop.today

    async def sweep(self, after: Callable[[], None] = lambda: None) -> None:
        """The clock loop looks."""
        await ClockLoop(self.shop.database, self.clock, after=after).catch_up()
