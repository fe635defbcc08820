"""One database for a module, a tenant of its own for each test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator

import pytest

from tests.agreements.rig import Deal
from tests.store.ground import Ground, fresh_ground
from tests.support.database import Server
from tests.usecases.rig import Shop

NUMBERS = itertools.count(11_111_111)


@pytest.fixture(scope="module")
async def ground(server: Server) -> AsyncIterator[Ground]:
    """A migrated database."""
    async with fresh_ground(server) as made:
        yield made


@pytest.fixture
async def deal(ground: Ground) -> Deal:
    """A lender without agreements."""
    phone = f"62811{next(NUMBERS):08}"
    return Deal(ground, Shop(ground.database, await ground.tenant(f"+{phone}"), phone))
