"""Samples for the texts about members and signing in."""

from __future__ import annotations

from typing import Any

PHONE = "6281234567890"
ROLES = ("owner", "staff", "viewer")
MEMBERS = [{"id": n, "name": "Sari", "phone": PHONE, "role": role} for n, role in enumerate(ROLES)]
STATUSES = ("pending_qr", "active", "inactive")
TENANT = {"id": 7, "name": "Toko Dani", "phone": PHONE, "status": "active", "plan": "free"}

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
    "operator_registered": [
        {"tenant": {**TENANT, "status": status}, "is_new": is_new}
        for status in STATUSES
        for is_new in (True, False)
    ],
    "operator_tenants": [
        {"tenants": [], "is_more": False},
        {"tenants": [{**TENANT, "status": status} for status in STATUSES], "is_more": True},
    ],
    "operator_switched": [{"tenant": {**TENANT, "status": status}} for status in STATUSES[1:]],
    "operator_refused": [
        {"reason": reason}
        for reason in (
            *("tenant_not_found", "tenant_not_activated", "own_tenant_stays", "name_invalid"),
            "phone_number_taken",
        )
    ],
    "operator_unclear": [
        {"command": command} for command in ("DAFTAR", "NONAKTIF TENANT", "AKTIF TENANT")
    ],
    "sign_in_code": [{"figures": "123 456", "lender": "Toko Dani", "minutes": 5}],
}
