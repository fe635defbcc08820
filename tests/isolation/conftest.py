"""One database with two tenants for a module."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from tests.isolation.two import Pair, open_pair
from tests.isolation.watched import Watched
from tests.store.ground import Ground, fresh_ground
from tests.support.database import Server


@pytest.fixture(scope="module")
async def ground(server: Server) -> AsyncIterator[Ground]:
    """A migrated database that notes what is opened in it."""
    async with fresh_ground(server) as made:
        yield replace(made, database=Watched(made.database))


@pytest.fixture(scope="module")
async def pair(ground: Ground) -> AsyncIterator[Pair]:
    """The attacker and the tenant it is after."""
    made = await open_pair(ground)
    yield made
    made.db.close()
