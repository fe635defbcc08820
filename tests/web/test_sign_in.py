"""Signing in with a code on WhatsApp: what opens, what does not, and what nobody learns."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest

from bukuhutang.usecases.sign_ins import CODES_A_DAY_MAX
from tests.web.rig import Web, problem
from tests.web.sign_in_rig import COOKIE, OWNER, STAFF, Shop, open_shop

STRANGER = "6281399999999"


@pytest.fixture
async def shop(web: Web) -> Shop:
    """A lender with staff."""
    return await open_shop(web)


class TestTheCode:
    async def test_it_comes_to_the_self_chat_with_a_warning(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            code = await shop.code(browser)
        assert len(code) == 6
        assert await shop.codes() == [(OWNER, code)]
        async with shop.web.database.tenant_tx(shop.tenant_id) as tx:
            body = await tx.db.fetchval("select body from outbound_messages order by id desc")
            [kept] = await tx.db.fetch("select * from sign_in_codes")
        assert "Jangan beri kode ini" in body
        assert code.encode() not in bytes(kept["code_hash"])
        assert kept["expires_at"] - kept["asked_at"] == timedelta(minutes=5)

    async def test_staff_name_the_lender_and_get_it_in_their_own_chat(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            code = await shop.code(browser, STAFF, OWNER)
        assert await shop.codes() == [(STAFF, code)]

    async def test_the_answer_is_the_same_for_every_number(self, shop: Shop) -> None:
        asked = [
            {"phoneNumber": f"+{OWNER}"},
            {"phoneNumber": f"+{STRANGER}"},
            {"phoneNumber": f"+{STAFF}"},  # a member, but not a lender
            {"phoneNumber": f"+{STRANGER}", "lenderNumber": f"+{OWNER}"},
        ]
        answers = []
        async with shop.browser() as browser:
            answers += [await browser.send("POST", "/sign-in/code", body) for body in asked]
            for _ in range(4):  # the fourth within a quarter of an hour is not sent
                answers.append(await browser.send("POST", "/sign-in/code", asked[0]))
            await shop.execute("update tenants set status = 'inactive'")
            answers.append(await browser.send("POST", "/sign-in/code", asked[0]))
        assert {(one.status_code, one.text) for one in answers} == {
            (202, '{"success":true,"expiresInSeconds":300}')
        }
        assert len({tuple(sorted(one.headers)) for one in answers}) == 1
        assert len(await shop.codes()) == 3

    async def test_three_in_a_quarter_of_an_hour_and_ten_a_day(self, shop: Shop) -> None:
        sent = 0
        for _ in range(8):
            async with shop.browser(address=f"198.51.100.{sent + 1}") as browser:
                for _ in range(4):
                    await browser.send("POST", "/sign-in/code", {"phoneNumber": f"+{OWNER}"})
            sent = len(await shop.codes())
            shop.web.clock.at += timedelta(minutes=16)
        assert sent == CODES_A_DAY_MAX
        shop.web.clock.at += timedelta(days=1)
        async with shop.browser(address="198.51.100.99") as browser:
            await shop.code(browser)

    async def test_one_address_may_ask_only_so_often(self, shop: Shop) -> None:
        async with shop.browser(address="203.0.113.9") as browser:
            for number in range(20):
                body = {"phoneNumber": f"+62813888800{number:02}"}
                assert (await browser.send("POST", "/sign-in/code", body)).status_code == 202
            answer = await browser.send("POST", "/sign-in/code", {"phoneNumber": f"+{OWNER}"})
        assert "retryAfterSeconds" in problem(answer, 429, "too_many_attempts")
        assert await shop.codes() == []

    async def test_what_is_no_number_is_said_so(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            answer = await browser.send("POST", "/sign-in/code", {"phoneNumber": "12"})
        problem(answer, 422, "phone_number_invalid")


class TestSigningIn:
    async def test_the_code_opens_once(self, shop: Shop) -> None:
        async with shop.browser() as browser, shop.browser() as other:
            code = await shop.code(browser)
            await browser.sign_in(code)
            answer = await browser.send("GET", "/sign-in")
            assert answer.json() == {
                "tenantId": shop.tenant_id,
                "memberId": 1,
                "role": "owner",
                "csrfToken": browser.csrf,
                "expiresAt": "2026-04-03T05:00:00Z",
            }
            body = {"phoneNumber": f"+{OWNER}", "code": code}
            problem(await other.send("POST", "/sign-in", body), 403, "sign_in_refused")

    async def test_the_cookie_is_out_of_reach(self, shop: Shop) -> None:
        async with shop.signed_in() as browser:
            set_by = SimpleCookie(browser.last_set)[COOKIE]
            assert set_by["secure"]
            assert set_by["httponly"]
            assert set_by["samesite"] == "Strict"
            assert set_by["path"] == "/"
            assert not set_by["domain"]
            token = set_by.value.split(".")[1]
        async with shop.web.database.tenant_tx(shop.tenant_id) as tx:
            assert token not in str(await tx.db.fetch("select * from sign_ins"))

    async def test_wrong_old_used_and_nobodys_are_not_told_apart(self, shop: Shop) -> None:
        said = set()
        async with shop.browser() as browser:
            code = await shop.code(browser)
            wrong = "000000" if code != "000000" else "111111"
            for phone, tried in (
                (OWNER, wrong),
                (STRANGER, code),
                (STAFF, code),
                (OWNER, ""),
                (OWNER, "٠٠٠٠٠٠"),
                (OWNER, f"{code}0"),
            ):
                body = {"phoneNumber": f"+{phone}", "code": tried}
                answer = await browser.send("POST", "/sign-in", body)
                members = problem(answer, 403, "sign_in_refused")
                said.add(str({**members, "instance": ""}))
            shop.web.clock.at += timedelta(minutes=5)
            body = {"phoneNumber": f"+{OWNER}", "code": code}
            members = problem(await browser.send("POST", "/sign-in", body), 403, "sign_in_refused")
            said.add(str({**members, "instance": ""}))
        assert len(said) == 1

    async def test_five_tries_and_the_right_code_is_void(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            code = await shop.code(browser)
            wrong = "000000" if code != "000000" else "111111"
            for tried in (*[wrong] * 5, code):
                body = {"phoneNumber": f"+{OWNER}", "code": tried}
                answer = await browser.send("POST", "/sign-in", body)
                problem(answer, 403, "sign_in_refused")

    async def test_the_fifth_try_may_be_right(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            code = await shop.code(browser)
            wrong = "000000" if code != "000000" else "111111"
            for _ in range(4):
                body = {"phoneNumber": f"+{OWNER}", "code": wrong}
                await browser.send("POST", "/sign-in", body)
            await browser.sign_in(code)

    async def test_brute_force_ends_at_the_address_too(self, shop: Shop) -> None:
        async with shop.browser(address="203.0.113.7") as browser:
            for number in range(20):
                body = {"phoneNumber": f"+{OWNER}", "code": f"{number:06}"}
                await browser.send("POST", "/sign-in", body)
            answer = await browser.send("POST", "/sign-in", body)
            problem(answer, 429, "too_many_attempts")

    async def test_of_two_tries_at_once_one_opens(self, shop: Shop) -> None:
        async with shop.browser() as one, shop.browser() as other:
            code = await shop.code(one)
            body = {"phoneNumber": f"+{OWNER}", "code": code}
            answers = await asyncio.gather(
                *(each.send("POST", "/sign-in", body) for each in (one, other) for _ in range(3))
            )
        assert sorted(each.status_code for each in answers) == [200, 403, 403, 403, 403, 403]

    async def test_guessing_at_once_counts_every_guess(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            code = await shop.code(browser)
            guesses = [f"{(int(code) + step) % 1_000_000:06}" for step in range(1, 11)]
            await asyncio.gather(
                *(
                    browser.send("POST", "/sign-in", {"phoneNumber": f"+{OWNER}", "code": one})
                    for one in guesses
                )
            )
            body = {"phoneNumber": f"+{OWNER}", "code": code}
            problem(await browser.send("POST", "/sign-in", body), 403, "sign_in_refused")

    async def test_a_new_code_ends_the_one_before(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            first = await shop.code(browser)
            second = await shop.code(browser)
            body = {"phoneNumber": f"+{OWNER}", "code": first}
            if first != second:
                problem(await browser.send("POST", "/sign-in", body), 403, "sign_in_refused")
            await browser.sign_in(second)

    async def test_a_code_of_one_lender_is_none_of_another(self, shop: Shop) -> None:
        other = await open_shop(shop.web, "6281234560000", "Toko Ani")
        async with shop.browser() as browser:
            code = await shop.code(browser)
            await other.code(browser, "6281234560000")
            body = {"phoneNumber": "+6281234560000", "code": code}
            if code not in str(await other.codes()):
                problem(await browser.send("POST", "/sign-in", body), 403, "sign_in_refused")

    async def test_an_inactive_lender_does_not_sign_in(self, shop: Shop) -> None:
        async with shop.browser() as browser:
            code = await shop.code(browser)
            await shop.execute("update tenants set status = 'inactive'")
            body = {"phoneNumber": f"+{OWNER}", "code": code}
            problem(await browser.send("POST", "/sign-in", body), 403, "sign_in_refused")

    async def test_it_is_in_the_audit_log(self, shop: Shop) -> None:
        async with shop.signed_in(STAFF), shop.web.database.tenant_tx(shop.tenant_id) as tx:
            rows = await tx.db.fetch("select actor, action from audit_log order by id desc")
        assert tuple(rows[0]) == ("member:2", "signed_in")
