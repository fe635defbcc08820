"""A document is made outside any transaction, and sent once, whatever happens in between."""

from __future__ import annotations

import asyncio
import hashlib
from uuid import UUID, uuid4

import pytest

from bukuhutang.entrypoints.chat.documents import printed
from bukuhutang.rendering.documents.shapes import AgreementDocument, PenaltyKind
from bukuhutang.store import document_jobs
from bukuhutang.store.document_jobs import ATTEMPTS_MAX
from bukuhutang.usecases import agreement_documents
from bukuhutang.usecases.agreement_documents import ToPrint
from tests.agreements.rig import BASE, BUDI, Deal
from tests.rendering.documents.samples import text_of


class Killed(BaseException):
    """The process ends here."""


async def test_a_draft_is_printed_and_sent_to_the_borrower_and_the_lender(deal: Deal) -> None:
    number = await deal.draft(penalty=True, percent="12")
    await deal.print()
    to_borrower, to_lender = await deal.heard()
    assert (to_borrower.to, to_borrower.purpose, to_borrower.has_file) == (BUDI, "agreement", True)
    assert "SETUJU 1" in to_borrower.text
    assert (to_lender.to, to_lender.has_file) == (deal.shop.phone, True)
    stored = await deal.stored(number)
    assert stored.status == "sent"
    assert stored.request is not None
    [(content, sha256, name)] = await deal.rows("files", "content, sha256, file_name")
    assert stored.request.sha256 == sha256 == hashlib.sha256(content).digest()
    assert name == "Perjanjian-1.pdf"
    assert "Rp5.000" in text_of(content)
    assert await deal.shop.differences() == []


async def test_printed_again_it_is_the_same_file_to_the_byte(deal: Deal) -> None:
    await deal.draft(penalty=True)
    [job] = await leased(deal)
    once = await agreement_documents.read_facts(deal.shop.database, job, BASE)
    again = await agreement_documents.read_facts(deal.shop.database, job, BASE)
    assert once is not None
    assert again is not None
    assert isinstance(once.paper, AgreementDocument)
    assert once.paper.penalty.kind is PenaltyKind.DAILY_AMOUNT

    assert printed(once) == printed(again)


async def leased(deal: Deal) -> list[document_jobs.DocumentJob]:
    async with deal.shop.database.courier() as db:
        now = deal.clock.machine
        jobs = await document_jobs.lease(db, now=now, until=now, limit=99)
    return [job for job in jobs if job.tenant_id == deal.shop.tenant_id]


async def test_killed_between_printing_and_sending_it_is_sent_once(deal: Deal) -> None:
    await deal.draft()

    def dies(wanted: ToPrint) -> bytes:
        raise Killed

    with pytest.raises(Killed):
        await deal.loop(dies).work_once()
    assert await deal.heard() == []
    await deal.print()  # the lease still holds
    assert await deal.heard() == []
    deal.advance(minutes=2)
    await deal.print()
    assert len(await deal.heard()) == 2


async def test_made_by_two_at_once_it_is_sent_once(deal: Deal) -> None:
    await deal.draft()
    [job] = await leased(deal)
    facts = await agreement_documents.read_facts(deal.shop.database, job, BASE)
    assert facts is not None

    async def finish(place: int) -> bool:
        return await agreement_documents.finish(
            deal.shop.database,
            job,
            facts,
            (UUID(int=place), b"%PDF-made-twice"),
            base_url=BASE,
            now=deal.clock.at,
        )

    assert list(await asyncio.gather(finish(1), finish(2))) == [True, True]
    assert len(await deal.heard()) == 2
    assert await deal.shop.count("files") == 1
    assert await deal.shop.count("agreement_requests") == 1


async def test_facts_that_change_while_it_is_printed_are_printed_again(deal: Deal) -> None:
    await deal.draft()
    [job] = await leased(deal)
    facts = await agreement_documents.read_facts(deal.shop.database, job, BASE)
    assert facts is not None
    await deal.shop.number("Budi", "6281239999999")
    assert not await agreement_documents.finish(
        deal.shop.database, job, facts, (uuid4(), b"%PDF-old"), base_url=BASE, now=deal.clock.at
    )
    assert await deal.heard() == []
    await deal.print()
    assert (await deal.heard())[0].to == "6281239999999"


async def test_after_so_many_attempts_the_lender_is_told_once(deal: Deal) -> None:
    number = await deal.draft()

    def broken(wanted: ToPrint) -> bytes:
        raise RuntimeError("no paper")

    for _ in range(ATTEMPTS_MAX + 2):
        await deal.loop(broken).work_once()
        deal.advance(seconds=5)
    told = await deal.told()
    assert set(told) == {deal.shop.phone}
    assert f"BATALKAN PERJANJIAN {number}" in told[deal.shop.phone]
    [(status, attempts)] = await deal.rows("document_jobs", "status, attempts")
    assert (status, attempts) == ("failed", ATTEMPTS_MAX)
    assert (await deal.stored(number)).status == "draft"
