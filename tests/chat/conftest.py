"""One database for a module, a tenant of its own for each test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest

from tests.chat.desk import Desk, open_desk
from tests.store.ground import Ground, fresh_ground
from tests.support.database import Server

NUMBERS = itertools.count(11_111_111)


@pytest.fixture(scope="module")
async def ground(server: Server) -> AsyncIterator[Ground]:
    """A migrated database."""
    async with fresh_ground(server) as made:
        yield made


@pytest.fixture
async def desk(ground: Ground) -> Desk:
    """A lender whose book is empty."""
    return await open_desk(ground, f"62811{next(NUMBERS):08}")
