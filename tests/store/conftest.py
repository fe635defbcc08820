"""A fresh database, and the superuser's way into it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.store.ground import Ground, fresh_ground
from tests.support.database import Server


@pytest.fixture
async def ground(server: Server) -> AsyncIterator[Ground]:
    """A migrated, empty database for one test."""
    async with fresh_ground(server) as made:
        yield made
