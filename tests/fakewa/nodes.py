"""The trees that WhatsApp sends instead of XML, and the addresses (JIDs) inside them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pyaileys.wabinary import BinaryNode, decode_decompressed_binary_node, encode_binary_node

PN_SERVER = "s.whatsapp.net"
LID_SERVER = "lid"
SERVER_JID = f"@{PN_SERVER}"

_COMPRESSED = 2


@dataclass(frozen=True)
class Node:
    """One element: attributes are strings, content is bytes or other elements."""

    tag: str
    attrs: Mapping[str, str] = field(default_factory=dict)
    content: bytes | tuple[Node, ...] | None = None

    @property
    def children(self) -> tuple[Node, ...]:
        """The elements inside; none when the content is bytes."""
        return self.content if isinstance(self.content, tuple) else ()

    @property
    def payload(self) -> bytes:
        """The bytes inside; empty when there are none."""
        return self.content if isinstance(self.content, bytes) else b""

    def named(self, tag: str) -> Iterator[Node]:
        """The elements inside that have this tag."""
        return (one for one in self.children if one.tag == tag)

    def find(self, *tags: str) -> Node | None:
        """The first element down this path."""
        here: Node | None = self
        for tag in tags:
            here = next(here.named(tag), None) if here is not None else None
        return here

    def need(self, *tags: str) -> Node:
        """As `find`, for what must be there. Raises ValueError."""
        found = self.find(*tags)
        if found is None:
            raise ValueError(f"<{self.tag}> has no {'/'.join(tags)}")
        return found


def encode(node: Node) -> bytes:
    """The bytes of a frame, before encryption."""
    return encode_binary_node(_to_binary(node))


def decode(frame: bytes) -> Node:
    """The tree in a decrypted frame."""
    packed = frame[1:]
    return _from_binary(
        decode_decompressed_binary_node(
            zlib.decompress(packed) if frame[0] & _COMPRESSED else packed
        )
    )


def _to_binary(node: Node) -> BinaryNode:
    if isinstance(node.content, tuple):
        return BinaryNode(node.tag, dict(node.attrs), [_to_binary(one) for one in node.content])
    return BinaryNode(node.tag, dict(node.attrs), node.content)


def _from_binary(node: BinaryNode) -> Node:
    content = node.content
    if isinstance(content, list):
        return Node(node.tag, node.attrs, tuple(_from_binary(one) for one in content))
    # Short words travel as dictionary tokens: to the reader they are bytes like the long ones.
    return Node(node.tag, node.attrs, content.encode() if isinstance(content, str) else content)


@dataclass(frozen=True)
class Jid:
    """An address: a number or a hidden id (LID), and which of its devices (0 is the phone)."""

    user_part: str
    server: str = PN_SERVER
    device: int = 0

    @classmethod
    def parse(cls, text: str) -> Jid:
        """Read `628111:5@s.whatsapp.net`, `9628111@lid` or `@s.whatsapp.net`."""
        before, _, server = text.partition("@")
        user_part, _, device = before.partition(":")
        return cls(user_part, server or PN_SERVER, int(device or 0))

    def __str__(self) -> str:
        device = f":{self.device}" if self.device else ""
        return f"{self.user_part}{device}@{self.server}"
