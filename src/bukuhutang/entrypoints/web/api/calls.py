"""One request to the tenant API: its book, its idempotency key, its answer."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Header, Request, Response, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel

from bukuhutang.entrypoints.web.api.gate import (
    CALLER,
    GUARDED,
    IDEMPOTENCY_KEY_MAX,
    WHEN,
    Caller,
    mark_of,
    still_admitted,
)
from bukuhutang.entrypoints.web.api.refusals import (
    PreconditionFailed,
    PreconditionRequired,
)
from bukuhutang.entrypoints.web.cursors import ID_MAX, Listed, read_cursor, write_cursor
from bukuhutang.entrypoints.web.deps import WebDeps
from bukuhutang.ledger.names import name_key
from bukuhutang.store import idempotency
from bukuhutang.store.book import read_page
from bukuhutang.store.idempotency import KeptAnswer
from bukuhutang.store.scope import TenantTx
from bukuhutang.tenancy.roles import Permission
from bukuhutang.usecases.book import Book
from bukuhutang.usecases.opened import book_at
from bukuhutang.usecases.refusals import IdempotencyKeyReused
from bukuhutang.usecases.tenants import When

REPLAYED_HEADER = "Idempotency-Replayed"
JSON = "application/json"
ETAG_CHARACTERS = 32

TENANT_KEY = HTTPBearer(
    scheme_name="tenantKey",
    bearerFormat="bh_live_…",
    description="A key of the tenant's programs, made by the operator or by the owner."
    " The header X-API-Key is taken as well.",
    auto_error=False,
)


@dataclass(eq=False)
class Replayed(Exception):
    """The same request was answered before: this is that answer."""

    answer: KeptAnswer

    def response(self) -> Response:
        """The stored answer, marked as such."""
        headers = {**self.answer.headers, REPLAYED_HEADER: "true"}
        return Response(self.answer.body, self.answer.status, headers)


@dataclass(frozen=True)
class Reading:
    """A request that changes nothing."""

    deps: WebDeps
    caller: Caller
    when: When
    request: Request

    @asynccontextmanager
    async def reading(
        self, permission: Permission = Permission.READ, *, name: str | None = None
    ) -> AsyncIterator[Book]:
        """The book to be looked at, read for whoever `name` may be. Raises NotPermitted.

        All that is read is of one moment, so that a representation never mixes two.
        """
        async with self.deps.database.reading_tx(self.caller.tenant_id) as tx:
            book = await self._open(tx, name, f"read:{self.caller.actor}")
            book.require(permission)
            yield book

    async def _open(self, tx: TenantTx, name: str | None, key: str) -> Book:
        page = await read_page(tx, name_key=None if name is None else name_key(name))
        return book_at(
            tx,
            page,
            actor=self.caller.actor,
            key=key,
            now=self.when.now,
            permissions=self.caller.permissions,
            member_id=self.caller.member_id,
        )

    def shown(self, shown: BaseModel) -> Response:
        """One resource with its ETag; 304 when the caller has it already."""
        body, etag = _written(shown)
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if self.has(etag):
            return Response(status_code=304, headers=headers)
        return Response(body, 200, headers, JSON)

    def has(self, etag: str) -> bool:
        """Whether the caller says that it has this already (If-None-Match)."""
        return _names(self.request.headers.get("if-none-match"), etag)

    def after(self, listed: Listed, cursor: str | None) -> int:
        """The number that this page comes after, 0 for the first. Raises CursorInvalid."""
        return read_cursor(listed, cursor, self.caller.tenant_id)

    def before(self, listed: Listed, cursor: str | None) -> int:
        """The same for a list that runs backwards: all its numbers are below this one."""
        return self.after(listed, cursor) or ID_MAX

    def next(self, listed: Listed, numbers: Sequence[int], limit: int) -> str | None:
        """The mark of the next page; None when no row more than `limit` was found."""
        if len(numbers) <= limit:
            return None
        return write_cursor(listed, numbers[limit - 1], self.caller.tenant_id)


@dataclass(frozen=True)
class Writing(Reading):
    """A request that changes the book, once for each idempotency key of its caller."""

    request_hash: bytes
    key: str

    @asynccontextmanager
    async def writing(
        self, permission: Permission = Permission.RECORD, *, name: str | None = None
    ) -> AsyncIterator[Work]:
        """The book under its lock, read for whoever `name` may be; committed with the answer.

        Raises Replayed when this request was answered before, IdempotencyKeyReused when another
        one was, NotPermitted; KeyWrong, SignedOut, TenantInactive when that came about meanwhile.
        """
        async with self.deps.database.book_tx(self.caller.tenant_id) as tx:
            caller = await still_admitted(tx, self.caller, self.when.now)
            known = await idempotency.look_up(tx, self.key)
            if known.answer is not None and known.answer.request_hash == self.request_hash:
                raise Replayed(known.answer)
            if known.used_before:
                raise IdempotencyKeyReused
            book = await replace(self, caller=caller)._open(tx, name, self.key)
            book.require(permission)
            work = Work(self, book)
            yield work
            assert work.answered, "a write must end with its answer"
        self.deps.after_write()


class Work:
    """An open book that will be written, and the answer that is kept with it."""

    def __init__(self, call: Writing, book: Book) -> None:
        self.book = book
        self.answered = False
        self._call = call

    def expect(self, current: BaseModel) -> None:
        """The caller must know what it changes. Raises PreconditionRequired, PreconditionFailed."""
        asked = self._call.request.headers.get("if-match")
        if not asked:
            raise PreconditionRequired
        if not _names(asked, _written(current)[1], strong=True):
            raise PreconditionFailed

    async def answer(
        self,
        show: BaseModel | Callable[[], Awaitable[BaseModel]],
        *,
        status: int = 200,
        location: str | None = None,
        keep: BaseModel | None = None,
    ) -> Response:
        """Write the facts, read what is shown of them, and keep the answer for repetitions.

        `show` is called when they are written, unless it is what is shown itself. `location` lies
        under /api/v1. `keep` is what is kept when something shown must not be stored.
        """
        assert not self.answered
        self.answered = True
        await self.book.close()
        shown = show if isinstance(show, BaseModel) else await show()
        body, etag = _written(shown)
        headers = {"Content-Type": JSON}
        if keep is None:
            headers["ETag"] = etag
        if location is not None:
            headers["Location"] = f"{GUARDED}{location}"
        kept = body if keep is None else _written(keep)[0]
        answer = KeptAnswer(self._call.request_hash, status, headers, kept)
        await idempotency.keep(self.book.tx, self._call.key, answer, self.book.occasion.now)
        return Response(body, status, headers)


def _written(shown: BaseModel) -> tuple[str, str]:
    """The JSON of a resource, and the strong ETag that follows from it."""
    body = shown.model_dump_json(by_alias=True)
    return body, f'"{hashlib.sha256(body.encode()).hexdigest()[:ETAG_CHARACTERS]}"'


def _names(header: str | None, etag: str, *, strong: bool = False) -> bool:
    """Whether If-Match or If-None-Match names this ETag, or any."""
    if header is None:
        return False
    named = [one.strip() for one in header.split(",")]
    if not strong:
        named = [one.removeprefix("W/") for one in named]
    return "*" in named or etag in named


def _reading(request: Request, _: Annotated[object, Security(TENANT_KEY)]) -> Reading:
    return Reading(*_parts(request))


def _parts(request: Request) -> tuple[WebDeps, Caller, When, Request]:
    scope, deps = request.scope, request.app.state.deps
    assert isinstance(deps, WebDeps)
    caller, when = scope.get(CALLER), scope.get(WHEN)
    assert isinstance(caller, Caller), "the gate stands before every route of the tenant API"
    assert isinstance(when, When)
    return deps, caller, when, request


async def _writing(
    request: Request,
    _: Annotated[object, Security(TENANT_KEY)],
    idempotency_key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            max_length=IDEMPOTENCY_KEY_MAX,
            description="Yours, another one for every write; the same again repeats the answer.",
            examples=["5f0c6f4e-6d0b-4b3a-9f3c-0a6a7a4f1f57"],
        ),
    ],
) -> Writing:
    parts = _parts(request)
    caller = parts[1]
    asked = [request.method, request.scope["path"], request.scope["query_string"].decode("latin-1")]
    digest = hashlib.sha256("\n".join(asked).encode() + b"\n" + await request.body()).digest()
    return Writing(*parts, digest, f"api:{caller.actor}:{mark_of(idempotency_key)}")


ApiReading = Annotated[Reading, Depends(_reading)]
ApiWriting = Annotated[Writing, Depends(_writing)]
