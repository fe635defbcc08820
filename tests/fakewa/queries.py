"""The service's answers to the questions (`iq`) of linked devices."""

from __future__ import annotations

from tests.fakewa.devices import Device, PublishedKeys
from tests.fakewa.keys import MEDIA_HOST
from tests.fakewa.nodes import LID_SERVER, PN_SERVER, Jid, Node
from tests.fakewa.phones import Phone
from tests.fakewa.whatsapp import WhatsApp

Answer = tuple[Node, ...]


def answer(service: WhatsApp, device: Device, query: Node) -> Answer:
    """What goes into the result; nothing for what only wants to be confirmed."""
    match query.attrs.get("xmlns"):
        case "encrypt":
            return _about_keys(service, device, query)
        case "usync":
            return _about_people(service, query)
        case "w:m":
            return (_media_hosts(),)
        case "privacy":
            setting = Node("category", {"name": "readreceipts", "value": "all"})
            return (Node("privacy", content=(setting,)),)
    return ()


def _about_keys(service: WhatsApp, device: Device, query: Node) -> Answer:
    if query.find("count") is not None:
        left = len(device.keys.one_time) if device.keys is not None else 0
        return (Node("count", {"value": str(left)}),)
    if query.find("identity") is not None:
        uploaded = PublishedKeys.read(query)
        if device.keys is not None:
            uploaded.one_time += device.keys.one_time
        device.keys = uploaded
        return ()
    asked = query.find("key")
    if asked is None:
        return ()
    bundles = (_published(service, one.attrs["jid"]) for one in asked.children)
    return (Node("list", content=tuple(one for one in bundles if one is not None)),)


def _published(service: WhatsApp, text: str) -> Node | None:
    jid = Jid.parse(text)
    phone = service.phone_at(jid)
    if phone is None:
        return None
    if not jid.device:
        return phone.peer.published_keys(text)
    device = phone.devices.get(jid.device)
    if device is None or device.keys is None:
        return None
    bundle = device.keys.take_bundle()
    pre_keys = [("skey", bundle.signed_pre_key)]
    if bundle.pre_key is not None:
        pre_keys.append(("key", bundle.pre_key))
    return Node(
        "user",
        {"jid": text},
        (
            Node("registration", content=bundle.registration_id.to_bytes(4)),
            Node("type", content=b"\x05"),
            Node("identity", content=bundle.identity_key[1:]),
            *(
                Node(
                    tag,
                    content=(
                        Node("id", content=key.key_id.to_bytes(3)),
                        Node("value", content=key.public_key[1:]),
                        *((Node("signature", content=key.signature),) if key.signature else ()),
                    ),
                )
                for tag, key in pre_keys
            ),
        ),
    )


def _media_hosts() -> Node:
    lifetimes = {"ttl": "3600", "auth_ttl": "3600", "max_buckets": "12"}
    return Node(
        "media_conn", {"auth": "fake", **lifetimes}, (Node("host", {"hostname": MEDIA_HOST}),)
    )


# --- who is on WhatsApp ---------------------------------------------------------------------------


def _about_people(service: WhatsApp, query: Node) -> Answer:
    wanted = {one.tag: one for one in query.need("usync", "query").children}
    people = (_person(service, one, wanted) for one in query.need("usync", "list").children)
    attrs = {"sid": query.need("usync").attrs.get("sid", ""), "mode": "query", "last": "true"}
    found = Node("list", content=tuple(one for one in people if one is not None))
    return (Node("usync", {**attrs, "index": "0", "context": "message"}, (found,)),)


def _person(service: WhatsApp, asked: Node, wanted: dict[str, Node]) -> Node | None:
    contact = asked.find("contact")
    if contact is not None:
        return _contact(service, contact, wanted)
    text = asked.attrs.get("jid", "")
    jid = Jid.parse(text)
    phone = service.phone_at(jid)
    told: list[Node] = []
    if phone is not None and phone.on_whatsapp:
        if "devices" in wanted:
            told.append(_device_list(phone))
        if "lid" in wanted and phone.lid:
            told.append(Node("lid", {"val": str(phone.lid_jid)}))
    return Node("user", {"jid": text}, tuple(told))


def _contact(service: WhatsApp, contact: Node, wanted: dict[str, Node]) -> Node:
    number = contact.payload.decode().lstrip("+").partition("@")[0]
    phone = service.phones.get(number)
    is_in = phone is not None and phone.on_whatsapp
    attrs = {"jid": f"{number}@{PN_SERVER}"}
    if is_in and phone is not None and phone.lid:
        if wanted["contact"].attrs.get("addressing_mode") == LID_SERVER:
            attrs = {"jid": str(phone.lid_jid), "pn_jid": str(phone.jid)}
    found = Node("contact", {"type": "in" if is_in else "out"}, contact.payload)
    told = [found]
    if "lid" in wanted and is_in and phone is not None and phone.lid:
        told.append(Node("lid", {"val": str(phone.lid_jid)}))
    return Node("user", attrs, tuple(told))


def _device_list(phone: Phone) -> Node:
    linked = (
        Node("device", {"id": str(index), "key-index": str(index)}) for index in phone.devices
    )
    listed = Node("device-list", {"hash": "2:fake"}, (Node("device", {"id": "0"}), *linked))
    return Node("devices", content=(listed,))
