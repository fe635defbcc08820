"""A debt's whole life, against a model in plain Python: lend, pay, settle, undo, both ways.

After every step the database must say what the model says, and the audit must find nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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

from bukuhutang.ledger.money import Direction
from bukuhutang.store.scope import Database, connect
from bukuhutang.usecases.agreement_answers import AgreementActUndone
from bukuhutang.usecases.record_debt import DebtRecorded
from bukuhutang.usecases.record_payment import PaymentRecorded, WhichDirection
from bukuhutang.usecases.refusals import (
    AlreadyUndone,
    BorrowerUnknown,
    BuiltUpon,
    DebtNotOpen,
    NothingOwed,
    NothingToUndo,
)
from bukuhutang.usecases.tenants import When, register_tenant
from bukuhutang.usecases.undo import DebtUndone
from tests.store.ground import NOON
from tests.support.database import Server
from tests.usecases.rig import Shop

Result = TypeVar("Result")

PEOPLE = ("Budi", "Sari", "Tono")
CHATS = ("owner", "staff")


@dataclass
class ModelDebt:
    number: int
    person: str
    direction: Direction
    principal: int
    due: int
    parts: dict[int, int] = field(default_factory=dict)  # rupiah by payment
    undone: bool = False

    @property
    def paid(self) -> int:
        return sum(self.parts.values())

    @property
    def left(self) -> int:
        return 0 if self.undone else self.principal - self.paid


@dataclass
class ModelPayment:
    number: int
    person: str
    direction: Direction
    amount: int
    undone: bool = False


@dataclass
class Model:
    """What a careful person with a pencil would have in the book."""

    debts: list[ModelDebt] = field(default_factory=list)
    payments: list[ModelPayment] = field(default_factory=list)
    payment_rows: int = 0  # reversals take numbers too
    acts: list[tuple[str, str, ModelDebt | ModelPayment | None]] = field(default_factory=list)

    def open(self, person: str, direction: Direction | None = None) -> list[ModelDebt]:
        """Oldest due first."""
        found = [
            one
            for one in self.debts
            if one.person == person and one.left and direction in (None, one.direction)
        ]
        return sorted(found, key=lambda one: (one.due, one.number))

    def owed(self, person: str, direction: Direction | None = None) -> int:
        return sum(one.left for one in self.open(person, direction))

    def rest(self, payment: ModelPayment) -> int:
        """What of a payment no debt has taken."""
        if payment.undone:
            return 0
        return payment.amount - sum(one.parts.get(payment.number, 0) for one in self.debts)

    def credit(self, person: str, direction: Direction) -> int:
        return sum(
            self.rest(one)
            for one in self.payments
            if (one.person, one.direction) == (person, direction)
        )

    def lend(self, chat: str, debt: ModelDebt) -> None:
        for payment in self.payments:  # an earlier overpayment pays at once, the oldest first
            if (payment.person, payment.direction) == (debt.person, debt.direction):
                if share := min(self.rest(payment), debt.left):
                    debt.parts[payment.number] = share
        self.debts.append(debt)
        self.acts.append((chat, debt.person, debt))

    def pay(
        self,
        chat: str,
        person: str,
        direction: Direction,
        amount: int,
        first: ModelDebt | None = None,
    ) -> None:
        self.payment_rows += 1
        payment = ModelPayment(self.payment_rows, person, direction, amount)
        left = amount
        for debt in sorted(self.open(person, direction), key=lambda one: one is not first):
            if share := min(left, debt.left):
                debt.parts[payment.number] = share
                left -= share
        self.payments.append(payment)
        self.acts.append((chat, person, payment))

    def undo(self, chat: str) -> str:
        """What BATAL does here: `done`, or why not."""
        mine = [place for place, act in enumerate(self.acts) if act[0] == chat]
        if not mine:
            return "nothing"
        _, person, record = self.acts[mine[-1]]
        if record is None:
            return "already"
        if any(act[1] == person for act in self.acts[mine[-1] + 1 :]):
            return "built upon"
        record.undone = True
        if isinstance(record, ModelDebt):
            record.parts.clear()
        else:
            self.payment_rows += 1
            for debt in self.debts:
                debt.parts.pop(record.number, None)
        self.acts.append((chat, person, None))
        return "done"


REFUSED = {"nothing": NothingToUndo, "already": AlreadyUndone, "built upon": BuiltUpon}
people = st.sampled_from(PEOPLE)
chats = st.sampled_from(CHATS)
directions = st.sampled_from(Direction)
amounts = st.integers(1, 40) | st.integers(1, 999_999_999)


class DebtsLife(RuleBasedStateMachine):
    """The real use cases on the real database, a fresh tenant for each life."""

    runner: asyncio.Runner
    database: Database
    tenants = 0

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    @initialize()
    def register(self) -> None:
        DebtsLife.tenants += 1
        made = self.do(
            register_tenant(
                self.database,
                phone_number=f"+62812{DebtsLife.tenants:08}",
                name="Toko Dani",
                email=None,
                when=When(NOON, NOON),
            )
        )
        self.shop = Shop(self.database, made.id, made.phone_number)
        self.model = Model()

    @rule(chat=chats, person=people, direction=directions, amount=amounts, days=st.integers(1, 3))
    def lend(self, chat: str, person: str, direction: Direction, amount: int, days: int) -> None:
        credit = self.model.credit(person, direction)
        done = self.do(self.shop.lend(person, amount, direction, days=days, chat=chat))
        assert isinstance(done, DebtRecorded)
        self.model.lend(chat, ModelDebt(done.number, person, direction, amount, days))
        assert done.number == len(self.model.debts)
        assert done.credit_used == min(credit, amount)
        assert done.credit_left == self.model.credit(person, direction)
        assert done.total == self.model.owed(person, direction)

    @rule(chat=chats, person=people, direction=directions, how=st.integers(-2, 2), amount=amounts)
    def pay(self, chat: str, person: str, direction: Direction, how: int, amount: int) -> None:
        """Near what is owed as often as far from it; at 0 by LUNAS."""
        owed = self.model.owed(person, direction)
        wanted: int | None = amount if abs(how) == 2 else max(1, min(owed + how, 999_999_999))
        if how == 0:
            wanted = None
        known = any(one.person == person for one in self.model.debts)
        open_ways = {one.direction for one in self.model.open(person)}
        if not open_ways:
            with refusal(NothingOwed if known else BorrowerUnknown):
                self.do(self.shop.pay(person, wanted, chat=chat))
            return
        done = self.do(self.shop.pay(person, wanted, chat=chat))
        if len(open_ways) == 2:
            assert isinstance(done, WhichDirection)
            assert done.receivable == self.model.owed(person, Direction.RECEIVABLE)
            assert done.payable == self.model.owed(person, Direction.PAYABLE)
            chosen = self.do(self.shop.person(person))
            done = self.do(self.shop.pay(person, wanted, direction, chat=chat, chosen=chosen))
        assert isinstance(done, PaymentRecorded)
        before = self.model.credit(person, done.direction)
        amount = wanted or self.model.owed(person, done.direction)
        assert done.amount == amount
        self.model.pay(chat, person, done.direction, amount)
        assert done.total == self.model.owed(person, done.direction)
        assert done.credit_total == self.model.credit(person, done.direction)
        assert done.credit_added == done.credit_total - before

    @precondition(lambda self: self.model.debts)
    @rule(chat=chats, place=st.integers(0, 50), how=st.integers(-1, 1), settle=st.booleans())
    def pay_a_debt_pointed_at(self, chat: str, place: int, how: int, settle: bool) -> None:
        """As a reply to the message that tells of it; LUNAS pays that debt alone."""
        debt = self.model.debts[place % len(self.model.debts)]
        wanted = None if settle else max(1, min(debt.left + how, 999_999_999))
        chosen = self.do(self.shop.person(debt.person))
        if not debt.left:
            with refusal(DebtNotOpen):
                self.do(
                    self.shop.pay(debt.person, wanted, chat=chat, chosen=chosen, debt=debt.number)
                )
            return
        done = self.do(
            self.shop.pay(debt.person, wanted, chat=chat, chosen=chosen, debt=debt.number)
        )
        assert isinstance(done, PaymentRecorded)
        amount = debt.left if wanted is None else wanted
        assert (done.amount, done.direction) == (amount, debt.direction)
        assert done.debts[0].number == debt.number
        assert done.debts[0].applied == min(amount, debt.left)
        self.model.pay(chat, debt.person, debt.direction, amount, first=debt)
        assert done.total == self.model.owed(debt.person, debt.direction)

    @rule(chat=chats)
    def undo(self, chat: str) -> None:
        outcome = self.model.undo(chat)
        if outcome != "done":
            with refusal(REFUSED[outcome]):
                self.do(self.shop.undo(chat=chat))
            return
        done = self.do(self.shop.undo(chat=chat))
        person, record = next((a[1], a[2]) for a in reversed(self.model.acts[:-1]) if a[0] == chat)
        assert record is not None
        assert not isinstance(done, AgreementActUndone)
        assert isinstance(done, DebtUndone) is isinstance(record, ModelDebt)
        assert done.total == self.model.owed(person, done.direction)

    @precondition(lambda self: hasattr(self, "model"))
    @invariant()
    def the_book_says_what_the_model_says(self) -> None:
        debts, credits, rest = self.do(self.stored())
        assert debts == [
            (one.number, one.paid, "reversed" if one.undone else "open" if one.left else "settled")
            for one in self.model.debts
        ]
        assert credits == {
            person: tuple(self.model.credit(person, way) for way in Direction)
            for person in {one.person for one in self.model.debts}
        }
        assert rest == [
            (one.number, sum(debt.parts.get(one.number, 0) for debt in self.model.debts))
            for one in self.model.payments
        ]

    @precondition(lambda self: hasattr(self, "model"))
    @invariant()
    def the_audit_finds_nothing(self) -> None:
        assert self.do(self.shop.differences()) == []

    async def stored(self) -> tuple[list[Any], dict[str, Any], list[Any]]:
        async with self.database.tenant_tx(self.shop.tenant_id) as tx:
            debts = await tx.db.fetch("select id, paid, status from debts order by id")
            credits = await tx.db.fetch(
                "select name, credit_receivable, credit_payable from borrowers"
            )
            applied = await tx.db.fetch(
                "select p.id, coalesce(sum(a.amount), 0)::bigint from payments p"
                " left join payment_allocations a on a.payment_id = p.id"
                " where p.reverses is null group by p.id order by p.id"
            )
        return (
            [tuple(one) for one in debts],
            {one["name"]: (one[1], one[2]) for one in credits},
            [tuple(one) for one in applied],
        )


@contextmanager
def refusal(kind: type[Exception]) -> Iterator[None]:
    """The use case says no in this way, and in no other."""
    try:
        yield
    except kind:
        return
    raise AssertionError(f"not refused by {kind.__name__}")


def test_a_debts_life_is_what_a_careful_person_would_write(server: Server) -> None:
    name = server.fresh()
    with asyncio.Runner() as runner:
        DebtsLife.runner = runner
        DebtsLife.database = runner.run(connect(server.service_dsn(name)))
        try:
            run_state_machine_as_test(
                DebtsLife,
                settings=settings(
                    max_examples=30,
                    stateful_step_count=20,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(DebtsLife.database.close())
            server.drop(name)
