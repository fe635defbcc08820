"""Agreements through the API: the interview's rules, the schedule, the PDF, every act."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from bukuhutang.tenancy.roles import KeyScope
from tests.web.api.borrower import BUDI, agreed, an_agreement, heard, print_all, writes
from tests.web.api.rig import Program, count, differences, program
from tests.web.rig import Web, problem


async def test_a_draft_is_what_the_interview_would_make(web: Web, shop: Program) -> None:
    made = await shop.post("/agreements", an_agreement(otherInstallments=500_000))
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/agreements/1"
    told = made.json()
    # Rp1.000.000 a month is what 30 % of the income leaves, so six months are the fewest.
    assert told["status"] == "draft"
    assert told["assessment"] == {
        "source": "gaji",
        "income": 5_000_000,
        "otherInstallments": 500_000,
        "burden": "cukup",
        "percent": 30,
    }
    assert [one["principal"] for one in told["installments"]] == [1_000_000] * 6
    assert [one["dueDate"][8:] for one in told["installments"]] == ["25"] * 6
    assert told["versions"] == [
        {
            "version": 1,
            "agreedOn": "2026-03-04",
            "reason": "agreed",
            "installments": 6,
            "total": 6_000_000,
        }
    ]
    assert told["document"] is None
    assert (await shop.get("/agreements/1")).json() == told
    assert await differences(web, shop.tenant_id) == []


async def test_a_heavy_burden_is_drafted_and_said(shop: Program) -> None:
    made = await shop.post("/agreements", an_agreement(months=2))
    assert made.json()["assessment"]["burden"] == "berat"
    untold = await shop.post("/agreements", an_agreement(monthlyIncome=None, months=3))
    assert untold.json()["assessment"]["burden"] == "not_assessed"
    assert untold.json()["assessment"]["percent"] is None


async def test_rates_grace_penalty_and_guarantor_are_kept(web: Web, shop: Program) -> None:
    made = await shop.post(
        "/agreements",
        an_agreement(
            amount=1_200_000,
            months=4,
            ratePercent="1.5",
            rateType="flat",
            downPayment=200_000,
            graceMonths=1,
            penaltyADay=5_000,
            guarantor="Bu Rina",
        ),
    )
    assert made.status_code == 201, made.text
    told = made.json()
    assert told["guarantor"] == "Bu Rina"
    assert told["interest"] == 60_000  # 1.5 % of a million, four times
    assert [one["number"] for one in told["installments"]] == [0, 1, 2, 3, 4]
    assert told["installments"][0]["principal"] == 200_000
    assert told["installments"][1]["principal"] == 0
    assert await differences(web, shop.tenant_id) == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (an_agreement(None), 422, "person_unclear"),
        (an_agreement("Budi", borrowerId=1), 422, "person_unclear"),
        (an_agreement(None, borrowerId=9), 404, "borrower_not_found"),
        (an_agreement(None, borrowerId=1), 409, "agreement_without_phone"),
        (an_agreement("1234"), 422, "person_name_invalid"),
        (an_agreement(guarantor="1234"), 422, "person_name_invalid"),
        (an_agreement(phoneNumber="12"), 422, "phone_number_invalid"),
        (an_agreement(months=2, monthlyInstallment=400_000), 422, "offer_not_possible"),
        (an_agreement(monthlyInstallment=100_000), 422, "offer_not_possible"),
        (an_agreement(downPayment=6_000_000), 422, "offer_not_possible"),
        (an_agreement(ratePercent="8.1"), 422, "offer_not_possible"),
        (an_agreement(ratePercent="1e1"), 422, "request_invalid"),
        (an_agreement(ratePercent="-1"), 422, "request_invalid"),
        (an_agreement(months=25), 422, "request_invalid"),
        (an_agreement(incomeDay=32), 422, "request_invalid"),
        (an_agreement(incomeSource="judi"), 422, "request_invalid"),
        (an_agreement(amount=0), 422, "request_invalid"),
        (an_agreement(amount=1_000_000_000), 422, "request_invalid"),
        (an_agreement(monthlyIncome=0), 422, "request_invalid"),
        (an_agreement(months=6, graceMonths=13), 422, "request_invalid"),
        (an_agreement(colour="red"), 422, "request_invalid"),
    ],
)
async def test_a_draft_that_is_refused_leaves_nothing(
    web: Web, shop: Program, body: dict[str, Any], status: int, code: str
) -> None:
    await shop.lent("Sari")
    problem(await shop.post("/agreements", body), status, code)
    assert await count(web, shop.tenant_id, "loan_agreements") == 0
    assert await count(web, shop.tenant_id, "document_jobs") == 0
    assert await count(web, shop.tenant_id, "borrowers") == 1


async def test_an_installment_too_small_is_refused_with_the_least_that_works(shop: Program) -> None:
    refused = await shop.post("/agreements", an_agreement(monthlyInstallment=100_000))
    members = problem(refused, 422, "offer_not_possible")
    assert (members["reason"], members["least"]) == ("too_small", 250_000)


async def test_the_sixth_agreement_of_a_free_plan_is_refused(shop: Program) -> None:
    for number in range(5):
        made = await shop.post(
            "/agreements",
            an_agreement(f"Orang {'ABCDE'[number]}", phoneNumber=f"+62812300001{number:02}"),
        )
        assert made.status_code == 201, made.text
    refused = await shop.post("/agreements", an_agreement())
    assert refused.json()["code"] in ("agreement_quota_reached", "pdf_quota_reached")
    assert refused.status_code == 409
    assert (await shop.get("/agreements")).status_code == 200


async def test_the_pdf_is_served_as_it_was_sent(web: Web, shop: Program) -> None:
    await shop.post("/agreements", an_agreement())
    problem(await shop.get("/agreements/1/pdf"), 404, "document_not_ready")
    await print_all(web)
    told = (await shop.get("/agreements/1")).json()
    assert told["status"] == "sent"
    assert told["document"]["href"] == "/api/v1/agreements/1/pdf"
    served = await shop.get("/agreements/1/pdf")
    digest = hashlib.sha256(served.content).hexdigest()
    assert served.status_code == 200
    assert served.headers["content-type"] == "application/pdf"
    assert served.headers["etag"] == f'"{digest}"'
    assert told["document"]["sha256"] == told["requests"][0]["sha256"] == digest
    assert served.headers["content-disposition"].startswith('attachment; filename="Perjanjian-1')
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]
    again = await shop.get("/agreements/1/pdf", If_None_Match=f'"{digest}"')
    assert (again.status_code, again.content) == (304, b"")


async def test_payments_go_to_the_oldest_installment(web: Web, shop: Program) -> None:
    running = await agreed(web, shop, months=6)
    assert running["acceptedOn"] == "2026-03-04"
    assert running["requests"][0]["answer"] == "accepted"
    paid = await shop.post("/agreements/1/payments", {"amount": 1_500_000})
    assert paid.status_code == 200, paid.text
    told = paid.json()
    assert [one["paid"] for one in told["installments"]] == [1_000_000, 500_000, 0, 0, 0, 0]
    assert [one["state"] for one in told["installments"][:3]] == ["paid", "next", "waiting"]
    assert (told["paid"], told["outstanding"]) == (1_500_000, 4_500_000)
    next_one = await shop.post("/agreements/1/payments", {"installment": 2})
    assert next_one.json()["installments"][1]["state"] == "paid"
    problem(
        await shop.post("/agreements/1/payments", {"installment": 2}), 409, "installment_settled"
    )
    problem(
        await shop.post("/agreements/1/payments", {"installment": 99, "amount": 5}),
        404,
        "installment_unknown",
    )
    assert await differences(web, shop.tenant_id) == []


async def test_the_same_payment_twice_is_one(web: Web, shop: Program) -> None:
    await agreed(web, shop, months=6)
    first = await shop.post("/agreements/1/payments", {"amount": 300_000}, key="again")
    second = await shop.post("/agreements/1/payments", {"amount": 300_000}, key="again")
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert (await shop.get("/agreements/1")).json()["paid"] == 300_000
    other = await shop.post("/agreements/1/payments", {"amount": 300_001}, key="again")
    problem(other, 422, "idempotency_key_reused")


async def test_a_payoff_is_quoted_and_paid(web: Web, shop: Program) -> None:
    await agreed(web, shop, months=6, ratePercent="2")
    quote = (await shop.get("/agreements/1/payoff")).json()
    assert quote["toPay"] == quote["principal"] + quote["interest"]
    assert quote["saved"] > 0
    too_little = await shop.post("/agreements/1/payoff", {"amount": 1_000})
    assert problem(too_little, 409, "payoff_too_little")["toPay"] == quote["toPay"]
    done = await shop.post("/agreements/1/payoff", {})
    assert done.json()["status"] == "completed"
    assert done.json()["outstanding"] == 0
    problem(await shop.get("/agreements/1/payoff"), 409, "agreement_over")
    assert await differences(web, shop.tenant_id) == []


async def test_forgiven_written_off_rescheduled_and_sent_again(web: Web, shop: Program) -> None:
    await agreed(web, shop, months=6)
    forgiven = await shop.post("/agreements/1/forgiveness", {"amount": 500_000})
    assert (
        forgiven.json()["installments"][-1]["letOff"]
        + sum(one["letOff"] for one in forgiven.json()["installments"][:-1])
        == 500_000
    )
    problem(
        await shop.post("/agreements/1/forgiveness", {"amount": 9_000_000}),
        409,
        "forgive_too_much",
    )
    before = len(await heard(web, shop.tenant_id))
    assert (await shop.post("/agreements/1/resend")).status_code == 200
    assert (await heard(web, shop.tenant_id))[before:] == [(BUDI, "agreement")]
    problem(await shop.post("/agreements/1/reschedule", {}), 422, "reschedule_unclear")
    asked = await shop.post("/agreements/1/reschedule", {"monthsMore": 2})
    assert asked.status_code == 200, asked.text
    await print_all(web)
    await writes(web, shop.tenant_id, "SETUJU 1")
    told = (await shop.get("/agreements/1")).json()
    assert told["version"] == 2
    assert [one["reason"] for one in told["versions"]] == ["agreed", "term_extended"]
    written_off = await shop.post("/agreements/1/write-off")
    assert written_off.json()["status"] == "written_off"
    problem(await shop.post("/agreements/1/write-off"), 409, "agreement_over")
    assert await differences(web, shop.tenant_id) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"firstDue": "0001-01-01"}, "reschedule_impossible"),
        ({"firstDue": "2026-03-01"}, "reschedule_impossible"),
        ({"firstDue": "9999-12-31"}, "reschedule_impossible"),
        ({"monthsMore": 60}, "reschedule_impossible"),
        ({"monthsMore": 0}, "request_invalid"),
        ({"firstDue": "2026-04-01", "monthsMore": 1}, "reschedule_unclear"),
        ({"firstDue": "2026-02-30"}, "request_invalid"),
    ],
)
async def test_a_schedule_that_cannot_be_is_refused(
    web: Web, shop: Program, body: dict[str, Any], code: str
) -> None:
    await agreed(web, shop, months=6)
    refused = await shop.post("/agreements/1/reschedule", body)
    assert refused.json()["code"] == code, refused.text
    assert await count(web, shop.tenant_id, "document_jobs") == 1


async def test_a_draft_is_called_off_at_once_and_a_running_one_by_consent(
    web: Web, shop: Program
) -> None:
    await shop.post("/agreements", an_agreement())
    gone = await shop.post("/agreements/1/cancellation")
    assert (gone.json()["status"], gone.json()["cancelReason"]) == ("cancelled", "withdrawn")
    assert gone.json()["outstanding"] == 0
    await agreed(web, shop, name="Budi")
    asked = await shop.post("/agreements/2/cancellation")
    assert asked.json()["requests"][-1]["kind"] == "cancel"
    problem(await shop.post("/agreements/2/cancellation"), 409, "request_waits")
    await writes(web, shop.tenant_id, "SETUJU 2")
    assert (await shop.get("/agreements/2")).json()["cancelReason"] == "mutual"
    assert await differences(web, shop.tenant_id) == []


async def test_the_list_is_filtered_and_comes_in_pages(web: Web, shop: Program) -> None:
    await agreed(web, shop)
    for letter in "AB":
        await shop.post(
            "/agreements",
            an_agreement(f"Orang {letter}", phoneNumber=f"+6281230000{ord(letter)}9"),
        )
    first = (await shop.get("/agreements?limit=2")).json()
    assert [one["number"] for one in first["items"]] == [3, 2]
    rest = (await shop.get(f"/agreements?limit=2&cursor={first['nextCursor']}")).json()
    assert [one["number"] for one in rest["items"]] == [1]
    assert rest["nextCursor"] is None
    drafts = (await shop.get("/agreements?status=draft")).json()["items"]
    assert [one["number"] for one in drafts] == [3, 2]
    assert [
        one["number"] for one in (await shop.get("/agreements?borrowerId=1")).json()["items"]
    ] == [1]
    problem(await shop.get("/agreements?status=gone"), 422, "request_invalid")


async def test_a_late_installment_is_shown_late(web: Web, shop: Program) -> None:
    await agreed(web, shop, months=6)
    web.clock.at += timedelta(days=30)
    told = (await shop.get("/agreements/1")).json()
    assert told["installments"][0]["state"] == "late"
    assert told["daysPastDue"] == told["installments"][0]["daysPastDue"] > 0


ACTS: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("payments", {"amount": 1_000}),
    ("payoff", {}),
    ("forgiveness", {}),
    ("write-off", None),
    ("cancellation", None),
    ("reschedule", {"monthsMore": 1}),
    ("resend", None),
)


async def test_another_tenants_agreement_is_not_found(web: Web, shop: Program) -> None:
    await agreed(web, shop)
    before = (await shop.get("/agreements/1")).json()
    async with program(web) as other:
        for path in ("", "/pdf", "/payoff"):
            problem(await other.get(f"/agreements/1{path}"), 404, "agreement_unknown")
        for act, body in ACTS:
            answer = await other.post(f"/agreements/1/{act}", body)
            problem(answer, 404, "agreement_unknown")
        assert (await other.get("/agreements")).json()["items"] == []
    assert (await shop.get("/agreements/1")).json() == before


async def test_a_key_that_only_reads_changes_nothing(web: Web, shop: Program) -> None:
    await agreed(web, shop)
    async with program(web, shop.tenant_id, KeyScope.READ) as reader:
        assert (await reader.get("/agreements/1/pdf")).status_code == 200
        for act, body in ACTS:
            problem(await reader.post(f"/agreements/1/{act}", body), 403, "not_permitted")
