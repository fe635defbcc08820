"""Two tenants side by side, the second with everything a tenant can have, all of it unmistakable.

`Pair` is what an attack starts from: `mine` is the attacker, `theirs` the tenant whose rows must
neither change nor be told. Their numbers begin where no number of `mine` is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from bukuhutang.base.ids import AgreementNumber, TenantId
from bukuhutang.tenancy.roles import KeyScope
from bukuhutang.usecases.api_keys import CreateKey, create_key
from bukuhutang.usecases.pairing import link_for
from bukuhutang.usecases.tenants import When
from tests.agreements.rig import Deal
from tests.chat.desk import Desk
from tests.store.catalog import open_catalog, tenant_tables
from tests.store.ground import NOON, Ground
from tests.usecases.rig import Shop

FIRST_NUMBER = 61_840
"""Their counters begin here: their debt 61841 is no number of anybody else."""

NOBODY = 73_950
"""And here is no number of anybody at all, in the same way of writing."""

COUNTED = (
    *("member", "borrower", "debt", "payment", "allocation", "reminder", "agreement", "api_key"),
)
NO_AGREEMENT = AgreementNumber(0)
Rows = dict[str, list[str]]


@dataclass(frozen=True)
class People:
    """Who and what a tenant's book is filled with."""

    shop: str
    phone: str
    debtor: str
    debtor_phone: str
    creditor: str
    signer: str
    signer_phone: str
    asked: str
    asked_phone: str
    staff: str
    staff_phone: str
    debt: int
    paid: int
    owed: int
    principal: int
    note: str
    link_secret: str
    key: str
    cookie: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no answer to anybody else may hold, however it is written."""
        words = (self.shop, self.debtor, self.creditor, self.signer, self.asked, self.staff)
        phones = (self.phone, self.debtor_phone, self.signer_phone, self.asked_phone)
        amounts = (self.debt, self.paid, self.owed, self.principal, self.debt - self.paid)
        return (
            *(word.lower() for word in words),
            *(phone[-9:] for phone in (*phones, self.staff_phone)),
            *(str(amount) for amount in amounts),
            *(self.note, self.link_secret, self.key, self.cookie),
        )


MINE = People(
    shop="Toko Dani",
    phone="6281111110001",
    debtor="Budi",
    debtor_phone="6281230000001",
    creditor="Bu Rina",
    signer="Siti",
    signer_phone="6281230000002",
    asked="Tono",
    asked_phone="6281230000003",
    staff="Wati",
    staff_phone="6281230000004",
    debt=500_000,
    paid=100_000,
    owed=250_000,
    principal=3_000_000,
    note="semen",
    link_secret="a" * 48,
    key="attacker" + "k" * 35,
    cookie="attacker" + "c" * 35,
)
TWIN = replace(
    MINE,
    phone="6281111110009",
    link_secret="c" * 48,
    key="twin" + "k" * 39,
    cookie="twin" + "c" * 39,
)
THEIRS = People(
    shop="Warung Xenofon",
    phone="6281377700001",
    debtor="Quirinus",
    debtor_phone="6281377700002",
    creditor="Yolandia",
    signer="Zbigniew",
    signer_phone="6281377700003",
    asked="Vercingetorix",
    asked_phone="6281377700004",
    staff="Wolframia",
    staff_phone="6281377700005",
    debt=7_654_321,
    paid=1_414_213,
    owed=2_718_281,
    principal=6_283_185,
    note="yttrium",
    link_secret="b" * 48,
    key="yttriumkey" + "k" * 33,
    cookie="yttriumcookie" + "c" * 30,
)


@dataclass
class Side:
    """One tenant with its doors, and the numbers of what it has."""

    ground: Ground
    tenant_id: TenantId
    people: People
    desk: Desk
    deal: Deal
    active: AgreementNumber = NO_AGREEMENT
    asked: AgreementNumber = NO_AGREEMENT
    draft: AgreementNumber = NO_AGREEMENT

    @property
    def key(self) -> str:
        """What a program of this tenant shows."""
        return f"bh_live_{int(self.tenant_id)}_{self.people.key}"

    async def one(self, statement: str, *args: object) -> Any:
        """A value of this tenant's rows."""
        async with self.ground.database.tenant_tx(self.tenant_id) as tx:
            return await tx.db.fetchval(statement, *args)


@dataclass
class Pair:
    """The attacker, the tenant it is after, and somebody exactly like the attacker."""

    ground: Ground
    mine: Side
    theirs: Side
    tables: tuple[str, ...]
    db: psycopg.Connection[tuple[str, str]]  # the superuser's, who sees everything

    def rows(self, side: Side, *, leave_out: Iterable[str] = ()) -> Rows:
        """Every row of a tenant, as text, by table."""
        tables = sorted({*self.tables, "tenants"} - set(leave_out))
        found: Rows = {table: [] for table in tables}
        for table, row in self.db.execute(
            sql.SQL(" union all ").join(_rows_of(one) for one in tables), {"id": side.tenant_id}
        ):
            found[table].append(row)
        self.db.rollback()  # the next look must see what was written since
        return found


def _rows_of(table: str) -> sql.Composable:
    key = "id" if table == "tenants" else "tenant_id"
    return sql.SQL("(select {}, to_jsonb(x)::text from {} x where {} = %(id)s order by id)").format(
        sql.Literal(table), sql.Identifier(table), sql.Identifier(key)
    )


TRAFFIC = frozenset(
    (
        *("inbound_messages", "outbound_messages", "dialogues", "rate_windows"),
        *("idempotency_keys", "api_keys", "sign_ins", "sign_in_codes", "quota_notices"),
    )
)
"""What a call leaves behind even when it is refused; everything else of a tenant are its facts."""


def changed(before: Rows, after: Rows) -> list[str]:
    """The tables that are not as they were, with what is new or gone."""
    return [
        f"{table}: {sorted(set(after[table]) ^ set(before[table]))}"
        for table in before
        if before[table] != after[table]
    ]


_SIGNS = re.compile(r"[.,\s\-+()/]")


def leaks(answer: str, *, given: str = "", of: People = THEIRS) -> list[str]:
    """Their secrets that `answer` holds although nobody had said them before it."""
    said, known = _plain(answer), _plain(given)
    found = [
        secret for secret in of.secrets if (plain := _plain(secret)) in said and plain not in known
    ]
    numbers = re.findall(rf"(?<!\d){FIRST_NUMBER // 10}\d(?!\d)", answer)
    return found + [one for one in numbers if one not in given]


def _plain(text: str) -> str:
    return _SIGNS.sub("", text.lower())


async def open_side(ground: Ground, people: People, *, first_number: int = 0) -> Side:
    """A tenant whose book has one of everything."""
    tenant_id = await ground.tenant(f"+{people.phone}", people.shop)
    if first_number:
        await ground.tamper(
            "update books set "  # noqa: S608  numbers
            + ", ".join(f"last_{kind} = {first_number}" for kind in COUNTED)
            + f" where tenant_id = {tenant_id}"
        )
    desk = Desk(ground, tenant_id, people.phone)
    deal = Deal(ground, Shop(ground.database, tenant_id, people.phone), seen=0)
    side = Side(ground, tenant_id, people, desk, deal)
    await _fill_book(side)
    await _fill_agreements(side)
    await _fill_doors(side)
    return side


async def _fill_book(side: Side) -> None:
    one, desk = side.people, side.desk
    await desk.say(f'PINJAM {one.debtor} {one.debt} 14hari 0{one.debtor_phone[2:]} "{one.note}"')
    await desk.say(f"HUTANG {one.creditor} {one.owed} 30hari")
    await desk.say(f"BAYAR {one.debtor} {one.paid}")
    await desk.say(f"INGATKAN {one.debtor}")
    await desk.say("SISA", sender=one.debtor_phone)
    await desk.member(one.staff_phone, one.staff)


async def _fill_agreements(side: Side) -> None:
    one, deal = side.people, side.deal
    side.active = await deal.active(
        name=one.signer, phone=one.signer_phone, principal=one.principal, penalty=True
    )
    await side.desk.say(f"BAYAR CICILAN {one.signer} {one.paid}")
    side.asked = await deal.sent(name=one.asked, phone=one.asked_phone, principal=one.principal)
    side.draft = await deal.draft(name=one.debtor, phone=one.debtor_phone, principal=one.principal)
    await side.desk.say(f"BUAT PERJANJIAN {one.debtor} {one.principal}")


async def _fill_doors(side: Side) -> None:
    """What other doors leave behind: links, keys, sign-ins, meters, mail."""
    one, ground = side.people, side.ground
    await link_for(ground.database, side.tenant_id, one.link_secret, When(NOON, NOON))
    async with side.deal.shop.book() as book:
        await create_key(book, CreateKey("buku kas", KeyScope.WRITE), one.key)
    at, month = NOON, NOON.date().replace(day=1)
    later = NOON + timedelta(days=3650)
    key, cookie = (hashlib.sha256(secret.encode()).digest() for secret in (side.key, one.cookie))
    rows: dict[str, dict[str, object]] = {
        "sign_ins": {
            **{"member_id": 1, "token_hash": cookie, "created_at": at, "rotated_at": at},
            **{"seen_at": at, "expires_at": later},
        },
        "sign_in_codes": {
            **{"member_id": 1, "code_hash": cookie, "asked_at": at, "expires_at": at},
        },
        "usage_meters": {"meter": "ai_credits", "month": month, "used": 7},
        "quota_notices": {
            "quota": "debts",
            "month": month,
            "quota_max": 50,
            "percent": 80,
            "told_at": at,
        },
        "rate_windows": {"kind": "chat", "key": one.debtor_phone, "started_at": at},
        "idempotency_keys": {
            **{"key": one.note, "request_hash": key, "status": 201, "headers": "{}"},
            **{"body": one.debtor, "created_at": at},
        },
        "mail_messages": {
            **{"key": one.note, "recipient": f"{one.note}@example.com", "subject": one.shop},
            **{"body": one.debtor, "queued_at": at},
        },
        "ai_credit_grants": {"amount": 5, "created_at": at, "actor": "operator"},
        "wa_chats": {"chat_id": one.debtor_phone, "new_chat": False},
        "cloud_windows": {"chat_id": one.debtor_phone, "heard_at": at},
    }
    with psycopg.connect(ground.superuser_dsn) as db:
        for table, row in rows.items():
            row["tenant_id"] = side.tenant_id
            db.execute(
                sql.SQL("insert into {} ({}) values ({}) on conflict do nothing").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(map(sql.Identifier, row)),
                    sql.SQL(", ").join(map(sql.Placeholder, row)),
                ),
                row,
            )


async def open_pair(ground: Ground) -> Pair:
    """The attacker and the other tenant; fails when a table was added that they have no row of."""
    mine = await open_side(ground, MINE)
    theirs = await open_side(ground, THEIRS, first_number=FIRST_NUMBER)
    with open_catalog(ground.superuser_dsn) as catalog:
        tables = tuple(one["name"] for one in tenant_tables(catalog))
    pair = Pair(ground, mine, theirs, tables, psycopg.connect(ground.superuser_dsn))
    rows = pair.rows(theirs)
    empty = sorted(table for table, found in rows.items() if not found)
    assert not empty, f"nothing to attack in {empty}: let tests/isolation/two.py fill them"
    return pair


async def file_of(side: Side) -> UUID:
    """A file of this tenant."""
    found: UUID = await side.one("select id from files limit 1")
    return found
