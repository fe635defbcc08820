"""Reports through the API; the figures have tests beside the use cases."""

from __future__ import annotations

from datetime import timedelta

from tests.web.api.rig import Program, program
from tests.web.rig import Web, problem

NOTHING = {
    "current": 0,
    "days1To30": 0,
    "days31To60": 0,
    "days61To90": 0,
    "daysOver90": 0,
    "total": 0,
}


async def test_an_empty_book_has_empty_reports(shop: Program) -> None:
    status = (await shop.get("/reports/status")).json()
    assert (status["receivableTotal"], status["overdue"], status["payables"]) == (0, [], [])
    assert (await shop.get("/reports/aging")).json() == {
        "on": "2026-03-04",
        "receivable": {**NOTHING, "people": []},
        "payable": {**NOTHING, "people": []},
    }
    nought = {"lent": 0, "collected": 0, "new": 0, "settled": 0}
    assert (await shop.get("/reports/months/2026-03")).json() == {
        "month": "2026-03",
        "receivable": nought,
        "payable": nought,
        "people": [],
    }


async def test_reports_tell_of_both_directions(web: Web, shop: Program) -> None:
    await shop.lent("Budi", 500_000, days=10)
    await shop.post(
        "/debts",
        {"direction": "hutang", "name": "Bu Rina", "amount": 80_000, "dueDate": "2026-03-30"},
    )
    web.clock.at += timedelta(days=15)
    aging = (await shop.get("/reports/aging")).json()
    assert aging["receivable"]["days1To30"] == aging["receivable"]["total"] == 500_000
    assert aging["receivable"]["people"][0]["borrower"] == {"id": 1, "name": "Budi"}
    assert aging["payable"]["current"] == 80_000
    status = (await shop.get("/reports/status")).json()
    assert (status["overdueTotal"], status["payableTotal"]) == (500_000, 80_000)
    assert status["overdue"][0]["daysPastDue"] == 5
    month = (await shop.get("/reports/months/2026-03")).json()
    assert month["receivable"] == {"lent": 500_000, "collected": 0, "new": 1, "settled": 0}
    assert [(one["direction"], one["lent"]) for one in month["people"]] == [
        ("piutang", 500_000),
        ("hutang", 80_000),
    ]
    async with program(web) as other:
        assert (await other.get("/reports/aging")).json()["receivable"]["people"] == []
        assert (await other.get("/reports/months/2026-03")).json()["people"] == []


async def test_a_report_is_not_sent_again_to_whom_has_it(shop: Program) -> None:
    await shop.lent("Budi")
    for path in ("status", "aging", "months/2026-03"):
        etag = (await shop.get(f"/reports/{path}")).headers["etag"]
        assert (await shop.get(f"/reports/{path}", If_None_Match=etag)).status_code == 304


async def test_what_is_no_month_is_refused(shop: Program) -> None:
    for month in ("2026-13", "0001-01", "9999-12"):
        problem(await shop.get(f"/reports/months/{month}"), 422, "month_unknown")
    for month in ("2026", "march", "2026-3"):
        problem(await shop.get(f"/reports/months/{month}"), 422, "request_invalid")
