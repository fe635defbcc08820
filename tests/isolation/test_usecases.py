"""Every use case, called in one tenant's scope with what only another tenant has.

The use cases are found by looking, so that a new one is attacked without anyone adding a test: each
public coroutine of `bukuhutang.usecases` that works on a book, a transaction or the database.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest

from bukuhutang import usecases
from bukuhutang.base.errors import InvariantBroken, Refusal
from bukuhutang.store.scope import Database, TenantTx
from bukuhutang.usecases.book import Book
from tests.isolation.makers import CannotMake, Makers, makers_for
from tests.isolation.two import THEIRS, TRAFFIC, Pair, changed, leaks
from tests.isolation.watched import ANY, COURIER, OPERATOR, opened_in

SERVICE_WIDE = {
    "agreement_sweeps.due_by": "the clock's list of all tenants, never shown to one",
    "audit.audit_books": "the operator's audit of all tenants",
}
"""What takes no tenant because it is for all of them: it may not change anything either."""

OPENS_MORE: dict[str, tuple[frozenset[str], str]] = {
    "agreement_sweeps.due_by": (frozenset({COURIER}), SERVICE_WIDE["agreement_sweeps.due_by"]),
    "api_keys.forget_answers": (frozenset({COURIER}), "the clock sweeps all tenants at once"),
    "audit.audit_books": (frozenset({OPERATOR, ANY}), SERVICE_WIDE["audit.audit_books"]),
    "operator_chat.list_by_chat": (frozenset({OPERATOR}), "the operator's list of tenants"),
    "operator_chat.register_by_chat": (frozenset({OPERATOR, ANY}), "makes a tenant, or finds it"),
    "operator_chat.switch_by_chat": (frozenset({ANY}), "the operator's act on any tenant"),
    "sign_ins.ask_code": (frozenset({OPERATOR, ANY}), "finds a lender by number, answers nothing"),
    "sign_ins.code_is_old": (frozenset({COURIER}), "asked by who sends for all"),
    "sign_ins.forget_codes": (frozenset({COURIER}), "the clock sweeps all tenants at once"),
    "sign_ins.sign_in": (frozenset({OPERATOR, ANY}), "finds a lender by number; the code decides"),
    "tenants.register_tenant": (frozenset({OPERATOR, ANY}), "makes a tenant"),
}
"""What looks beyond the scope it is given: by which role or in other scopes, and why."""

LOUD = (AssertionError, InvariantBroken, asyncpg.IntegrityConstraintViolationError)
"""An act on what is not there, given to code that has read it before: it fails and rolls back."""


def found_use_cases() -> Iterator[tuple[str, Callable[..., Any], Any]]:
    """Name, function and what it works on."""
    for module in pkgutil.walk_packages(usecases.__path__, f"{usecases.__name__}."):
        loaded = importlib.import_module(module.name)
        for name, one in vars(loaded).items():
            if name.startswith("_") or getattr(one, "__module__", None) != module.name:
                continue
            if inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one):
                first = next(iter(inspect.signature(one).parameters), "")
                works_on: Any = typing.get_type_hints(one).get(first)
                yield f"{module.name.removeprefix(usecases.__name__ + '.')}.{name}", one, works_on


USE_CASES = {name: (one, works_on) for name, one, works_on in found_use_cases()}


@pytest.fixture(scope="module")
async def makers(pair: Pair) -> Makers:
    """What the arguments are made of."""
    return await makers_for(pair)


def test_every_use_case_works_on_a_scope() -> None:
    for name, (_, works_on) in USE_CASES.items():
        assert works_on in (Book, TenantTx, Database), (
            f"{name} works on {works_on}: let its first parameter be a Book, TenantTx or Database"
        )
    assert len(USE_CASES) > 60
    assert set(SERVICE_WIDE) | set(OPENS_MORE) <= set(USE_CASES)


def _ways() -> Iterator[Any]:
    """Each use case with everything given, and with only what must be where that is less."""
    for name, (function, _) in USE_CASES.items():
        parameters = inspect.signature(function).parameters.values()
        yield pytest.param(name, True, id=name)
        if any(one.default is not one.empty for one in parameters):
            yield pytest.param(name, False, id=f"{name}, only what must be")


@pytest.mark.parametrize(("name", "full"), tuple(_ways()))
async def test_what_is_theirs_cannot_be_reached(
    name: str, full: bool, pair: Pair, makers: Makers
) -> None:
    function, works_on = USE_CASES[name]
    try:
        arguments = makers.arguments(function, skip=1, full=full)
    except CannotMake as problem:
        pytest.fail(f"{name}: no argument for {problem}; add one to tests/isolation/makers.py")
    before = pair.rows(pair.theirs), pair.rows(pair.mine, leave_out=TRAFFIC)
    opened_in(pair.ground.database)
    said = await _call(function, works_on, arguments, pair)
    opened = opened_in(pair.ground.database) - {pair.mine.tenant_id}
    more = {one if isinstance(one, str) else ANY for one in opened}
    assert more <= OPENS_MORE.get(name, (frozenset(),))[0], f"it looks beyond its tenant: {opened}"
    assert changed(before[0], pair.rows(pair.theirs)) == [], "their rows changed"
    if makers.used_ids and not makers.smuggled:
        after = pair.rows(pair.mine, leave_out=TRAFFIC)
        assert changed(before[1], after) == [], "an act on a row of theirs left something behind"
    if name not in SERVICE_WIDE:
        given = f"{arguments}{THEIRS.debtor}{THEIRS.debtor_phone}"
        if makers.smuggled:
            given += str(THEIRS.debt - THEIRS.paid)  # follows from what the object holds
        assert leaks(said, given=given) == [], "it tells what is theirs"


async def _call(
    function: Callable[..., Any], works_on: type, arguments: dict[str, Any], pair: Pair
) -> str:
    """All that it says: its result, its refusal, and what was queued."""
    last = await pair.mine.one("select coalesce(max(id), 0) from outbound_messages")
    try:
        async with AsyncExitStack() as stack:
            result = await _result(function, works_on, arguments, pair, stack)
    except Refusal as refusal:
        result = refusal, refusal.fields()
    except LOUD as failure:
        result = type(failure).__name__
    async with pair.ground.database.tenant_tx(pair.mine.tenant_id) as tx:
        queued = await tx.db.fetch(
            "select chat_id, body from outbound_messages where id > $1", last
        )
    return f"{result!r} {[tuple(row) for row in queued]}"


async def _result(
    function: Callable[..., Any],
    works_on: type,
    arguments: dict[str, Any],
    pair: Pair,
    stack: AsyncExitStack,
) -> object:
    mine = pair.mine
    scope: object = pair.ground.database
    if works_on is Book:
        scope = await stack.enter_async_context(mine.deal.shop.book(THEIRS.debtor))
    elif works_on is TenantTx:
        scope = await stack.enter_async_context(pair.ground.database.book_tx(mine.tenant_id))
    if inspect.isasyncgenfunction(function):
        return [one async for one in function(scope, **arguments)]
    return await function(scope, **arguments)
