"""One tenant's book: all that one message needs, read at once.

One statement instead of ten, because each is a round trip inside an open transaction; `changes`
writes all that was decided in one as well. Numbers come from the `books` row under the book's
lock, so every id is known before writing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bukuhutang.base.ids import BorrowerId, ChatId, DebtNumber, MemberId, PhoneNumber
from bukuhutang.ledger.debt import Borrower, Debt
from bukuhutang.ledger.money import Direction
from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.plans import PlanName
from bukuhutang.tenancy.roles import Role
from bukuhutang.tenancy.tenant import Language, TenantSettings

PEOPLE_MAX = 20
"""The most persons one name may stand for; more are asked for a longer name."""


@dataclass
class Counters:
    """The last number given out of each kind, the head of the audit chain, the minute's rate."""

    last_member: int
    last_borrower: int
    last_debt: int
    last_payment: int
    last_allocation: int
    last_reminder: int
    last_agreement: int
    last_api_key: int
    last_audit: int
    audit_hash: bytes
    # Members' messages answered in the business minute.
    rate_minute: datetime | None
    rate_used: int


@dataclass(frozen=True)
class Person:
    """A borrower with every debt that is open, both directions."""

    borrower: Borrower
    open_debts: tuple[Debt, ...]


@dataclass(frozen=True)
class Member:
    """Somebody who may speak for the tenant."""

    id: MemberId
    role: Role
    name: str


@dataclass(frozen=True)
class Limits:
    """The plan, and how much of the book it lets be open; None is unlimited."""

    plan: PlanName
    debts: int | None
    agreements: int | None


@dataclass(frozen=True)
class DialogueRow:
    """A question that waits in this chat."""

    kind: str
    form_version: int
    form: dict[str, Any]
    expires_at: datetime
    asked_ref: str | None = None  # the outbound message that asked
    set_aside: bool = False  # another wish came in between: only a reply to the question answers
    beneath: DialogueRow | None = None  # what goes on when this question is answered


@dataclass(frozen=True)
class InboundState:
    """How the message that is worked stands in the inbox."""

    status: str
    is_paused: bool  # it waits for its minute
    had_to_wait: bool  # it waited, and this is its turn
    is_behind: bool  # an earlier one of its chat waits


@dataclass(frozen=True)
class Page:
    """What is known when a message is worked: all of it read under the book's lock."""

    tenant_name: str
    tenant_phone: PhoneNumber
    lender_chat: ChatId  # where the lender reads: the chat with oneself, or an own other number
    counters: Counters
    limits: Limits
    settings: TenantSettings
    inbound: InboundState | None
    member: Member | None  # who writes, if he speaks for the tenant
    sender: Person | None  # the borrower who writes from this number
    dialogue: DialogueRow | None
    is_own_echo: bool
    people: tuple[Person, ...]  # whose name is, or begins with, the name looked for

    @property
    def member_id(self) -> MemberId | None:
        """The number of `member`."""
        return None if self.member is None else self.member.id


READ_PERSON = """
    json_build_array(b.id, b.name, b.name_key, b.phone_number, b.opted_out_at,
        b.credit_receivable, b.credit_payable,
        (select json_agg(json_build_array(d.id, d.direction, d.principal, d.paid, d.due_date,
                d.note) order by d.id)
           from debts d where d.tenant_id = b.tenant_id and d.borrower_id = b.id
            and d.status = 'open'))"""

# A number of the Cloud API cannot write to itself, so its owner reads on another one.
LENDER_CHAT = """coalesce(case t.driver when 'cloud' then (select u.phone_number from users u
        where u.tenant_id = t.id and u.phone_number <> t.phone_number and u.role = 'owner'
        and u.removed_at is null order by u.id limit 1)
    end, t.phone_number)"""

# Whose name is, or begins with, the one looked for.
READ_PEOPLE = f"""
    (select json_agg({READ_PERSON} order by b.id) from (
        select * from borrowers where tenant_id = $1 and name_key = {{key}}
        union all
        select * from borrowers where tenant_id = $1
            and name_key > {{key}} || ' ' and name_key < {{key}} || '!'
        limit {PEOPLE_MAX + 1}) b)"""  # noqa: S608  our own constants

READ = f"""
select t.name, t.phone_number, {LENDER_CHAT} as lender_chat,
    k.last_member, k.last_borrower, k.last_debt, k.last_payment, k.last_allocation,
    k.last_reminder, k.last_agreement, k.last_api_key, k.last_audit, k.audit_hash,
    k.rate_minute, k.rate_used,
    t.plan, t.max_debts, t.max_agreements,
    g.reminder_template, g.auto_reminder, g.language, g.timezone,
    (select json_build_array(m.status, m.paused, m.not_before is not null,
            exists (select from inbound_messages e where e.tenant_id = $1 and e.chat_id = $3
                and e.id < $2 and e.status = 'pending' and e.paused))
       from inbound_messages m where m.tenant_id = $1 and m.id = $2) as inbound,
    (select json_build_array(u.id, u.role, u.name) from users u where u.tenant_id = $1
        and u.phone_number = $4 and u.removed_at is null) as member,
    (select {READ_PERSON} from borrowers b where b.tenant_id = $1 and b.phone_number = $4)
        as sender,
    (select json_build_array(w.kind, w.form_version, w.form, w.expires_at, w.asked_ref,
            w.set_aside, w.beneath)
       from dialogues w join users u on u.tenant_id = w.tenant_id and u.id = w.member_id
      where w.tenant_id = $1 and w.chat_id = $3 and u.phone_number = $4) as dialogue,
    exists (select from outbound_messages where tenant_id = $1 and provider_message_id = $6)
        or exists (select from outbound_messages where tenant_id = $1 and client_ref = $6)
        as is_own_echo,
    {READ_PEOPLE.format(key="$5")} as people
from books k, tenants t, tenant_settings g
where k.tenant_id = $1 and t.id = $1 and g.tenant_id = $1"""  # noqa: S608  our own constants


async def read_page(
    tx: TenantTx,
    *,
    inbound_id: int = 0,
    chat_id: str = "",
    sender: PhoneNumber | None = None,
    name_key: str | None = None,
    provider_message_id: str | None = None,
) -> Page:
    """Everything one message needs, in one statement. The book must be locked (`book_tx`)."""
    row = await tx.db.fetchrow(
        READ, tx.tenant_id, inbound_id, chat_id, sender, name_key, provider_message_id
    )
    assert row is not None, "a tenant always has a book"
    return Page(
        tenant_name=row["name"],
        tenant_phone=PhoneNumber(row["phone_number"]),
        lender_chat=ChatId(row["lender_chat"]),
        counters=Counters(*row[3:15]),
        limits=Limits(PlanName(row["plan"]), row["max_debts"], row["max_agreements"]),
        settings=TenantSettings(
            row["reminder_template"],
            row["auto_reminder"],
            Language(row["language"]),
            row["timezone"],
        ),
        inbound=InboundState(*json.loads(row["inbound"])) if row["inbound"] else None,
        member=_member(row["member"]),
        sender=_person(json.loads(row["sender"])) if row["sender"] else None,
        dialogue=_dialogue(row["dialogue"]),
        is_own_echo=row["is_own_echo"],
        people=tuple(_person(one) for one in json.loads(row["people"] or "[]")),
    )


async def read_person(tx: TenantTx, borrower_id: BorrowerId) -> Person | None:
    """One person by number, or None."""
    found = await tx.db.fetchval(
        # Our own constant, nothing of the message.
        f"select {READ_PERSON} from borrowers b where b.tenant_id = $1 and b.id = $2",  # noqa: S608
        tx.tenant_id,
        borrower_id,
    )
    return _person(json.loads(found)) if found else None


async def read_people(tx: TenantTx, name_key: str) -> tuple[Person, ...]:
    """Everybody whose name is, or begins with, this one; as `Page.people`."""
    # Our own constant, nothing of the message.
    found = await tx.db.fetchval(f"select {READ_PEOPLE.format(key='$2')}", tx.tenant_id, name_key)
    return tuple(_person(one) for one in json.loads(found or "[]"))


def _member(text: str | None) -> Member | None:
    if text is None:
        return None
    number, role, name = json.loads(text)
    return Member(MemberId(number), Role(role), name)


def _person(row: list[Any]) -> Person:
    number, name, name_key, phone, opted_out_at, credit_in, credit_out, debts = row
    borrower = Borrower(
        BorrowerId(number),
        name,
        name_key,
        None if phone is None else PhoneNumber(phone),
        None if opted_out_at is None else datetime.fromisoformat(opted_out_at),
        credit_in,
        credit_out,
    )
    return Person(borrower, tuple(_debt(borrower.id, one) for one in debts or ()))


def _debt(borrower_id: BorrowerId, row: list[Any]) -> Debt:
    number, direction, principal, paid, due_date, note = row
    return Debt(
        DebtNumber(number),
        Direction(direction),
        borrower_id,
        principal,
        paid,
        date.fromisoformat(due_date),
        note,
    )


def _dialogue(text: str | None) -> DialogueRow | None:
    if text is None:
        return None
    kind, version, form, expires_at, asked_ref, set_aside, beneath = json.loads(text)
    expires = datetime.fromisoformat(expires_at)
    waits = None if beneath is None else _beneath(beneath)
    return DialogueRow(kind, version, form, expires, asked_ref, set_aside, waits)


def _beneath(stored: dict[str, Any]) -> DialogueRow:
    expires = datetime.fromisoformat(stored["expires_at"])
    return DialogueRow(**{**stored, "expires_at": expires})
