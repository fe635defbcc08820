"""The page on which a lender links a phone, opened by a link that the operator has sent.

Whoever has the link may do what the page does, and nothing else; no key is asked for. The page
asks for its state every second or two: it changes with a code that runs out, a scan, a click.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from bukuhutang.entrypoints.web.auth import TooManyAttempts, admit
from bukuhutang.entrypoints.web.client_address import address_of
from bukuhutang.entrypoints.web.deps import Call, OperatorCall, WebDeps
from bukuhutang.rendering.formats import phone
from bukuhutang.rendering.qr import qr_svg
from bukuhutang.usecases.pairing import (
    SECRET_BYTES,
    LinkUnknown,
    PairingView,
    pairing_view,
    want_code,
)

PAGES = Path(__file__).with_name("pages")
SHELL = PAGES / "link.html"
CLOSED = (PAGES / "link_closed.html").read_text()
MARK_CHARACTERS = 16
NO_ROBOTS = {"X-Robots-Tag": "noindex, nofollow"}

router = APIRouter(prefix="/link", include_in_schema=False)


def new_secret() -> str:
    """The part of a link that nobody can guess."""
    return secrets.token_hex(SECRET_BYTES)


class _Json(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class WishIn(_Json):
    how: Literal["qr", "code"]


class StateOut(_Json):
    """What the page shows now; words and layout are the page's own."""

    step: str
    language: str
    timezone: str
    name: str
    number: str = Field(description="the number that has to scan, as people write it")
    how: str
    qr_mark: str | None = Field(description="another one for every QR code")
    qr: str | None = Field(description="the picture, unless the page has it already")
    seconds_left: int | None = Field(description="until this code is replaced by the next")
    pair_code: str | None
    tail: str | None
    until: datetime | None

    @classmethod
    def of(cls, view: PairingView, now: datetime, *, have: str | None = None) -> StateOut:
        """The view as JSON: seconds instead of an instant, since a phone's clock may be wrong."""
        qr = view.qr_code
        mark = hashlib.sha256(qr.encode()).hexdigest()[:MARK_CHARACTERS] if qr else None
        left = (view.qr_expires_at - now).total_seconds() if view.qr_expires_at else None
        return cls(
            step=view.step,
            language=view.language,
            timezone=view.timezone,
            name=view.name,
            number=phone(view.phone_number),
            how=view.how,
            qr_mark=mark,
            qr=qr_svg(qr) if qr and mark != have else None,
            seconds_left=None if left is None else max(0, int(left)),
            pair_code=view.pair_code,
            tail=view.tail,
            until=view.until,
        )


class _Visit:
    """A request with a link, from an address that has not tried too many."""

    def __init__(self, token: str, call: Call, address: str) -> None:
        self.token = token
        self.call = call
        self._address = address
        admit(self._deps.link_attempts, address)

    @property
    def _deps(self) -> WebDeps:
        return self.call.deps

    async def look(self) -> PairingView:
        """What the page shows. Raises LinkUnknown, and counts it against the address."""
        try:
            return await pairing_view(self._deps.database, self.token, self.call.when)
        except LinkUnknown:
            self._deps.link_attempts.note(self._address)
            raise

    async def wish(self, how: Literal["qr", "code"]) -> PairingView:
        """Ask for a code. Raises as `look`."""
        await self.look()
        view = await want_code(self._deps.database, self.token, how, self.call.when)
        await self._deps.wake_sessions()
        return view


def _visit(token: str, request: Request, call: OperatorCall) -> _Visit:
    return _Visit(token, call, address_of(request.scope))


Mark = Annotated[str | None, Query(max_length=MARK_CHARACTERS)]
Visit = Annotated[_Visit, Depends(_visit)]


@router.get("/{token}", response_model=None)
async def link_page(token: str, request: Request, call: OperatorCall) -> Response:
    """The page's shell; a link that does not open shows one page, whatever is wrong with it."""
    try:
        await _visit(token, request, call).look()
    except LinkUnknown:
        return HTMLResponse(CLOSED, status_code=404, headers=NO_ROBOTS)
    except TooManyAttempts as blocked:
        later = {"Retry-After": str(blocked.retry_after_seconds)}
        return HTMLResponse(CLOSED, status_code=429, headers={**NO_ROBOTS, **later})
    return FileResponse(SHELL, media_type="text/html; charset=utf-8", headers=NO_ROBOTS)


@router.get("/{token}/state")
async def link_state(visit: Visit, have: Mark = None) -> StateOut:
    """What the page shows now; `have` names the picture it shows already."""
    return StateOut.of(await visit.look(), visit.call.when.now, have=have)


@router.post("/{token}/code")
async def link_code(body: WishIn, visit: Visit) -> StateOut:
    """Ask for a QR code or for eight characters; what is under way in the other kind ends."""
    return StateOut.of(await visit.wish(body.how), visit.call.when.now)
