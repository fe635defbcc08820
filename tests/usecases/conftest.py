"""A fresh database, and the superuser's way into it."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest

from tests.store.ground import Ground, fresh_ground
from tests.support.database import Server
from tests.usecases.rig import Shop

NUMBERS = itertools.count(11_111_111)


@pytest.fixture(scope="module")
async def ground(server: Server) -> AsyncIterator[Ground]:
    """One database for a module: each test has a tenant of its own, which is isolation enough."""
    async with fresh_ground(server) as made:
        yield made


@pytest.fixture
async def shop(ground: Ground) -> Shop:
    """A lender whose book is empty."""
    phone = f"62811{next(NUMBERS):08}"
    return Shop(ground.database, await ground.tenant(phone), phone)


@pytest.fixture
async def other_shop(ground: Ground) -> Shop:
    """Another lender, who must notice nothing."""
    phone = f"62811{next(NUMBERS):08}"
    return Shop(ground.database, await ground.tenant(phone), phone)
