"""Samples for the texts about members and signing in."""

from __future__ import annotations

from typing import Any

PHONE = "6281234567890"
ROLES = ("owner", "staff", "viewer")
MEMBERS = [{"id": n, "name": "Sari", "phone": PHONE, "role": role} for n, role in enumerate(ROLES)]

SAMPLES: dict[str, list[dict[str, Any]]] = {
    "undone_by_member": [{"name": "Sari"}],
    "member_list": [{"members": MEMBERS}, {"members": MEMBERS[:1]}],
    "member_added": [
        {"name": "Sari", "phone": PHONE, "role": role, "what": what}
        for role in ROLES
        for what in ("added", "role_set", "already")
    ],
    "member_removed": [{"name": "Sari", "signed_out": n} for n in (0, 2)],
    "member_welcome": [
        {"name": "Sari", "lender": "Toko Dani", "role": role, "is_new": is_new}
        for role in ROLES
        for is_new in (True, False)
    ],
    "member_unknown": [{"name": "Sari"}],
    "member_unclear": [{"name": "Sari", "phones": [PHONE, PHONE]}],
    "member_is_tenant": [{}],
    "last_owner": [{"name": "Sari"}],
    "too_many_members": [{"max": 20}],
    "member_borrows": [{"name": "Sari"}],
    "name_invalid": [{"max": 100}],
    "phone_number_invalid": [{}],
    "role_missing": [{"command": "TAMBAH ANGGOTA"}],
    "signed_out_all": [{"count": n, "everybody": e} for n in (0, 2) for e in (True, False)],
    "sign_in_code": [{"figures": "123 456", "lender": "Toko Dani", "minutes": 5}],
}
