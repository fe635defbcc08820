"""Fetching a received file from where Graph says it lies: only from Meta, never inwards.

The address comes in an answer, so it is checked as anybody's would be: an address of our own
network would otherwise be read with our token in hand.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

import httpx
import structlog

from bukuhutang.messaging.driver import Fetched, TooLarge

MEDIA_HOSTS = (".fbsbx.com", ".fbcdn.net", ".whatsapp.net")
DOWNLOAD_SECONDS_MAX = 60

log = structlog.get_logger("cloud")


async def fetch(http: httpx.AsyncClient, url: str, *, base_url: str, bytes_max: int) -> Fetched:
    """The content behind `url`, at most `bytes_max` bytes.

    No redirect is followed: each would be an address nobody has checked.
    """
    if not await is_allowed(url, base_url):
        log.warning("media_address_refused")
        return None
    try:
        async with asyncio.timeout(DOWNLOAD_SECONDS_MAX):
            async with http.stream("GET", url, follow_redirects=False) as answer:
                return await _content(answer, bytes_max)
    except (httpx.HTTPError, TimeoutError) as problem:
        log.warning("media_not_fetched", problem=type(problem).__name__)
        return None


async def _content(answer: httpx.Response, bytes_max: int) -> Fetched:
    if answer.status_code != 200:
        log.warning("media_not_fetched", status=answer.status_code)
        return None
    declared = answer.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > bytes_max:
        return TooLarge(int(declared))
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > bytes_max:  # whatever was declared
            return TooLarge(len(content))
    return bytes(content)


async def is_allowed(url: str, base_url: str) -> bool:
    """Whether a file may be fetched from there: Meta's media hosts by https, or Graph itself."""
    if len(url) > 4_096 or any(one.isspace() or not one.isprintable() for one in url):
        return False
    try:
        address, base = urlsplit(url), urlsplit(base_url)
        origin = (address.scheme, address.hostname, address.port)
        if address.username is not None or address.password is not None:
            return False
        if origin == (base.scheme, base.hostname, base.port):
            return True  # where the token goes anyway
    except ValueError:
        return False
    host = (address.hostname or "").rstrip(".")
    if address.scheme != "https" or address.port not in (None, 443):
        return False
    return host.endswith(MEDIA_HOSTS) and await _is_public(host)


async def _is_public(host: str) -> bool:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(one[4][0]).is_global for one in found)
