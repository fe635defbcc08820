"""While somebody is signed in: the token changes, other sites get nothing, ends are at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bukuhutang.tenancy.roles import Role
from bukuhutang.usecases.members import NewMember, add_by_operator, remove_by_operator
from bukuhutang.usecases.sign_ins import sign_out_all
from bukuhutang.usecases.tenants import When
from tests.usecases.rig import Shop as Lender
from tests.web.api.rig import a_debt
from tests.web.rig import KEY, Web, problem
from tests.web.sign_in_rig import COOKIE, HOST, OWNER, STAFF, VIEWER, Browser, Shop, open_shop

OPERATOR_COOKIE = "__Host-bukuhutang-operator"


@pytest.fixture
async def shop(web: Web) -> Shop:
    """A lender with staff."""
    return await open_shop(web)


async def is_in(browser: Browser) -> bool:
    """Whether the cookie opens anything."""
    return (await browser.send("GET", "/sign-in")).status_code == 200


def when(shop: Shop) -> When:
    """Now."""
    return When(shop.web.clock.at, shop.web.clock.at)


class TestTheToken:
    async def test_it_is_changed_after_an_hour_and_the_earlier_one_lives_a_minute(
        self, shop: Shop
    ) -> None:
        async with shop.signed_in() as browser:
            first = browser.cookies[COOKIE]
            shop.web.clock.at += timedelta(minutes=59)
            assert await is_in(browser)
            assert browser.cookies[COOKIE] == first
            shop.web.clock.at += timedelta(minutes=1)
            assert await is_in(browser)
            second = browser.cookies[COOKIE]
            assert second != first
            under_way = Browser(browser.http, {COOKIE: first})
            shop.web.clock.at += timedelta(seconds=60)
            assert await is_in(under_way)
            assert under_way.cookies[COOKIE] == first
            assert await is_in(browser)

    async def test_an_earlier_token_shown_later_ends_the_login_for_both(self, shop: Shop) -> None:
        async with shop.signed_in() as browser:
            stolen = Browser(browser.http, dict(browser.cookies))
            shop.web.clock.at += timedelta(hours=1)
            assert await is_in(browser)
            shop.web.clock.at += timedelta(seconds=61)
            problem(await stolen.send("GET", "/sign-in"), 401, "signed_out")
            problem(await browser.send("GET", "/sign-in"), 401, "signed_out")

    async def test_a_request_of_another_site_does_not_change_it(self, shop: Shop) -> None:
        """The new one would not reach the owner's pages, and the login would end by itself."""
        async with shop.signed_in() as browser:
            kept = browser.cookies[COOKIE]
            shop.web.clock.at += timedelta(hours=1)
            for path in ("/sign-out", "/api/v1/debts"):
                refused = await browser.send("POST", path, {}, Origin="https://evil.example")
                problem(refused, 403, "csrf_refused")
                assert "set-cookie" not in refused.headers
            assert browser.cookies[COOKIE] == kept
            shop.web.clock.at += timedelta(minutes=2)
            assert await is_in(browser)
            assert browser.cookies[COOKIE] != kept

    async def test_thirty_days_unused_are_the_end(self, shop: Shop) -> None:
        async with shop.signed_in() as browser:
            shop.web.clock.at += timedelta(days=29)
            assert await is_in(browser)
            shop.web.clock.at += timedelta(days=30)
            assert not await is_in(browser)

    async def test_ninety_days_are_the_end_in_any_case(self, shop: Shop) -> None:
        async with shop.signed_in() as browser:
            for _ in range(8):
                shop.web.clock.at += timedelta(days=11)
                assert await is_in(browser)
            shop.web.clock.at += timedelta(days=2)
            assert not await is_in(browser)

    @pytest.mark.parametrize("value", ["", "1", "1.x", "0." + "a" * 43, "1." + "a" * 43, "%00"])
    async def test_a_made_up_cookie_opens_nothing(self, shop: Shop, value: str) -> None:
        async with shop.browser() as browser:
            browser.cookies[COOKIE] = value
            problem(await browser.send("GET", "/sign-in"), 401, "signed_out")

    async def test_another_lenders_number_before_the_token_opens_nothing(self, shop: Shop) -> None:
        other = await open_shop(shop.web, "6281234560000", "Toko Ani")
        async with shop.signed_in() as browser:
            token = browser.cookies[COOKIE].split(".")[1]
            browser.cookies[COOKIE] = f"{other.tenant_id}.{token}"
            problem(await browser.send("GET", "/sign-in"), 401, "signed_out")


class TestOtherSites:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": f"{HOST}.evil.example"},
            {"Origin": ""},
            {"X-CSRF-Token": ""},
            {"X-CSRF-Token": "0" * 64},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        ],
    )
    async def test_a_change_from_elsewhere_is_refused(
        self, shop: Shop, headers: dict[str, str]
    ) -> None:
        async with shop.signed_in() as browser:
            problem(await browser.send("POST", "/sign-out", None, **headers), 403, "csrf_refused")
            answer = await browser.send(
                "POST", "/api/v1/debts", a_debt(), Idempotency_Key="x", **headers
            )
            problem(answer, 403, "csrf_refused")
            assert await is_in(browser)

    async def test_the_token_of_another_login_does_not_help(self, shop: Shop) -> None:
        async with shop.signed_in() as browser, shop.signed_in(STAFF) as other:
            answer = await browser.send("POST", "/sign-out", X_CSRF_Token=other.csrf)
            problem(answer, 403, "csrf_refused")

    async def test_sec_fetch_site_alone_is_enough_of_a_page(self, shop: Shop) -> None:
        async with shop.signed_in() as browser:
            headers = {"Origin": "", "Sec-Fetch-Site": "same-origin"}
            assert (await browser.send("POST", "/sign-out", None, **headers)).status_code == 200

    async def test_nobody_is_signed_in_from_another_site(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            body = {"phoneNumber": f"+{OWNER}", "code": await shop.code(browser)}
            answer = await browser.send("POST", "/sign-in", body, Origin="https://evil.example")
            problem(answer, 403, "csrf_refused")

    async def test_a_key_needs_no_such_token(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            answer = await browser.send(
                "POST", "/admin/tenant/1/plan", {"plan": "x"}, X_API_Key=KEY
            )
        problem(answer, 422, "plan_unknown")


class TestEnds:
    async def test_the_own_logins_are_listed_and_one_is_ended(self, shop: Shop) -> None:
        async with shop.signed_in() as phone, shop.signed_in() as lost, shop.signed_in(STAFF):
            listed = (await phone.send("GET", "/sign-ins")).json()["signIns"]
            assert [one["current"] for one in listed] == [False, True]
            assert listed[0]["device"] == "Firefox on a phone"
            number = listed[0]["id"]
            assert (await phone.send("DELETE", f"/sign-ins/{number}")).status_code == 200
            assert not await is_in(lost)
            assert await is_in(phone)
            answer = await phone.send("DELETE", f"/sign-ins/{number}")
            problem(answer, 404, "sign_in_unknown")

    async def test_their_numbers_tell_nothing_of_other_lenders(self, shop: Shop) -> None:
        other = await open_shop(shop.web, "6281234560000", "Toko Ani")
        async with shop.signed_in(), shop.signed_in(STAFF), other.browser() as browser:
            phone = "6281234560000"
            await browser.sign_in(await other.code(browser, phone), phone)
            listed = (await browser.send("GET", "/sign-ins")).json()["signIns"]
            assert [one["id"] for one in listed] == [1]

    async def test_nobody_ends_anothers_login(self, shop: Shop) -> None:
        async with shop.signed_in() as owner, shop.signed_in(STAFF) as staff:
            [own] = (await owner.send("GET", "/sign-ins")).json()["signIns"]
            answer = await staff.send("DELETE", f"/sign-ins/{own['id']}")
            problem(answer, 404, "sign_in_unknown")
            assert await is_in(owner)

    async def test_signing_out_ends_the_login_and_the_cookie(self, shop: Shop) -> None:
        async with shop.signed_in() as browser:
            kept = Browser(browser.http, dict(browser.cookies))
            assert (await browser.send("POST", "/sign-out")).status_code == 200
            assert COOKIE not in browser.cookies
            assert not await is_in(kept)

    async def test_a_removed_member_is_out_at_once(self, shop: Shop) -> None:
        async with shop.signed_in(STAFF) as staff:
            await remove_by_operator(shop.web.database, shop.tenant_id, f"+{STAFF}", when(shop))
            problem(await staff.send("GET", "/sign-in"), 401, "signed_out")
            new = NewMember(f"+{STAFF}", "Sari", Role.STAFF)
            await add_by_operator(shop.web.database, shop.tenant_id, new, when(shop))
            problem(await staff.send("GET", "/sign-in"), 401, "signed_out")

    async def test_after_everybody_is_signed_out_a_code_sent_before_opens_nothing(
        self, shop: Shop
    ) -> None:
        async with shop.signed_in() as owner, shop.browser() as thief:
            read_by_another = await shop.code(thief, STAFF, OWNER)
            async with Lender(shop.web.database, shop.tenant_id, OWNER).book() as book:
                assert (await sign_out_all(book)).count == 1
            assert not await is_in(owner)
            body = {"phoneNumber": STAFF, "lenderNumber": OWNER, "code": read_by_another}
            problem(await thief.send("POST", "/sign-in", body), 403, "sign_in_refused")

    async def test_an_inactive_lender_is_out(self, shop: Shop) -> None:
        async with shop.signed_in() as browser:
            await shop.execute("update tenants set status = 'inactive'")
            assert not await is_in(browser)


class TestTheApi:
    async def test_the_cookie_acts_as_the_member(self, shop: Shop) -> None:
        async with shop.signed_in(STAFF) as staff:
            answer = await staff.send("POST", "/api/v1/debts", a_debt(), Idempotency_Key="one")
            assert answer.status_code == 201, answer.text
            assert (await staff.send("GET", "/api/v1/debts")).status_code == 200
        async with shop.web.database.tenant_tx(shop.tenant_id) as tx:
            actor = "select actor from audit_log where action = 'debt_recorded'"
            assert await tx.db.fetchval(actor) == "member:2"
            assert await tx.db.fetchval("select created_by from debts") == 2

    async def test_a_viewer_only_reads(self, shop: Shop) -> None:
        async with shop.signed_in(VIEWER) as viewer:
            assert (await viewer.send("GET", "/api/v1/debts")).status_code == 200
            answer = await viewer.send("POST", "/api/v1/debts", a_debt(), Idempotency_Key="one")
            problem(answer, 403, "not_permitted")

    async def test_another_role_holds_at_once(self, shop: Shop) -> None:
        async with shop.signed_in(STAFF) as staff:
            new = NewMember(f"+{STAFF}", "Sari", Role.VIEWER)
            await add_by_operator(shop.web.database, shop.tenant_id, new, when(shop))
            answer = await staff.send("POST", "/api/v1/debts", a_debt(), Idempotency_Key="one")
            problem(answer, 403, "not_permitted")

    async def test_another_lenders_cookie_sees_only_its_own(self, shop: Shop) -> None:
        other = await open_shop(shop.web, "6281234560000", "Toko Ani")
        async with shop.signed_in() as mine, other.browser() as browser:
            await mine.send("POST", "/api/v1/debts", a_debt(), Idempotency_Key="one")
            phone = "6281234560000"
            await browser.sign_in(await other.code(browser, phone), phone)
            assert (await browser.send("GET", "/api/v1/debts")).json()["items"] == []
            problem(await browser.send("GET", "/api/v1/debts/1"), 404, "debt_not_found")


class TestTheOperator:
    async def test_the_key_for_a_cookie_that_opens_admin(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            problem(await browser.send("GET", "/admin/tenants"), 401, "key_missing")
            answer = await browser.send("POST", "/operator/sign-in", {"key": KEY})
            assert answer.status_code == 200
            assert "Secure; HttpOnly; SameSite=Strict" in browser.last_set
            assert KEY not in browser.last_set
            browser.csrf = answer.json()["csrfToken"]
            assert (await browser.send("GET", "/admin/tenants")).status_code == 200
            path, body = f"/admin/tenant/{shop.tenant_id}/plan", {"plan": "pro"}
            problem(await browser.send("POST", path, body, X_CSRF_Token=""), 403, "csrf_refused")
            evil = await browser.send("POST", path, body, Origin="https://evil.example")
            problem(evil, 403, "csrf_refused")
            assert (await browser.send("POST", path, body)).status_code == 200

    async def test_it_ends_after_twelve_hours_and_is_renewed_before(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            await browser.send("POST", "/operator/sign-in", {"key": KEY})
            first = browser.cookies[OPERATOR_COOKIE]
            for _ in range(11):
                shop.web.clock.at += timedelta(hours=1)
                assert (await browser.send("GET", "/admin/tenants")).status_code == 200
            assert browser.cookies[OPERATOR_COOKIE] != first
            shop.web.clock.at += timedelta(hours=1)
            problem(await browser.send("GET", "/admin/tenants"), 401, "key_missing")

    async def test_it_ends_with_the_key_it_was_given_for(self, shop: Shop) -> None:
        changed = replace(shop.deps, admin_keys=("another-key-of-the-operator",))
        async with shop.browser() as browser, shop.browser(deps=changed) as later:
            await browser.send("POST", "/operator/sign-in", {"key": KEY})
            later.cookies = browser.cookies
            problem(await later.send("GET", "/admin/tenants"), 401, "key_missing")

    async def test_a_wrong_key_counts_as_an_attempt(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            for _ in range(3):
                answer = await browser.send("POST", "/operator/sign-in", {"key": "guess"})
                problem(answer, 403, "key_wrong")
            answer = await browser.send("POST", "/operator/sign-in", {"key": KEY})
            problem(answer, 429, "too_many_attempts")

    async def test_neither_cookie_opens_the_others_door(self, shop: Shop) -> None:
        async with shop.signed_in() as member, shop.browser() as operator:
            problem(await member.send("GET", "/admin/tenants"), 401, "key_missing")
            await operator.send("POST", "/operator/sign-in", {"key": KEY})
            problem(await operator.send("GET", "/api/v1/debts"), 401, "key_missing")

    async def test_signing_out_forgets_the_cookie(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            answer = await browser.send("POST", "/operator/sign-in", {"key": KEY})
            browser.csrf = answer.json()["csrfToken"]
            assert (await browser.send("GET", "/operator/sign-in")).json() == answer.json()
            assert (await browser.send("POST", "/operator/sign-out")).status_code == 200
            assert OPERATOR_COOKIE not in browser.cookies

    @pytest.mark.parametrize("place", [0, 10, -1])
    async def test_a_changed_cookie_opens_nothing(self, shop: Shop, place: int) -> None:
        async with shop.browser() as browser:
            await browser.send("POST", "/operator/sign-in", {"key": KEY})
            value = list(browser.cookies[OPERATOR_COOKIE])
            value[place] = "1" if value[place] != "1" else "2"
            browser.cookies[OPERATOR_COOKIE] = "".join(value)
            problem(await browser.send("GET", "/admin/tenants"), 401, "key_missing")


async def test_staff_take_back_their_own_and_the_owner_is_told(shop: Shop) -> None:
    async with shop.signed_in() as owner, shop.signed_in(STAFF) as staff:
        for browser, number in ((owner, 1), (staff, 2)):
            key = f"lend-{number}"
            lent = await browser.send("POST", "/api/v1/debts", a_debt(), Idempotency_Key=key)
            assert lent.status_code == 201, lent.text
        refused = await staff.send("POST", "/api/v1/debts/1/reversal", {}, Idempotency_Key="no")
        problem(refused, 403, "not_permitted")
        back = await staff.send("POST", "/api/v1/debts/2/reversal", {}, Idempotency_Key="yes")
        assert (back.status_code, back.json()["status"]) == (200, "reversed"), back.text
    async with shop.web.database.tenant_tx(shop.tenant_id) as tx:
        told = await tx.db.fetchval("select body from outbound_messages order by id desc limit 1")
    assert told.startswith("*Sari* membatalkan catatannya sendiri")
