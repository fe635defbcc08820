"""The rig, linked or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .rig import Rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """A simulated WhatsApp on which nothing has happened."""
    rig = Rig(tmp_path / "simulator")
    await rig.open()
    yield rig
    await rig.driver.aclose()


@pytest.fixture
async def linked(rig: Rig) -> Rig:
    """The same, with the lender's phone linked and connected."""
    await rig.link()
    return rig
