"""The commands about who may speak for the tenant, and about web logins."""

from __future__ import annotations

from bukuhutang.base.answers import Answer
from bukuhutang.entrypoints.chat.talk import Talk
from bukuhutang.rendering.formats import phone as shown_phone
from bukuhutang.understanding import intents
from bukuhutang.understanding.names import name_key
from bukuhutang.usecases import members, sign_ins
from bukuhutang.usecases.members import NewMember


async def do_member(talk: Talk, intent: intents.Intent) -> Answer | None:
    """What became of a wish about members; None for other wishes. Raises as the use cases do."""
    book = talk.book
    match intent:
        case intents.ShowMembers():
            return await members.list_members(book)
        case intents.AddMember(member_name=name, phone=phone, role=role):
            return await members.add_member(book, NewMember(f"+{phone}", name, role))
        case intents.RemoveMember(phone=str(phone)):
            who = shown_phone(phone)
            return await members.remove_member(book, who, lambda one: one.phone == phone)
        case intents.RemoveMember(member_name=str(name)):
            key = name_key(name)
            return await members.remove_member(book, name, lambda one: name_key(one.name) == key)
        case intents.SignOutAll():
            return await sign_ins.sign_out_all(book)
    return None
