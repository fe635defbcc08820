"""What WhatsApp sends becomes what the driver reports: real protobufs in, values out."""

from __future__ import annotations

import importlib.util
import sys
import types
from typing import Any

import pytest

from bukuhutang.base.ids import ChatId, PhoneNumber
from bukuhutang.messaging.driver import ContactCard, MessageKind, ReceiptState
from bukuhutang.messaging.drivers.neonize_identity import Own, with_number
from bukuhutang.messaging.drivers.neonize_vcard import read_card

LENDER = PhoneNumber("6281111111111")
BUDI = PhoneNumber("6281222222222")
OWN = Own(LENDER, f"9{LENDER}@lid")


@pytest.fixture(scope="module")
def lib() -> Any:
    """The library's protobufs and our reading of them, without the library itself.

    Its package loads a Go program into the process, which no test's process should carry; a bare
    package of the same name leads to the same protobuf modules.
    """
    if "neonize" not in sys.modules:
        found = importlib.util.find_spec("neonize")
        assert found is not None
        bare = types.ModuleType("neonize")
        bare.__path__ = list(found.submodule_search_locations or [])
        sys.modules["neonize"] = bare
    from neonize.proto import Neonize_pb2
    from neonize.proto.waE2E import WAWebProtobufsE2E_pb2

    from bukuhutang.messaging.drivers import neonize_translate

    class Lib:
        events = Neonize_pb2
        e2e = WAWebProtobufsE2E_pb2
        translate = neonize_translate

    return Lib


def jid(lib: Any, named: str) -> Any:
    """`6281…`, `6281…:5`, `…@lid`; an empty name is no JID."""
    bare, _, server = named.partition("@")
    number, _, device = bare.partition(":")
    return lib.events.JID(
        User=number,
        Device=int(device or 0),
        Server=server or ("s.whatsapp.net" if named else ""),
        RawAgent=0,
        Integrator=0,
        IsEmpty=not named,
    )


def source(lib: Any, chat: str, sender: str, **more: Any) -> Any:
    """Who wrote where."""
    alt = more.get("sender_alt", "")
    return lib.events.MessageSource(
        Chat=jid(lib, chat),
        Sender=jid(lib, sender),
        IsFromMe=more.get("from_me", False),
        IsGroup=chat.endswith("@g.us"),
        AddressingMode=2 if alt else 1,
        SenderAlt=jid(lib, alt),
        RecipientAlt=jid(lib, more.get("recipient_alt", "")),
        BroadcastListOwner=jid(lib, ""),
    )


def raw(lib: Any, message: Any, where: Any) -> bytes:
    """A `Message` event as the library hands it on."""
    return bytes(
        lib.events.Message(
            Info=lib.events.MessageInfo(
                MessageSource=where,
                ID="M1",
                ServerID=0,
                Type="text",
                Pushname="Budi",
                Timestamp=1_795_558_772_000,
                Category="",
                Multicast=False,
                MediaType="",
                Edit="",
            ),
            Message=message,
            IsEphemeral=False,
            IsViewOnce=False,
            IsViewOnceV2=False,
            IsViewOnceV2Extension=False,
            IsDocumentWithCaption=False,
            IsLottieSticker=False,
            IsEdit=False,
            UnavailableRequestID="",
            RetryCount=0,
        ).SerializeToString()
    )


def heard(lib: Any, message: Any, where: Any = None) -> Any:
    """What is reported of a message, by default one from Budi."""
    return lib.translate.heard_message(raw(lib, message, where or source(lib, BUDI, BUDI)), OWN)


def text(lib: Any, words: str) -> Any:
    return lib.e2e.Message(conversation=words)


# --- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chat", "sender", "more", "expected"),
    [
        pytest.param(
            f"{BUDI}:3", f"{BUDI}:3", {}, (BUDI, None, BUDI, False, False), id="by number"
        ),
        pytest.param(
            f"9{BUDI}@lid",
            f"9{BUDI}:2@lid",
            {"sender_alt": BUDI},
            (BUDI, f"9{BUDI}@lid", BUDI, False, False),
            id="by LID, the number beside it",
        ),
        pytest.param(
            f"9{BUDI}@lid",
            f"9{BUDI}@lid",
            {},
            (f"9{BUDI}@lid", f"9{BUDI}@lid", None, False, False),
            id="by LID alone",
        ),
        pytest.param(
            LENDER,
            LENDER,
            {"from_me": True, "sender_alt": f"9{LENDER}@lid"},
            (LENDER, f"9{LENDER}@lid", LENDER, True, True),
            id="to oneself",
        ),
        pytest.param(
            f"9{LENDER}@lid",
            f"9{LENDER}:1@lid",
            {"from_me": True},
            (LENDER, f"9{LENDER}@lid", LENDER, True, True),
            id="to oneself by LID",
        ),
        pytest.param(
            BUDI, LENDER, {"from_me": True}, (BUDI, None, LENDER, True, False), id="own phone"
        ),
        pytest.param(
            f"9{BUDI}@lid",
            f"9{LENDER}@lid",
            {"from_me": True, "recipient_alt": BUDI},
            (BUDI, f"9{BUDI}@lid", LENDER, True, False),
            id="own phone by LID",
        ),
    ],
)
def test_both_names_of_a_person_are_understood(
    lib: Any, chat: str, sender: str, more: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    event = heard(lib, text(lib, "halo"), source(lib, chat, sender, **more)).event()
    found = (event.chat, event.chat_lid, event.sender, event.from_me, event.self_chat)
    assert found == expected


def test_a_number_learned_later_takes_the_place_of_the_lid(lib: Any) -> None:
    alone = heard(lib, text(lib, "halo"), source(lib, f"9{BUDI}@lid", f"9{BUDI}@lid"))
    known = with_number(alone.ends, BUDI)
    assert known.peer.chat == ChatId(BUDI)
    assert known.peer.lid == f"9{BUDI}@lid"
    assert known.writer.phone_number == BUDI


@pytest.mark.parametrize(
    "chat", ["120363041234567890@g.us", "status@broadcast", "1203@newsletter", "628@bot"]
)
def test_what_is_no_chat_of_two_people_is_none_of_our_business(lib: Any, chat: str) -> None:
    assert heard(lib, text(lib, "PINJAM Budi 5jt"), source(lib, chat, BUDI)) is None


# --- what -----------------------------------------------------------------------------------------


def test_plain_and_quoting_texts(lib: Any) -> None:
    assert heard(lib, text(lib, "ya")).body.text == "ya"
    assert heard(lib, text(lib, "ya")).sent_seconds == 1_795_558_772
    quoting = lib.e2e.Message(
        extendedTextMessage=lib.e2e.ExtendedTextMessage(
            text="lunas", contextInfo=lib.e2e.ContextInfo(stanzaID="Q7")
        )
    )
    body = heard(lib, quoting).body
    assert (body.kind, body.text, body.refers_to) == (MessageKind.TEXT, "lunas", "Q7")


@pytest.mark.parametrize(
    "wrapper",
    ["ephemeralMessage", "viewOnceMessageV2", "documentWithCaptionMessage", "editedMessage"],
)
def test_wrappers_are_taken_off(lib: Any, wrapper: str) -> None:
    inside = lib.e2e.FutureProofMessage(message=text(lib, "di dalam"))
    outside = lib.e2e.Message(**{wrapper: inside})
    again = lib.e2e.Message(ephemeralMessage=lib.e2e.FutureProofMessage(message=outside))
    assert heard(lib, again).body.text == "di dalam"


def test_an_endless_nesting_says_nothing(lib: Any) -> None:
    message = text(lib, "jauh di dalam")
    for _ in range(30):
        message = lib.e2e.Message(ephemeralMessage=lib.e2e.FutureProofMessage(message=message))
    assert heard(lib, message).body.text == ""


def test_edits_deletions_and_reactions_name_the_message_they_are_about(lib: Any) -> None:
    protocol = lib.e2e.ProtocolMessage
    edit = protocol(type=protocol.MESSAGE_EDIT, editedMessage=text(lib, "PINJAM Budi 600rb"))
    edit.key.ID = "E1"
    body = heard(lib, lib.e2e.Message(protocolMessage=edit)).body
    assert (body.kind, body.text, body.refers_to) == (MessageKind.EDIT, "PINJAM Budi 600rb", "E1")
    gone = protocol(type=protocol.REVOKE)
    gone.key.ID = "D1"
    body = heard(lib, lib.e2e.Message(protocolMessage=gone)).body
    assert (body.kind, body.refers_to) == (MessageKind.DELETION, "D1")
    thumb = lib.e2e.ReactionMessage(text="👍")
    thumb.key.ID = "R1"
    body = heard(lib, lib.e2e.Message(reactionMessage=thumb)).body
    assert (body.kind, body.text, body.refers_to) == (MessageKind.REACTION, "👍", "R1")


def test_files_and_pictures_tell_what_their_sender_claims(lib: Any) -> None:
    document = lib.e2e.DocumentMessage(
        fileName="nota.pdf",
        mimetype="application/pdf",
        fileLength=123,
        mediaKey=b"k" * 32,
        caption="bukti",
        JPEGThumbnail=b"x" * 5_000,
    )
    body = heard(lib, lib.e2e.Message(documentMessage=document)).body
    assert (body.kind, body.text) == (MessageKind.DOCUMENT, "bukti")
    assert (body.document.file_name, body.document.size) == ("nota.pdf", 123)
    assert len(body.document.handle) < 200, "the preview is not needed to fetch the file"
    assert lib.translate.declared_size(body.document.handle) == 123
    assert lib.translate.declared_size(b"\xff\xff") is None
    picture = lib.e2e.ImageMessage(
        mimetype="image/jpeg", fileLength=9, caption="ini", mediaKey=b"k"
    )
    body = heard(lib, lib.e2e.Message(imageMessage=picture)).body
    assert (body.kind, body.text) == (MessageKind.IMAGE, "ini")
    assert (body.document.file_name, body.document.mime_type) == ("M1.jpg", "image/jpeg")


def test_voices_stickers_and_what_says_nothing(lib: Any) -> None:
    voice = lib.e2e.Message(audioMessage=lib.e2e.AudioMessage(PTT=True))
    assert heard(lib, voice).body.kind is MessageKind.VOICE
    sticker = lib.e2e.Message(stickerMessage=lib.e2e.StickerMessage(mimetype="image/webp"))
    assert heard(lib, sticker).body.kind is MessageKind.OTHER
    history = lib.e2e.ProtocolMessage(type=lib.e2e.ProtocolMessage.HISTORY_SYNC_NOTIFICATION)
    assert heard(lib, lib.e2e.Message(protocolMessage=history)) is None
    keys = lib.e2e.Message(senderKeyDistributionMessage=lib.e2e.SenderKeyDistributionMessage())
    assert heard(lib, keys) is None
    assert heard(lib, lib.e2e.Message()) is None


def test_cards_of_one_and_of_several_people(lib: Any) -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Siti\nTEL;waid=6281333333333:+62 813-3333-3333\nEND:VCARD"
    siti = lib.e2e.ContactMessage(displayName="Bu Siti", vcard=card)
    body = heard(lib, lib.e2e.Message(contactMessage=siti)).body
    assert body.contacts == (ContactCard("Bu Siti", PhoneNumber("6281333333333")),)
    several = lib.e2e.ContactsArrayMessage(contacts=[siti] * 12)
    assert len(heard(lib, lib.e2e.Message(contactsArrayMessage=several)).body.contacts) == 10


@pytest.mark.parametrize(
    ("vcard", "expected"),
    [
        ("TEL;TYPE=CELL:0812-2222-2222", BUDI),
        ("item1.TEL:+62 812\n -2222-2222\nitem1.X-ABLabel:Ponsel", BUDI),
        ("TEL:12\r\nTEL:tel:+6281222222222", BUDI),
        ("TEL;type=CELL;waid=6281222222222:ada di sini", BUDI),
        ("TEL:bukan nomor", None),
        ("NOTE:0812-2222-2222", None),
        ("", None),
    ],
)
def test_the_first_readable_number_of_a_card(vcard: str, expected: PhoneNumber | None) -> None:
    assert read_card("", f"FN:Budi\\, Tetangga\n{vcard}") == ContactCard("Budi, Tetangga", expected)


# --- receipts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "where", "expected"),
    [
        ("DELIVERED", (f"9{BUDI}@lid", f"9{BUDI}@lid", {}), ReceiptState.DELIVERED),
        ("INACTIVE", (BUDI, BUDI, {}), ReceiptState.DELIVERED),
        ("READ", (BUDI, BUDI, {}), ReceiptState.READ),
        ("PLAYED", (BUDI, BUDI, {}), ReceiptState.READ),
        ("RETRY", (BUDI, BUDI, {}), None),
        ("SENDER", (BUDI, LENDER, {"from_me": True}), None),
        ("READ_SELF", (BUDI, LENDER, {"from_me": True}), None),
        ("SENDER", (LENDER, LENDER, {"from_me": True}), ReceiptState.DELIVERED),
        ("READ_SELF", (f"9{LENDER}@lid", LENDER, {"from_me": True}), ReceiptState.READ),
        ("READ", ("120363041234567890@g.us", BUDI, {}), None),
    ],
)
def test_receipts_tell_how_far_a_message_came(
    lib: Any, kind: str, where: Any, expected: ReceiptState | None
) -> None:
    chat, sender, more = where
    receipt = lib.events.Receipt
    sent = receipt(
        MessageSource=source(lib, chat, sender, **more),
        MessageIDs=["A", "B"],
        Timestamp=1,
        Type=receipt.ReceiptType.Value(kind),
    )
    found = lib.translate.receipt(sent.SerializeToString(), OWN)
    assert (found and found.state) == expected
    assert found is None or found.ids == ("A", "B")
