"""Both APIs against their own document: a few hundred requests here, `make fuzz` makes many."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.rig import Target, running_target
from tests.fuzz.run import fuzz, operations
from tests.support.database import Server

EXAMPLES = 6
SEED = 20_261_125


@pytest.fixture(scope="module")
def target(server: Server) -> Iterator[Target]:
    """The web door with two tenants behind it."""
    with running_target(server) as running:
        yield running


def test_no_answer_is_outside_the_document_and_nothing_breaks(target: Target) -> None:
    found = [
        one
        for operation in operations(target)
        for one in fuzz(target, operation, examples=EXAMPLES, number=SEED)
    ]
    assert found == [], "\n\n".join(found)
    assert target.theirs == target.rows_of_theirs(), "the other tenant's book was changed"
