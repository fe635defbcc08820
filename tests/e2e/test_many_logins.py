"""Several linked phones while their workers are killed; `make sessions` is longer and larger."""

from __future__ import annotations

import pytest

from tests.sessions_proof.run import Plan, run
from tests.support.database import Server
from tests.support.neonize import require_neonize

pytestmark = pytest.mark.e2e


async def test_killed_workers_lose_and_double_nothing_that_was_acknowledged(
    server: Server,
) -> None:
    require_neonize()
    said: list[str] = []
    plan = Plan(
        logins=4,
        seconds=16.0,
        seed=20_261_124,
        rate=3.0,
        between=(1.5, 3.5),
        idle_seconds=0.0,
        away_seconds=3.0,
        rest_seconds=30.0,
        send_seconds=5.0,
    )
    report = await run(plan, server, said.append)
    found = report.found
    assert not found.violations, "\n".join([*said, *found.notes, *found.violations])
    assert report.kills >= 4
    assert found.counts["  acknowledged"] > len(said)
    assert found.counts["answers shown"] > 0
