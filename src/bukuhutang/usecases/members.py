"""Who may speak for the tenant: owner, staff, viewer. Only an owner changes it.

Refusals: MemberUnknown, MemberUnclear, MemberIsTenant, LastOwner, TooManyMembers, MemberBorrows,
and PhoneNumberInvalid, NameInvalid of `tenants`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import ClassVar

from bukuhutang.base.answers import Answer
from bukuhutang.base.errors import Refusal
from bukuhutang.base.ids import ChatId, MemberId, PhoneNumber, TenantId
from bukuhutang.rendering.texts import render
from bukuhutang.store import borrowers, members, sign_ins
from bukuhutang.store.members import MemberRow
from bukuhutang.store.scope import Database
from bukuhutang.tenancy.phone import read_phone
from bukuhutang.tenancy.roles import Permission, Role
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.tenants import (
    PhoneNumberInvalid,
    When,
    clean_tenant_name,
    operated,
    operator_book,
    read_tenant,
)

MEMBERS_MAX = 30
"""Who speaks for one tenant at a time; a larger house needs other tools than a chat."""


@dataclass(eq=False)
class MemberUnknown(Refusal):
    code: ClassVar[str] = "member_unknown"
    name: str


@dataclass(eq=False)
class MemberUnclear(Refusal):
    """The name fits several."""

    code: ClassVar[str] = "member_unclear"
    name: str
    phones: tuple[PhoneNumber, ...]


@dataclass(eq=False)
class MemberIsTenant(Refusal):
    """The tenant's own number is always its owner."""

    code: ClassVar[str] = "member_is_tenant"


@dataclass(eq=False)
class LastOwner(Refusal):
    """A business number cannot read its own chat: somebody else must be owner."""

    code: ClassVar[str] = "last_owner"
    name: str


@dataclass(eq=False)
class TooManyMembers(Refusal):
    code: ClassVar[str] = "too_many_members"
    max: int


@dataclass(eq=False)
class MemberBorrows(Refusal):
    """One number cannot speak as a borrower and for the lender."""

    code: ClassVar[str] = "member_borrows"
    name: str | None  # None for the operator, who learns no borrower's name


@dataclass(frozen=True)
class MemberAdded(Answer):
    code: ClassVar[str] = "member_added"
    name: str
    phone: PhoneNumber
    role: str
    what: str  # added, role_set, already


@dataclass(frozen=True)
class MemberRemoved(Answer):
    code: ClassVar[str] = "member_removed"
    name: str
    signed_out: int


@dataclass(frozen=True)
class MemberLine:
    """One line of ANGGOTA."""

    id: MemberId
    name: str
    phone: PhoneNumber
    role: str


@dataclass(frozen=True)
class MemberList(Answer):
    code: ClassVar[str] = "member_list"
    members: tuple[MemberLine, ...]


@dataclass(frozen=True)
class NewMember:
    """Who is to speak for the tenant, and as what."""

    phone: str  # as it was written
    name: str
    role: Role


async def list_members(book: Book) -> MemberList:
    """ANGGOTA."""
    book.require(Permission.MEMBERS)
    return MemberList(tuple(map(_line, await _present(book))))


def _line(row: MemberRow) -> MemberLine:
    return MemberLine(row.id, row.name, row.phone, row.role.value)


async def add_member(book: Book, new: NewMember) -> MemberAdded:
    """TAMBAH ANGGOTA: a new number, one that was removed, or another role for one that speaks.

    He is told once, in plain words. Raises PhoneNumberInvalid, NameInvalid, MemberIsTenant,
    LastOwner, MemberBorrows, TooManyMembers.
    """
    book.require(Permission.MEMBERS)
    phone = read_phone(new.phone)
    if phone is None:
        raise PhoneNumberInvalid
    name = clean_tenant_name(new.name)
    if phone == book.page.tenant_phone:
        raise MemberIsTenant
    rows = await members.read_all(book.tx)
    known = next((one for one in rows if one.phone == phone), None)
    if known is not None and not known.is_removed:
        return await _other_role(book, known, new.role)
    if sum(not one.is_removed for one in rows) >= MEMBERS_MAX:
        raise TooManyMembers(MEMBERS_MAX)
    row = await _let_speak(book, known, phone, name, new.role)
    _tell(book, row, is_new=True)
    return MemberAdded(row.name, row.phone, row.role, "added")


async def _let_speak(
    book: Book, removed: MemberRow | None, phone: PhoneNumber, name: str, role: Role
) -> MemberRow:
    borrower = await borrowers.by_phone(book.tx, phone)
    if borrower is not None:
        raise MemberBorrows(borrower.name)
    if removed is None:
        book.counters.last_member += 1
        number = MemberId(book.counters.last_member)
        row = MemberRow(number, phone, name, role, is_removed=False)
        await members.insert(book.tx, row, book.occasion.now)
    else:
        row = replace(removed, name=name, role=role, is_removed=False)
        await members.write(book.tx, row, book.occasion.now)
    book.seal("member_added", subject=row.id, detail={"role": row.role})
    return row


async def be_owner(book: Book, phone: PhoneNumber, name: str) -> None:
    """The number is an owner's from now on; it is not told so. For the operator.

    Raises MemberBorrows.
    """
    book.require(Permission.MEMBERS)
    rows = await members.read_all(book.tx)
    known = next((one for one in rows if one.phone == phone), None)
    if known is None or known.is_removed:
        with _unnamed():
            await _let_speak(book, known, phone, name, Role.OWNER)
    elif known.role is not Role.OWNER:
        await _write_role(book, known, Role.OWNER)


async def set_role(book: Book, member: MemberId, role: Role) -> MemberAdded:
    """Another role for one that speaks. Raises MemberUnknown, MemberIsTenant, LastOwner."""
    book.require(Permission.MEMBERS)
    known = await _one(book, lambda one: one.id == member, str(member))
    if known.phone == book.page.tenant_phone:
        raise MemberIsTenant
    return await _other_role(book, known, role)


async def _other_role(book: Book, known: MemberRow, role: Role) -> MemberAdded:
    if known.role is role:
        return MemberAdded(known.name, known.phone, role, "already")
    if role is not Role.OWNER:
        await _check_owner_left(book, known)
    row = await _write_role(book, known, role)
    _tell(book, row, is_new=False)
    return MemberAdded(row.name, row.phone, role, "role_set")


async def _write_role(book: Book, known: MemberRow, role: Role) -> MemberRow:
    row = replace(known, role=role)
    await members.write(book.tx, row, book.occasion.now)
    book.seal("member_role_set", subject=row.id, detail={"from": known.role, "to": role})
    return row


async def remove_member(
    book: Book, who: str, is_meant: Callable[[MemberRow], bool]
) -> MemberRemoved:
    """HAPUS ANGGOTA: he may say nothing any more, and is signed out everywhere.

    `is_meant` picks among those who speak now; `who` is how the answer calls him. The row stays.
    Raises MemberUnknown, MemberUnclear, MemberIsTenant, LastOwner.
    """
    book.require(Permission.MEMBERS)
    known = await _one(book, is_meant, who)
    if known.phone == book.page.tenant_phone:
        raise MemberIsTenant
    await _check_owner_left(book, known)
    now = book.occasion.now
    await members.write(book.tx, replace(known, is_removed=True), now)
    await sign_ins.void_codes(book.tx, known.id, now)
    ended = await sign_ins.revoke(book.tx, now, member=known.id)
    book.seal("member_removed", subject=known.id)
    return MemberRemoved(known.name, ended)


async def _present(book: Book) -> list[MemberRow]:
    return [one for one in await members.read_all(book.tx) if not one.is_removed]


async def _one(book: Book, is_meant: Callable[[MemberRow], bool], who: str) -> MemberRow:
    found = [one for one in await _present(book) if is_meant(one)]
    if not found:
        raise MemberUnknown(who)
    if len(found) > 1:
        raise MemberUnclear(who, tuple(one.phone for one in found))
    return found[0]


async def _check_owner_left(book: Book, leaving: MemberRow) -> None:
    """Whoever reads the lender's messages may go only when another owner can."""
    if ChatId(leaving.phone) != book.page.lender_chat:
        return
    others = [
        one
        for one in await _present(book)
        if one.role is Role.OWNER and one.phone not in (leaving.phone, book.page.tenant_phone)
    ]
    if not others:
        raise LastOwner(leaving.name)


def _tell(book: Book, member: MemberRow, *, is_new: bool) -> None:
    """One message to him: what he is to this tenant now."""
    text = render(
        "member_welcome",
        book.page.settings.language,
        today=book.occasion.today,
        name=member.name,
        lender=book.page.tenant_name,
        role=member.role.value,
        is_new=is_new,
    )
    book.send(member.phone, text, purpose="notice")


# --- the operator's shell ---------------------------------------------------------------------


async def add_by_operator(
    database: Database, tenant_id: TenantId, new: NewMember, when: When
) -> MemberAdded:
    """As `add_member`, by the operator. Raises TenantNotFound besides."""
    async with operated(database, tenant_id, when) as book:
        with _unnamed():
            return await add_member(book, new)


@contextmanager
def _unnamed() -> Iterator[None]:
    """Who runs the service learns that a number is a borrower's, not whose."""
    try:
        yield
    except MemberBorrows:
        raise MemberBorrows(None) from None


async def remove_by_operator(
    database: Database, tenant_id: TenantId, phone_number: str, when: When
) -> MemberRemoved:
    """As `remove_member`, by number. Raises TenantNotFound, PhoneNumberInvalid besides."""
    phone = read_phone(phone_number)
    if phone is None:
        raise PhoneNumberInvalid
    async with operated(database, tenant_id, when) as book:
        return await remove_member(book, f"+{phone}", lambda one: one.phone == phone)


async def list_by_operator(database: Database, tenant_id: TenantId, when: When) -> MemberList:
    """As `list_members`. Raises TenantNotFound."""
    async with database.tenant_tx(tenant_id) as tx:
        await read_tenant(tx)
        return await list_members(await operator_book(tx, when))
