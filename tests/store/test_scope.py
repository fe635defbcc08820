"""Isolation from both sides: no scope, the wrong scope, a scope that should be forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from bukuhutang.base.errors import TransientFault
from bukuhutang.base.ids import TenantId
from bukuhutang.store.scope import APP_CONNECTIONS_MAX, Connection, connect
from tests.store.ground import Ground

OWNED = (
    "tenants",
    "tenant_settings",
    "users",
    "books",
    "borrowers",
    "debts",
    "payments",
    "payment_allocations",
    "loan_agreements",
    "ai_credit_grants",
    "reminders",
    "audit_log",
    "wa_sessions",
    "inbound_messages",
    "outbound_messages",
    "dialogues",
)
NO_SCOPE = "no tenant scope"

BUDI = (
    "insert into borrowers (tenant_id, id, name, name_key, created_at)"
    " values ($1, $2, 'Budi', 'budi', now())"
)
DEBT = (
    "insert into debts (tenant_id, id, direction, borrower_id, principal, due_date, status,"
    " created_at) values ($1, $2, 'piutang', $3, 1000, '2026-03-04', 'open', now())"
)


async def as_app(ground: Ground) -> Connection:
    """A login in the application's role, without a scope."""
    db: Connection = await asyncpg.connect(ground.dsn, server_settings={"role": "bukuhutang_app"})
    return db


@pytest.fixture
async def app(ground: Ground) -> AsyncIterator[Connection]:
    db = await as_app(ground)
    yield db
    await db.close()


@pytest.fixture
async def two(ground: Ground) -> tuple[TenantId, TenantId]:
    """Two tenants, each with a borrower and a debt of number 1."""
    first = await ground.tenant("0811-1111-1111", "Toko Dani")
    second = await ground.tenant("0811-2222-2222", "Warung Rina")
    for tenant_id in (first, second):
        async with ground.database.tenant_tx(tenant_id) as tx:
            await tx.db.execute(BUDI, tenant_id, 1)
            await tx.db.execute(DEBT, tenant_id, 1, 1)
    return first, second


class TestUnscoped:
    @pytest.mark.parametrize("table", OWNED)
    async def test_a_query_without_a_scope_raises_even_on_an_empty_table(
        self, app: Connection, table: str
    ) -> None:
        for what in ("*", "count(*)", "1"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=NO_SCOPE):
                await app.fetch(f"select {what} from {table}")  # noqa: S608  our own names

    async def test_a_query_without_a_scope_raises_on_full_tables(
        self, app: Connection, two: tuple[TenantId, TenantId]
    ) -> None:
        for table in ("tenants", "users", "books", "borrowers", "debts", "audit_log"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=NO_SCOPE):
                await app.fetch(f"select * from {table}")  # noqa: S608  our own names

    async def test_naming_the_tenant_in_the_query_is_not_a_scope(
        self, app: Connection, two: tuple[TenantId, TenantId]
    ) -> None:
        for statement in (
            "select * from debts where tenant_id = 1 and id = 1",
            "select * from debts d join borrowers b using (tenant_id) where d.tenant_id = 1",
            "select exists (select from debts where tenant_id = 1)",
            "update debts set paid = 1000, status = 'settled' where tenant_id = 1",
            "delete from dialogues where tenant_id = 1",
            "select id from books where tenant_id = 1 for update",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=NO_SCOPE):
                await app.execute(statement)

    async def test_an_insert_without_a_scope_raises(self, app: Connection) -> None:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=NO_SCOPE):
            await app.execute(BUDI, 1, 1)
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=NO_SCOPE):
            await app.execute("insert into users values (1, 1, '62811', 'x', 'owner', now())")

    async def test_it_still_raises_when_the_statement_has_a_generic_plan(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        db = await as_app(ground)
        try:
            prepared = await db.prepare("select id from debts where tenant_id = $1")
            for _ in range(12):
                async with db.transaction():
                    await db.execute(
                        "select set_config('bukuhutang.tenant_id', $1, true)", str(two[0])
                    )
                    assert await prepared.fetchval(two[0]) == 1
            for _ in range(12):
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match=NO_SCOPE):
                    await prepared.fetch(two[0])
        finally:
            await db.close()

    @pytest.mark.parametrize("scope", ["", "nobody", "1 or 1=1"])
    async def test_a_scope_that_is_no_number_shows_nothing(
        self, app: Connection, scope: str
    ) -> None:
        async with app.transaction():
            await app.execute("select set_config('bukuhutang.tenant_id', $1, true)", scope)
            with pytest.raises(asyncpg.PostgresError):
                await app.fetch("select * from debts")


class TestForgotten:
    async def test_the_scope_ends_with_a_commit_and_with_a_rollback(
        self, app: Connection, two: tuple[TenantId, TenantId]
    ) -> None:
        for end in ("commit", "rollback"):
            await app.execute(f"begin; select set_config('bukuhutang.tenant_id', '{two[0]}', true)")
            assert await app.fetchval("select count(*) from debts") == 1
            await app.execute(end)
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match=NO_SCOPE):
                await app.fetch("select * from debts")

    async def test_a_pooled_connection_keeps_nothing_of_a_transaction_that_failed(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        async def fail() -> None:
            async with ground.database.tenant_tx(two[0]) as tx:
                await tx.db.execute(BUDI, two[0], 2)
                raise ValueError("a defect")

        for _ in range(APP_CONNECTIONS_MAX):
            with pytest.raises(ValueError, match="a defect"):
                await fail()
        await no_connection_is_dirty(ground)
        async with ground.database.tenant_tx(two[0]) as tx:
            assert await tx.db.fetchval("select count(*) from borrowers") == 1

    async def test_a_pooled_connection_is_clean_after_a_statement_failed(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with ground.database.tenant_tx(two[0]) as tx:
                await tx.db.fetch("select 1 / 0")
        await no_connection_is_dirty(ground)

    @pytest.mark.parametrize("cancels", [1, 2])
    async def test_a_cancelled_transaction_leaves_nothing(
        self, ground: Ground, two: tuple[TenantId, TenantId], cancels: int
    ) -> None:
        inside = asyncio.Event()

        async def work() -> None:
            async with ground.database.book_tx(two[0]) as tx:
                await tx.db.execute(BUDI, two[0], 2)
                inside.set()
                await tx.db.execute("select pg_sleep(30)")

        task = asyncio.create_task(work())
        await inside.wait()
        await asyncio.sleep(0.05)  # until the server is inside the sleep
        for _ in range(cancels):
            task.cancel()
            await asyncio.sleep(0)
        with pytest.raises(asyncio.CancelledError):
            await task
        await no_connection_is_dirty(ground)
        async with ground.database.book_tx(two[0]) as tx:  # the lock is free again, too
            assert await tx.db.fetchval("select count(*) from borrowers") == 1

    async def test_cancelling_while_another_holds_the_book_leaves_a_clean_connection(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        async def wait_for_the_book() -> None:
            async with ground.database.book_tx(two[0]):
                raise AssertionError("the book was free")

        async with ground.database.book_tx(two[0]):
            tasks = [asyncio.create_task(wait_for_the_book()) for _ in range(3)]
            await asyncio.sleep(0.1)  # until they wait for the lock
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in results)
        await no_connection_is_dirty(ground)

    async def test_a_transaction_killed_in_the_middle_leaves_nothing(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        async def be_killed() -> None:
            async with ground.superuser() as killer, ground.database.book_tx(two[0]) as tx:
                await tx.db.execute(BUDI, two[0], 2)
                pid = await tx.db.fetchval("select pg_backend_pid()")
                await killer.execute("select pg_terminate_backend($1, 1000)", pid)
                await tx.db.execute(DEBT, two[0], 2, 2)

        with pytest.raises(TransientFault):
            await be_killed()
        async with ground.database.book_tx(two[0]) as tx:
            assert await tx.db.fetchval("select count(*) from borrowers") == 1
            assert await tx.db.fetchval("select count(*) from debts") == 1

    async def test_a_connection_that_broke_between_two_states_of_the_library_is_away(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        """It depends on the moment which error asyncpg finds for a connection that is lost."""

        async def break_down() -> None:
            async with ground.database.book_tx(two[0]) as tx:
                await tx.db.execute(BUDI, two[0], 2)
                raise asyncpg.InternalClientError("cannot switch to state 12")

        with pytest.raises(TransientFault):
            await break_down()
        async with ground.database.book_tx(two[0]) as tx:
            assert await tx.db.fetchval("select count(*) from borrowers") == 1


async def no_connection_is_dirty(ground: Ground) -> None:
    """Every connection of the application's pool: outside a transaction, without a scope."""
    async with ground.superuser() as db:
        states = await db.fetch(
            "select state from pg_stat_activity where datname = $1"
            " and application_name = 'bukuhutang_app'",
            ground.name,
        )
    assert states
    assert {row["state"] for row in states} == {"idle"}

    everyone = asyncio.Barrier(APP_CONNECTIONS_MAX)

    async def unscoped() -> None:
        role = ground.database._app
        db = await role.take()
        await everyone.wait()  # so that each has a connection of its own
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=NO_SCOPE):
            await db.fetch("select * from debts")
        await role.give(db)

    await asyncio.gather(*(unscoped() for _ in range(APP_CONNECTIONS_MAX)))


class TestForeign:
    async def test_a_query_that_forgets_its_filter_sees_one_tenant_only(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        first, second = two
        for mine, theirs in ((first, second), (second, first)):
            async with ground.database.tenant_tx(mine) as tx:
                for table in OWNED:
                    key = "id" if table == "tenants" else "tenant_id"
                    seen = await tx.db.fetch(f"select distinct {key} from {table}")  # noqa: S608  our own names
                    assert [row[0] for row in seen] in ([], [mine]), table
                found = await tx.db.fetch("select * from debts where tenant_id = $1", theirs)
                assert found == []

    async def test_an_update_or_delete_without_its_filter_touches_one_tenant_only(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        first, second = two
        async with ground.database.tenant_tx(first) as tx:
            assert await tx.db.execute("update debts set paid = 1") == "UPDATE 1"
            assert (
                await tx.db.execute("update debts set paid = 2 where tenant_id = $1", second)
                == "UPDATE 0"
            )
        async with ground.database.tenant_tx(second) as tx:
            assert await tx.db.fetchval("select paid from debts") == 0

    async def test_a_row_for_another_tenant_is_refused(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        first, second = two
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            async with ground.database.tenant_tx(first) as tx:
                await tx.db.execute(BUDI, second, 2)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with ground.database.tenant_tx(first) as tx:
                await tx.db.execute("update books set tenant_id = $1", second)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with ground.database.tenant_tx(first) as tx:
                await tx.db.execute(
                    "insert into tenants (id, phone_number, name, created_at,"
                    " status_since) values (99, '628119999999', 'x', now(), now())"
                )

    async def test_a_reference_to_another_tenants_row_cannot_be_written(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        first, second = two
        async with ground.database.tenant_tx(second) as tx:
            await tx.db.execute(BUDI, second, 7)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with ground.database.tenant_tx(first) as tx:
                await tx.db.execute(DEBT, first, 2, 7)  # person 7 is the other tenant's

    async def test_facts_cannot_be_changed_or_taken_away(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        for table in ("payments", "payment_allocations", "audit_log", "ai_credit_grants"):
            for statement in (
                f"update {table} set tenant_id = tenant_id",  # noqa: S608  our own names
                f"delete from {table}",  # noqa: S608  our own names
                f"truncate {table}",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    async with ground.database.tenant_tx(two[0]) as tx:
                        await tx.db.execute(statement)

    async def test_what_a_debt_was_about_cannot_be_rewritten(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        for column in ("principal", "due_date", "borrower_id", "direction", "note", "created_at"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with ground.database.tenant_tx(two[0]) as tx:
                    await tx.db.execute(f"update debts set {column} = {column}")  # noqa: S608  ours

    async def test_the_scope_must_be_a_number(self, ground: Ground) -> None:
        for wrong in ("1", True, None):
            with pytest.raises(AssertionError):
                async with ground.database.tenant_tx(wrong):  # type: ignore[arg-type]
                    raise NotImplementedError


class TestOtherRoles:
    async def test_the_courier_sees_messages_of_all_and_no_money(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        await ground.arrive(two[0], ("62812", "A1"))
        await ground.arrive(two[1], ("62812", "A1"))
        async with ground.database.courier() as db:
            assert await db.fetchval("select count(*) from inbound_messages") == 2
            for table in ("debts", "payments", "borrowers", "users", "books", "audit_log"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await db.fetch(f"select * from {table}")  # noqa: S608  our own names
            for statement in (
                "select name from tenants",
                "update inbound_messages set body = 'x'",
                "update outbound_messages set body = 'x'",
                "insert into outbound_messages (tenant_id, client_ref, chat_id, body, purpose,"
                " queued_at) values (1, 'x', 'x', 'x', 'reply', now())",
                "delete from inbound_messages",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await db.execute(statement)

    async def test_the_operator_counts_and_does_not_read(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        await ground.arrive(two[0], ("62812", "A1"))
        async with ground.database.operator() as db:
            assert await db.fetchval("select sum(principal) from debts") == 2000
            for statement in (
                "select body from inbound_messages",
                "select sender from inbound_messages",
                "select body from outbound_messages",
                "select name from borrowers",
                "select note from debts",
                "select * from audit_log",
                "select * from users",
                "update tenants set plan = 'pro'",
                "insert into ai_credit_grants (tenant_id, amount, created_at, actor)"
                " values (1, 1, now(), 'x')",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await db.fetch(statement)

    async def test_the_login_itself_may_nothing(
        self, ground: Ground, two: tuple[TenantId, TenantId]
    ) -> None:
        db = await asyncpg.connect(ground.dsn)
        try:
            for table in OWNED:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await db.fetch(f"select * from {table}")  # noqa: S608  our own names
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await db.execute("set role bukuhutang_owner")
        finally:
            await db.close()


async def test_what_only_reads_sees_one_moment_and_writes_nothing(ground: Ground) -> None:
    mine, theirs = await ground.tenant("0811-4444-0001"), await ground.tenant("0811-4444-0002")
    async with ground.database.reading_tx(mine) as reading:
        assert await reading.db.fetchval("select count(*) from borrowers") == 0
        async with ground.database.tenant_tx(mine) as tx:
            await tx.db.execute(BUDI, mine, 1)
        assert await reading.db.fetchval("select count(*) from borrowers") == 0
        assert await reading.db.fetchval("select count(*) from tenants where id <> $1", mine) == 0
    async with ground.database.reading_tx(mine) as reading:
        assert await reading.db.fetchval("select count(*) from borrowers") == 1
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with ground.database.reading_tx(theirs) as reading:
            await reading.db.execute(BUDI, theirs, 1)
    async with ground.database.tenant_tx(mine) as tx:  # the pooled connection forgot the mode
        await tx.db.execute(BUDI, mine, 2)


async def test_closing_waits_for_what_runs_and_then_ends(ground: Ground) -> None:
    database = await connect(ground.dsn)
    held = database.courier()
    db = await held.__aenter__()
    closing = asyncio.create_task(database.close())
    while not database._courier._closing:  # noqa: ASYNC110  nothing tells when it begins
        await asyncio.sleep(0)
    assert await db.fetchval("select 1") == 1
    await held.__aexit__(None, None, None)
    async with asyncio.timeout(10):
        await closing


async def test_a_change_of_a_row_that_is_not_there_is_loud(
    ground: Ground, two: tuple[TenantId, TenantId]
) -> None:
    change = "update tenants set status_since = now() where id = $2 and $1::bigint is not null"
    async with ground.database.tenant_tx(two[0]) as tx:
        await tx.change_one(change, two[0])
    for missing in (two[1], 999_999):
        with pytest.raises(AssertionError, match="one row was to be changed"):
            async with ground.database.tenant_tx(two[0]) as tx:
                await tx.change_one(change, missing)
