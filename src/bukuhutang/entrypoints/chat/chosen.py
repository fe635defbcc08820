"""What a question has settled already, and which choices an answer leaves open."""

from __future__ import annotations

from dataclasses import dataclass

from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import AgreementNumber, DebtNumber
from bukuhutang.ledger.money import Direction
from bukuhutang.store.book import Person
from bukuhutang.understanding.dialogues.choice import DEBTS, Option
from bukuhutang.usecases.agreement_answers import PayoffQuote, WhichAgreement, WhichTarget
from bukuhutang.usecases.pay_person import Target
from bukuhutang.usecases.people import NewPerson, WhichPerson
from bukuhutang.usecases.record_payment import WhichDirection


@dataclass(frozen=True)
class Chosen:
    """What is settled already: the person (or a new one), the direction, the debt, the target."""

    person: Person | NewPerson | None = None
    direction: Direction | None = None
    debt: DebtNumber | None = None
    option: int | str | None = None

    @property
    def known(self) -> Person | None:
        """The person, when the book has them."""
        return self.person if isinstance(self.person, Person) else None

    @property
    def target(self) -> Target | None:
        """What the money is for, when that was asked."""
        if self.option is None:
            return None
        return "debts" if self.option == DEBTS else AgreementNumber(int(self.option))

    @property
    def agreement(self) -> AgreementNumber | None:
        """The agreement, when that was asked."""
        return None if self.target == "debts" else self.target


NOTHING_CHOSEN = Chosen()


def options_of(done: Answer, chosen: Chosen) -> tuple[Option, ...]:
    """What the numbers stand for when the answer is a question; empty when it is none."""
    match done:
        case WhichPerson(choices=people):
            return tuple(Option(one.borrower_id) for one in people)
        case WhichDirection(borrower_id=borrower):
            return tuple(Option(borrower, one) for one in Direction)
        case WhichTarget(borrower_id=borrower, choices=targets):
            return tuple(
                Option(borrower, target=DEBTS if one.agreement is None else one.agreement)
                for one in targets
            )
        case WhichAgreement(choices=agreements):
            person = None if chosen.known is None else chosen.known.borrower.id
            return tuple(Option(person, target=one.number) for one in agreements)
        case PayoffQuote(number=number, to_pay=to_pay, may_pay=True) if to_pay:
            return (Option(None, target=number),)
    return ()
