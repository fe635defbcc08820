"""A one-time code is sent within its five minutes or not at all, and is nowhere readable after."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bukuhutang.entrypoints.clock.loop import ClockLoop
from bukuhutang.entrypoints.sessions.sending import Sender
from bukuhutang.messaging import driver as wa
from bukuhutang.store.outbox import ReceiptMark, claim
from bukuhutang.usecases.sign_ins import CODE_LIVES, forget_codes
from tests.sessions.rig import Line, Numbers, until

SARI = "6281300000001"
CODE = "Kode masuk: *123 456*"
GONE = "[code]"


async def outbox(line: Line) -> list[tuple[str, str | None, str]]:
    """Status, reason and text of all that was to be said."""
    return await line.rows("select status, reason, body from outbound_messages order by id")


@pytest.mark.parametrize("chat", ["own", SARI])
async def test_a_code_that_was_sent_is_forgotten(numbers: Numbers, chat: str) -> None:
    line = await numbers.linked()
    await line.queue(chat, purpose="code", body=CODE)
    assert await outbox(line) == [("queued", None, CODE)]
    await numbers.pass_time(60)
    assert [one.text for one in numbers.driver.sent if one.tenant_id == line.tenant_id] == [CODE]
    assert await outbox(line) == [("sent", None, GONE)]
    [(provider_id,)] = await line.rows("select provider_message_id from outbound_messages")
    at = numbers.clock.at
    await numbers.outcomes.add(ReceiptMark(line.tenant_id, provider_id, "read", at))
    assert await outbox(line) == [("read", None, GONE)]


@pytest.mark.parametrize(
    ("outcome", "status"), [(wa.Rejected("banned"), "failed"), (wa.Unknown("no answer"), "unknown")]
)
async def test_a_code_that_did_not_arrive_is_forgotten_and_handed_to_nobody(
    numbers: Numbers, outcome: wa.Outcome, status: str
) -> None:
    line = await numbers.linked()
    numbers.driver.lay_ready(SARI, outcome)
    await line.queue(SARI, purpose="code", body=CODE)
    await numbers.pass_time(60)
    assert [(one[0], one[2]) for one in await outbox(line)] == [(status, GONE)]
    numbers.clock.turn(numbers.clock.at + timedelta(hours=1))
    assert await line.tell() == []


async def test_a_code_is_not_sent_after_its_five_minutes(numbers: Numbers) -> None:
    line = await numbers.linked()
    await line.queue("own", SARI, purpose="code", body=CODE)
    numbers.clock.turn(numbers.clock.at + CODE_LIVES)
    numbers.running.wake()
    await until(lambda: numbers.running.may_send(line.tenant_id))
    await numbers.pass_time(60)
    assert line.sent() == []
    assert await outbox(line) == [("skipped", "expired", GONE)] * 2
    assert await line.tell() == []


async def test_a_code_that_grew_old_after_it_was_claimed_is_not_sent(numbers: Numbers) -> None:
    line = await numbers.linked()
    await line.queue("own", purpose="code", body=CODE)
    database = numbers.ground.database
    async with database.courier() as db:
        [claimed] = await claim(db, numbers.running.owner, now=numbers.clock.at, limit=9)
    assert claimed.body == CODE
    numbers.clock.turn(numbers.clock.at + CODE_LIVES)
    await Sender(database, numbers.running, numbers.clock, numbers.outcomes).deliver(claimed)
    assert line.sent() == []
    assert await outbox(line) == [("skipped", "expired", GONE)]


async def test_the_clock_forgets_codes_whose_login_never_came_back(numbers: Numbers) -> None:
    line = await numbers.linked()
    await line.queue("own", purpose="code", body=CODE)
    await line.queue("own", purpose="notice", body="Halo")
    at = numbers.clock.at + CODE_LIVES
    await forget_codes(numbers.ground.database, at - timedelta(seconds=1))
    assert (await outbox(line))[0] == ("queued", None, CODE)
    numbers.clock.turn(at)
    await ClockLoop(numbers.ground.database, numbers.clock).catch_up()
    assert await outbox(line) == [("skipped", "expired", GONE), ("queued", None, "Halo")]
