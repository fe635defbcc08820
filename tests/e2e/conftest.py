"""One fake WhatsApp for the tests of a module: each test brings its own people."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.rig import Rig, running_rig
from tests.support.neonize import require_neonize


@pytest.fixture(scope="module")
async def rig() -> AsyncIterator[Rig]:
    """The driver on the fake."""
    require_neonize()
    with tempfile.TemporaryDirectory(prefix="bh-e2e-") as name:
        async with running_rig(Path(name)) as running:
            yield running
