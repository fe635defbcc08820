"""Whose request it is: the peer of the connection, or whom a trusted proxy names.

A header can be written by anybody, so it is believed only from a proxy the operator has named, and
only the part which that proxy added itself: the rightmost address that is no trusted proxy.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

UNKNOWN = "unknown"
FORWARDED = b"x-forwarded-for"
HOPS_MAX = 32

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def address_of(scope: Scope) -> str:
    """Where a request comes from; limits per address ask this and nothing else."""
    client = scope.get("client")
    return str(client[0]) if client else UNKNOWN


@dataclass(frozen=True)
class TrustedProxies:
    """Networks whose `X-Forwarded-For` is believed; none by default."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def read(cls, text: str) -> TrustedProxies:
        """Addresses and networks, comma separated. Raises ValueError naming what is none."""
        named = [part.strip() for part in text.split(",") if part.strip()]
        try:
            return cls(tuple(ipaddress.ip_network(one) for one in named))
        except ValueError as problem:
            raise ValueError(str(problem)) from None

    def trusts(self, address: Address | None) -> bool:
        """Whether this is one of the operator's proxies."""
        return address is not None and any(address in one for one in self.networks)

    def client(self, peer: str, forwarded: str) -> str:
        """The client's address; `forwarded` are all headers of that name, in order."""
        if not self.trusts(_address(peer)):
            return peer
        client = peer
        for one in reversed(forwarded.split(",")[-HOPS_MAX:]):
            address = _address(_without_port(one.strip()))
            if address is None:
                return client  # what stands further left cannot be believed either
            client = str(address)
            if not self.trusts(address):
                return client
        return client


def _address(text: str) -> Address | None:
    try:
        known = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    return mapped or known


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


class ClientAddressMiddleware:
    """Puts the client's address where everything behind looks for it: `scope["client"]`."""

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._proxies.networks and scope.get("client"):
            values = [value for name, value in scope["headers"] if name == FORWARDED]
            if values:
                peer, port = scope["client"]
                forwarded = b",".join(values).decode("latin-1")
                client = self._proxies.client(peer, forwarded)
                scope = {**scope, "client": (client, port if client == peer else 0)}
        await self._app(scope, receive, send)
