"""One database for a module; each test has lenders of its own and lets their numbers go."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.sessions.rig import Numbers, running
from tests.store.ground import Ground, fresh_ground
from tests.support.database import Server


@pytest.fixture(scope="module")
async def ground(server: Server) -> AsyncIterator[Ground]:
    """A migrated, empty database."""
    async with fresh_ground(server) as made:
        yield made


@pytest.fixture
async def numbers(ground: Ground) -> AsyncIterator[Numbers]:
    """A process that sends at the ordinary pace."""
    async with running(ground) as made:
        yield made
