"""Files: by an id nobody can guess, in the tenant's own scope, as bytes to be saved."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from bukuhutang.base.ids import TenantId
from bukuhutang.store import files
from bukuhutang.store.files import NewFile
from tests.web.api.rig import Program, program
from tests.web.rig import Web, problem


async def a_file(
    web: Web, tenant_id: TenantId, name: str = "nota.pdf", kind: str = "application/pdf"
) -> UUID:
    """A stored file of a tenant."""
    made = NewFile(uuid4(), name, kind, b"<script>alert(1)</script>")
    async with web.database.tenant_tx(tenant_id) as tx:
        await files.insert(tx, made, web.clock.at)
    return made.id


async def test_a_file_is_served_to_its_tenant_only(web: Web, shop: Program) -> None:
    file_id = await a_file(web, shop.tenant_id)
    served = await shop.get(f"/files/{file_id}")
    assert (served.status_code, served.content) == (200, b"<script>alert(1)</script>")
    again = await shop.get(f"/files/{file_id}", If_None_Match=served.headers["etag"])
    assert again.status_code == 304
    async with program(web) as other:
        problem(await other.get(f"/files/{file_id}"), 404, "file_not_found")
    async with web.client(key=None) as nobody:
        assert (await nobody.get(f"/api/v1/files/{file_id}")).status_code == 401


@pytest.mark.parametrize(
    ("kind", "served_as"),
    [
        ("application/pdf", "application/pdf"),
        ("image/png", "image/png"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/csv", "application/octet-stream"),
    ],
)
async def test_no_browser_runs_what_somebody_sent(
    web: Web, shop: Program, kind: str, served_as: str
) -> None:
    served = await shop.get(f"/files/{await a_file(web, shop.tenant_id, 'a.html', kind)}")
    assert served.headers["content-type"] == served_as
    assert served.headers["content-disposition"].startswith("attachment;")
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("../../etc/passwd", 'filename="_.._etc_passwd"'),
        ('a"; filename="b.exe', 'filename="a___filename__b.exe"'),
        ("nota\r\nX-Evil: 1.pdf", 'filename="nota__X-Evil__1.pdf"'),
        ("محمد.pdf", 'filename="____.pdf"'),
        ("...", 'filename="file"'),
    ],
)
async def test_a_name_cannot_write_the_header(
    web: Web, shop: Program, name: str, header: str
) -> None:
    served = await shop.get(f"/files/{await a_file(web, shop.tenant_id, name)}")
    assert header in served.headers["content-disposition"]
    assert "x-evil" not in served.headers


@pytest.mark.parametrize(
    "path",
    [
        "1",
        "nota.pdf",
        "..",
        "../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "....//etc/passwd",
        "%00",
        "00000000-0000-4000-8000-000000000000",
        "{00000000-0000-4000-8000-000000000000}",
        "urn:uuid:00000000-0000-4000-8000-000000000000",
        "' or 1=1 --",
        "x" * 2_000,
    ],
)
async def test_nothing_but_an_id_leads_to_a_file(web: Web, shop: Program, path: str) -> None:
    await a_file(web, shop.tenant_id)
    answer = await shop.get(f"/files/{path}")
    assert answer.status_code == 404
    assert answer.json()["code"] in ("file_not_found", "not_found")


async def test_an_id_has_one_spelling(web: Web, shop: Program) -> None:
    file_id = await a_file(web, shop.tenant_id)
    for spelling in (file_id.hex, str(file_id).upper(), f"{{{file_id}}}"):
        if spelling != str(file_id):
            problem(await shop.get(f"/files/{spelling}"), 404, "file_not_found")
