"""SETUJU and TOLAK: who may answer, what it does, what is kept of it, who is told."""

from __future__ import annotations

import pytest

from bukuhutang.usecases.rates import CHAT_MESSAGES_A_MINUTE
from tests.agreements.conftest import NUMBERS
from tests.agreements.rig import BUDI, Deal
from tests.store.ground import Ground
from tests.usecases.rig import Shop

OTHER = "6281230000009"


@pytest.mark.parametrize("text", ["SETUJU", "setuju pak", "Stuju", "saya setuju 1", "setuju no 1"])
async def test_a_plain_yes_makes_it_run_and_is_kept_with_its_proof(deal: Deal, text: str) -> None:
    number = await deal.sent()
    asked = (await deal.stored(number)).request
    assert asked is not None
    assert await deal.say(text, id="WA-7") == "answered"
    told = await deal.told()
    assert "SETUJU dicatat" in told[BUDI]
    assert "menjawab SETUJU" in told[deal.shop.phone]
    stored = await deal.stored(number)
    assert (stored.status, stored.request) == ("active", None)
    assert stored.book.accepted_on == deal.shop.today
    [proof] = await deal.rows(
        "agreement_requests", "answer, answered_by, answered_message, answered_at, sha256"
    )
    assert proof == ("accepted", BUDI, "WA-7", deal.clock.at, asked.sha256)
    assert await deal.shop.differences() == []


@pytest.mark.parametrize("text", ["TOLAK", "saya tolak dulu", "tidak setuju"])
async def test_a_plain_no_ends_it(deal: Deal, text: str) -> None:
    number = await deal.sent()
    await deal.say(text)
    told = await deal.told()
    assert "TOLAK dicatat" in told[BUDI]
    assert "menjawab TOLAK" in told[deal.shop.phone]
    stored = await deal.stored(number)
    assert (stored.status, stored.cancel_reason) == ("cancelled", "rejected")


async def test_a_yes_counts_also_from_who_has_written_too_much(deal: Deal) -> None:
    """Only what records nothing is passed over: a second yes in that minute is."""
    number = await deal.sent()
    for _ in range(CHAT_MESSAGES_A_MINUTE + 2):
        last = await deal.say("sisa hutang saya?")
    assert last == "ignored: chat rate"
    assert await deal.say("siap") == "ignored: chat rate"
    assert (await deal.stored(number)).status == "sent"
    assert await deal.say("SETUJU") == "answered"
    assert (await deal.stored(number)).status == "active"
    assert await deal.say("SETUJU") == "ignored: chat rate"
    assert await deal.shop.differences() == []


@pytest.mark.parametrize("text", ["ok", "iya pak", "setuju tapi tanggal 10 ya", "setuju?"])
async def test_what_is_no_plain_word_is_asked_about(deal: Deal, text: str) -> None:
    number = await deal.sent()
    await deal.say(text)
    told = await deal.told()
    assert f"Balas *SETUJU {number}* atau *TOLAK {number}*" in told[BUDI]
    assert set(told) == {BUDI}
    assert (await deal.stored(number)).status == "sent"


async def test_other_talk_is_asked_about_once_a_day_only(deal: Deal) -> None:
    await deal.sent()
    assert await deal.say("ok") == "answered"
    assert await deal.say("siap") == "ignored: borrower's talk"
    assert await deal.say("kemarin ikannya enak") == "ignored: borrower's talk"
    deal.advance(days=1)
    assert await deal.say("ok") == "answered"


async def test_a_second_answer_changes_nothing_and_is_told_so(deal: Deal) -> None:
    number = await deal.active()
    await deal.say("TOLAK")
    told = await deal.told()
    assert "Tidak ada yang berubah" in told[BUDI]
    assert "SETUJU" in told[BUDI]
    assert set(told) == {BUDI}
    assert (await deal.stored(number)).status == "active"
    deal.advance(days=15)
    assert await deal.say("setuju") == "ignored: borrower's talk"


async def test_the_same_message_twice_is_one_answer(deal: Deal) -> None:
    await deal.sent()
    await deal.say("SETUJU", id="WA-1")
    assert len(await deal.heard()) == 2
    assert await deal.say("SETUJU", id="WA-1") == "nothing"
    assert await deal.heard() == []


async def test_another_number_cannot_answer(deal: Deal) -> None:
    number = await deal.sent()
    await deal.shop.lent("Sari", 10_000, phone=OTHER)
    await deal.heard()
    assert await deal.say(f"SETUJU {number}", OTHER) == "ignored: borrower's talk"
    assert await deal.say(f"SETUJU {number}", "6281230000077") == "ignored: stranger"
    assert await deal.heard() == []
    assert (await deal.stored(number)).status == "sent"


async def test_the_lender_cannot_agree_for_the_borrower(deal: Deal) -> None:
    number = await deal.sent()
    await deal.say(f"SETUJU {number}", deal.shop.phone)
    assert (await deal.stored(number)).status == "sent"


async def test_of_several_the_number_tells_which(deal: Deal) -> None:
    first = await deal.sent()
    second = await deal.sent(principal=1_000_000)
    await deal.say("SETUJU")
    told = await deal.told()
    assert "No. 1" in told[BUDI]
    assert "No. 2" in told[BUDI]
    await deal.say(f"setuju {second}")
    await deal.say("TOLAK")
    assert (await deal.stored(second)).status == "active"
    assert (await deal.stored(first)).status == "cancelled"


async def test_of_several_the_quoted_message_tells_which(deal: Deal) -> None:
    first = await deal.sent()
    second = await deal.sent(principal=1_000_000)
    async with deal.ground.superuser() as db:
        await db.execute(
            "update outbound_messages set status = 'sent', waits = false,"
            " provider_message_id = 'OUT-' || id where tenant_id = $1",
            deal.shop.tenant_id,
        )
        quoted = await db.fetchval(
            "select provider_message_id from outbound_messages where tenant_id = $1"
            " and chat_id = $2 and (about ->> 'agreement')::int = $3",
            deal.shop.tenant_id,
            BUDI,
            first,
        )
    await deal.say("setuju", quotes=quoted)
    assert (await deal.stored(first)).status == "active"
    assert (await deal.stored(second)).status == "sent"
    await deal.heard()
    await deal.say("setuju", quotes=quoted)
    assert "Tidak ada yang berubah" in (await deal.told())[BUDI]
    assert (await deal.stored(second)).status == "sent"


async def test_a_thumb_is_polite_and_no_consent(deal: Deal) -> None:
    number = await deal.sent()
    async with deal.ground.superuser() as db:
        await db.execute(
            "update outbound_messages set status = 'sent', waits = false,"
            " provider_message_id = 'T-' || id where tenant_id = $1",
            deal.shop.tenant_id,
        )
        quoted = await db.fetchval(
            "select provider_message_id from outbound_messages where tenant_id = $1"
            " and chat_id = $2",
            deal.shop.tenant_id,
            BUDI,
        )
    await deal.say("👍", quotes=quoted, kind="reaction")
    assert f"*SETUJU {number}*" in (await deal.told())[BUDI]
    assert (await deal.stored(number)).status == "sent"
    await deal.say("SETUJU", kind="edit", quotes=quoted)
    assert (await deal.stored(number)).status == "sent"


async def test_after_the_days_to_answer_it_is_too_late(deal: Deal) -> None:
    number = await deal.sent()
    deal.advance(days=14)
    await deal.say("SETUJU")
    told = await deal.told()
    assert "sudah habis" in told[BUDI]
    assert deal.shop.phone in told
    assert (await deal.stored(number)).status == "expired"
    await deal.sweep()
    assert await deal.heard() == []
    assert await deal.shop.differences() == []


async def test_a_borrower_of_two_lenders_answers_each(ground: Ground, deal: Deal) -> None:
    phone = f"62811{next(NUMBERS):08}"
    other = Deal(ground, Shop(ground.database, await ground.tenant(f"+{phone}", "Warung"), phone))
    mine, theirs = await deal.sent(), await other.sent()
    await other.say("TOLAK")
    assert (await deal.stored(mine)).status == "sent"
    await deal.say("SETUJU")
    assert (await deal.stored(mine)).status == "active"
    assert (await other.stored(theirs)).status == "cancelled"


async def test_english_agreements_are_answered_in_english(deal: Deal) -> None:
    await deal.sent(language="en")
    await deal.say("agree")
    told = await deal.told()
    assert "SETUJU is recorded" in told[BUDI]
    assert "menjawab SETUJU" in told[deal.shop.phone]
