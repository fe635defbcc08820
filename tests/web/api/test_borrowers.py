"""The people of the book: listed, found, noted, changed."""

from __future__ import annotations

from tests.web.api.rig import Program, a_debt, count, differences, program
from tests.web.rig import Web, problem


async def test_somebody_is_noted_before_anything_is_owed(web: Web, shop: Program) -> None:
    body = {"name": "  Bu   Sari ", "phoneNumber": "0812-0000-1111"}
    answer = await shop.post("/borrowers", body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/api/v1/borrowers/1"
    assert answer.json() == {
        "id": 1,
        "name": "Bu Sari",
        "phoneNumber": "6281200001111",
        "optedOutAt": None,
        "receivable": 0,
        "payable": 0,
        "creditReceivable": 0,
        "creditPayable": 0,
        "createdAt": "2026-03-04T05:00:00Z",
    }
    await shop.lent("bu sari", 300_000)
    await shop.post("/debts", {**a_debt("Bu Sari", 100_000), "direction": "hutang"})
    read = (await shop.get("/borrowers/1")).json()
    assert (read["receivable"], read["payable"]) == (300_000, 100_000)
    assert await differences(web, shop.tenant_id) == []


async def test_a_second_person_of_a_name_must_be_meant(web: Web, shop: Program) -> None:
    await shop.post("/borrowers", {"name": "Budi", "phoneNumber": "081200001111"})
    again = problem(await shop.post("/borrowers", {"name": "BUDI"}), 409, "borrower_exists")
    assert again["borrowerId"] == 1
    assert (await shop.post("/borrowers", {"name": "Budi", "namesake": True})).status_code == 201
    taken = {"name": "Wati", "phoneNumber": "+62 812 0000 1111"}
    problem(await shop.post("/borrowers", taken), 409, "phone_taken")
    problem(await shop.post("/borrowers", {"name": "12"}), 422, "person_name_invalid")
    wrong = {"name": "Wati", "phoneNumber": "12"}
    problem(await shop.post("/borrowers", wrong), 422, "phone_number_invalid")
    async with web.database.tenant_tx(shop.tenant_id) as tx:
        own = await tx.db.fetchval("select phone_number from tenants")
    body = {"name": "Wati", "phoneNumber": f"+{own}"}
    problem(await shop.post("/borrowers", body), 409, "phone_is_own")
    assert await count(web, shop.tenant_id, "borrowers") == 2


async def test_a_number_is_changed_by_whom_knows_the_person_as_it_is(shop: Program) -> None:
    await shop.lent("Budi")
    await shop.lent("Sari", phoneNumber="081200009999")
    etag = (await shop.get("/borrowers/1")).headers["etag"]
    body = {"phoneNumber": "0812-0000-1111"}
    problem(await shop.patch("/borrowers/1", body), 428, "precondition_required")
    problem(await shop.patch("/borrowers/1", body, if_match='"x"'), 412, "precondition_failed")
    weak = await shop.patch("/borrowers/1", body, if_match=f"W/{etag}")
    problem(weak, 412, "precondition_failed")
    done = await shop.patch("/borrowers/1", body, key="once", if_match=etag)
    assert (done.status_code, done.json()["phoneNumber"]) == (200, "6281200001111")
    assert done.headers["etag"] != etag
    late = await shop.patch("/borrowers/1", {"phoneNumber": "0812-0000-2222"}, if_match=etag)
    problem(late, 412, "precondition_failed")
    again = await shop.patch("/borrowers/1", body, key="once", if_match=etag)
    assert (again.status_code, again.text) == (200, done.text), "a repetition comes first"
    taken = {"phoneNumber": "081200009999"}
    problem(await shop.patch("/borrowers/1", taken, if_match="*"), 409, "phone_taken")
    problem(await shop.patch("/borrowers/9", body, if_match="*"), 404, "borrower_not_found")
    problem(await shop.patch("/borrowers/1", {}, if_match="*"), 422, "request_invalid")


async def test_people_are_found_by_name_and_number(shop: Program) -> None:
    for name, phone in (("Budi Santoso", "081211110000"), ("Sari", "081222220000"), ("Élan", "")):
        more = {"phoneNumber": phone} if phone else {}
        assert (await shop.post("/borrowers", {"name": name, **more})).status_code == 201

    async def found(search: str) -> list[str]:
        answer = await shop.http.get("/api/v1/borrowers", params={"search": search})
        return [one["name"] for one in answer.json()["items"]]

    assert await found("") == ["Élan", "Sari", "Budi Santoso"]
    assert await found("SANTO") == ["Budi Santoso"]
    assert await found("éLAN") == ["Élan"]
    assert await found("0812-2222") == ["Sari"]
    assert await found("62812") == ["Sari", "Budi Santoso"]
    assert await found("%") == []
    first = (await shop.get("/borrowers?limit=2")).json()
    rest = (await shop.get(f"/borrowers?limit=2&cursor={first['nextCursor']}")).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == [3, 2, 1]
    assert rest["nextCursor"] is None


async def test_another_tenants_person_is_not_found(web: Web, shop: Program) -> None:
    await shop.lent("Budi", phoneNumber="081200001111")
    async with program(web) as other:
        problem(await other.get("/borrowers/1"), 404, "borrower_not_found")
        body = {"phoneNumber": "081200002222"}
        answer = await other.patch("/borrowers/1", body, if_match="*")
        problem(answer, 404, "borrower_not_found")
        assert (await other.get("/borrowers?search=Budi")).json()["items"] == []
        mine = {"name": "Wati", "phoneNumber": "081200001111"}
        assert (await other.post("/borrowers", mine)).status_code == 201, "numbers are per book"
