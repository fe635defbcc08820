"""A webhook is split into all that it holds; what cannot be read takes nothing along."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bukuhutang.messaging.cloud_webhook import Parts, Unreadable, split
from bukuhutang.messaging.driver import (
    ContactCard,
    MessageKind,
    MessageReceived,
    ReceiptReceived,
    ReceiptState,
)
from tests.cloud.fake_graph import FakeGraph, Sent, wrapped

BUDI, SARI = "6281222222222", "6281333333333"
AT = datetime(2026, 2, 18, 5, 0, tzinfo=UTC)
GRAPH = FakeGraph("http://127.0.0.1:1", lambda: AT)


def parts(posted: Any) -> Parts:
    """What the service makes of a body."""
    return split(json.dumps(posted).encode())


def read(typ: str, content: Any, **more: Any) -> MessageReceived:
    """The one message of a webhook with one message."""
    found = parts(GRAPH.body("1", GRAPH.message(BUDI, typ, content, **more)))
    assert not found.problems
    (only,) = found.events
    assert isinstance(only.event, MessageReceived)
    return only.event


def test_two_messages_in_one_webhook_are_two_in_their_order() -> None:
    found = parts(GRAPH.body("42", GRAPH.text(BUDI, "satu"), GRAPH.text(SARI, "dua")))
    events = [one.event for one in found.events]
    assert [(one.text, one.chat) for one in events if isinstance(one, MessageReceived)] == [
        ("satu", BUDI),
        ("dua", SARI),
    ]
    assert {one.phone_id for one in found.events} == {"42"}


def test_one_webhook_may_bring_messages_for_several_numbers_and_statuses() -> None:
    first = GRAPH.body("1", GRAPH.text(BUDI, "a"))["entry"][0]["changes"][0]["value"]
    status = {"id": "w", "status": "read", "timestamp": "1"}
    second = {"metadata": {"phone_number_id": "2"}, "statuses": [status]}
    found = parts(wrapped(first, second))
    assert [one.phone_id for one in found.events] == ["1", "2"]
    assert found.events[1].event == ReceiptReceived(("w",), ReceiptState.READ)


def test_a_sender_without_a_user_id_or_contact_is_read_all_the_same() -> None:
    posted = GRAPH.body("1", GRAPH.text(BUDI, "halo"))
    del posted["entry"][0]["changes"][0]["value"]["contacts"]
    (only,) = parts(posted).events
    assert isinstance(only.event, MessageReceived)
    assert (only.event.sender, only.event.at, only.event.from_me) == (BUDI, AT, False)


def test_a_sender_without_a_number_is_a_chat_of_its_own() -> None:
    message = GRAPH.text("", "halo", from_user_id="ID.123456")
    (only,) = parts(GRAPH.body("1", message)).events
    assert isinstance(only.event, MessageReceived)
    assert (only.event.sender, only.event.chat) == (None, "ID.123456")


@pytest.mark.parametrize(
    ("typ", "content", "kind", "text"),
    [
        ("button", {"payload": "p", "text": "SETUJU"}, MessageKind.TEXT, "SETUJU"),
        (
            "interactive",
            {"type": "button_reply", "button_reply": {"id": "1", "title": "Ya"}},
            MessageKind.TEXT,
            "Ya",
        ),
        (
            "interactive",
            {"type": "list_reply", "list_reply": {"id": "1", "title": "Dua"}},
            MessageKind.TEXT,
            "Dua",
        ),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {}}, MessageKind.OTHER, ""),
        ("sticker", {"id": "9"}, MessageKind.OTHER, ""),
        ("audio", {"id": "9", "voice": True}, MessageKind.VOICE, ""),
        ("location", {"latitude": 1}, MessageKind.OTHER, ""),
        ("unsupported", {}, MessageKind.OTHER, ""),
        ("something_new", None, MessageKind.OTHER, ""),
    ],
)
def test_every_kind_has_its_place(typ: str, content: Any, kind: MessageKind, text: str) -> None:
    event = read(typ, content)
    assert (event.kind, event.text) == (kind, text)


def test_a_quoted_message_is_named() -> None:
    assert read("text", {"body": "ya"}, context={"id": "wamid.asked"}).refers_to == "wamid.asked"


def test_reactions_edits_and_deletions_name_their_message() -> None:
    like = read("reaction", {"message_id": "w1", "emoji": "👍"})
    assert (like.kind, like.text, like.refers_to) == (MessageKind.REACTION, "👍", "w1")
    taken_back = read("reaction", {"message_id": "w1"})
    assert (taken_back.kind, taken_back.text) == (MessageKind.REACTION, "")
    new = {"type": "text", "text": {"body": "600rb"}}
    edit = read("edit", {"original_message_id": "w2", "message": new})
    assert (edit.kind, edit.text, edit.refers_to) == (MessageKind.EDIT, "600rb", "w2")
    gone = read("revoke", {"original_message_id": "w3"})
    assert (gone.kind, gone.refers_to) == (MessageKind.DELETION, "w3")


def test_files_carry_what_fetches_them() -> None:
    file = {"id": "77", "filename": "ktp.pdf", "mime_type": "application/pdf", "caption": "KTP"}
    event = read("document", file)
    assert event.document is not None
    assert (event.kind, event.text) == (MessageKind.DOCUMENT, "KTP")
    assert (event.document.file_name, event.document.mime_type) == ("ktp.pdf", "application/pdf")
    assert event.document.handle == b"77"
    assert read("image", {"id": "78"}).kind is MessageKind.IMAGE


def test_cards_are_people_with_their_first_readable_number() -> None:
    cards = [
        {"name": {"formatted_name": "Budi"}, "phones": [{"phone": "0812 2222 2222"}]},
        {"name": {"formatted_name": "Sari"}, "phones": [{"wa_id": SARI}]},
        {"name": {"formatted_name": "Tono"}},
    ]
    assert read("contacts", cards).contacts == (
        ContactCard("Budi", BUDI),  # type: ignore[arg-type]
        ContactCard("Sari", SARI),  # type: ignore[arg-type]
        ContactCard("Tono", None),
    )


def test_a_group_is_known_as_one() -> None:
    assert read("text", {"body": "halo"}, group_id="g1").group


def test_a_failed_status_says_why_and_which_message_of_ours_it_was() -> None:
    sent = Sent("wamid.1", "1", BUDI, "text", "x", "in:5:1", {})
    (only,) = parts(GRAPH.status(sent, "failed", 131047)).events
    assert only.event == ReceiptReceived(
        ("wamid.1",), ReceiptState.FAILED, "in:5:1", "window_closed"
    )


def test_a_status_that_moves_nothing_is_passed_over() -> None:
    sent = Sent("wamid.1", "1", BUDI, "text", "x", None, {})
    assert parts(GRAPH.status(sent, "deleted")) == Parts((), ())


def test_what_we_did_not_subscribe_to_is_passed_over() -> None:
    assert parts(wrapped({"event": "BANNED"}, field="account_update")) == Parts((), ())


@pytest.mark.parametrize(
    "broken",
    [
        {"from": BUDI, "type": "text", "text": {"body": "x"}, "timestamp": "1"},
        {"from": BUDI, "id": 5, "type": "text", "text": {"body": "x"}, "timestamp": "1"},
        {"from": BUDI, "id": "w", "type": "text", "text": "x", "timestamp": "1"},
        {"from": BUDI, "id": "w", "type": "text", "text": {"body": 5}, "timestamp": "1"},
        {"from": BUDI, "id": "w", "type": "text", "text": {"body": "x"}, "timestamp": "soon"},
        {"from": BUDI, "id": "w", "type": "text", "text": {"body": "x"}, "timestamp": "9" * 15},
        {"from": 62, "id": "w", "type": "text", "text": {"body": "x"}, "timestamp": "1"},
        {"id": "w", "type": "text", "text": {"body": "x"}, "timestamp": "1"},
        {"from": BUDI, "id": "w", "type": "document", "document": {}, "timestamp": "1"},
        "nonsense",
        None,
    ],
)
def test_a_broken_message_is_named_and_its_neighbour_read(broken: Any) -> None:
    posted = GRAPH.body("1", GRAPH.text(SARI, "utuh"))
    posted["entry"][0]["changes"][0]["value"]["messages"].insert(0, broken)
    found = parts(posted)
    assert [getattr(one.event, "text", None) for one in found.events] == ["utuh"]
    assert len(found.problems) == 1
    assert "messages 0" in found.problems[0]


@pytest.mark.parametrize(
    "posted",
    [
        {"entry": [5, {"changes": 7}, {"changes": [None, {"field": "messages", "value": 1}]}]},
        wrapped({"metadata": {}, "messages": []}),
        wrapped({"metadata": {"phone_number_id": "1"}, "messages": {}, "statuses": "x"}),
    ],
)
def test_wrong_types_anywhere_are_problems_and_not_exceptions(posted: Any) -> None:
    found = parts(posted)
    assert found.problems
    assert not found.events


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"5", b'{"entry": 1}', b"\xff", b"[" * 99_999])
def test_what_is_no_webhook_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        split(body)


def test_text_no_database_stores_is_made_whole() -> None:
    assert read("text", {"body": "a\x00b\ud800"}).text == "ab?"
