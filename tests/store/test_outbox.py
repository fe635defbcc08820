"""The outbox and the logins it goes out through: order, one owner, no blind second send."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.store import outbox, stats, wa_sessions
from bukuhutang.store.outbox import Mark, Outbound, ReceiptMark
from tests.store.ground import NOON, Ground, after

BUDI, SARI = "6281200000001", "6281200000002"


@dataclass
class Outbox:
    """The outbox of one connected tenant, and the world's clock in seconds after noon.

    Leases end by the database's own clock: there a second of the test is a minute from its begin.
    """

    ground: Ground
    tenant_id: TenantId
    queued: int = field(default=0)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def queue(self, *messages: tuple[str, str]) -> None:
        """Queue (chat, text), in this order."""
        async with self.ground.database.tenant_tx(self.tenant_id) as tx:
            for chat, body in messages:
                self.queued += 1
                await tx.db.execute(
                    "insert into outbound_messages (tenant_id, client_ref, chat_id, body, purpose,"
                    " queued_at) values ($1, $2, $3, $4, 'reply', $5)",
                    self.tenant_id,
                    f"ref-{self.queued}",
                    chat,
                    body,
                    NOON,
                )

    async def hold(self, owner: str, *, at: float = 0, seconds: float = 12) -> list[TenantId]:
        """Renew or take leases; returns the tenants held."""
        async with self.ground.database.courier() as db:
            rows = await wa_sessions.hold(
                db,
                owner,
                now=self.began + timedelta(minutes=at),
                until=self.began + timedelta(minutes=at + seconds),
                wishes_since=after(seconds=at - 120),
            )
            return [row["tenant_id"] for row in rows]

    async def fencing(self) -> int:
        async with self.ground.database.courier() as db:
            return int(await db.fetchval("select fencing from wa_sessions"))

    async def note(self, owner: str, state: str, *, linked: bool | None = True) -> bool:
        async with self.ground.database.courier() as db:
            noted = await wa_sessions.note(
                db,
                self.tenant_id,
                owner,
                state=state,
                reason=None,
                qr_code=None,
                qr_expires_at=None,
                linked=linked,
                lid=None,
                now=NOON,
            )
            return noted is not None

    async def connect(self, owner: str, *, at: float = 0) -> None:
        await self.hold(owner, at=at)
        assert await self.note(owner, "connected")

    async def claim(self, owner: str = "a", *, at: float = 0) -> list[Outbound]:
        async with self.ground.database.courier() as db:
            return await outbox.claim(db, owner, now=after(seconds=at), limit=50)

    async def mark(
        self,
        message: Outbound,
        status: str,
        *,
        provider: str | None = None,
        not_before: datetime | None = None,
    ) -> None:
        async with self.ground.database.courier() as db:
            one = Mark(
                message.tenant_id, message.id, status, provider, None, after(seconds=5), not_before
            )
            await outbox.mark(db, [one])

    async def receipts(self, *marks: tuple[str, str], own_ids: bool = False) -> None:
        """Receipts (provider id, state), together, a minute after noon."""
        async with self.ground.database.courier() as db:
            await outbox.receipts(
                db,
                [
                    ReceiptMark(self.tenant_id, provider, state, after(minutes=1))
                    for provider, state in marks
                ],
                own_message_ids=own_ids,
            )

    async def doubt(self, owner: str) -> int:
        async with self.ground.database.courier() as db:
            return await outbox.doubt_abandoned(
                db, [self.tenant_id], owner, ask_from=after(minutes=10)
            )

    async def statuses(self) -> list[str]:
        async with self.ground.database.courier() as db:
            rows = await db.fetch("select status from outbound_messages order by id")
        return [row["status"] for row in rows]

    async def one(self) -> dict[str, object]:
        async with self.ground.database.courier() as db:
            return dict(await db.fetchrow("select * from outbound_messages") or {})


@pytest.fixture
async def box(ground: Ground) -> Outbox:
    return Outbox(ground, await ground.tenant())


@pytest.fixture
async def up(box: Outbox) -> Outbox:
    """The same, with the login connected and owned by `a`."""
    await box.connect("a")
    return box


def bodies(messages: list[Outbound]) -> list[str]:
    return [one.body for one in messages]


class TestOrder:
    async def test_one_message_of_each_chat_is_under_way_the_oldest_first(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"), (SARI, "2"), (BUDI, "3"), (SARI, "4"))
        first = await up.claim()
        assert bodies(first) == ["1", "2"]
        assert await up.claim() == []
        await up.mark(first[0], "sent")
        assert bodies(await up.claim()) == ["3"]
        await up.mark(first[1], "failed")
        assert bodies(await up.claim()) == ["4"]

    async def test_a_message_in_doubt_does_not_hold_its_chat_up(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"), (BUDI, "2"))
        [first] = await up.claim()
        await up.mark(first, "unknown")
        assert bodies(await up.claim()) == ["2"]

    async def test_a_message_to_be_tried_later_keeps_its_place(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"), (BUDI, "2"))
        [first] = await up.claim()
        await up.mark(first, "queued", not_before=after(seconds=4))
        assert await up.claim(at=3) == []
        [again] = await up.claim(at=4)
        assert (again.body, again.attempts) == ("1", 2)

    async def test_claims_at_once_never_take_the_same_message_or_two_of_a_chat(
        self, up: Outbox
    ) -> None:
        await up.queue(*[(f"62812{n % 5}", str(n)) for n in range(20)])
        rounds = await asyncio.gather(*(up.claim() for _ in range(8)))
        taken = [one for claimed in rounds for one in claimed]
        assert sorted(bodies(taken)) == ["0", "1", "2", "3", "4"]


class TestOwner:
    async def test_only_the_owner_of_a_living_lease_may_send(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"))
        assert await up.claim("b") == []
        assert bodies(await up.claim("a", at=3600)) == ["1"], "whatever the machine's clock says"

    async def test_nothing_is_claimed_when_the_lease_has_ended(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"))
        async with up.ground.database.courier() as db:
            await db.execute("update wa_sessions set lease_until = clock_timestamp()")
        assert await up.claim("a") == []

    @pytest.mark.parametrize("state", ["connecting", "interrupted", "logged_out", "banned"])
    async def test_nothing_is_claimed_while_the_login_is_not_up(
        self, up: Outbox, state: str
    ) -> None:
        await up.queue((BUDI, "1"))
        await up.note("a", state)
        assert await up.claim() == []

    async def test_a_restricted_login_still_sends(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"))
        await up.note("a", "restricted")
        assert bodies(await up.claim()) == ["1"]

    async def test_what_the_owner_before_had_begun_is_unknown_and_not_sent_again(
        self, up: Outbox
    ) -> None:
        await up.queue((BUDI, "1"), (BUDI, "2"))
        await up.claim()
        assert await up.doubt("a") == 0  # its own sends are not in doubt
        await up.hold("b", at=13)
        assert await up.doubt("b") == 1
        assert await up.statuses() == ["unknown", "queued"]
        await up.note("b", "connected")
        assert bodies(await up.claim("b", at=14)) == ["2"]
        assert await up.doubt("b") == 0

    async def test_a_late_mark_of_the_owner_before_does_not_touch_what_is_in_doubt(
        self, up: Outbox
    ) -> None:
        await up.queue((BUDI, "1"))
        [message] = await up.claim()
        await up.hold("b", at=13)
        await up.doubt("b")
        await up.mark(message, "queued")
        assert await up.statuses() == ["unknown"]


class TestReceipts:
    async def test_a_receipt_moves_a_message_forward_and_never_back(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"))
        [message] = await up.claim()
        await up.mark(message, "sent", provider="P1")
        for state, then in (
            ("sent", "sent"),
            ("delivered", "delivered"),
            ("sent", "delivered"),
            ("read", "read"),
            ("delivered", "read"),
            ("failed", "read"),
        ):
            await up.receipts(("P1", state))
            assert await up.statuses() == [then]

    async def test_of_receipts_that_come_together_the_farthest_counts(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"))
        [message] = await up.claim()
        await up.mark(message, "sent", provider="P1")
        await up.receipts(("P1", "read"), ("P1", "sent"), ("P1", "delivered"), ("P9", "read"))
        row = await up.one()
        assert (row["status"], row["delivered_at"]) == ("read", after(minutes=1))

    async def test_a_mark_that_comes_after_the_receipt_does_not_take_it_back(
        self, up: Outbox
    ) -> None:
        await up.queue((BUDI, "1"))
        [message] = await up.claim()
        await up.receipts((message.client_ref, "delivered"), own_ids=True)
        await up.mark(message, "sent", provider=message.client_ref)
        row = await up.one()
        assert (row["status"], row["sent_at"]) == ("delivered", after(minutes=1))

    async def test_a_receipt_settles_a_message_that_was_in_doubt(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"))
        [message] = await up.claim()
        await up.mark(message, "unknown")
        await up.receipts((message.client_ref, "sent"), own_ids=True)
        assert await up.statuses() == ["sent"]

    async def test_without_ids_of_our_own_the_provider_names_the_message(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"))
        [message] = await up.claim()
        await up.receipts((message.client_ref, "read"))
        assert await up.statuses() == ["sending"]
        await up.mark(message, "sent", provider="P1")
        await up.receipts(("P1", "read"))
        assert await up.statuses() == ["read"]

    async def test_a_message_that_failed_has_no_time_of_sending(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"))
        [message] = await up.claim()
        await up.receipts((message.client_ref, "failed"), own_ids=True)
        row = await up.one()
        assert (row["status"], row["sent_at"]) == ("failed", None)

    async def test_another_tenants_receipt_moves_nothing(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"))
        [message] = await up.claim()
        async with up.ground.database.courier() as db:
            stranger = ReceiptMark(TenantId(99), message.client_ref, "read", NOON)
            await outbox.receipts(db, [stranger], own_message_ids=True)
        assert await up.statuses() == ["sending"]


class TestWaiting:
    async def test_the_operator_sees_what_waits_since_when_and_what_is_held(
        self, up: Outbox
    ) -> None:
        await up.queue((BUDI, "1"), (SARI, "2"), (BUDI, "3"))
        first, _ = await up.claim()
        await up.mark(first, "sent")
        await up.ground.tamper(
            "update outbound_messages set reason = 'new_chats_held' where body = '3'"
        )
        async with up.ground.database.operator() as db:
            waiting = await outbox.waiting_by_tenant(db, [up.tenant_id, TenantId(99)])
            depths = await stats.queue_depths(db)
        assert waiting == {up.tenant_id: outbox.Waiting(2, NOON)}
        assert depths["held_new_chats_held"] == 1

    async def test_what_did_not_arrive_is_untold_until_its_time(self, up: Outbox) -> None:
        await up.queue((BUDI, "1"), (SARI, "2"))
        first, second = await up.claim()
        async with up.ground.database.courier() as db:
            await up.mark(first, "unknown", not_before=after(minutes=10))
            assert await outbox.untold_tenants(db, after(minutes=9)) == []
            assert await outbox.untold_tenants(db, after(minutes=10)) == [up.tenant_id]
            await up.receipts((first.client_ref, "delivered"), own_ids=True)
            assert await outbox.untold_tenants(db, after(minutes=10)) == []
            await up.mark(second, "sent", provider="P2")
            await up.receipts(("P2", "failed"))  # accepted at first, refused later: to be told
            assert await outbox.untold_tenants(db, after(minutes=10)) == [up.tenant_id]


class TestLeases:
    async def test_a_login_that_nobody_wants_is_not_held(self, box: Outbox) -> None:
        assert await box.hold("a", at=3600) == []

    async def test_a_wish_to_pair_is_a_reason_to_hold(self, box: Outbox) -> None:
        assert await box.hold("a") == [box.tenant_id]

    async def test_a_lease_is_never_taken_before_its_end(self, up: Outbox) -> None:
        assert await up.fencing() == 1
        assert await up.hold("b", at=12) == []
        assert await up.hold("a", at=12) == [up.tenant_id]  # renewed, same owner, same number
        assert await up.fencing() == 1
        assert await up.hold("b", at=24) == []
        assert await up.hold("b", at=24.1) == [up.tenant_id]
        assert await up.fencing() == 2
        assert await up.hold("a", at=25) == []

    async def test_a_released_login_can_be_taken_at_once(self, up: Outbox) -> None:
        async with up.ground.database.courier() as db:
            await wa_sessions.release(db, "b", [up.tenant_id])  # not its own: nothing happens
            assert await up.hold("b", at=1) == []
            await wa_sessions.release(db, "a", [up.tenant_id])
        assert await up.hold("b", at=1) == [up.tenant_id]
        assert await up.fencing() == 2

    async def test_only_the_owner_may_say_what_became_of_a_login(self, up: Outbox) -> None:
        await up.hold("b", at=13)
        assert not await up.note("a", "banned")
        assert await up.note("b", "interrupted")
        async with up.ground.database.courier() as db:
            assert await db.fetchval("select state from wa_sessions") == "interrupted"

    async def test_of_owners_that_reach_for_many_logins_at_once_each_gets_its_own(
        self, ground: Ground
    ) -> None:
        tenants = [await ground.tenant(f"0811-2222-22{n:02}", f"Toko {n}") for n in range(8)]
        box = Outbox(ground, tenants[0])
        owners = [f"owner {n}" for n in range(6)]
        for at in (0, 30, 60):  # each round, all leases of the round before have ended
            held = await asyncio.gather(*(box.hold(owner, at=at) for owner in owners))
            assert sorted(one for got in held for one in got) == tenants
        async with ground.database.courier() as db:
            fencing = await db.fetch("select fencing from wa_sessions")
        assert all(1 <= row["fencing"] <= 3 for row in fencing)

    async def test_an_inactive_tenants_closed_login_is_left_alone(self, up: Outbox) -> None:
        await up.note("a", "closed")
        await up.ground.tamper("update tenants set status = 'inactive'")
        assert await up.hold("b", at=60) == []
        await up.ground.tamper("update tenants set status = 'active'")
        assert await up.hold("b", at=60) == [up.tenant_id]
