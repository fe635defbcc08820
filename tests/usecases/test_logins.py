"""A login's state and the mail that tells of it: one transaction, said once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.messaging.driver import QrShown
from bukuhutang.messaging.states import StateChange, WaSessionState
from bukuhutang.store import wa_sessions
from bukuhutang.store.scope import Database
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.logins import OtherWay, note_login, words_for_stranger
from bukuhutang.usecases.pairing import link_for, pairing_view
from bukuhutang.usecases.tenants import When, register_tenant, set_language

NOON = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
S = WaSessionState
SECRET = "7" * 48
OTHER_WAY = OtherWay(lambda: SECRET, "https://buku.example", "operator@example.com")


@dataclass
class Desk:
    """One lender's login, held by owner `a`."""

    database: Database
    tenant_id: TenantId
    now: datetime = NOON

    async def note(
        self,
        state: WaSessionState,
        reason: str | None = None,
        *,
        owner: str = "a",
        other_way: OtherWay | None = OTHER_WAY,
        detail: str | None = None,
        until: datetime | None = None,
        linked: bool | None = None,
        qr: QrShown | None = None,
    ) -> bool:
        """The manager's word."""
        change = StateChange(state, reason, detail=detail, until=until, linked=linked, qr=qr)
        when = When(self.now, self.now)
        return await note_login(
            self.database, self.tenant_id, owner, change, when=when, other_way=other_way
        )

    async def mails(self) -> list[tuple[str, str, str]]:
        """Recipient, subject and body of all that was queued."""
        async with self.database.courier() as db:
            rows = await db.fetch("select recipient, subject, body from mail_messages order by id")
        return [tuple(row) for row in rows]

    async def row(self) -> wa_sessions.LoginRow:
        """As it is stored."""
        async with self.database.tenant_tx(self.tenant_id) as tx:
            row = await wa_sessions.read(tx)
        assert row is not None
        return row


async def a_desk(database: Database, *, email: str | None = "dani@example.com") -> Desk:
    when = When(NOON, NOON)
    made = await register_tenant(
        database, phone_number="0812-3456-7890", name="Toko Dani", email=email, when=when
    )
    async with database.courier() as db:
        await wa_sessions.hold(
            db,
            "a",
            now=NOON,
            until=NOON + timedelta(seconds=10),
            wishes_since=NOON - timedelta(minutes=1),
        )
    return Desk(database, made.id)


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await a_desk(database)


async def test_a_logged_out_lender_is_told_with_a_link_that_opens_the_page(desk: Desk) -> None:
    assert await desk.note(S.CONNECTED, linked=True)
    assert await desk.note(S.LOGGED_OUT, linked=False)
    [(recipient, subject, body)] = await desk.mails()
    assert recipient == "dani@example.com"
    assert subject == "WhatsApp Toko Dani perlu ditautkan lagi"
    link = f"https://buku.example/link/{desk.tenant_id}-{SECRET}"
    assert link in body
    view = await pairing_view(desk.database, link.rpartition("/")[2], When(NOON, NOON))
    assert view.step == "logged_out"


async def test_it_is_said_once_however_often_it_is_noted_and_again_the_next_time(
    desk: Desk,
) -> None:
    for _ in range(3):
        await desk.note(S.LOGGED_OUT, linked=False)
        desk.now += timedelta(minutes=1)
    assert len(await desk.mails()) == 1
    await desk.note(S.CONNECTED, linked=True)
    await desk.note(S.LOGGED_OUT, linked=False)
    assert len(await desk.mails()) == 2


@pytest.mark.parametrize(
    ("state", "reason", "until"),
    [
        (S.INTERRUPTED, None, None),
        (S.CONNECTING, None, None),
        (S.RESTRICTED, "new_chats_barred", None),
        (S.UNLINKED, "pairing_timeout", None),
        (S.REPLACED, None, NOON + timedelta(minutes=15)),
    ],
)
async def test_what_mends_itself_or_is_seen_on_the_page_is_not_mailed(
    desk: Desk, state: WaSessionState, reason: str | None, until: datetime | None
) -> None:
    await desk.note(state, reason, until=until)
    assert await desk.mails() == []


async def test_a_temporary_ban_says_until_when_in_the_lenders_own_time(desk: Desk) -> None:
    await desk.note(S.TEMPORARILY_BANNED, until=datetime(2026, 3, 5, 8, 30, tzinfo=UTC))
    [(_, subject, body)] = await desk.mails()
    assert "sementara" in subject
    assert "Kamis 5 Maret pukul 15.30" in body


async def test_the_lenders_language_is_spoken(desk: Desk) -> None:
    when = When(NOON, NOON)
    await set_language(desk.database, desk.tenant_id, Language.ENGLISH, when)
    await desk.note(S.BANNED, detail="403")
    [(_, subject, body)] = await desk.mails()
    assert subject == "Toko Dani: WhatsApp has blocked your number"
    assert "Hello Toko Dani" in body
    words = await words_for_stranger(desk.database, desk.tenant_id, when)
    assert "7890" in words
    assert "not linked" in words


async def test_a_wrong_number_is_told_once_an_hour_and_leaves_the_open_link_alone(
    desk: Desk,
) -> None:
    link = await link_for(desk.database, desk.tenant_id, "1" * 48, When(NOON, NOON))
    for _ in range(3):
        await desk.note(S.UNLINKED, "wrong_number", detail="…0002", linked=False)
        await desk.note(S.PAIRING)
    [(_, _, body)] = await desk.mails()
    assert "berakhir 0002" in body
    assert "0812-3456-7890" in body
    await desk.note(S.UNLINKED, "wrong_number", detail="…0002", linked=False)
    view = await pairing_view(desk.database, link.token, When(NOON, NOON))
    assert (view.step, view.tail) == ("wrong_number", "0002")
    desk.now += timedelta(hours=1)
    await desk.note(S.UNLINKED, "wrong_number", detail="…0002", linked=False)
    assert len(await desk.mails()) == 2


async def test_an_old_library_is_the_operators_business(desk: Desk) -> None:
    await desk.note(S.OUTDATED)
    [(recipient, subject, _)] = await desk.mails()
    assert recipient == "operator@example.com"
    assert "needs an update" in subject


async def test_without_mail_or_an_address_nothing_is_queued(database: Database) -> None:
    silent = await a_desk(database, email=None)
    await silent.note(S.LOGGED_OUT)
    await silent.note(S.BANNED, other_way=None)
    await silent.note(S.OUTDATED, other_way=OtherWay(lambda: SECRET))
    assert await silent.mails() == []


async def test_an_owner_that_lost_the_login_writes_and_tells_nothing(desk: Desk) -> None:
    await desk.note(S.CONNECTED, linked=True)
    assert not await desk.note(S.LOGGED_OUT, owner="b", linked=False)
    assert (await desk.row()).state == "connected"
    assert await desk.mails() == []


async def test_a_new_state_forgets_the_codes_and_the_end_of_the_one_before(desk: Desk) -> None:
    await desk.note(S.PAIRING, qr=QrShown("one", NOON + timedelta(minutes=1)))
    assert (await desk.row()).qr_code == "one"
    await desk.note(S.TEMPORARILY_BANNED, until=NOON + timedelta(hours=1), detail="x" * 500)
    row = await desk.row()
    assert (row.qr_code, row.until) == (None, NOON + timedelta(hours=1))
    assert row.detail == "x" * 200
    await desk.note(S.CONNECTED, linked=True)
    assert (await desk.row()).until is None
