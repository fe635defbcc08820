"""The whole service and a simulated WhatsApp: the PDF arrives, SETUJU binds, time passes."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bukuhutang.base.ids import PhoneNumber, TenantId
from bukuhutang.ledger.terms import LoanTerms
from bukuhutang.store import agreements, checks
from bukuhutang.store.agreements import StoredAgreement
from bukuhutang.usecases.agreement_facts import NewAgreement, open_agreement
from bukuhutang.usecases.agreement_payments import PayInstallment, pay_installment
from bukuhutang.usecases.opened import service_book
from bukuhutang.usecases.people import NewPerson, borrower_of
from tests.store.ground import NOON, Ground, fresh_ground
from tests.support.database import Server
from tests.support.phones import Heard
from tests.support.world import World, running_world

LENDER, BUDI = "081111111111", "081222222222"


@dataclass
class House:
    """A running service with one linked lender."""

    ground: Ground
    world: World
    tenant_id: TenantId

    async def draft(self) -> None:
        """What the interview writes down at its end."""
        now = self.world.clock.now()
        async with self.ground.database.book_tx(self.tenant_id) as tx:
            book = await service_book(tx, "interview", now)
            person = NewPerson("Budi", "budi", PhoneNumber("6281222222222"))
            terms = LoanTerms(3_000_000, 6, book.occasion.today, due_day=25)
            borrower = borrower_of(person, book).id
            open_agreement(book, NewAgreement(borrower, terms, None, None, "id", None, "s" * 43))
            await book.close()
        await self.world.rest()

    async def pay(self, amount: int) -> None:
        """BAYAR, as the chat calls it."""
        async with self.ground.database.book_tx(self.tenant_id) as tx:
            book = await service_book(tx, f"pay:{amount}", self.world.clock.now())
            await pay_installment(book, PayInstallment(amount=amount))
            await book.close()
        await self.world.rest()

    async def stored(self) -> StoredAgreement:
        """Agreement 1; the books must add up."""
        async with self.ground.database.book_tx(self.tenant_id) as tx:
            found = await agreements.by_number(tx, 1)
            assert await checks.differences(tx) == []
        assert found is not None
        return found


@pytest.fixture
async def house(server: Server) -> AsyncIterator[House]:
    async with (
        fresh_ground(server) as ground,
        running_world(ground.database, ground.dsn, at=NOON) as world,
    ):
        yield House(ground, world, await world.lender(LENDER, "Toko Dani"))


def has_pdf(message: Heard) -> bool:
    return message.document is not None and message.document.mime_type == "application/pdf"


async def test_from_the_draft_to_the_receipt_of_settlement(house: House) -> None:
    world = house.world
    await house.draft()
    [asked] = await world.heard(BUDI)
    assert has_pdf(asked)
    [noticed] = await world.heard(LENDER)
    assert has_pdf(noticed)
    stored = await house.stored()
    assert stored.request is not None
    await world.say(BUDI, "setuju pak", to=LENDER)
    [taken] = await world.heard(BUDI)
    assert "SETUJU dicatat" in taken.text
    [told] = await world.heard(LENDER)
    assert "menjawab SETUJU" in told.text
    assert (await house.stored()).status == "active"
    await house.pay(3_000_000)
    [receipt] = await world.heard(BUDI)
    assert has_pdf(receipt)
    assert "lunas" in receipt.text
    [copy] = await world.heard(LENDER)
    assert has_pdf(copy)
    assert (await house.stored()).status == "completed"


async def test_the_pdf_on_the_phone_has_the_hash_that_is_kept(house: House) -> None:
    await house.draft()
    [asked] = await house.world.heard(BUDI)
    assert asked.document is not None
    _, path = house.world.service.whatsapp.document(asked.document.token)
    stored = await house.stored()
    assert stored.request is not None
    assert stored.request.sha256 is not None
    assert hashlib.sha256(path.read_bytes()).digest() == bytes(stored.request.sha256)


async def test_nobody_answers_for_a_month(house: House) -> None:
    world = house.world
    await house.draft()
    await world.heard(BUDI)
    await world.heard(LENDER)
    world.advance(timedelta(days=30))
    await world.service.clock_moved()
    await world.rest()
    reminded, over = await world.heard(BUDI)
    assert "masih menunggu" in reminded.text
    assert "sudah habis" in over.text
    [notice] = await world.heard(LENDER)
    assert "kedaluwarsa" in notice.text
    assert (await house.stored()).status == "expired"
