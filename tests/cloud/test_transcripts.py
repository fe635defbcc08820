"""The transcripts, played as written over the Cloud API."""

from __future__ import annotations

import re

import pytest

from bukuhutang.messaging.drivers.cloud import fold
from bukuhutang.store.scope import connect
from tests.cloud.world import running_cloud_world
from tests.conversations.test_transcripts import FOLDER, Turn, open_shops, parse, play
from tests.support.database import Server

FILE = re.compile(r"^\[file [^\]]+\]\n")  # a template holds its file elsewhere


# A business number cannot write to itself: the owner writes from a second one. These transcripts
# list who speaks for a tenant, or name its own number as the operator's.
OF_THE_OWN_NUMBER = frozenset(("operator.txt", "staff.txt"))
NAMES = sorted({path.name for path in FOLDER.glob("*.txt")} - OF_THE_OWN_NUMBER)


@pytest.mark.parametrize("name", NAMES)
async def test_a_transcript_is_the_same_over_the_cloud_api(name: str, server: Server) -> None:
    script = parse((FOLDER / name).read_text())
    begins = script.turns[0].at
    assert begins
    dsn = server.service_dsn(server.fresh())
    database = await connect(dsn)
    try:
        async with running_cloud_world(database, dsn, at=begins) as world:
            world.graph.statuses = ("sent", "delivered")
            await open_shops(world, script)
            said = [await play(world, script, turn) for turn in script.turns]
    finally:
        await database.close()
    for turn, answers in zip(script.turns, said, strict=True):
        assert sorted(answers) == sorted(as_shown(turn, answers)), turn.line


def as_shown(turn: Turn, answers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is expected: outside the 24-hour window the template holds it as one line."""
    return [(who, _shown(who, text, answers)) for who, text in turn.expected]


def _shown(who: str, text: str, answers: list[tuple[str, str]]) -> str:
    bare = FILE.sub("", text)
    return next((one for one in (text, bare) if (who, one) in answers), fold(bare))
