"""The commands about who may speak for the tenant: two words begin them, one alone is no command.

"Tambah 200rb" and "keluar" are ordinary words; only with the word behind them are they commands.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bukuhutang.tenancy.roles import Role
from bukuhutang.understanding.body import Line, is_decoration, read_body, read_plain_name
from bukuhutang.understanding.intents import (
    AddMember,
    Intent,
    RemoveMember,
    ShowMembers,
    SignOutAll,
    Unreadable,
)
from bukuhutang.understanding.phones import match as match_phone
from bukuhutang.understanding.scan import Kind

COMMANDS = dict.fromkeys(("anggota", "member", "members"), "ANGGOTA")
"""The word that is a command alone, and the command as answers write it."""

_MEMBERS = "(?:anggota|members?)"
_PAIRS = (
    (re.compile(rf"[\W_]*((?:tambah|tambahkan|add) {_MEMBERS})"), "TAMBAH ANGGOTA"),
    (re.compile(rf"[\W_]*((?:hapus|remove|delete) {_MEMBERS})"), "HAPUS ANGGOTA"),
    (re.compile(r"[\W_]*(keluar semua|sign ?out all|log ?out all)"), "KELUAR SEMUA"),
)
PAIRS = frozenset(command for _, command in _PAIRS)
"""The commands of two words."""

_END = re.compile(r"[*_~`]*[:!.,;]*[*_~`]*(?=\s|$)")
_ROLES = {
    **dict.fromkeys(("pemilik", "owner"), Role.OWNER),
    **dict.fromkeys(("staf", "staff", "karyawan"), Role.STAFF),
    **dict.fromkeys(("pengamat", "viewer"), Role.VIEWER),
}
_AS = frozenset(("sebagai", "as", "jadi", "a", "an"))
_EDGE = ".,;:!?*_~()"


def pair(folded: str) -> tuple[str, str, int] | None:
    """The command that two words at the start are, as typed and where they end; None else."""
    for pattern, command in _PAIRS:
        found = pattern.match(folded)
        if found is not None and (end := _END.match(folded, found.end())) is not None:
            return command, found[1], end.end()
    return None


def read_members(line: Line) -> Intent:
    """ANGGOTA."""
    if is_decoration([one for one in line.words if one.rstrip("?!.")]):
        return ShowMembers()
    return line.left_over(line.text(0, len(line.shown)))


def read_add(line: Line) -> Intent:
    """TAMBAH ANGGOTA Sari 0812… staf."""
    words = [one.strip(_EDGE) for one in line.words]
    at = next((at for at in range(len(words) - 1, -1, -1) if words[at] in _ROLES), None)
    if at is None:
        return line.unreadable("role_missing")
    start = at - 1 if at and words[at - 1] in _AS else at
    rest = replace(
        line,
        words=line.words[:start] + line.words[at + 1 :],
        shown=line.shown[:start] + line.shown[at + 1 :],
        name=None,
    )
    body = read_body(rest, frozenset((Kind.PHONE,)))
    if isinstance(body, Unreadable):
        return body
    phone = body.value(Kind.PHONE)
    if phone is None:
        return line.unreadable("phone_invalid", text="")
    return AddMember(body.name, phone, _ROLES[words[at]])


def read_remove(line: Line) -> Intent:
    """HAPUS ANGGOTA Sari, HAPUS ANGGOTA 0812…."""
    if is_decoration(line.words):
        return line.unreadable("name_missing")
    found = match_phone(line.words, 0)
    if found is not None and is_decoration(line.words[found.end :]):
        if found.phone is None:
            return line.unreadable("phone_invalid", text=line.text(0, found.end))
        return RemoveMember(phone=found.phone)
    name = read_plain_name(line)
    return name if isinstance(name, Unreadable) else RemoveMember(member_name=name)


def read_sign_out(line: Line) -> Intent:
    """KELUAR SEMUA."""
    if is_decoration(line.words):
        return SignOutAll()
    return line.left_over(line.text(0, len(line.shown)))
