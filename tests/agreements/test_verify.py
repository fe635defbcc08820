"""The page behind a document's QR: what strangers see, and what they do not."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import AsyncIterator

import httpx
import pytest

from bukuhutang.entrypoints.web.verify_page import PAGES
from bukuhutang.usecases.agreement_documents import verify_address
from bukuhutang.usecases.agreement_payments import PayInstallment, pay_installment
from tests.agreements.rig import Deal
from tests.web.rig import Web

INDONESIAN = {"Accept-Language": "id"}


@pytest.fixture
async def page(deal: Deal) -> AsyncIterator[httpx.AsyncClient]:
    """Anybody's browser."""
    async with Web(deal.shop.database).client(key=None) as opened:
        opened.headers.update(INDONESIAN)
        yield opened


async def address(deal: Deal, number: int = 1) -> str:
    """What the QR holds, as a path."""
    found = verify_address("", deal.shop.tenant_id, await deal.stored(number))
    assert found is not None
    return found


async def pdf(deal: Deal) -> bytes:
    """The newest document."""
    content = (await deal.rows("files", "content, created_at"))[0][0]
    assert isinstance(content, bytes)
    return content


async def test_it_shows_state_date_and_hash_but_no_name(
    deal: Deal, page: httpx.AsyncClient
) -> None:
    await deal.sent(name="Budi Santoso")
    where = await address(deal)
    waiting = await page.get(where)
    assert "menunggu jawaban peminjam" in waiting.text
    assert "tidak berlaku" in waiting.text
    await deal.say("SETUJU")
    shown = await page.get(where)
    assert shown.status_code == 200
    assert "berjalan" in shown.text
    assert "18 Februari 2026" in shown.text
    assert hashlib.sha256(await pdf(deal)).hexdigest() in shown.text
    assert "B. S." in shown.text
    assert "T. D." in shown.text
    for hidden in ("Budi", "Santoso", "Toko", "Dani", deal.shop.phone, "3.000.000"):
        assert hidden not in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert "noindex" in shown.headers["x-robots-tag"]
    assert "<script" not in shown.text
    assert "style=" not in shown.text


async def test_a_file_matches_or_it_does_not(deal: Deal, page: httpx.AsyncClient) -> None:
    await deal.active()
    where, content = await address(deal), await pdf(deal)
    same = await page.post(where, files={"file": ("a.pdf", content, "application/pdf")})
    assert "sama persis dengan dokumen yang berlaku" in same.text
    for changed in (content + b" ", content[:-1], b"\r\n--x\r\n\r\n"):
        other = await page.post(where, files={"file": ("a.pdf", changed, "application/pdf")})
        assert "Tidak cocok" in other.text
        assert hashlib.sha256(changed).hexdigest() in other.text
    known = hashlib.sha256(content).hexdigest().upper()
    typed = await page.post(where, files={"file": ("", b""), "hash": (None, f" {known} ")})
    assert "sama persis" in typed.text
    short = await page.post(where, files={"hash": (None, "<b>abc</b>")})
    assert "64 huruf dan angka" in short.text
    assert "<b>abc" not in short.text
    nothing = await page.post(where, content=b"", headers={"Content-Type": "text/plain"})
    assert nothing.status_code == 200


async def test_an_older_version_and_a_receipt_are_told_apart(
    deal: Deal, page: httpx.AsyncClient
) -> None:
    await deal.active()
    async with deal.shop.book() as book:
        await pay_installment(book, PayInstallment(amount=3_000_000))
    await deal.print()
    shown = await page.get(await address(deal))
    assert "Tanda lunas" in shown.text
    await deal.shop.undo()
    taken_back = await page.get(await address(deal))
    assert taken_back.text.count("tidak berlaku") == 1


async def test_every_wrong_address_is_answered_the_same(
    deal: Deal, page: httpx.AsyncClient
) -> None:
    await deal.sent()
    right = await address(deal)
    answers = set()
    for wrong in (
        right[:-1],
        right[:-1] + ("A" if right[-1] != "A" else "B"),
        "/verify/1-1-" + "x" * 43,
        "/verify/999999999-1-" + "x" * 43,
        "/verify/nonsense",
        "/verify/" + "9" * 200,
    ):
        answer = await page.get(wrong)
        assert answer.status_code == 404
        answers.add(answer.text)
    assert len(answers) == 1


async def test_another_lenders_number_does_not_open_it(deal: Deal, page: httpx.AsyncClient) -> None:
    await deal.sent()
    _, _, rest = (await address(deal)).rpartition("/")
    tenant, number, secret = rest.split("-", 2)
    answer = await page.get(f"/verify/{int(tenant) + 1}-{number}-{secret}")
    assert answer.status_code == 404


async def test_it_is_asked_so_often_and_no_more(deal: Deal, page: httpx.AsyncClient) -> None:
    statuses = [(await page.get("/verify/nonsense")).status_code for _ in range(32)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    assert "Retry-After" in (await page.get("/verify/nonsense")).headers


async def test_it_speaks_english_on_demand(deal: Deal, page: httpx.AsyncClient) -> None:
    await deal.sent()
    assert "Document check" in (await page.get(f"{await address(deal)}?lang=en")).text


def test_both_languages_have_the_same_words() -> None:
    words = tomllib.loads((PAGES / "verify.toml").read_text())

    def keys(part: dict[str, object]) -> set[str]:
        inner = {f"{k}.{one}" for k, v in part.items() if isinstance(v, dict) for one in v}
        return set(part) | inner

    assert keys(words["id"]) == keys(words["en"])
