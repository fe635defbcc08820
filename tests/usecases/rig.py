"""The book of one tenant, opened as the chat door opens it, for one act at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bukuhutang.base.ids import DebtNumber, MemberId, PhoneNumber, TenantId
from bukuhutang.ledger.money import Direction
from bukuhutang.store import checks
from bukuhutang.store.book import Person, read_page
from bukuhutang.store.checks import Difference
from bukuhutang.store.scope import Database
from bukuhutang.tenancy.roles import EVERYTHING
from bukuhutang.usecases.agreement_answers import AgreementActUndone
from bukuhutang.usecases.book import Book, Occasion
from bukuhutang.usecases.contacts import ContactSet, set_contact
from bukuhutang.usecases.people import NewPerson, WhichPerson
from bukuhutang.usecases.record_debt import DebtRecorded, RecordDebt, record_debt
from bukuhutang.usecases.record_payment import (
    PaymentRecorded,
    RecordPayment,
    WhichDirection,
    record_payment,
)
from bukuhutang.usecases.undo import DebtUndone, PaymentUndone, undo_last
from tests.store.ground import NOON

JAKARTA = ZoneInfo("Asia/Jakarta")
CHAT = "6281111111111"


@dataclass
class Shop:
    """A tenant at a certain moment; every act gets a key of its own."""

    database: Database
    tenant_id: TenantId
    phone: str
    now: datetime = NOON
    acts: int = field(default=0)

    @property
    def today(self) -> date:
        """The date where the tenant is."""
        return self.now.astimezone(JAKARTA).date()

    @asynccontextmanager
    async def book(
        self,
        name: str | None = None,
        *,
        chat: str = CHAT,
        sender: PhoneNumber | None = None,
        key: str | None = None,
    ) -> AsyncIterator[Book]:
        """The book, read for whoever `name` may be; written at the end unless something raises."""
        self.acts += 1
        key = key or f"t:{self.acts}"  # now: others may act while we wait for the book
        async with self.database.book_tx(self.tenant_id) as tx:
            page = await read_page(
                tx, chat_id=chat, sender=sender, name_key=None if name is None else name.lower()
            )
            book = Book(
                tx,
                page,
                Occasion(
                    "member:1",
                    MemberId(1),
                    chat,
                    key,
                    self.now,
                    self.today,
                    EVERYTHING,
                ),
            )
            yield book
            await book.close()

    async def lend(
        self,
        name: str,
        amount: int,
        direction: Direction = Direction.RECEIVABLE,
        *,
        days: int = 14,
        phone: str | None = None,
        chat: str = CHAT,
        chosen: Person | NewPerson | None = None,
    ) -> DebtRecorded | WhichPerson:
        """PINJAM, or HUTANG."""
        request = RecordDebt(
            direction,
            name,
            name.lower(),
            amount,
            self.today + timedelta(days=days),
            phone=None if phone is None else PhoneNumber(phone),
        )
        async with self.book(name, chat=chat) as book:
            return await record_debt(book, request, chosen=chosen)

    async def lent(
        self, name: str, amount: int, *, days: int = 14, phone: str | None = None
    ) -> DebtRecorded:
        """PINJAM where no question can come up."""
        done = await self.lend(name, amount, days=days, phone=phone)
        assert isinstance(done, DebtRecorded)
        return done

    async def pay(
        self,
        name: str,
        amount: int | None,
        direction: Direction | None = None,
        *,
        chat: str = CHAT,
        chosen: Person | None = None,
        debt: int | None = None,
    ) -> PaymentRecorded | WhichPerson | WhichDirection:
        """BAYAR, or LUNAS without an amount; maybe of a debt that was pointed at."""
        async with self.book(name, chat=chat) as book:
            pointed_at = None if debt is None else DebtNumber(debt)
            request = RecordPayment(name, name.lower(), amount, direction, pointed_at)
            return await record_payment(book, request, chosen=chosen)

    async def paid(self, name: str, amount: int | None) -> PaymentRecorded:
        """BAYAR where no question can come up."""
        done = await self.pay(name, amount)
        assert isinstance(done, PaymentRecorded)
        return done

    async def undo(self, *, chat: str = CHAT) -> DebtUndone | PaymentUndone | AgreementActUndone:
        """BATAL."""
        async with self.book(chat=chat) as book:
            return await undo_last(book)

    async def number(self, name: str, phone: str) -> ContactSet | WhichPerson:
        """NOMOR."""
        async with self.book(name) as book:
            return await set_contact(book, name, name.lower(), PhoneNumber(phone))

    async def people(self, name: str) -> tuple[Person, ...]:
        """Whom the name may mean."""
        async with self.book(name) as book:
            return book.page.people

    async def person(self, name: str) -> Person:
        """The one whom the name means."""
        [found] = await self.people(name)
        return found

    async def differences(self) -> list[Difference]:
        """What the audit says."""
        async with self.database.book_tx(self.tenant_id) as tx:
            return await checks.differences(tx)

    async def count(self, table: str) -> int:
        """Rows of this tenant."""
        async with self.database.tenant_tx(self.tenant_id) as tx:
            return int(await tx.db.fetchval(f"select count(*) from {table}"))  # noqa: S608  ours
