"""A program for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.web.api.rig import Program, program
from tests.web.rig import Web


@pytest.fixture
async def shop(web: Web) -> AsyncIterator[Program]:
    """A program that may write, of a tenant whose book is empty."""
    async with program(web) as opened:
        yield opened
