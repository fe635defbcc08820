"""The other end of an agreement that a program drafts: the PDF is made, the borrower answers."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any
from uuid import uuid4

from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.entrypoints.chat.documents import Desk, DocumentLoop
from bukuhutang.entrypoints.chat.handle import handle
from bukuhutang.store import inbox
from bukuhutang.store.inbox import Arrival
from bukuhutang.usecases.agreement_documents import ToPrint
from tests.web.api.rig import Program
from tests.web.rig import Json, Web

BUDI = "6281230000001"
IDS = itertools.count(1)


def an_agreement(name: str | None = "Budi", amount: int = 6_000_000, **more: object) -> Json:
    """The body of a draft: the interview's answers."""
    named = {} if name is None else {"name": name, "phoneNumber": f"+{BUDI}"}
    return {
        **named,
        "amount": amount,
        "incomeSource": "gaji",
        "incomeDay": 25,
        "monthlyIncome": 5_000_000,
        **more,
    }


def quickly(wanted: ToPrint) -> bytes:
    """Stands for the PDF, which has tests of its own."""
    return f"%PDF {wanted}".encode()


async def print_all(web: Web) -> None:
    """Make every document that is wanted."""
    desk = Desk(web.database, web.clock, "https://buku.example", uuid4, quickly)
    loop = DocumentLoop(desk, after=lambda: None)
    while await loop.work_once():
        pass


async def writes(web: Web, tenant_id: TenantId, text: str, phone: str = BUDI) -> str:
    """The borrower writes; what became of it."""
    now = web.clock.at
    arrival = Arrival(
        tenant_id,
        f"B{next(IDS)}",
        ChatId(phone),
        PhoneNumber(phone),
        from_me=False,
        self_chat=False,
        kind="text",
        body=text,
        sent_at=now,
        received_at=now,
    )
    outcome = "nothing"
    async with web.database.courier() as db:
        await inbox.receive(db, [arrival])
        until = now + timedelta(seconds=60)
        leased = await inbox.lease(
            db, "rig", now=now, business_now=now, until=until, chat_max=9, limit=9
        )
    for message in leased:
        outcome = await handle(web.database, message, now)
    return outcome


async def agreed(web: Web, shop: Program, **more: Any) -> Json:
    """An agreement that runs."""
    made = await shop.post("/agreements", an_agreement(**more))
    assert made.status_code == 201, made.text
    number = made.json()["number"]
    await print_all(web)
    await writes(web, shop.tenant_id, f"SETUJU {number}")
    running: Json = (await shop.get(f"/agreements/{number}")).json()
    assert running["status"] == "active"
    return running


async def heard(web: Web, tenant_id: TenantId) -> list[tuple[str, str]]:
    """All that went out: chat and purpose."""
    async with web.database.tenant_tx(tenant_id) as tx:
        rows = await tx.db.fetch("select chat_id, purpose from outbound_messages order by id")
    return [(row["chat_id"], row["purpose"]) for row in rows]
