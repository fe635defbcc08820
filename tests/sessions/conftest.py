"""A fresh database for each test: the outbox is looked at across tenants."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.sessions.rig import Numbers, running
from tests.store.ground import Ground, fresh_ground
from tests.support.database import Server


@pytest.fixture
async def ground(server: Server) -> AsyncIterator[Ground]:
    """A migrated, empty database."""
    async with fresh_ground(server) as made:
        yield made


@pytest.fixture
async def numbers(ground: Ground) -> AsyncIterator[Numbers]:
    """A process that sends at the ordinary pace."""
    async with running(ground) as made:
        yield made
