"""Laws of the ledger that hold for whatever Hypothesis can think of."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bukuhutang.base.ids import BorrowerId, DebtNumber
from bukuhutang.ledger.allocation import Allocation, allocate
from bukuhutang.ledger.chain import GENESIS, AuditEntry, entry_hash
from bukuhutang.ledger.debt import Debt
from bukuhutang.ledger.money import AMOUNT_MAX, Direction

amounts = st.integers(1, AMOUNT_MAX)


@st.composite
def debts(draw: st.DrawFn) -> Debt:
    """A debt in any state; many fall due on the same day."""
    principal = draw(amounts)
    taken_back = draw(st.booleans())
    return Debt(
        DebtNumber(0),
        Direction.RECEIVABLE,
        BorrowerId(1),
        principal,
        0 if taken_back else draw(st.integers(0, principal)),
        date(2026, 1, 1) + timedelta(days=draw(st.integers(0, 3))),
        reversed=taken_back,
    )


books = st.lists(debts(), max_size=8).map(
    lambda book: [replace(one, number=DebtNumber(n)) for n, one in enumerate(book, start=1)]
)


@given(paid=amounts, book=books)
def test_every_rupiah_of_a_payment_is_accounted_for(paid: int, book: list[Debt]) -> None:
    allocation = allocate(paid, book)
    assert allocation.total() == paid
    assert allocation.unapplied >= 0
    assert all(share.applied > 0 for share in allocation.shares)


@given(paid=amounts, book=books)
def test_no_debt_is_paid_beyond_what_is_owed(paid: int, book: list[Debt]) -> None:
    owed = {one.number: one.outstanding for one in book}
    for share in allocate(paid, book).shares:
        assert share.applied <= owed[share.number]
        assert share.outstanding == owed[share.number] - share.applied


@given(paid=amounts, book=books)
def test_a_debt_is_touched_only_when_all_that_were_due_before_are_paid(
    paid: int, book: list[Debt]
) -> None:
    allocation = allocate(paid, book)
    order = sorted((one for one in book if one.outstanding), key=lambda d: (d.due_date, d.number))
    touched = [share.number for share in allocation.shares]
    assert touched == [one.number for one in order][: len(touched)]
    assert all(share.outstanding == 0 for share in allocation.shares[:-1])
    if allocation.unapplied:
        assert len(touched) == len(order)


@given(paid=amounts, book=books, seed=st.randoms(use_true_random=False))
def test_the_order_in_which_debts_are_given_does_not_matter(
    paid: int, book: list[Debt], seed: object
) -> None:
    shuffled = list(book)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert allocate(paid, shuffled) == allocate(paid, book)


@given(paid=amounts, book=books, place=st.integers(0, 7))
def test_the_debt_that_was_pointed_at_is_paid_before_all_others(
    paid: int, book: list[Debt], place: int
) -> None:
    if place >= len(book):
        return
    pointed_at = book[place]
    allocation = allocate(paid, book, first=pointed_at.number)
    assert allocation.total() == paid
    got = {share.number: share.applied for share in allocation.shares}
    assert got.get(pointed_at.number, 0) == min(paid, pointed_at.outstanding)
    # What it leaves is shared out as if it had not been there.
    others = [one for one in book if one is not pointed_at]
    rest = paid - got.pop(pointed_at.number, 0)
    by_the_rule = allocate(rest, others) if rest else Allocation((), 0)
    assert got == {share.number: share.applied for share in by_the_rule.shares}
    assert allocation.unapplied == by_the_rule.unapplied


@given(paid=amounts, book=books)
def test_pointing_at_no_debt_or_a_paid_one_changes_nothing(paid: int, book: list[Debt]) -> None:
    for one in book:
        if not one.outstanding:
            assert allocate(paid, book, first=one.number) == allocate(paid, book)
    assert allocate(paid, book, first=None) == allocate(paid, book)


def after(book: list[Debt], allocation: Allocation) -> list[Debt]:
    """The debts as they are once `allocation` was written."""
    taken = {share.number: share.applied for share in allocation.shares}
    return [replace(one, paid=one.paid + taken.get(one.number, 0)) for one in book]


@given(first=amounts, second=amounts, book=books)
def test_two_payments_do_what_one_of_their_sum_does(
    first: int, second: int, book: list[Debt]
) -> None:
    halfway = allocate(first, book)
    rest = allocate(second, after(book, halfway))
    at_once = allocate(first + second, book)
    assert after(after(book, halfway), rest) == after(book, at_once)
    assert halfway.unapplied + rest.unapplied == at_once.unapplied


# --- the chain --------------------------------------------------------------------------------

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.none() | st.integers(0, 2**40)
entries = st.builds(
    AuditEntry,
    id=st.integers(1, 10**6),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  aware by `timezones`
    actor=words,
    chat_id=st.none() | words,
    action=words,
    borrower_id=numbers,
    subject=numbers,
    detail=st.dictionaries(words, st.integers() | words, max_size=3),
    idempotency_key=words,
)
hashes = st.binary(min_size=32, max_size=32) | st.just(GENESIS)


@given(one=entries, other=entries, place=st.sampled_from([f.name for f in fields(AuditEntry)]))
def test_a_change_of_any_field_changes_the_hash(
    one: AuditEntry, other: AuditEntry, place: str
) -> None:
    changed = replace(one, **{place: getattr(other, place)})
    same = changed == one
    assert (entry_hash(1, GENESIS, changed) == entry_hash(1, GENESIS, one)) is same


@given(one=entries, tenants=st.sets(st.integers(1, 99), min_size=2, max_size=2), before=hashes)
def test_a_row_fits_one_tenant_and_one_place_only(
    one: AuditEntry, tenants: set[int], before: bytes
) -> None:
    first, second = sorted(tenants)
    assert entry_hash(first, before, one) != entry_hash(second, before, one)
    assert (
        entry_hash(first, before, one) != entry_hash(first, b"x" * 32, one) or before == b"x" * 32
    )
    assert len(entry_hash(first, before, one)) == 32


def chain(book: list[AuditEntry]) -> bytes:
    """The head of the chain over these entries."""
    head = GENESIS
    for one in book:
        head = entry_hash(1, head, one)
    return head


@settings(max_examples=50)
@given(
    book=st.lists(entries, min_size=2, max_size=6, unique_by=lambda one: one.id),
    place=st.integers(0, 5),
)
def test_a_missing_or_moved_row_changes_the_head(book: list[AuditEntry], place: int) -> None:
    place %= len(book)
    assert chain(book[:place] + book[place + 1 :]) != chain(book)
    assert chain(book[place:] + book[:place]) != chain(book) or place == 0
