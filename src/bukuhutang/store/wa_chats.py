"""Chats of one number: which it has begun, and which numbers have WhatsApp."""

from __future__ import annotations

from datetime import datetime

from bukuhutang.base.ids import ChatId, TenantId
from bukuhutang.store.scope import Connection


async def note_checked(
    db: Connection, tenant_id: TenantId, chat_id: ChatId, *, has_whatsapp: bool, now: datetime
) -> None:
    """Remember what WhatsApp said of a number, and when (machine time)."""
    await db.execute(
        "insert into wa_chats (tenant_id, chat_id, new_chat, checked_at, has_whatsapp)"
        " values ($1, $2, true, $4, $3) on conflict (tenant_id, chat_id)"
        " do update set checked_at = $4, has_whatsapp = $3",
        tenant_id,
        chat_id,
        has_whatsapp,
        now,
    )


async def forget_begun(db: Connection, tenant_id: TenantId, chat_id: ChatId) -> None:
    """The first message of a chat certainly did not go out: the chat is still new."""
    await db.execute(
        "update wa_chats set first_sent_at = null"
        " where tenant_id = $1 and chat_id = $2 and new_chat",
        tenant_id,
        chat_id,
    )
