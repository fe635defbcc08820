"""An agreement's whole life through the real book, against a few numbers in plain Python.

Pay, forgive, write off, take back, reschedule, call off, answer and let time pass, in any order:
the database must say what the model says, and the audit must find nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import AgreementNumber
from bukuhutang.store.scope import Database, connect
from bukuhutang.usecases import agreement_changes as changes
from bukuhutang.usecases import agreement_payments as money
from bukuhutang.usecases.agreement_documents import ToPrint
from bukuhutang.usecases.agreement_payments import PayInstallment
from bukuhutang.usecases.tenants import When, set_plan
from tests.agreements.rig import Deal
from tests.store.ground import NOON, Ground
from tests.support.database import Server
from tests.usecases.rig import Shop

Result = TypeVar("Result")
PRINCIPAL = 1_000_000
RUNS = ("active", "written_off")


def quickly(wanted: ToPrint) -> bytes:
    """Stands for the PDF, which has tests of its own; the same facts give the same bytes."""
    return f"%PDF {wanted}".encode()


@dataclass
class Model:
    """What a careful person would know of the agreement; interest and penalties have their own."""

    status: str = "sent"
    paid: int = 0
    forgiven: int = 0
    asked: str | None = None  # the question that waits
    asked_day: int = 0
    day: int = 0
    last: tuple[str, int] | None = ("drafted", 0)  # what BATAL would take back
    written_off: bool = False

    @property
    def left(self) -> int:
        """What is still owed."""
        return max(0, PRINCIPAL - self.paid - self.forgiven)

    def settle(self) -> None:
        """A loan with nothing left is completed, whatever it was."""
        if self.status in (*RUNS, "completed"):
            running = "written_off" if self.written_off else "active"
            self.status = running if self.left else "completed"


class AgreementsLife(RuleBasedStateMachine):
    """The real use cases, chat, documents and clock on the real database."""

    runner: asyncio.Runner
    ground: Ground
    tenants = 0

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    @initialize(agreed=st.sampled_from((True, True, True, False)))
    def begin(self, agreed: bool) -> None:
        AgreementsLife.tenants += 1
        phone = f"62813{AgreementsLife.tenants:08}"
        tenant_id = self.do(self.ground.tenant(f"+{phone}"))
        # A life may ask for more papers than the smallest plan's month has.
        when = When(NOON, NOON)
        self.do(set_plan(self.ground.database, tenant_id, "enterprise", when))
        self.deal = Deal(self.ground, Shop(self.ground.database, tenant_id, phone))
        self.do(self.deal.draft(principal=PRINCIPAL, months=4))
        self.print()
        self.model = Model(asked="accept")
        if agreed:  # most of a life comes after it
            self.answer(True)

    def print(self) -> None:
        self.do(self.deal.print(quickly))

    async def act(self, what: Any) -> bool:
        """One command; whether it was carried out."""
        with suppress(Refusal):
            async with self.deal.shop.book("Budi") as book:
                await what(book)
            return True
        return False

    @rule(amount=st.integers(1, 400_000) | st.just(PRINCIPAL))
    def pay(self, amount: int) -> None:
        request = PayInstallment(amount=amount, agreement=AgreementNumber(1))
        done = self.do(self.act(lambda book: money.pay_installment(book, request)))
        assert done is (self.model.status in RUNS)
        if done:
            self.model.paid += amount
            self.model.last = ("paid", amount)
            self.model.settle()

    @rule(amount=st.integers(1, 300_000))
    def forgive(self, amount: int) -> None:
        done = self.do(self.act(lambda book: money.forgive(book, 1, amount)))
        assert done is (self.model.status in RUNS and amount <= self.model.left)
        if done:
            self.model.forgiven += amount
            self.model.last = ("forgiven", amount)
            self.model.settle()

    @rule()
    def write_off(self) -> None:
        done = self.do(self.act(lambda book: money.write_off(book, 1)))
        assert done is (self.model.status == "active")
        if done:
            self.model.written_off, self.model.last = True, ("written_off", 0)
            self.model.settle()

    @rule(months=st.integers(1, 6))
    def reschedule(self, months: int) -> None:
        done = self.do(self.act(lambda book: changes.reschedule(book, 1, months_more=months)))
        assert done is (self.model.status == "active" and self.model.asked != "cancel")
        if done:
            self.print()
            self.model.asked, self.model.asked_day = "reschedule", self.model.day
            self.model.last = ("asked", 0)

    @rule()
    def cancel(self) -> None:
        done = self.do(self.act(lambda book: changes.cancel_agreement(book, 1)))
        if self.model.status == "sent":
            assert done
            self.model.status, self.model.asked, self.model.last = "cancelled", None, None
            return
        may = self.model.status in RUNS and not self.model.paid and self.model.asked != "cancel"
        assert done is may
        if done:
            self.model.asked, self.model.asked_day = "cancel", self.model.day
            self.model.last = ("asked", 0)

    @rule(yes=st.sampled_from((True, True, False)))
    def answer(self, yes: bool) -> None:
        self.do(self.deal.say("SETUJU" if yes else "TOLAK"))
        asked, self.model.asked = self.model.asked, None
        if asked is None:
            return
        self.model.last = None
        if asked == "accept":
            self.model.status = "active" if yes else "cancelled"
        elif yes and asked == "cancel" and not self.model.paid:
            if self.model.status != "completed":
                self.model.status = "cancelled"

    @precondition(lambda self: hasattr(self, "model") and self.model.last is not None)
    @rule()
    def undo(self) -> None:
        assert self.model.last is not None
        what, amount = self.model.last
        self.do(self.deal.shop.undo())
        self.model.last = None
        if what == "paid":
            self.model.paid -= amount
        elif what == "forgiven":
            self.model.forgiven -= amount
        elif what == "written_off":
            self.model.written_off = False
        else:
            self.model.asked = None
            if what == "drafted":
                self.model.status = "cancelled"
        self.model.settle()

    @rule(days=st.integers(1, 15))
    def pass_days(self, days: int) -> None:
        self.deal.advance(days=days)
        self.model.day += days
        self.do(self.deal.sweep())
        self.print()
        if self.model.asked is not None and self.model.day - self.model.asked_day >= 14:
            if self.model.asked == "accept":
                self.model.status = "expired"
            self.model.asked, self.model.last = None, None

    @precondition(lambda self: hasattr(self, "model"))
    @invariant()
    def the_book_says_what_the_model_says(self) -> None:
        stored = self.do(self.deal.stored(1))
        book = stored.book
        assert stored.status == self.model.status
        assert (None if stored.request is None else stored.request.kind.value) == self.model.asked
        assert book.paid == self.model.paid
        assert book.outstanding.total == self.model.left
        applied = sum(entry.applied for entry in book.entries)
        assert applied == PRINCIPAL - self.model.left
        assert book.unapplied == self.model.paid + self.model.forgiven - applied >= 0

    @precondition(lambda self: hasattr(self, "model"))
    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert self.do(self.deal.shop.differences()) == []


def test_an_agreements_life_is_what_a_careful_person_would_write(server: Server) -> None:
    name = server.fresh()
    with asyncio.Runner() as runner:
        database: Database = runner.run(connect(server.service_dsn(name)))
        AgreementsLife.runner = runner
        AgreementsLife.ground = Ground(server, name, database)
        try:
            run_state_machine_as_test(
                AgreementsLife,
                settings=settings(
                    max_examples=20,
                    stateful_step_count=20,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(database.close())
            server.drop(name)
