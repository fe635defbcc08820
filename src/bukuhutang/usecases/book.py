"""An open book: what was read of it, and what this piece of work wants to write.

Every act is staged here and sealed onto the audit chain; `close` writes all of it in one
statement. A refusal simply throws the staged rows away, so nothing is ever half written.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from bukuhutang.base.ids import (
    AgreementNumber,
    BorrowerId,
    DebtNumber,
    MemberId,
    PaymentNumber,
    PhoneNumber,
)
from bukuhutang.ledger.chain import AuditEntry, entry_hash
from bukuhutang.ledger.debt import Borrower, Debt
from bukuhutang.ledger.money import Direction
from bukuhutang.store.book import DialogueRow, Page
from bukuhutang.store.changes import Changes, audit_row, write
from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.refusals import NotPermitted

MESSAGE_KEY = "in:"
"""Work on an inbound message has this and its number as its key."""


KINDS_THAT_WAIT = frozenset(("interview",))
"""Dialogues of several questions: what is asked in between does not end them."""


@dataclass(frozen=True)
class Occasion:
    """Who acts, what he may do, when, and under which idempotency key."""

    actor: str  # `member:1`, `key:3`, `operator`, `service`, `borrower`
    member_id: MemberId | None
    chat_id: str | None
    key: str
    now: datetime  # aware, UTC
    today: date  # in the tenant's zone
    permissions: frozenset[Permission]


class Book:
    """One tenant's book, held open by a `book_tx`; the only writer of its facts."""

    def __init__(self, tx: TenantTx, page: Page, occasion: Occasion) -> None:
        self.tx = tx
        self.page = page
        self.occasion = occasion
        self.changes = Changes()
        self.counters = replace(page.counters)
        self.about: dict[str, Any] | None = None
        self._last: dict[str, tuple[str, str]] = {}
        self._acts = 0

    def require(self, permission: Permission) -> None:
        """Raises NotPermitted unless whoever acts may do this; before anything is staged."""
        if permission not in self.occasion.permissions:
            raise NotPermitted(permission)

    # --- facts ----------------------------------------------------------------------------------

    def add_borrower(self, name: str, name_key: str, phone: PhoneNumber | None) -> Borrower:
        """A new person in the book."""
        self.counters.last_borrower += 1
        borrower = Borrower(BorrowerId(self.counters.last_borrower), name, name_key, phone)
        self.changes.borrowers.append(
            {
                "id": borrower.id,
                "name": name,
                "name_key": name_key,
                "phone_number": phone,
                "created_at": self.occasion.now,
            }
        )
        return borrower

    def change_borrower(self, borrower: Borrower) -> Borrower:
        """What is to be known of a person of the book from now on, all of it; returns it.

        The latest value staged is written, once: number, opt-out and credits together.
        """
        assert borrower.credit_receivable >= 0
        assert borrower.credit_payable >= 0
        row = {
            "id": borrower.id,
            "phone_number": borrower.phone,
            "opted_out_at": borrower.opted_out_at,
            "credit_receivable": borrower.credit_receivable,
            "credit_payable": borrower.credit_payable,
        }
        others = [one for one in self.changes.borrowers_changed if one["id"] != borrower.id]
        self.changes.borrowers_changed = [*others, row]
        return borrower

    def add_debt(self, debt: Debt) -> None:
        """A new debt, with what a credit already paid of it."""
        self.changes.debts.append(
            {
                "id": debt.number,
                "direction": debt.direction,
                "borrower_id": debt.borrower_id,
                "principal": debt.principal,
                "paid": debt.paid,
                "due_date": debt.due_date,
                "note": debt.note,
                "status": debt.status,
                "created_at": self.occasion.now,
                "created_by": self.occasion.member_id,
            }
        )

    def set_balance(self, debt: Debt) -> None:
        """The balance of a debt after its allocations changed."""
        self.changes.balances.append({"id": debt.number, "paid": debt.paid, "status": debt.status})

    def add_payment(
        self,
        borrower: BorrowerId,
        direction: Direction,
        amount: int,
        *,
        reverses: int | None = None,
        agreement: AgreementNumber | None = None,
    ) -> PaymentNumber:
        """A payment, or the reversal of one; appended, never changed."""
        self.counters.last_payment += 1
        number = PaymentNumber(self.counters.last_payment)
        self.changes.payments.append(
            {
                "id": number,
                "direction": direction,
                "borrower_id": borrower,
                "amount": amount,
                "reverses": reverses,
                "created_at": self.occasion.now,
                "created_by": self.occasion.member_id,
                "agreement_id": agreement,
            }
        )
        return number

    def add_allocation(self, payment: int, debt: DebtNumber, amount: int) -> None:
        """Put `amount` rupiah of a payment on a debt; negative takes it back."""
        assert amount != 0
        self.counters.last_allocation += 1
        self.changes.allocations.append(
            {
                "id": self.counters.last_allocation,
                "payment_id": payment,
                "debt_id": debt,
                "amount": amount,
                "created_at": self.occasion.now,
            }
        )

    def add_reminder(self, borrower: BorrowerId, client_ref: str) -> None:
        """A reminder of today; at most one a day per borrower."""
        self.counters.last_reminder += 1
        self.changes.reminders.append(
            {
                "id": self.counters.last_reminder,
                "borrower_id": borrower,
                "kind": "manual",
                "local_date": self.occasion.today,
                "client_ref": client_ref,
                "created_at": self.occasion.now,
                "created_by": self.occasion.member_id,
            }
        )

    def seal(
        self,
        action: str,
        *,
        borrower: int | None = None,
        subject: int | None = None,
        debt: DebtNumber | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Append one act to the audit chain; what is said next is about it, and about `debt`."""
        self._acts += 1
        self.counters.last_audit += 1
        entry = AuditEntry(
            id=self.counters.last_audit,
            at=self.occasion.now,
            actor=self.occasion.actor,
            chat_id=self.occasion.chat_id,
            action=action,
            borrower_id=borrower,
            subject=subject,
            detail=detail or {},
            idempotency_key=f"{self.occasion.key}:{self._acts}",
        )
        if borrower is not None:
            self.speak_of(borrower, debt=debt, key=entry.idempotency_key)
        previous = self.counters.audit_hash
        sealed = entry_hash(self.tx.tenant_id, previous, entry)
        self.changes.audit.append(audit_row(entry, previous, sealed))
        self.counters.audit_hash = sealed

    # --- what goes out, what waits ----------------------------------------------------------------

    def speak_of(
        self, borrower: int, *, debt: DebtNumber | None = None, key: str | None = None
    ) -> None:
        """Note in `about` whom the answer tells of: a quoted reply to it may leave the name out."""
        known = {"borrower": borrower, "debt": debt, "key": key}
        self.about = {name: value for name, value in known.items() if value is not None}

    def send(
        self,
        chat_id: str,
        body: str,
        *,
        purpose: str = "reply",
        file_id: UUID | None = None,
        about: dict[str, Any] | None = None,
        part: str | None = None,
    ) -> str:
        """Queue a message; returns its client reference, the same whenever this work is redone.

        `part` tells it from what the same piece of work says at another time.

        With `file_id` it goes out as a document with `body` as its caption. `about` is what a
        quoted reply to it refers to: `borrower`, `debt`, the `key` of the act it tells of, or the
        `question` it asks.
        """
        client_ref = f"{self.occasion.key}:{part or len(self.changes.outbound) + 1}"
        self.changes.outbound.append(
            {
                "client_ref": client_ref,
                "chat_id": chat_id,
                "body": body,
                "purpose": purpose,
                "queued_at": self.occasion.now,
                "file_id": file_id,
                "about": about,
            }
        )
        return client_ref

    def send_last(self, topic: str, chat_id: str, body: str) -> None:
        """Queue a notice behind whatever else this work has to say; one for each topic."""
        self._last[topic] = (chat_id, body)

    # --- what the plan counts -------------------------------------------------------------------

    def meter(self, meter: str, month: date, *, used: int = 1, used_added: int = 0) -> None:
        """Count something of the month; several of one piece of work become one row."""
        assert 0 <= used_added <= used
        for row in self.changes.meters:
            if (row["meter"], row["month"]) == (meter, month):
                row["used"] += used
                row["used_added"] += used_added
                return
        self.changes.meters.append(
            {"meter": meter, "month": month, "used": used, "used_added": used_added}
        )

    def metered(self, meter: str, month: date) -> tuple[int, int]:
        """What this piece of work has counted already: in all, and of the added ones."""
        for row in self.changes.meters:
            if (row["meter"], row["month"]) == (meter, month):
                return row["used"], row["used_added"]
        return 0, 0

    def ask(self, kind: str, form: dict[str, Any], *, version: int, expires_at: datetime) -> None:
        """Leave a question open in this chat; it replaces the one before.

        A dialogue that waits beneath the one before goes on waiting beneath this one.
        """
        self._ask(DialogueRow(kind, version, form, expires_at, beneath=self._beneath_of(kind)))

    def _beneath_of(self, kind: str) -> DialogueRow | None:
        """The dialogue of another kind that a question of `kind` must not end."""
        top = self.page.dialogue
        if top is None or kind in KINDS_THAT_WAIT:
            return None
        waiting = top if top.kind in KINDS_THAT_WAIT else top.beneath
        is_open = waiting is not None and waiting.expires_at > self.occasion.now
        return waiting if is_open else None

    def _ask(self, row: DialogueRow) -> None:
        assert self.occasion.member_id is not None
        assert self.occasion.chat_id is not None
        self.changes.dialogue_asked = [
            {
                "chat_id": self.occasion.chat_id,
                "member_id": self.occasion.member_id,
                "kind": row.kind,
                "form_version": row.form_version,
                "form": json.dumps(row.form),
                "expires_at": row.expires_at,
                "asked_ref": row.asked_ref,
                "beneath": None if row.beneath is None else _kept(row.beneath),
            }
        ]

    def drop_question(self) -> None:
        """End the question that waits in this chat, if any; what waited beneath goes on.

        Does nothing when this piece of work has asked another one already.
        """
        row = self.page.dialogue
        if row is None or self.changes.dialogue_asked:
            return
        if row.beneath is not None:
            self._ask(row.beneath)
        else:
            self.changes.dialogue_ended = [
                {"chat_id": self.occasion.chat_id, "member_id": self.occasion.member_id}
            ]

    def drop_dialogues(self) -> None:
        """End everything that waits in this chat."""
        self.changes.dialogue_asked.clear()
        if self.page.dialogue is not None:
            self.changes.dialogue_ended = [
                {"chat_id": self.occasion.chat_id, "member_id": self.occasion.member_id}
            ]

    def set_question_aside(self) -> None:
        """Another wish came in between: from now on only a reply to the question answers it."""
        row = self.page.dialogue
        if row is not None and row.kind not in KINDS_THAT_WAIT:
            self.changes.dialogue_set_aside.append(
                {"chat_id": self.occasion.chat_id, "member_id": self.occasion.member_id}
            )

    def note_outcome(self, inbound_id: int) -> None:
        """This piece of work is what became of an earlier message: its question, its correction."""
        led_to = int(self.occasion.key.removeprefix(MESSAGE_KEY))
        self.changes.inbound_led.append({"id": inbound_id, "led_to": led_to})

    def forget_staged(self) -> None:
        """Throw away everything staged so far: a refusal records nothing."""
        self.changes = Changes()
        self.counters = replace(self.page.counters)
        self.about = None
        self._last.clear()
        self._acts = 0

    def _say_which_message_asked(self) -> None:
        """So that a quoted reply or a reaction to the question is its answer."""
        if self.changes.dialogue_asked[-1]["asked_ref"] is not None:
            return  # it was asked earlier, and only goes on
        told = [one for one in self.changes.outbound if one["chat_id"] == self.occasion.chat_id]
        if told:
            asked_ref = told[-1]["client_ref"]
            told[-1]["about"] = {"question": asked_ref}
            self.changes.dialogue_asked[-1]["asked_ref"] = asked_ref

    async def close(self) -> None:
        """Write all that was staged, in one statement."""
        if self.changes.dialogue_asked:
            self._say_which_message_asked()
            self.changes.dialogue_ended.clear()  # one row per chat: asked anew replaces it
        for chat_id, body in self._last.values():
            self.send(chat_id, body, purpose="notice")
        if self.changes.dialogue_asked or self.changes.dialogue_ended:
            self.changes.dialogue_set_aside.clear()  # one statement may touch a row once
        if self.counters != self.page.counters:
            self.changes.counters = self.counters
        for row in self.changes.outbound:
            row["about"] = None if row["about"] is None else json.dumps(row["about"])
        await write(self.tx, self.changes)


def _kept(row: DialogueRow) -> str:
    """A dialogue that waits beneath a question, as its row keeps it."""
    return json.dumps(
        {
            "kind": row.kind,
            "form_version": row.form_version,
            "form": row.form,
            "expires_at": row.expires_at.isoformat(),
            "asked_ref": row.asked_ref,
        }
    )
