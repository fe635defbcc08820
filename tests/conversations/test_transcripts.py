"""The transcripts beside this file are the product's specification: each is played as written.

    tenant lender = Toko Dani, 0811-1111-1111, id      a lender, linked before the first line;
                                                       `, enterprise` for many messages a minute
    phone budi = 0812-2222-2222                        another phone
    operator lender = lender, budi                     who acts as operator there by chat
    @ 2026-02-18 09:00                                 the time in Jakarta, forward only
    lender> PINJAM Budi 500rb 14hari    [id A1]        typed to oneself
    budi -> lender> halo                               typed to somebody
    bot> …                                             the answer, into the chat of the speaker
    bot -> budi> …                                     a message on another phone
       > …                                             its further lines
    bot -> budi> [file Perjanjian-1.pdf]               a file; its caption stands in further lines
    (nothing)                                          nobody is told anything
    plan lender = basic                                the operator sets another plan
    added lender = 500 credits                         the operator adds AI credits
    filled lender = 39 debts                           so many more are open; or `credits` are spent

Behind the text of a line, in square brackets, stands what it is besides:

    [id A1]             its id, by which later lines refer to it
    [re A1]             a reply to it; `[re bot A1]` to the bot's answer to it, `[re bot]` to the
                        last thing the bot said to this person
    [reacts bot]        a reaction; the text is the emoji, nothing when it is taken back
    [edits A1]          its new text          [deletes A1]    it is deleted for everyone
    [card Budi, 0812…]  a contact, with a number or without; once for each
    [file nota.pdf]     a file of tests/support/sent_files.py, the text is its caption

Everything the bot says must be in the transcript, and nothing else. With UPDATE_TRANSCRIPTS=1 the
answers are written down instead, to be read and committed.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.store.scope import Database, connect
from bukuhutang.tenancy.phone import read_phone
from bukuhutang.usecases.tenants import add_credits, set_plan
from tests.e2e.phones import HURRIED, FakewaPhones, on_the_fake, running_fake
from tests.support.database import Server
from tests.support.filled import record_debts, spend_credits
from tests.support.neonize import require_neonize
from tests.support.phones import Heard, More
from tests.support.sent_files import sent_file
from tests.support.world import NOBODY, Operator, World, running_world

FOLDER = Path(__file__).parent
JAKARTA = ZoneInfo("Asia/Jakarta")
SPOKEN = re.compile(
    r"(?P<who>\w+)(?: -> (?P<to>\w+|\S+@g\.us))?>(?: (?P<text>.*?))??"
    r"(?P<marks>(?:\s+\[(?:id|re|reacts|edits|deletes|card|file) [^\]]+\])*)$"
)
SPEAKER = re.compile(r"bot(?: -> \w+)?> ?")
MARK = re.compile(r"\[(\w+) ([^\]]+)\]")
ARRANGED = re.compile(r"(?P<what>plan|added|filled) (?P<who>\w+) = (?P<how>\w+(?: \w+)?)$")
DECLARED = re.compile(r"(?P<kind>tenant|phone|operator) (?P<name>\w+) = (?P<rest>.+)$")


@dataclass
class Turn:
    """What one person said, and all that the bot said then: phone and text."""

    line: str
    who: str = ""
    to: str | None = None
    text: str = ""
    marks: list[tuple[str, str]] = field(default_factory=list)
    at: datetime | None = None
    arranged: tuple[str, str, str] | None = None  # what, whose, how
    expected: list[tuple[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)  # the lines before it

    def mark(self, kind: str) -> str | None:
        """What stands behind the text under this word, or None."""
        return next((value for name, value in self.marks if name == kind), None)


@dataclass
class Transcript:
    heading: list[str]
    phones: dict[str, str]
    tenants: dict[str, tuple[str, str, str]]  # name of the shop, language, plan
    turns: list[Turn]
    operator: tuple[str, list[str]] | None = None
    tenant_ids: dict[str, TenantId] = field(default_factory=dict)
    # Ids of what the bot said, by whom it was said to and what it answered.
    answers: dict[tuple[str, str], str] = field(default_factory=dict)


def parse(text: str) -> Transcript:
    """Read a transcript; whatever is not understood fails."""
    script = Transcript([], {}, {}, [])
    comments: list[str] = []
    for line in text.splitlines():
        if declared := DECLARED.match(line):
            parts = [part.strip() for part in declared["rest"].split(",")]
            if declared["kind"] == "operator":
                script.operator = (declared["name"], parts)
                script.heading.append(line)
                continue
            script.phones[declared["name"]] = parts[1] if declared["kind"] == "tenant" else parts[0]
            if declared["kind"] == "tenant":
                script.tenants[declared["name"]] = (
                    parts[0],
                    parts[2],
                    parts[3] if len(parts) > 3 else "free",
                )
            script.heading.append(line)
        elif not script.turns and (not line or line.startswith("#")):
            script.heading.append(line)
        elif line.startswith("#"):
            comments.append(line)
        elif not line or line == "(nothing)":
            continue
        elif line.startswith("@ "):
            at = datetime.strptime(line[2:].strip(), "%Y-%m-%d %H:%M").replace(tzinfo=JAKARTA)
            script.turns.append(Turn(line, at=at))
        elif arranged := ARRANGED.match(line):
            script.turns.append(Turn(line, arranged=(arranged[1], arranged[2], arranged[3])))
        elif line.startswith("   >"):
            phone, said = script.turns[-1].expected[-1]
            script.turns[-1].expected[-1] = (phone, f"{said}\n{line[5:]}")
        else:
            spoken = SPOKEN.match(line)
            assert spoken, f"not a line of a transcript: {line}"
            if spoken["who"] == "bot":
                turn = script.turns[-1]
                said = SPEAKER.sub("", line, count=1)
                turn.expected.append((spoken["to"] or turn.who, said))
            else:
                script.turns.append(
                    Turn(
                        line,
                        spoken["who"],
                        spoken["to"],
                        (spoken["text"] or "").replace("\\n", "\n"),
                        MARK.findall(spoken["marks"]),
                    )
                )
        if comments and script.turns and script.turns[-1].line == line:
            script.turns[-1].comments, comments = comments, []
    return script


async def play(world: World, script: Transcript, turn: Turn) -> list[tuple[str, str]]:
    """Say one thing and collect what the bot said to anybody."""
    if turn.at is not None:
        world.advance(max(turn.at - world.clock.now(), timedelta(0)))
        await world.service.clock_moved()
        await world.rest()
    elif turn.arranged is not None:
        await arrange(world, script, *turn.arranged)
    else:
        to = None if turn.to is None else script.phones.get(turn.to, turn.to)
        await world.say(
            script.phones[turn.who], turn.text, to=to, id=turn.mark("id"), more=more(script, turn)
        )
    said = []
    for name, phone in script.phones.items():
        heard = await world.heard(phone)
        said += [(name, shown(one)) for one in heard]
        if heard and name == turn.who and turn.at is None:
            script.answers[name, "bot"] = heard[-1].id
            script.answers[name, f"bot {turn.mark('id')}"] = heard[-1].id
    return said


async def arrange(world: World, script: Transcript, what: str, who: str, how: str) -> None:
    """What would take too many lines to be said, or is the operator's."""
    tenant_id = script.tenant_ids[who]
    if what == "plan":
        await set_plan(world.database, tenant_id, how, world.when())
        return
    count, of_what = how.split()
    if what == "added":
        await add_credits(world.database, tenant_id, int(count), world.when())
    else:
        fill = {"debts": record_debts, "credits": spend_credits}[of_what]
        await fill(world.database, tenant_id, int(count), now=world.clock.now())
    await world.rest()


def shown(one: Heard) -> str:
    """What a phone shows: under a file its caption."""
    return f"[file {one.file_name}]\n{one.text}" if one.file_name else one.text


def more(script: Transcript, turn: Turn) -> More:
    """What the marks say; the bot's messages by the ids they were heard with."""

    def target(kind: str) -> str | None:
        named = turn.mark(kind)
        return named if named is None else script.answers.get((turn.who, named), named)

    cards = [value.partition(",") for name, value in turn.marks if name == "card"]
    file = turn.mark("file")
    return More(
        reply_to=target("re"),
        reacts_to=target("reacts"),
        edits=target("edits"),
        deletes=target("deletes"),
        cards=tuple((name.strip(), number.strip()) for name, _, number in cards),
        file=None if file is None else sent_file(file),
    )


def written(script: Transcript, said: list[list[tuple[str, str]]]) -> str:
    """The transcript with the answers that were given."""
    lines = list(script.heading)
    for turn, answers in zip(script.turns, said, strict=True):
        if lines and lines[-1]:
            lines.append("")
        lines += [*turn.comments, turn.line]
        if turn.at is None and turn.arranged is None and not answers:
            lines.append("(nothing)")
        for phone, text in answers:
            first, *rest = text.split("\n")
            lines.append(f"bot> {first}" if phone == turn.who else f"bot -> {phone}> {first}")
            lines += [f"   > {one}".rstrip() for one in rest]
    return "\n".join(lines) + "\n"


@asynccontextmanager
async def simulated(
    database: Database, dsn: str, at: datetime, operator: Operator
) -> AsyncIterator[World]:
    """A world on the simulator."""
    async with running_world(database, dsn, at=at, operator=operator) as world:
        yield world


async def open_shops(world: World, script: Transcript) -> None:
    """The lenders of a transcript, as it declares them."""
    for who, (shop, language, plan) in script.tenants.items():
        tenant_id = await world.lender(script.phones[who], shop)
        script.tenant_ids[who] = tenant_id
        async with world.database.tenant_tx(tenant_id) as tx:
            await tx.db.execute("update tenant_settings set language = $1", language)
        if plan != "free":
            await set_plan(world.database, tenant_id, plan, world.when())


@asynccontextmanager
async def linked(
    database: Database, dsn: str, at: datetime, operator: Operator
) -> AsyncIterator[World]:
    """A world of linked devices: the real library, and a fake WhatsApp on loopback."""
    require_neonize()
    with tempfile.TemporaryDirectory(prefix="bh-talk-") as name:
        folder = Path(name)
        async with (
            running_fake(folder / "fake") as fake,
            running_world(
                database,
                dsn,
                at=at,
                folder=folder,
                driver=on_the_fake(fake, pace=HURRIED),
                operator=operator,
                phones=lambda _, clock: FakewaPhones(fake, folder, clock, database),
            ) as world,
        ):
            yield world
            assert (await fake.counts()).problems == ()


def operator_of(script: Transcript) -> Operator:
    """Tenants are registered in the order of the transcript, from number 1."""
    if script.operator is None:
        return NOBODY
    name, numbers = script.operator
    spelled = [read_phone(script.phones[one]) for one in numbers]
    tenant_id = TenantId([*script.tenants].index(name) + 1)
    return Operator(tenant_id, frozenset(one for one in spelled if one is not None))


WORLDS = {"simulator": simulated, "neonize": linked}


@pytest.mark.parametrize("driver", WORLDS)
@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.txt")))
async def test_transcript(name: str, driver: str, server: Server) -> None:
    path = FOLDER / name
    script = parse(path.read_text())
    assert script.turns
    assert script.turns[0].at, "the first line says when it begins"
    dsn = server.service_dsn(server.fresh())
    database = await connect(dsn)
    try:
        operator = operator_of(script)
        async with WORLDS[driver](database, dsn, script.turns[0].at, operator) as world:
            await open_shops(world, script)
            said = [await play(world, script, turn) for turn in script.turns]
    finally:
        await database.close()
    if os.environ.get("UPDATE_TRANSCRIPTS") and driver == "simulator":
        path.write_text(written(script, said))
        return
    for turn, answers in zip(script.turns, said, strict=True):
        assert sorted(answers) == sorted(turn.expected), turn.line
