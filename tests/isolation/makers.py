"""Arguments for any use case, made from its annotations, with ids that only the other tenant has.

What a parameter is made of is decided by its name first and its type second; a dataclass is made
field by field. A type that is new here needs a line in `by_type`, and the test says so.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from uuid import UUID
from zoneinfo import ZoneInfo

from bukuhutang.base import ids
from bukuhutang.base.answers import Answer
from bukuhutang.base.ids import PhoneNumber
from bukuhutang.ledger.affordability import Means, Proposal, propose
from bukuhutang.ledger.terms import LoanTerms
from bukuhutang.store.agreements import OpenRequest, StoredAgreement
from bukuhutang.store.book import Person, read_person
from bukuhutang.store.document_jobs import DocumentJob
from bukuhutang.tenancy.roles import Role
from bukuhutang.usecases.agreement_answers import AgreementsNone
from bukuhutang.usecases.agreement_documents import ToPrint, read_facts
from bukuhutang.usecases.members import NewMember
from bukuhutang.usecases.tenants import When
from tests.isolation.two import THEIRS, Pair, file_of
from tests.store.ground import NOON

AMOUNT = 12_345
Any = typing.Any


class CannotMake(Exception):
    """No maker for a parameter."""


@dataclass
class Makers:
    """What parameters are made of; `used_ids` tells whether an id of theirs went in."""

    pair: Pair
    whole: dict[Any, Any]
    by_name: dict[str, Any]
    by_type: dict[Any, Any]
    used_ids: bool = False
    smuggled: bool = False  # a whole object of theirs, which only their own scope hands out

    def arguments(self, function: Callable[..., Any], *, skip: int, full: bool) -> dict[str, Any]:
        """One argument for each parameter behind the first `skip`; all of them when `full`."""
        self.used_ids = self.smuggled = False
        hints = typing.get_type_hints(function)
        parameters = list(inspect.signature(function).parameters.values())[skip:]
        wanted = [one for one in parameters if full or one.default is one.empty]
        return {one.name: self.make(one.name, hints[one.name], full=full) for one in wanted}

    def make(self, name: str, hint: Any, *, full: bool = True) -> Any:
        """A value of this type for a parameter or field of this name."""
        hint, options = _plain(hint)
        if options and type(None) in options and not full:
            return None
        for one in options or (hint,):
            if one is not type(None):
                return self._one(name, _plain(one)[0])
        raise CannotMake(f"{name}: {hint}")

    def _one(self, name: str, hint: Any) -> Any:
        if hint in self.whole:
            self.smuggled = True
            return self.whole[hint]
        if (value := self.by_name.get(name)) is not None and _fits(value, hint):
            self.used_ids |= name in IDS
            return value
        if hint in self.by_type:
            self.used_ids |= hint in ID_TYPES
            return self.by_type[hint]
        return self._composed(name, hint)

    def _composed(self, name: str, hint: Any) -> Any:
        origin: Any = typing.get_origin(hint)
        if origin is typing.Literal:
            return typing.get_args(hint)[0]
        if origin in (list, tuple, frozenset, set):
            parts = [one for one in typing.get_args(hint) if one is not Ellipsis]
            is_fixed = origin is tuple and Ellipsis not in typing.get_args(hint)
            return origin(self.make(name, one) for one in (parts if is_fixed else parts[:1]))
        if origin is dict or hint is dict:
            return {}
        if origin is not None and "Callable" in str(origin):
            return lambda *_, **__: "said"
        if inspect.isclass(hint) and issubclass(hint, Enum):
            return next(iter(hint))
        if dataclasses.is_dataclass(hint):
            hints = typing.get_type_hints(hint)
            made: Any = hint
            return made(
                **{
                    one.name: self.make(one.name, hints[one.name])
                    for one in dataclasses.fields(hint)
                    if one.init
                }
            )
        raise CannotMake(f"{name}: {hint}")


IDS = frozenset(
    (
        *("number", "agreement", "borrower_id", "borrower", "id", "request_id", "debt", "subject"),
        *("payment", "member", "member_id", "key_id", "quoted", "file_id", "client_ref", "token"),
        *("address", "job_id", "message_id", "chosen_id", "sign_in_id", "cookie", "verify_token"),
    )
)
"""Names of parameters that point at a row."""

ID_TYPES = frozenset(
    {
        *(ids.AgreementNumber, ids.BorrowerId, ids.DebtNumber, ids.MemberId, ids.PaymentNumber),
        *(UUID, DocumentJob),
    }
)


def _plain(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """A hint without Annotated, and its alternatives when it is a union."""
    origin: Any = typing.get_origin(hint)
    if origin is typing.Annotated:
        return _plain(typing.get_args(hint)[0])
    if origin in (typing.Union, types.UnionType):
        return hint, typing.get_args(hint)
    return hint, ()


def _fits(value: Any, hint: Any) -> bool:
    plain = getattr(hint, "__supertype__", hint)
    return plain is type(value)


async def makers_for(pair: Pair) -> Makers:
    """Makers that know the other tenant's rows."""
    theirs, mine = pair.theirs, pair.mine
    stored = await theirs.deal.stored(theirs.active)
    asked = await theirs.deal.stored(theirs.asked)
    file_id = await file_of(theirs)
    debt = await theirs.one("select min(id) from debts")
    borrower = await theirs.one("select min(id) from borrowers")
    payment = await theirs.one("select min(id) from payments")
    member = await theirs.one("select max(id) from users")
    key = await theirs.one(
        "select idempotency_key from audit_log where action like 'debt%' limit 1"
    )
    reference = await theirs.one("select client_ref from reminders limit 1")
    message = await theirs.one("select min(id) from inbound_messages")
    job = await _waiting_job(pair)
    provider_id = await theirs.one("select max(provider_message_id) from outbound_messages")
    means = Means(5_000_000, 0)
    async with pair.ground.database.tenant_tx(theirs.tenant_id) as tx:
        person = await read_person(tx, borrower)
    whole: dict[Any, Any] = {
        **{StoredAgreement: stored, OpenRequest: asked.request, Person: person},
        LoanTerms: stored.book.plan.terms,
        Proposal: propose(stored.book.plan.terms, means),
        ToPrint: await _printed(pair),
    }
    by_name: dict[str, Any] = {
        **dict.fromkeys(("number", "agreement", "quoted", "subject"), int(theirs.active)),
        **dict.fromkeys(("borrower", "borrower_id"), borrower),
        **dict.fromkeys(("member", "member_id", "by"), member),
        **dict.fromkeys(("debt", "chosen_id"), debt),
        **dict.fromkeys(("id", "request_id", "key_id", "job_id", "sign_in_id"), debt),
        **{"payment": payment, "inbound_id": message, "file_id": file_id},
        **dict.fromkeys(("amount", "principal", "paid", "income", "other", "size"), AMOUNT),
        **{"name": THEIRS.debtor, "name_key": THEIRS.debtor.lower(), "client_ref": reference},
        **dict.fromkeys(("phone_number", "phone"), f"+{THEIRS.debtor_phone}"),
        **{"token": f"{mine.tenant_id}-{THEIRS.link_secret}", "secret": "d" * 48},
        "address": f"{mine.tenant_id}-{theirs.active}-{stored.verify_token}",
        "verify_token": stored.verify_token,
        "cookie": THEIRS.cookie,
        **{"key": key, "message_id": provider_id or "OUT-1", "chat_id": THEIRS.debtor_phone},
        **{"tenant_id": int(mine.tenant_id), "language": "id", "action": "agreement_paid"},
        **{"email": "someone@example.com", "code": "123456"},
        **{"version": 1, "attempts": 1, "kind": "agreement", "what": "remind", "plan": "basic"},
        **{"base_url": "https://buku.example", "income_day": 25, "months": 6},
    }
    by_type: dict[Any, Any] = {
        **{int: 1, str: "something said", bool: True, bytes: b"bytes", float: 1.0},
        **{datetime: NOON, date: NOON.date(), timedelta: timedelta(days=1)},
        **{Decimal: Decimal(1), ZoneInfo: ZoneInfo("Asia/Jakarta"), When: When(NOON, NOON)},
        **{Answer: AgreementsNone(), UUID: file_id, PhoneNumber: PhoneNumber(THEIRS.debtor_phone)},
        **{ids.TenantId: mine.tenant_id, ids.AgreementNumber: theirs.active},
        **{ids.BorrowerId: borrower, ids.DebtNumber: debt, ids.MemberId: member},
        **{ids.PaymentNumber: payment, ids.ChatId: ids.ChatId(THEIRS.debtor_phone)},
        # Kept by my tenant and told later: nobody of theirs.
        NewMember: NewMember("+6281290000009", "Lestari", Role.STAFF),
        DocumentJob: DocumentJob(mine.tenant_id, job, "agreement", theirs.draft, 1, None, 1),
    }
    return Makers(pair, whole, by_name, by_type)


async def _printed(pair: Pair) -> ToPrint:
    """What is to be printed of a draft of theirs."""
    theirs = pair.theirs
    job = DocumentJob(
        theirs.tenant_id, await _waiting_job(pair), "agreement", theirs.draft, 1, None, 1
    )
    facts = await read_facts(pair.ground.database, job, "https://buku.example")
    assert facts is not None
    return facts


async def _waiting_job(pair: Pair) -> int:
    found: int = await pair.theirs.one("select id from document_jobs where status = 'pending'")
    return found
