"""The small parts of the linked-device driver: frames, waiting times, stamps, rows."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bukuhutang.base.clock import MovableClock, SystemClock
from bukuhutang.base.ids import ChatId, PhoneNumber, TenantId
from bukuhutang.messaging import driver as wa
from bukuhutang.messaging.drivers import neonize_backoff as backoff
from bukuhutang.messaging.drivers import neonize_wire as wire
from bukuhutang.messaging.drivers.neonize_frames import (
    BODY_BYTES_MAX,
    LENGTHS,
    Frame,
    FrameBroken,
    packed,
    read_frame,
)
from bukuhutang.messaging.drivers.neonize_rows import LoginRows
from bukuhutang.messaging.drivers.neonize_store import (
    FolderLogin,
    StoreBroken,
    StorePlace,
    fate_of_send,
)

TENANT = TenantId(7)
STAMP = "20260101T000000"
MESSAGE = 17

# --- frames ---------------------------------------------------------------------------------------


async def frames_in(wire_bytes: bytes) -> list[Frame]:
    """Everything that can be read before the end."""
    reader = asyncio.StreamReader()
    reader.feed_data(wire_bytes)
    reader.feed_eof()
    found = []
    while (frame := await read_frame(reader)) is not None:
        found.append(frame)
    return found


async def test_frames_keep_their_bytes_and_their_order() -> None:
    sent = [Frame({"n": n, "t": "“é”"}, bytes(range(256)) * n) for n in range(4)]
    assert await frames_in(b"".join(packed(one) for one in sent)) == sent


async def test_half_a_frame_is_the_end_and_nonsense_is_refused() -> None:
    whole = packed(Frame({"n": 1}, b"abc"))
    assert await frames_in(whole + whole[:-1]) == [Frame({"n": 1}, b"abc")]
    for broken in (b"garbage, not a frame of ours", LENGTHS.pack(3, 0) + b"{x}"):
        with pytest.raises(FrameBroken):
            await frames_in(broken)
    with pytest.raises(FrameBroken):
        await frames_in(LENGTHS.pack(2, BODY_BYTES_MAX + 1) + b"{}")
    with pytest.raises(FrameBroken):
        await frames_in(LENGTHS.pack(2, 0) + b"[]")


# --- waiting --------------------------------------------------------------------------------------


@given(tries=st.integers(1, 1_000), lot=st.floats(0, 1))
def test_waiting_grows_to_a_limit_and_is_spread(tries: int, lot: float) -> None:
    waited = backoff.delay(tries, lot, first=0.5, longest=60)
    middle = min(60, 0.5 * 2 ** min(tries - 1, 30))
    assert middle * 0.5 <= waited <= middle * 1.5


def test_who_kills_its_processes_is_soon_alone_and_then_given_up() -> None:
    record = backoff.Record()
    company = []
    for number in range(backoff.DEATHS_MAX):
        assert not record.hopeless
        record.died(float(number))
        company.append(record.company_max(25))
    assert company[:5] == [12, 6, 3, 1, 1]
    assert record.hopeless
    record.forgive(1_000.0)
    assert (record.hopeless, record.company_max(25)) == (False, 25)


# --- the wire -------------------------------------------------------------------------------------


def a_message(**more: object) -> wa.MessageReceived:
    """A message with every field set."""
    fields: dict[str, object] = {
        "id": "M1",
        "chat": ChatId("6281222222222"),
        "chat_lid": "96281222222222@lid",
        "sender": PhoneNumber("6281222222222"),
        "sender_lid": "96281222222222@lid",
        "from_me": False,
        "self_chat": False,
        "group": False,
        "at": datetime.fromtimestamp(0, UTC),
        "text": "halo",
        "document": wa.Document("a.pdf", "application/pdf", 9, handle=b"\x00key"),
        "kind": wa.MessageKind.DOCUMENT,
        "refers_to": "Q1",
        "contacts": (wa.ContactCard("Budi", None),),
    }
    return wa.MessageReceived(**(fields | more))  # type: ignore[arg-type]


def test_a_message_crosses_the_wire_unchanged_but_for_its_time() -> None:
    sent = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    reported = wire.message(a_message(), sent.timestamp())
    assert wire.event_of(reported.fields, reported.body, SystemClock()) == a_message(at=sent)


def test_a_stamp_no_phone_can_have_is_now_and_time_travel_moves_it() -> None:
    clock = MovableClock()
    clock.advance(timedelta(days=40))
    now = clock.now()
    for wrong in (0.0, 4e18, now.timestamp() + 1e9, (now - timedelta(days=90)).timestamp()):
        assert abs(wire.business_time(wrong, clock) - now) < timedelta(seconds=5)
    an_hour_ago = clock.machine_now() - timedelta(hours=1)
    stamped = wire.business_time(an_hour_ago.timestamp(), clock)
    assert stamped == an_hour_ago + timedelta(days=40)


def test_every_state_crosses_the_wire() -> None:
    states: list[tuple[wire.Reported, wa.Event]] = [
        (wire.state("connected"), wa.Connected()),
        (wire.state("disconnected", reason="x", ended=True), wa.Disconnected("x")),
        (wire.state("logged_out", reason="r"), wa.LoggedOut("r")),
        (wire.state("replaced"), wa.Replaced()),
        (wire.state("outdated"), wa.ClientOutdated()),
        (wire.state("restricted"), wa.Restricted()),
        (wire.state("undecryptable", id="U"), wa.Undecryptable("U")),
        (wire.state("pair_code", code="ABCD-EFGH"), wa.PairCodeShown("ABCD-EFGH")),
        (wire.state("pairing_failed", reason="passkey"), wa.PairingFailed("passkey")),
        (wire.state("temporarily_banned", code=104, seconds=None), wa.TemporarilyBanned(104, None)),
        (
            wire.receipt(("a",), wa.ReceiptState.READ),
            wa.ReceiptReceived(("a",), wa.ReceiptState.READ),
        ),
    ]
    for reported, event in states:
        assert wire.event_of(reported.fields, reported.body, SystemClock()) == event
    with pytest.raises(ValueError, match="no event"):
        wire.event_of({"kind": "nonsense"}, b"", SystemClock())
    for outcome in (wa.Accepted("a"), wa.Unknown("u"), wa.Rejected("r", retry=True)):
        assert wire.outcome_of(wire.outcome_fields(outcome)) == outcome


# --- rows and files -------------------------------------------------------------------------------


def login_in(folder: Path) -> FolderLogin:
    """A tenant's empty folder."""
    login = StorePlace(folder).of(TENANT)
    assert isinstance(login, FolderLogin)
    login.prepare()
    return login


def test_events_are_kept_in_order_over_a_crash_and_set_apart_when_unreadable(
    tmp_path: Path,
) -> None:
    login = login_in(tmp_path)
    rows = login.rows(STAMP)
    for number in range(5):
        rows.keep(MESSAGE, bytes([number]))
    # Another process opens what the first one has never closed.
    again = login.rows(STAMP)
    waiting = again.waiting(10)
    assert [raw for _, _, raw, _ in waiting] == [bytes([number]) for number in range(5)]
    again.set_apart(waiting[1][0], "unreadable")
    again.attempted(waiting[2][0])
    again.done(waiting[0][0])
    assert [(raw, tried) for _, _, raw, tried in again.waiting(10)] == [
        (b"\x02", 1),
        (b"\x03", 0),
        (b"\x04", 0),
    ]
    assert again.apart() == [(MESSAGE, "unreadable")]
    again.close()
    rows.close()
    assert oct(login.folder.stat().st_mode)[-3:] == "700"


def test_many_threads_keep_events_and_lose_none(tmp_path: Path) -> None:
    rows = login_in(tmp_path).rows(STAMP)

    def keep(first: int) -> None:
        for number in range(25):
            rows.keep(MESSAGE, f"{first}-{number}".encode())

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    while any(one.is_alive() for one in threads):
        rows.waiting(5)
    kept = [raw.decode() for _, _, raw, _ in rows.waiting(500)]
    assert len(kept) == 100
    for first in range(4):
        own = [one for one in kept if one.startswith(f"{first}-")]
        assert own == [f"{first}-{number}" for number in range(25)]
    rows.close()


def test_a_broken_spool_is_set_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    login = login_in(tmp_path)
    (login.folder / "spool.sqlite").write_bytes(b"no database at all" * 100)
    rows = login.rows(STAMP)
    rows.keep(MESSAGE, b"x")
    assert len(rows.waiting(5)) == 1
    rows.close()
    assert (login.folder / f"spool.sqlite.broken-{STAMP}").exists()


def a_device(login: FolderLogin) -> sqlite3.Connection:
    """What the library's file looks like to us."""
    db = sqlite3.connect(login.device_name)
    db.execute("create table whatsmeow_device (jid text, lid text)")
    db.execute("create table whatsmeow_message_secrets (message_id text, key blob)")
    db.execute("insert into whatsmeow_device values ('62811:5@s.whatsapp.net', '962811:5@lid')")
    db.commit()
    return db


def test_a_broken_device_is_set_aside_and_nothing_else_is_lost(tmp_path: Path) -> None:
    login = login_in(tmp_path)
    assert not login.is_linked()
    a_device(login).close()
    assert login.is_linked()
    rows = login.rows(STAMP)
    rows.keep(MESSAGE, b"x")
    content = bytearray(Path(login.device_name).read_bytes())
    content[20:4000] = b"\x7f" * 3980
    Path(login.device_name).write_bytes(bytes(content))
    with pytest.raises(StoreBroken):
        login.check()
    assert login.is_linked(), "the start tells that it is broken, not this question"
    login.set_broken_aside(STAMP)
    assert not login.is_linked()
    login.forget_device()
    assert [path.name for path in login.folder.glob("*broken*")] == [
        f"device.sqlite.broken-{STAMP}"
    ]
    assert len(rows.waiting(5)) == 1
    rows.close()


def test_what_became_of_a_message_is_read_from_its_mark(tmp_path: Path) -> None:
    login = login_in(tmp_path)
    db = a_device(login)
    rows: LoginRows = login.rows(STAMP)
    assert fate_of_send(login, rows, "r1") is None, "never begun"
    assert rows.begin_send("r1", b"mark-1")
    assert fate_of_send(login, rows, "r1") is None, "begun, never handed over"
    db.execute("insert into whatsmeow_message_secrets values ('WA1', ?)", [b"mark-1"])
    db.commit()
    assert isinstance(fate_of_send(login, rows, "r1"), wa.Unknown)
    assert not rows.begin_send("r1", b"mark-2"), "it may have left: not again"
    assert login.secret_by_message_id("WA1") == b"mark-1"
    assert rows.reference_by_secret(b"mark-1") == "r1"
    rows.sent("r1", "WA1")
    assert fate_of_send(login, rows, "r1") == wa.Accepted("r1")
    assert rows.reference_of("WA1") == "r1"
    rows.close()
    db.close()
