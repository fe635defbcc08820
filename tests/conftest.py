"""Fixtures of the whole suite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bukuhutang.store.scope import Database
from tests.support.database import Server, fresh_database, running_server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL for all tests of this worker."""
    with running_server() as running:
        yield running


@pytest.fixture
async def database(server: Server) -> AsyncIterator[Database]:
    """An empty, migrated database for one test, opened as the service opens it."""
    async with fresh_database(server) as opened:
        yield opened
