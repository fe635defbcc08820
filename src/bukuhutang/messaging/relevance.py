"""Which messages of a linked phone concern us at all, and which are our own."""

from __future__ import annotations

from bukuhutang.base.ids import TenantId
from bukuhutang.messaging import driver as wa

SENT_REMEMBERED_MAX = 20_000


def none_of_our_business(message: wa.MessageReceived) -> str | None:
    """Why a message is not even stored: it is the lender's private number too.

    Groups are never read. What the lender writes to other people is theirs. A sender without a
    number can be nobody we know.
    """
    if message.group:
        return "group"
    if message.from_me and not message.self_chat:
        return "own chat with somebody"
    if message.sender is None:
        return "sender without a number"
    return None


class SentIds:
    """The latest ids we sent, to know their echoes; the database knows the older ones."""

    def __init__(self) -> None:
        self._ids: dict[tuple[TenantId, str], None] = {}

    def remember(self, tenant_id: TenantId, message_id: str) -> None:
        """One more; the oldest is forgotten when there are too many."""
        self._ids[tenant_id, message_id] = None
        while len(self._ids) > SENT_REMEMBERED_MAX:
            self._ids.pop(next(iter(self._ids)))

    def knows(self, tenant_id: TenantId, message_id: str) -> bool:
        """Whether we sent it lately."""
        return (tenant_id, message_id) in self._ids
