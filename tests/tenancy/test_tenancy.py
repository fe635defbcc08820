"""Plans as product section 1 has them; numbers in every spelling."""

from __future__ import annotations

import pytest

from bukuhutang.tenancy.phone import read_phone
from bukuhutang.tenancy.plans import CREDITS_ADDED_MAX, PLANS, PlanName
from bukuhutang.tenancy.tenant import TenantSettings


@pytest.mark.parametrize(
    ("name", "debts", "agreements", "credits", "pdfs", "messages", "requests", "support"),
    [
        ("free", 50, 5, 100, 5, 20, 60, "Community"),
        ("basic", 200, 20, 500, 20, 60, 300, "Email"),
        ("pro", 1_000, 100, 2_000, 100, 200, 1_200, "Priority"),
        ("enterprise", None, None, None, None, 1_000, 6_000, "Dedicated"),
    ],
)
def test_the_plan_table_is_the_products(
    name: str,
    debts: int | None,
    agreements: int | None,
    credits: int | None,
    pdfs: int | None,
    *,
    messages: int,
    requests: int,
    support: str,
) -> None:
    plan = PLANS[PlanName(name)]
    assert (plan.name, plan.max_debts, plan.max_agreements) == (name, debts, agreements)
    assert (plan.ai_credits_a_month, plan.pdfs_a_month) == (credits, pdfs)
    assert (plan.messages_a_minute, plan.api_requests_a_minute) == (messages, requests)
    assert plan.support == support


def test_every_plan_has_its_numbers() -> None:
    assert set(PLANS) == set(PlanName)
    assert CREDITS_ADDED_MAX > 0


@pytest.mark.parametrize(
    "spelling",
    [
        "081234567890",
        "0812-3456-7890",
        "0812 3456 7890",
        "62812-3456-7890",
        "+62 812-3456-7890",
        "+6281234567890",
        "(0812) 3456.7890",
        "81234567890",
        "  081234567890 ",
    ],
)
def test_one_number_has_many_spellings(spelling: str) -> None:
    assert read_phone(spelling) == "6281234567890"


def test_a_number_of_another_country_keeps_its_code() -> None:
    assert read_phone("+65 9123 4567") == "6591234567"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "0", "08", "081", "0812345", "0812345678901234567", "Budi", "+62", "+"),
        *("٠٨١٢٣٤٥٦٧٨٩٠", "0812-3456-7890 ext. 5", "1" * 41, "0812\n34567890x", "+999123456789"),
    ],
)
def test_what_nobody_can_be_called_by_is_no_number(text: str) -> None:
    assert read_phone(text) is None


def test_a_new_tenant_is_spoken_to_in_indonesian_at_jakarta_time() -> None:
    settings = TenantSettings()
    assert (settings.language, settings.timezone) == ("id", "Asia/Jakarta")
    assert settings.auto_reminder
