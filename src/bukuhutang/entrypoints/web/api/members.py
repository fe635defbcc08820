"""Who speaks for the tenant: the chat's ANGGOTA, for the owner who has signed in. Not for keys."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from bukuhutang.base.ids import MemberId
from bukuhutang.entrypoints.web.api.calls import ApiReading, ApiWriting
from bukuhutang.entrypoints.web.api.member_shapes import (
    MemberChangeIn,
    MemberIn,
    MemberOut,
    MemberRemovedOut,
)
from bukuhutang.entrypoints.web.api.people import clean_phone
from bukuhutang.entrypoints.web.api.refusals import (
    MemberExists,
    PreconditionFailed,
    PreconditionRequired,
)
from bukuhutang.entrypoints.web.api.shapes import NumberInPath, Page, PageQuery
from bukuhutang.entrypoints.web.cursors import CursorInvalid
from bukuhutang.entrypoints.web.openapi import refusals
from bukuhutang.tenancy.roles import Permission, Role
from bukuhutang.tenancy.tenant import TENANT_NAME_MAX
from bukuhutang.usecases import members
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.members import (
    MEMBERS_MAX,
    LastOwner,
    MemberBorrows,
    MemberIsTenant,
    MemberUnknown,
    NewMember,
    TooManyMembers,
)
from bukuhutang.usecases.refusals import NotPermitted
from bukuhutang.usecases.tenants import NameInvalid, PhoneNumberInvalid

router = APIRouter(prefix="/members", tags=["members"])

OWNER_ONLY = NotPermitted(Permission.MEMBERS)
UNKNOWN = MemberUnknown("2")
STAYS = (MemberIsTenant(), LastOwner("Sari"))


@router.get("", responses=refusals(OWNER_ONLY, CursorInvalid()))
async def get_members(asked: Annotated[PageQuery, Query()], call: ApiReading) -> Page[MemberOut]:
    """Everybody who speaks for the tenant now, in the order they were added."""
    after = call.after("members", asked.cursor)
    async with call.reading(Permission.MEMBERS) as book:
        lines = (await members.list_members(book)).members
    rows = [one for one in lines if one.id > after][: asked.limit + 1]
    return Page(
        items=[MemberOut.of(one) for one in rows[: asked.limit]],
        next_cursor=call.next("members", [one.id for one in rows], asked.limit),
    )


@router.get("/{number}", response_model=MemberOut, responses=refusals(OWNER_ONLY, UNKNOWN))
async def get_member(number: NumberInPath, call: ApiReading) -> Response:
    """One member, with the ETag that a change needs."""
    async with call.reading(Permission.MEMBERS) as book:
        return call.shown(await member_shown(book, number))


async def member_shown(book: Book, number: int) -> MemberOut:
    """A member as the address shows it. Raises MemberUnknown."""
    for line in (await members.list_members(book)).members:
        if line.id == number:
            return MemberOut.of(line)
    raise MemberUnknown(str(number))


@router.post(
    "",
    status_code=201,
    response_model=MemberOut,
    responses=refusals(
        OWNER_ONLY,
        NameInvalid(TENANT_NAME_MAX),
        PhoneNumberInvalid(),
        MemberExists("Sari", 2),
        MemberIsTenant(),
        MemberBorrows("Budi"),
        TooManyMembers(MEMBERS_MAX),
    ),
)
async def post_member(body: MemberIn, call: ApiWriting) -> Response:
    """Another number that speaks for the tenant; its owner is told on WhatsApp."""
    phone = clean_phone(body.phone_number)
    async with call.writing(Permission.MEMBERS) as work:
        for line in (await members.list_members(work.book)).members:
            # The chat would give another role; here that is a PATCH by whom knows the role now.
            if line.phone == phone and phone != work.book.page.tenant_phone:
                raise MemberExists(line.name, line.id)
        new = NewMember(body.phone_number, body.name, Role(body.role))
        await members.add_member(work.book, new)
        lines = (await members.list_members(work.book)).members
        number = next(one.id for one in lines if one.phone == phone)
        return await work.answer(
            lambda: member_shown(work.book, number), status=201, location=f"/members/{number}"
        )


@router.patch(
    "/{number}",
    response_model=MemberOut,
    responses=refusals(OWNER_ONLY, UNKNOWN, *STAYS, PreconditionRequired(), PreconditionFailed()),
)
async def patch_member(number: NumberInPath, body: MemberChangeIn, call: ApiWriting) -> Response:
    """Another role; it counts from the next request and message on."""
    async with call.writing(Permission.MEMBERS) as work:
        work.expect(await member_shown(work.book, number))
        await members.set_role(work.book, MemberId(number), Role(body.role))
        return await work.answer(lambda: member_shown(work.book, number))


@router.delete(
    "/{number}", response_model=MemberRemovedOut, responses=refusals(OWNER_ONLY, UNKNOWN, *STAYS)
)
async def delete_member(number: NumberInPath, call: ApiWriting) -> Response:
    """The member may say nothing any more and is signed out everywhere; records keep the name."""
    async with call.writing(Permission.MEMBERS) as work:
        done = await members.remove_member(work.book, str(number), lambda one: one.id == number)
        return await work.answer(
            MemberRemovedOut(id=number, name=done.name, signed_out=done.signed_out)
        )
