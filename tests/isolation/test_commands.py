"""Every command, said with names and numbers of another tenant's people.

Two tenants that are alike say the same at the same time: one with what the third tenant really has,
one with what nobody has. What they hear must be the same, word for word: then nothing of the third
tenant decides anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bukuhutang.rendering.examples import EXAMPLES
from bukuhutang.understanding.commands import COMMANDS
from tests.isolation.two import (
    FIRST_NUMBER,
    NOBODY,
    THEIRS,
    TWIN,
    Pair,
    Side,
    changed,
    leaks,
    open_side,
)
from tests.isolation.watched import COURIER, opened_in

NOBODYS_NAME = "Ferdinax"
NOBODYS_PHONE = "6281999900002"
MADE_UP = re.compile("Bu Rina|Budi")
SHORT_NUMBER = re.compile(r"(?<![\w])[0-9]{1,2}(?![\w])")
PHONE = re.compile(r"0812345678\d+")


def lines() -> Iterator[str]:
    """What can be typed: each word in each shape, each example; with places for what is theirs."""
    one_each = {command: word for word, command in COMMANDS.items()}.values()
    assert (NOBODY + 1, FIRST_NUMBER + 1) == (73_951, 61_841)
    for word in one_each:
        yield from (word, f"{word} NAME", f"{word} NUMBER", f"{word} NAME 200rb")
        yield from (f"{word} NUMBER 200rb", f"{word} NAME PHONE", f"{word} PHONE")
    for example in EXAMPLES.values():
        named = MADE_UP.sub("NAME", PHONE.sub("PHONE", example))
        yield named
        yield SHORT_NUMBER.sub("NUMBER", named)
    for word in ("bayar cicilan", "jadwal ulang", "buat perjanjian", "batalkan perjanjian"):
        yield from (f"{word} NAME 200rb", f"{word} NUMBER", f"{word} NUMBER 200rb")
    yield from ("SETUJU NUMBER", "TOLAK NUMBER", "YA", "1", "NAME", "NUMBER", "PHONE")


def filled(line: str, *, name: str, number: int, phone: str) -> str:
    """A line with what is put in its places."""
    return (
        line.replace("NAME", name).replace("NUMBER", str(number)).replace("PHONE", f"0{phone[2:]}")
    )


SAID_BY_ME = f"{{}} {THEIRS.debtor} {THEIRS.debtor_phone}"
"""Commands that make a person made one of this name here, too."""

LINES = tuple(dict.fromkeys(lines()))


@pytest.fixture(scope="module")
async def twin(pair: Pair) -> Side:
    """Somebody exactly like the attacker."""
    made = await open_side(pair.ground, TWIN)
    await made.deal.print()  # as theirs were, while the later ones were made
    return made


async def hears(
    side: Side, text: str, *, sender: str | None = None, kind: str = "text", to: str | None = None
) -> tuple[list[tuple[str, str]], str]:
    """What is said for one message, and what became of it."""
    said = await side.desk.say(text, sender=sender, kind=kind, refers_to=to)
    return said, (await side.desk.inbound())[-1][1]


def alike(said: object, pair: Pair) -> str:
    """What the twin heard, with nobody's name and numbers put into the other's place."""
    text = str(said).replace(NOBODYS_NAME, THEIRS.debtor).replace(NOBODYS_NAME.lower(), "quirinus")
    text = text.replace(NOBODYS_NAME.upper(), THEIRS.debtor.upper())
    for separator in ("", ".", ","):
        text = text.replace(f"73{separator}951", f"61{separator}841")
    for shown in (str, _local, _spaced):
        text = text.replace(shown(NOBODYS_PHONE), shown(THEIRS.debtor_phone))
        text = text.replace(shown(TWIN.phone), shown(pair.mine.people.phone))
    return text


def _local(phone: str) -> str:
    return f"0{phone[2:]}"


def _spaced(phone: str) -> str:
    return f"0{phone[2:5]}-{phone[5:9]}-{phone[9:]}"


async def test_a_command_about_their_people_is_a_command_about_nobody(
    pair: Pair, twin: Side
) -> None:
    before = pair.rows(pair.theirs)
    for line in LINES:
        theirs = filled(
            line, name=THEIRS.debtor, number=pair.theirs.active, phone=THEIRS.debtor_phone
        )
        nobodys = filled(line, name=NOBODYS_NAME, number=NOBODY + 1, phone=NOBODYS_PHONE)
        opened_in(pair.ground.database)
        said = await hears(pair.mine, theirs)
        # The courier brings the message.
        assert opened_in(pair.ground.database) <= {pair.mine.tenant_id, COURIER}, theirs
        assert str(said) == alike(await hears(twin, nobodys), pair), theirs
        assert leaks(str(said), given=SAID_BY_ME.format(theirs)) == [], theirs
    assert changed(before, pair.rows(pair.theirs)) == []


async def test_their_people_are_strangers_here(pair: Pair) -> None:
    before = pair.rows(pair.theirs), pair.rows(pair.mine, leave_out={"inbound_messages"})
    phones = (THEIRS.phone, THEIRS.staff_phone, THEIRS.signer_phone, THEIRS.asked_phone)
    for text in (*EXAMPLES.values(), "SISA", "STOP", "MULAI", "YA", f"SETUJU {pair.theirs.asked}"):
        for phone in phones:
            assert await hears(pair.mine, text, sender=phone) == ([], "ignored"), (text, phone)
    assert changed(before[0], pair.rows(pair.theirs)) == []
    assert changed(before[1], pair.rows(pair.mine, leave_out={"inbound_messages"})) == []


@pytest.mark.parametrize("kind", ["text", "reaction", "edit", "deletion"])
async def test_a_message_of_theirs_cannot_be_quoted_reacted_to_or_edited(
    kind: str, pair: Pair, twin: Side
) -> None:
    quoted = await pair.theirs.deal.last_sent(THEIRS.signer_phone)
    before = pair.rows(pair.theirs)
    for text in ("LUNAS", "BATAL", "👍", "BAYAR 200rb", "RIWAYAT"):
        said = await hears(pair.mine, text, kind=kind, to=quoted)
        assert str(said) == alike(await hears(twin, text, kind=kind, to="OUT-0"), pair), text
        assert leaks(str(said), given=SAID_BY_ME) == []
    assert changed(before, pair.rows(pair.theirs)) == []
