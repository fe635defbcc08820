"""One database with two tenants for a module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.isolation.two import Pair, open_pair
from tests.store.ground import Ground, fresh_ground
from tests.support.database import Server


@pytest.fixture(scope="module")
async def ground(server: Server) -> AsyncIterator[Ground]:
    """A migrated database."""
    async with fresh_ground(server) as made:
        yield made


@pytest.fixture(scope="module")
async def pair(ground: Ground) -> AsyncIterator[Pair]:
    """The attacker and the tenant it is after."""
    made = await open_pair(ground)
    yield made
    made.db.close()
