"""The web door for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from bukuhutang.store.scope import Database
from tests.web.rig import Web


@pytest.fixture
def web(database: Database) -> Web:
    """The door, on an empty database."""
    return Web(database)


@pytest.fixture
async def operator(web: Web) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the operator's key."""
    async with web.client() as opened:
        yield opened
