"""The only ways to the database, one per role.

    tenant_tx    one tenant's rows, read and written, under row level security
    reading_tx   the same for what only looks: one moment, nothing written
    courier      inbox, outbox and WhatsApp logins of all tenants, nothing else
    operator     the tenants and what may be counted over all of them

A login of its own serves the program; each pool takes on one role at connect and keeps it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg

from bukuhutang.base.errors import ConfigurationProblem, TransientFault
from bukuhutang.base.ids import TenantId
from bukuhutang.store.schema import HEAD

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

APP_CONNECTIONS_MAX = 12
COURIER_CONNECTIONS_MAX = 4
OPERATOR_CONNECTIONS_MAX = 2
CONNECT_SECONDS_MAX = 10
ACQUIRE_SECONDS_MAX = 20
COMMAND_SECONDS_MAX = 30
LOCK_MILLISECONDS_MAX = 10_000

SNAPSHOT = " isolation level repeatable read read only"

BOOK_LOCK = ", pg_advisory_xact_lock({tenant_id})"
"""By the tenant's number; keys above 2^32 belong to migrations and the inbox."""

TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # as asyncpg calls what a break between two of its states leaves
    asyncpg.exceptions.AdminShutdownError,
    asyncpg.exceptions.CannotConnectNowError,
    asyncpg.exceptions.CrashShutdownError,
    asyncpg.exceptions.DeadlockDetectedError,
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.SerializationError,
    asyncpg.exceptions.TooManyConnectionsError,
    ConnectionError,
    TimeoutError,
)
"""What the world does to a database connection; everything else is our own mistake."""


class PlainConnection(asyncpg.Connection):
    """A pooled connection without the reset round trip at release.

    Nothing here outlives a transaction: scope and timeouts are set with `is_local`, and no code
    takes advisory locks for a whole login or listens on a pooled connection.
    """

    def get_reset_query(self) -> str:
        return ""


@dataclass(frozen=True)
class TenantTx:
    """An open transaction that sees one tenant's rows and no others."""

    tenant_id: TenantId
    db: Connection

    async def change_one(self, statement: str, *values: object) -> None:
        """Change the one row that was read before; that it is not there is a defect.

        Parameter 1 of the statement is the tenant.
        """
        done = await self.db.execute(statement, self.tenant_id, *values)
        assert done == "UPDATE 1", f"{done}: one row was to be changed"


class Role:
    """The connections of one role: a pool, and the ones at hand in front of it.

    The pool spends two tasks each time a connection is taken and given back; a busy service takes
    thousands a second, and nearly always one is at hand.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        # asyncpg's types keep the pool's handles apart from what they stand for.
        self._at_hand: list[Any] = []
        self._closing = False

    async def take(self) -> Any:
        """A connection that is open, to be given back. Raises TimeoutError when none comes."""
        while self._at_hand:
            db = self._at_hand.pop()
            if not db.is_closed():
                return db
            await self._pool.release(db)
        return await self._pool.acquire(timeout=ACQUIRE_SECONDS_MAX)

    async def give(self, db: Any) -> None:
        """Back to where the next one finds it; one in doubt goes to the pool, which cleans it."""
        if self._closing or db.is_closed() or db.is_in_transaction() or self._waited_for():
            await self._pool.release(db)
        else:
            self._at_hand.append(db)

    def _waited_for(self) -> bool:
        # Somebody may be waiting in the pool for what would only lie at hand here.
        return (
            self._pool.get_idle_size() == 0 and self._pool.get_size() == self._pool.get_max_size()
        )

    async def close(self) -> None:
        """Close all; what runs may finish, and is then given to the pool, which waits for it."""
        self._closing = True
        while self._at_hand:
            await self._pool.release(self._at_hand.pop())
        await self._pool.close()


class Database:
    """The pools of the service's roles."""

    def __init__(self, app: Role, courier: Role, operator: Role, dsn: str) -> None:
        self._app = app
        self._courier = courier
        self._operator = operator
        self._dsn = dsn

    @asynccontextmanager
    async def tenant_tx(self, tenant_id: TenantId) -> AsyncIterator[TenantTx]:
        """Open the only kind of transaction that can see a tenant's rows.

        Commits at the end, rolls back when anything is raised. Raises TransientFault when the
        database is away.
        """
        async with self._scoped(tenant_id, "") as tx:
            yield tx

    @asynccontextmanager
    async def reading_tx(self, tenant_id: TenantId) -> AsyncIterator[TenantTx]:
        """A tenant_tx that cannot write, and whose statements all see the same moment."""
        async with self._scoped(tenant_id, "", SNAPSHOT) as tx:
            yield tx

    @asynccontextmanager
    async def book_tx(self, tenant_id: TenantId) -> AsyncIterator[TenantTx]:
        """A tenant_tx that also holds the tenant's book: its writers go one after the other.

        The lock is a statement of its own, so what is read after it is what the writer before
        left behind (READ COMMITTED takes a new snapshot per statement).
        """
        async with self._scoped(tenant_id, BOOK_LOCK.format(tenant_id=int(tenant_id))) as tx:
            yield tx

    @asynccontextmanager
    async def _scoped(
        self, tenant_id: TenantId, then: str, mode: str = ""
    ) -> AsyncIterator[TenantTx]:
        # An int, and nothing else, may be written into the text of the statement.
        assert type(tenant_id) is int
        async with self._connection(self._app) as db:
            # One round trip for all. true = for this transaction only, so a pooled connection
            # forgets the tenant.
            try:
                await db.execute(
                    f"begin{mode}; select"
                    f" set_config('bukuhutang.tenant_id', '{tenant_id}', true){then}"
                )
                yield TenantTx(tenant_id, db)
            except BaseException:
                await _roll_back(db)
                raise
            await db.execute("commit")

    @asynccontextmanager
    async def courier(self) -> AsyncIterator[Connection]:
        """A connection in the courier's role; each statement is its own transaction."""
        async with self._connection(self._courier) as db:
            yield db

    @asynccontextmanager
    async def operator(self) -> AsyncIterator[Connection]:
        """A connection in the operator's role; each statement is its own transaction."""
        async with self._connection(self._operator) as db:
            yield db

    @asynccontextmanager
    async def _connection(self, role: Role) -> AsyncIterator[Connection]:
        try:
            db = await role.take()
            try:
                yield db
            finally:
                await role.give(db)
        except TRANSIENT as fault:
            raise TransientFault(str(fault)) from fault

    async def listen(self, channels: dict[str, Callable[[], None]]) -> Connection:
        """A connection outside the pools that calls back when a channel is notified."""
        db: Connection = await asyncpg.connect(self._dsn, timeout=CONNECT_SECONDS_MAX)
        for channel, wake in channels.items():
            await db.add_listener(channel, lambda *_, wake=wake: wake())
        return db

    async def notify(self, channels: Iterable[str]) -> None:
        """Call back whoever listens to these channels. Raises TransientFault."""
        async with self.courier() as db:
            for channel in channels:
                await db.execute("select pg_notify($1, '')", channel)

    async def is_ready(self) -> bool:
        """Whether the database answers and its schema is the one this program expects."""
        try:
            async with self.operator() as db:
                return bool(await db.fetchval("select version_num from alembic_version") == HEAD)
        except (TransientFault, asyncpg.PostgresError):
            return False

    async def close(self) -> None:
        """Close every pool; what runs may finish."""
        for role in (self._app, self._courier, self._operator):
            await role.close()


async def _roll_back(db: Connection) -> None:
    """End the transaction, and the connection where that is not possible any more.

    What goes wrong here must not hide why we roll back.
    """
    try:
        if not db.is_closed():
            await db.execute("rollback")
    except (*TRANSIENT, asyncpg.PostgresError):
        db.terminate()


async def connect(dsn: str) -> Database:
    """Open the pools as the service's login.

    Raises ConfigurationProblem when the database cannot be reached, when the login could pass row
    level security by, or when the schema is not the one this program expects.
    """
    try:
        await _check(dsn)
        return Database(
            await _pool(dsn, "bukuhutang_app", APP_CONNECTIONS_MAX, KEYED_STATEMENTS),
            await _pool(dsn, "bukuhutang_courier", COURIER_CONNECTIONS_MAX, KEYED_STATEMENTS),
            await _pool(dsn, "bukuhutang_operator", OPERATOR_CONNECTIONS_MAX, {}),
            dsn,
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        raise ConfigurationProblem(f"cannot use the database: {problem}") from problem


async def _check(dsn: str) -> None:
    db = await asyncpg.connect(dsn, timeout=CONNECT_SECONDS_MAX)
    try:
        roles = await db.fetch(
            "select rolname, rolsuper, rolbypassrls from pg_roles"
            " where rolname in (session_user, 'bukuhutang_app', 'bukuhutang_courier',"
            " 'bukuhutang_operator')"
        )
        for role in roles:
            if role["rolsuper"] or role["rolbypassrls"]:
                raise ConfigurationProblem(
                    f"the application role {role['rolname']} is superuser or has BYPASSRLS, so "
                    "row level security would not hold: use another login in DATABASE_URL"
                )
        if len(roles) < 4 or await db.fetchval("select to_regclass('alembic_version')") is None:
            raise ConfigurationProblem(
                "the database has no BukuHutang schema yet: run bukuhutang migrate"
            )
        await db.execute("set role bukuhutang_operator")
        found = await db.fetchval("select version_num from alembic_version")
        if found != HEAD:
            advice = "run bukuhutang migrate" if str(found) < HEAD else "update BukuHutang"
            raise ConfigurationProblem(
                f"the schema is at {found}, this program needs {HEAD}: {advice}"
            )
    finally:
        await db.close()


# The service's statements are few, prepared once, and each has its index; a plan made while the
# tables were still empty must be right for full ones too.
KEYED_STATEMENTS = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}


async def _pool(dsn: str, role: str, connections_max: int, planner: dict[str, str]) -> Role:
    pool = await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=connections_max,
        timeout=CONNECT_SECONDS_MAX,
        command_timeout=COMMAND_SECONDS_MAX,
        max_inactive_connection_lifetime=0,  # a timer per use costs more than an idle connection
        connection_class=PlainConnection,
        server_settings={
            "role": role,
            "application_name": role,
            # Temporary tables last: by default one would stand before the real one of its name,
            # in this pooled connection also for the next tenant.
            "search_path": "public, pg_temp",
            "timezone": "UTC",
            "jit": "off",
            "lock_timeout": str(LOCK_MILLISECONDS_MAX),
            **planner,
        },
    )
    assert pool is not None
    return Role(pool)
