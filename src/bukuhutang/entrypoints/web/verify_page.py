"""The page that a document's QR opens: is this paper what was agreed on?

It shows no name beyond initials, asks for no key, and says the same to every address that is not
right. A file that is offered is hashed here and forgotten; the page works without any script.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bukuhutang.entrypoints.web.client_address import address_of
from bukuhutang.entrypoints.web.deps import OperatorCall
from bukuhutang.entrypoints.web.language import language_of
from bukuhutang.rendering import formats
from bukuhutang.tenancy.tenant import Language
from bukuhutang.usecases.verify import Paper, Verified, verify

PAGES = Path(__file__).with_name("pages")
NO_ROBOTS = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}
_HASH = re.compile(r"[0-9a-f]{64}")
_BOUNDARY = re.compile(r'multipart/form-data;.*\bboundary="?([^",; ]{1,70})"?', re.IGNORECASE)

router = APIRouter(prefix="/verify", include_in_schema=False)


@router.get("/{address}")
async def verify_page(address: str, request: Request, call: OperatorCall) -> Response:
    """State, date and hashes of the agreement."""
    return await _answer(address, request, call, None)


@router.post("/{address}")
async def verify_file(address: str, request: Request, call: OperatorCall) -> Response:
    """The same, and whether the file (or the hash) that was offered is one of its documents."""
    offered = _offered(request.headers.get("content-type", ""), await request.body())
    return await _answer(address, request, call, offered)


async def _answer(
    address: str, request: Request, call: OperatorCall, offered: str | None
) -> Response:
    language = _language(request)
    client = address_of(request.scope)
    visits = call.deps.verify_visits
    if blocked := visits.seconds_blocked(client):
        later = {**NO_ROBOTS, "Retry-After": str(blocked)}
        page = _page(language, found=None, wait=True)
        return HTMLResponse(page, status_code=429, headers=later)
    visits.note(client)
    found = await verify(call.deps.database, address)
    if found is None:
        return HTMLResponse(_page(language, found=None), status_code=404, headers=NO_ROBOTS)
    return HTMLResponse(_page(language, found=found, offered=offered), headers=NO_ROBOTS)


def _language(request: Request) -> Language:
    asked = request.query_params.get("lang")
    if asked in ("id", "en"):
        return Language(asked)
    # Papers of this country: Indonesian, unless the browser speaks of anything.
    return language_of(request.scope) if "accept-language" in request.headers else Language("id")


def _offered(content_type: str, body: bytes) -> str | None:
    """The SHA-256 in hexadecimal of the file in the form, else what was typed; None for neither."""
    boundary = _BOUNDARY.match(content_type)
    if boundary is None:
        return None
    fields = dict(_fields(boundary[1].encode(), body))
    if content := fields.get("file"):
        return hashlib.sha256(content).hexdigest()
    typed = re.sub(r"[^0-9a-z]", "", fields.get("hash", b"").decode("utf-8", "replace").lower())
    return typed or None


def _fields(boundary: bytes, body: bytes) -> list[tuple[str, bytes]]:
    """Name and content of each part of a multipart form; what is no part is left out."""
    found = []
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        head, separator, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'[; ]name="([^"]{1,40})"', head)
        if separator and name is not None:
            found.append((name[1].decode("ascii", "replace"), content))
    return found


@cache
def _words() -> dict[str, dict[str, Any]]:
    return tomllib.loads((PAGES / "verify.toml").read_text())


@cache
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("verify.html")


def _page(
    language: Language, *, found: Verified | None, offered: str | None = None, wait: bool = False
) -> str:
    match: Paper | None = None
    if found is not None and offered is not None:
        match = found.paper(offered)
    page: str = _template().render(
        words=_words()[language.value],
        language=language.value,
        other="en" if language is Language.INDONESIAN else "id",
        found=found,
        offered=offered,
        readable=offered is not None and _HASH.fullmatch(offered) is not None,
        match=match,
        wait=wait,
        day=lambda on: formats.calendar_day(on, language),
    )
    return page
