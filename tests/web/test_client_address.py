"""Whose request it is: nobody chooses an own address, and no proxy hides everybody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bukuhutang.entrypoints.web.client_address import TrustedProxies
from tests.web.rig import FAILURES_MAX, Web

PROXY = "10.0.0.5"
PROXIES = TrustedProxies.read("10.0.0.0/24, 192.0.2.1, fd00::/64")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (PROXY, "203.0.113.9", "203.0.113.9"),
        (PROXY, "198.51.100.66, 203.0.113.9", "203.0.113.9"),  # what the client wrote itself
        (PROXY, "203.0.113.9, 192.0.2.1, 10.0.0.9", "203.0.113.9"),  # two proxies in between
        (PROXY, "203.0.113.9:4711", "203.0.113.9"),
        (PROXY, "[2001:db8::1]:4711", "2001:db8::1"),
        (PROXY, "2001:db8::1", "2001:db8::1"),
        (PROXY, "", PROXY),
        (PROXY, "nonsense", PROXY),
        (PROXY, "203.0.113.9, nonsense", PROXY),
        (PROXY, "10.0.0.7, 10.0.0.9", "10.0.0.7"),  # a proxy that asks for itself
        ("::ffff:10.0.0.5", "203.0.113.9", "203.0.113.9"),
        ("fd00::1", "203.0.113.9", "203.0.113.9"),
        ("203.0.113.7", "198.51.100.66", "203.0.113.7"),  # no proxy of ours
        ("unix", "198.51.100.66", "unix"),
    ],
)
def test_the_rightmost_address_that_is_no_proxy_of_ours_is_the_client(
    peer: str, forwarded: str, client: str
) -> None:
    assert PROXIES.client(peer, forwarded) == client


def test_without_trusted_proxies_the_header_is_not_read() -> None:
    assert TrustedProxies().client(PROXY, "203.0.113.9") == PROXY


def test_what_is_no_network_is_refused() -> None:
    for wrong in ("proxy.example", "10.0.0.5/24", "300.1.1.1"):
        with pytest.raises(ValueError):
            TrustedProxies.read(wrong)


async def test_behind_a_proxy_one_guesser_does_not_block_the_others(web: Web) -> None:
    deps = replace(web.deps(), proxies=PROXIES)
    async with web.client(deps, key="wrong", address=PROXY) as http:
        for _ in range(FAILURES_MAX + 1):
            last = await http.get("/admin/stats", headers={"X-Forwarded-For": "203.0.113.9"})
        assert last.status_code == 429
        lying = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
        assert (await http.get("/admin/stats", headers=lying)).status_code == 429
        other = await http.get("/admin/stats", headers={"X-Forwarded-For": "203.0.113.10"})
        assert other.status_code == 403


async def test_a_stranger_cannot_choose_an_address(web: Web) -> None:
    async with web.client(key="wrong") as http:
        for number in range(FAILURES_MAX + 1):
            last = await http.get(
                "/admin/stats", headers={"X-Forwarded-For": f"203.0.113.{number}"}
            )
        assert last.status_code == 429
