"""What the service writes about its work names nobody: a run of the real process, then grep."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psycopg
import pytest

from bukuhutang.base.faults import described, exceptions_without_values, traced
from bukuhutang.main.logs import LibraryLines, mask_numbers, masked
from tests.chaos.killing import superuser_dsn
from tests.support.service import KEY, RunningService, running_service

OWNER, DEBTOR, STRANGER = "081377700001", "081377700002", "081377700003"
SHOP, NAME, NOTE = "Warung Xenofon", "Quirinus", "yttrium"
POISON, FAULTY_SHOP = "wolframite", "Toko Zbigniew"
WRONG_KEY = "wrong-key-zirconium"
SECRETS = (
    *("377700001", "377700002", "377700003", "xenofon", "quirinus", "zbigniew", "zirconium"),
    *(NOTE, POISON, "7654321", "7.654.321", "1414213", "1.414.213", KEY.lower()),
)
PATIENCE_SECONDS = 20
KEYS_MADE: list[str] = []
FAILS = f"""
create function fail() returns trigger language plpgsql as $$begin
    raise exception 'cannot keep %', new using detail = new::text, hint = new::text;
end$$;
create trigger fail before insert on debts for each row when (new.note = '{POISON}')
    execute function fail();
create function fail_loudly() returns trigger language plpgsql as $$begin
    raise check_violation using message = new::text, detail = new::text;
end$$;
create trigger fail before insert on tenants for each row when (new.name = '{FAULTY_SHOP}')
    execute function fail_loudly();
"""


@pytest.fixture(scope="module")
async def lived() -> AsyncIterator[RunningService]:
    """A service that has lived through everything, and ended."""
    async with running_service() as service:
        async with service.http() as http:
            link = await _register(http)
            await _chat(http)
            await _knock(http, service.address)
            await _fail(service, http)
            await _attack(service, link)
        await service.stop()
        yield service


async def _register(http: httpx.AsyncClient) -> str:
    made = await http.post("/admin/tenants/register", json={"phoneNumber": OWNER, "name": SHOP})
    assert made.status_code == 201
    link: str = (await http.post("/admin/tenant/1/link")).json()["url"]
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (shown := (await http.get("/admin/tenant/1/qr"))).is_success:  # noqa: ASYNC110  it polls
            await asyncio.sleep(0.05)
    code = shown.json()["qr"]
    assert (await http.post(f"/simulator/phones/{OWNER}/scan", json={"qr": code})).is_success
    return link


async def _say(http: httpx.AsyncClient, text: str, *, by: str = OWNER, to: str = OWNER) -> None:
    said = await http.post(f"/simulator/phones/{by}/messages", json={"to": to, "text": text})
    assert said.is_success, said.text


async def _rest(http: httpx.AsyncClient) -> None:
    assert (await http.post("/simulator/idle", params={"timeout": PATIENCE_SECONDS})).is_success


async def _chat(http: httpx.AsyncClient) -> None:
    await _rest(http)
    for text in (
        f'PINJAM {NAME} 7654321 14hari {DEBTOR} "{NOTE}"',
        *(f"BAYAR {NAME} 1414213", f"INGATKAN {NAME}", f"HUTANG {NAME} 7654321 30hari"),
        *(f"NOMOR {NAME} 12", "STATUS", "RIWAYAT", f"apa kabar {NAME} {DEBTOR}", "BATAL"),
        *(f"BUAT PERJANJIAN {NAME} 7654321 10x", "1", f"{NAME} {NOTE}", "x" * 5_000),
    ):
        await _say(http, text)
        await _rest(http)
    for text in ("SISA", "STOP", NOTE):
        await _say(http, text, by=DEBTOR)
        await _say(http, text, by=STRANGER)
    await _rest(http)


async def _knock(http: httpx.AsyncClient, address: str) -> None:
    """A program with a key, right and wrong, and a browser that asks for a code."""
    wish = {"name": NAME, "scope": "write"}
    key: str = (await http.post("/admin/tenant/1/keys", json=wish)).json()["key"]["key"]
    async with httpx.AsyncClient(base_url=address) as anybody:
        for offered in (key, f"bh_live_1_{WRONG_KEY * 2}"):
            headers = {"Authorization": f"Bearer {offered}", "Idempotency-Key": NOTE}
            body = {"name": NAME, "amount": 7_654_321, "note": NOTE}
            await anybody.get("/api/v1/borrowers", params={"search": NAME}, headers=headers)
            await anybody.post("/api/v1/debts", json=body, headers=headers)
        for number in (OWNER, STRANGER):
            await anybody.post("/sign-in/code", json={"phoneNumber": number})
            wrong = {"phoneNumber": number, "code": "765432"}
            assert (await anybody.post("/sign-in", json=wrong)).status_code in (401, 403, 422)
    await _rest(http)
    KEYS_MADE.append(key[-43:].lower())


async def _fail(service: RunningService, http: httpx.AsyncClient) -> None:
    """Faults whose messages hold all that somebody wrote; one message is set aside."""
    with psycopg.connect(superuser_dsn(service), autocommit=True) as db:
        db.execute(FAILS)
        body = {"phoneNumber": STRANGER, "name": FAULTY_SHOP}
        assert (await http.post("/admin/tenants/register", json=body)).status_code == 500
        await _say(http, f'PINJAM {NAME} 7654321 14hari "{POISON}"')
        async with asyncio.timeout(PATIENCE_SECONDS):
            log = service.folder / "log"
            while "message_failed" not in log.read_text():  # noqa: ASYNC110  another process
                await asyncio.sleep(0.05)
        # As if it had been tried often: the next time is the last.
        db.execute("update inbound_messages set attempts = 5 where status = 'pending'")
        with suppress(psycopg.Error):  # what a person at a prompt does is logged by the server
            db.execute(
                "insert into users values (1, 1, %s, %s, 'owner', now())", (f"62{OWNER[1:]}", NAME)
            )
        with suppress(psycopg.Error):
            db.execute(f"select '{NAME} {DEBTOR}'::bigint")
    await http.post(f"/simulator/phones/{OWNER}/connection", json={"state": "offline"})
    await http.post(f"/simulator/phones/{OWNER}/connection", json={"state": "online"})


async def _attack(service: RunningService, link: str) -> None:
    """Calls that are refused, with everything in them that could be written down."""
    token = link.rpartition("/")[2]
    async with httpx.AsyncClient(base_url=service.address) as http:
        for method, path, more in (
            ("GET", "/admin/tenants", {"headers": {"X-API-Key": WRONG_KEY}}),
            ("GET", f"/admin/tenants?search={NAME}", {}),
            ("GET", f"/admin/tenant/62{DEBTOR[1:]}", {"headers": {"X-API-Key": KEY}}),
            ("POST", "/admin/tenants/register", {"content": f'{{"name": "{NAME}', "key": True}),
            ("POST", "/admin/tenants/register", {"json": {NAME: DEBTOR}, "key": True}),
            ("GET", f"/{NAME}/{DEBTOR}", {}),
            ("GET", f"/link/{token}", {}),
            ("GET", f"/link/{token}x", {}),
            ("GET", f"/verify/1-1-{NOTE * 6}", {}),
            ("POST", "/webhooks/whatsapp", {"content": f"{NAME} {DEBTOR}"}),
            (NAME.upper(), "/admin/stats", {}),
        ):
            options: dict[str, Any] = dict(more)
            if options.pop("key", False):
                options["headers"] = {"X-API-Key": KEY, "Content-Type": "application/json"}
            await http.request(method, path, **options)
    reader, writer = await asyncio.open_connection(*_place(service.address))
    writer.write(f"NONSENSE {NAME} {DEBTOR}\r\n\r\n".encode())
    await writer.drain()
    await reader.read()
    writer.close()


def _place(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition("/")[2].partition(":")
    return host, int(port)


def _written(service: RunningService) -> dict[Path, str]:
    """Every file that tells of the work: not the books, and not the simulated phones themselves."""
    files = [service.folder / "log", *(service.folder / "data").rglob("*log*/*")]
    return {one: one.read_text(errors="replace") for one in files if _tells(one)}


def _tells(path: Path) -> bool:
    parts = set(path.parts)
    return path.is_file() and not parts & {"cluster", "base", "pg_wal", "simulator"}


def test_no_log_names_anybody_or_shows_a_key(lived: RunningService) -> None:
    written = _written(lived)
    assert KEYS_MADE
    assert any(path.name == "postgres.log" for path in written), sorted(written)
    found = [
        f"{path.name}: {secret} in {line[:300]}"
        for path, text in written.items()
        for line in text.splitlines()
        for secret in (*SECRETS, *KEYS_MADE)
        if secret in line.lower()
    ]
    assert found == []


def test_the_log_tells_what_failed_and_where(lived: RunningService) -> None:
    text = (lived.folder / "log").read_text()
    for told in ("message_failed", "request failed", "sqlstate=P0001", "sqlstate=23514"):
        assert told in text, told
    assert re.search(r'store/changes\.py\\", line \d+', text)


def trouble(values: str) -> Exception:
    """A fault that was caused by another one, both with values."""
    try:
        try:
            int(values)
        except ValueError as inner:
            raise KeyError(values) from inner
    except KeyError as outer:
        return outer
    raise AssertionError("it was a number")


class TestLines:
    VALUES = f"{NAME} +62 813-7770-0002"

    def test_an_exception_is_told_by_kind_and_place(self) -> None:
        told = traced(trouble(self.VALUES))
        assert "ValueError" in told
        assert "KeyError" in told
        assert "test_logs.py" in told
        assert NAME not in told

    def test_so_are_those_in_a_group(self) -> None:
        told = traced(ExceptionGroup(NAME, [trouble(self.VALUES), trouble(self.VALUES)]))
        assert told.count("\nKeyError") == 2
        assert NAME not in told

    def test_of_the_database_what_helps_is_kept(self) -> None:
        fault = asyncpg.UniqueViolationError(f"Key (name)=({NAME}) already exists")
        fault.constraint_name = "users_tenant_id_phone_number_key"
        told = described(fault)
        assert told == (
            "UniqueViolationError sqlstate=23505 constraint_name=users_tenant_id_phone_number_key"
        )

    def test_a_library_shows_neither_objects_nor_values(self) -> None:
        lines = LibraryLines("%(name)s: %(message)s")
        fault = trouble(self.VALUES)
        raised = (type(fault), fault, fault.__traceback__)
        message = "Task exception was never retrieved 6281377700002\nfuture: %r"
        record = logging.LogRecord("asyncio", 40, "x.py", 1, message, (fault,), raised)
        told = lines.format(record)
        assert told.startswith("asyncio: Task exception was never retrieved 62…002\n")
        assert NAME not in told

    def test_our_own_lines_have_exceptions_without_values(self) -> None:
        fault = trouble(self.VALUES)
        event = exceptions_without_values(None, "error", {"event": "x", "exc_info": fault})
        assert NAME not in str(event)
        assert "KeyError" in event["exception"]

    @pytest.mark.parametrize(
        "number",
        [
            *("6281377700002", "+6281377700002", "081377700002", "0813-7770-0002", "6591234567"),
            *("+62 813-7770-0002", "62 813 7770 0002", "6281377700002@s.whatsapp.net"),
        ],
    )
    def test_a_number_is_cut_short_however_it_is_written(self, number: str) -> None:
        event = {"event": f"to {number} now", "more": [number]}
        assert "77700" not in re.sub(r"\D", "", str(mask_numbers(None, "info", event)))
        assert "912345" not in str(event)

    def test_what_is_no_number_stays(self) -> None:
        for text in ("2026-11-25T02:20:02.123456Z", "3f2b8c1d-1234-4234-8234-446655440000", "0.25"):
            assert masked(text) == text

    def test_a_key_is_cut_short(self) -> None:
        assert masked("wrong bh_live_abc-DEF_123 here") == "wrong bh_live_… here"
