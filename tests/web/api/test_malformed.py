"""Whatever is sent, it is understood or refused: never a 500, nothing written by a refusal."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bukuhutang.usecases.tenants import set_plan
from tests.web.api.rig import Program, differences, when
from tests.web.rig import Web

ODD_NUMBERS = [0, -1, 1, 2, 2**31, 2**63 - 1, 2**63, 10**30, 1.5, True, "1", None]
ODD_TEXTS = [
    "",
    " ",
    "Budi",
    "\x00",
    "a\x00b",
    "\ud800",
    "🙂",
    "12",
    "x" * 300,
    "%",
    "'; --",
    "محمد",
]
VALUES = st.one_of(
    st.sampled_from(ODD_NUMBERS),
    st.sampled_from(ODD_TEXTS),
    st.sampled_from(["piutang", "hutang", "2026-03-10", "0001-01-01", "9999-12-31", "debts", "*"]),
    st.just([]),
    st.just({"a": 1}),
)
FIELDS = st.sampled_from(
    "direction amount dueDate borrowerId name newBorrower phoneNumber note namesake target"
    " agreement scope expiresAt extra".split()
)
PATHS = st.sampled_from(
    "/debts /debts/1/payments /debts/1/reversal /borrowers /borrowers/1 /borrowers/1/payments"
    " /payments/1/reversal /debts/99999999999999999999/reversal /debts/x/payments /keys".split()
)
QUERIES = st.sampled_from("limit cursor search status direction borrowerId overdue debt".split())
LISTS = st.sampled_from(["/debts", "/borrowers", "/payments", "/debts/1", "/keys"])


KEYS = itertools.count(1)


@pytest.fixture
async def busy(web: Web, shop: Program) -> Program:
    """A program whose plan lets it ask as often as the test wants to."""
    await set_plan(web.database, shop.tenant_id, "enterprise", when(web))
    await shop.lent("Budi")
    return shop


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    path=PATHS,
    method=st.sampled_from(["POST", "PATCH", "DELETE"]),
    body=st.dictionaries(FIELDS, VALUES, max_size=5),
    listed=LISTS,
    query=st.dictionaries(QUERIES, st.sampled_from([*ODD_TEXTS, "1", "true", "open"])),
)
async def test_no_body_and_no_query_breaks_anything(
    busy: Program,
    path: str,
    method: str,
    *,
    web: Web,
    body: dict[str, Any],
    listed: str,
    query: dict[str, str],
) -> None:
    headers = {"Idempotency-Key": f"odd-{next(KEYS)}", "If-Match": "*"}
    headers["Content-Type"] = "application/json"
    written = await busy.http.request(
        method, f"/api/v1{path}", content=json.dumps(body), headers=headers
    )
    assert written.status_code < 500, (method, path, body)
    params = {name: text.encode("utf-8", "replace") for name, text in query.items()}
    read = await busy.http.get(f"/api/v1{listed}", params=params)
    assert read.status_code < 500, (listed, query)
    assert await differences(web, busy.tenant_id) == []
