"""A picture or document of a member: its caption is a message, the file itself is only kept."""

from __future__ import annotations

from math import ceil

from bukuhutang.entrypoints.chat.answer import answer_lender
from bukuhutang.entrypoints.chat.quoted import Quoted
from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.store.files import FILE_BYTES_MAX
from bukuhutang.store.inbox import Inbound
from bukuhutang.tenancy.roles import Permission
from bukuhutang.understanding import intents
from bukuhutang.usecases.refusals import NotPermitted

MEGABYTE = 1024 * 1024


async def answer_file(
    talk: Talk, message: Inbound, heard: intents.Intent | None, quoted: Quoted
) -> None:
    """Do what the caption says; say what became of the file when that is not plain.

    Who may only look sends nothing to be kept: that is the one answer, whatever the caption.
    """
    if Permission.RECORD not in talk.book.occasion.permissions:
        talk.book.send(message.chat_id, talk.say(NotPermitted(Permission.RECORD)))
        return
    says_nothing = heard is None or _is_small_talk(heard)
    if heard is not None and not says_nothing:
        await answer_lender(talk, message.chat_id, heard, quoted, text=message.body)
    if message.file_id is None:
        talk.book.send(message.chat_id, _not_kept(talk, message))
    elif says_nothing:
        name = (message.detail or {}).get("file_name", "")
        is_picture = message.kind == "image"
        text = talk.say_code("file_kept", file_name=name, is_picture=is_picture)
        talk.book.send(message.chat_id, text)


def _is_small_talk(heard: intents.Intent) -> bool:
    """Whether a caption tells what is on the picture, rather than what is to be done."""
    return (
        isinstance(heard, intents.Unreadable)
        and heard.code == "command_unknown"
        and heard.command is None
    )


def _not_kept(talk: Talk, message: Inbound) -> str:
    detail = message.detail or {}
    return talk.say_code(
        "file_not_kept",
        problem=detail.get("problem", "unavailable"),
        megabytes=ceil(detail.get("size", 0) / MEGABYTE),
        megabytes_max=FILE_BYTES_MAX // MEGABYTE,
    )
