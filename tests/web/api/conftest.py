"""One database for a module, a program with a tenant of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.store.ground import Ground, fresh_ground
from tests.support.database import Server
from tests.web.api.rig import Program, program
from tests.web.rig import Web


@pytest.fixture(scope="module")
async def ground(server: Server) -> AsyncIterator[Ground]:
    """A migrated database; each test has tenants of its own, which is isolation enough."""
    async with fresh_ground(server) as made:
        yield made


@pytest.fixture
def web(ground: Ground) -> Web:
    """The door, with a clock of its own."""
    return Web(ground.database)


@pytest.fixture
async def shop(web: Web) -> AsyncIterator[Program]:
    """A program that may write, of a tenant whose book is empty."""
    async with program(web) as opened:
        yield opened
