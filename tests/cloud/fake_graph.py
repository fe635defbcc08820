"""A fake of Meta's Graph API on loopback, as strict as the documentation of the real one.

It checks token, phone id and the shape of every request, keeps 24-hour windows, knows templates,
answers with Graph's error envelopes, holds media, and posts signed webhooks.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from bukuhutang.main.address import claim_port

TOKEN = "a-system-user-token"
APP_SECRET = "the-app-secret"
VERIFY_TOKEN = "the-verify-token"
VERSION = "v23.0"
WABA = "104996122399160"
POST_SECONDS = 10
PARAMETER_FORBIDDEN = re.compile(r"[\n\t]| {5,}")

Json = dict[str, Any]

HTTP_STATUS = {190: 401, 131031: 403, 368: 403, 130429: 400, 80007: 400, 4: 400, 131000: 500}


class Refused(Exception):
    """Graph says no."""

    def __init__(self, code: int, message: str = "refused", status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or HTTP_STATUS.get(code, 400)


@dataclass(frozen=True)
class Sent:
    """A message that Graph has accepted, as the receiving phone shows it."""

    id: str
    phone_id: str
    to: str
    kind: str
    text: str
    client_ref: str | None
    content: Json
    file: bytes | None = None


@dataclass
class FakeGraph:
    """What Meta's side remembers."""

    base_url: str
    clock: Callable[[], datetime]
    numbers: dict[str, str] = field(default_factory=dict)  # phone id -> display number
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    templates: dict[tuple[str, str], str | None] = field(default_factory=dict)  # header's type
    media: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    windows: dict[tuple[str, str], datetime] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    faults: list[Refused | str] = field(default_factory=list)  # answered to the next sends
    media_address: str | None = None  # instead of our own
    claimed_size: int | None = None  # of every file; its bytes then come without a length
    webhook: str | None = None  # where to post
    statuses: tuple[str, ...] = ()  # posted by itself after each accepted send
    failing: dict[str, int] = field(default_factory=dict)  # recipient -> code of a late failure
    requests: list[tuple[str, str]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    _posts: set[asyncio.Task[Any]] = field(default_factory=set)

    # --- what phones do ---------------------------------------------------------------------------

    def message(self, sender: str, typ: str, content: Any, **more: Any) -> Json:
        """One message of a webhook, without posting it."""
        return {
            "from": sender,
            "id": more.pop("id", f"wamid.in{next(self._numbers)}"),
            "timestamp": str(int(self.clock().timestamp())),
            "type": typ,
            typ: content,
            **more,
        }

    def text(self, sender: str, text: str, **more: Any) -> Json:
        """A text message of a webhook."""
        return self.message(sender, "text", {"body": text}, **more)

    def body(self, phone_id: str, *messages: Json, **more: Any) -> Json:
        """A webhook with these messages; contacts carry no `user_id`."""
        contacts = [{"profile": {"name": "X"}, "wa_id": one.get("from")} for one in messages]
        value: Json = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "x", "phone_number_id": phone_id},
        }
        if messages:
            value |= {"contacts": contacts, "messages": list(messages)}
        return wrapped(value | more)

    def hear(self, phone_id: str, *messages: Json) -> None:
        """The customer wrote: the window is open from now."""
        for one in messages:
            self.windows[phone_id, one["from"]] = self.clock()

    async def say(self, phone_id: str, *messages: Json) -> None:
        """Post messages to the service, in one webhook."""
        self.hear(phone_id, *messages)
        answer = await self.post(self.body(phone_id, *messages))
        assert answer.status_code == 200, answer.text

    def status(self, sent: Sent, state: str, code: int | None = None) -> Json:
        """A webhook with one status of a message we were given."""
        one: Json = {
            "id": sent.id,
            "status": state,
            "timestamp": str(int(self.clock().timestamp())),
            "recipient_id": sent.to,
        }
        if sent.client_ref is not None:
            one["biz_opaque_callback_data"] = sent.client_ref
        if code is not None:
            one["errors"] = [{"code": code, "title": "failed", "message": "failed"}]
        return self.body(sent.phone_id, statuses=[one])

    async def post(self, body: Json | bytes, signature: str | None = None) -> httpx.Response:
        """Sign and post a webhook, as Meta does."""
        assert self.webhook is not None
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {
            "X-Hub-Signature-256": signature or sign(raw),
            "Content-Type": "application/json",
        }
        async with httpx.AsyncClient(timeout=POST_SECONDS) as http:
            return await http.post(self.webhook, content=raw, headers=headers)

    async def rest(self) -> None:
        """Wait until every status that was due has been posted."""
        while self._posts:
            await asyncio.gather(*self._posts)

    # --- what the app asks ------------------------------------------------------------------------

    def check_token(self, request: Request) -> None:
        """Raises Refused without the app's token."""
        word, _, token = request.headers.get("authorization", "").partition(" ")
        if word != "Bearer" or token not in self.tokens:
            raise Refused(190, "Error validating access token")

    def number(self, phone_id: str) -> str:
        """The number of a phone id of this app. Raises Refused."""
        if phone_id not in self.numbers:
            raise Refused(100, "Unsupported get request. Object does not exist")
        return self.numbers[phone_id]

    def accept(self, phone_id: str, request: Json) -> Json:
        """Take a message, or refuse it as Graph would."""
        self.number(phone_id)
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Refused):
                raise fault
        if request.get("messaging_product") != "whatsapp":
            raise Refused(100, "messaging_product")
        if request.get("status") == "read":
            return {"success": True}
        sent = self._read(phone_id, request)
        self.sent.append(sent)
        code = self.failing.get(sent.to)
        for state in ("failed",) if code is not None else self.statuses:
            self._later(self.status(sent, state, code))
        return {
            "messaging_product": "whatsapp",
            "contacts": [{"input": sent.to, "wa_id": sent.to}],
            "messages": [{"id": sent.id}],
        }

    def _later(self, body: Json) -> None:
        task = asyncio.create_task(self.post(body))
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)

    def _read(self, phone_id: str, request: Json) -> Sent:
        known = {"messaging_product", "recipient_type", "type", "to", "biz_opaque_callback_data"}
        kind, to = request.get("type"), request.get("to")
        if not isinstance(kind, str) or request.keys() - known - {kind}:
            raise Refused(100, f"Unexpected keys {sorted(request.keys() - known)}")
        if not isinstance(to, str) or not re.fullmatch(r"[1-9][0-9]{6,14}", to):
            raise Refused(131009, "Parameter to")
        if to == re.sub(r"\D", "", self.number(phone_id)):
            raise Refused(131021, "Recipient cannot be sender")
        content = request[kind]
        text, file = self._shown(kind, content)
        if kind != "template":
            heard = self.windows.get((phone_id, to))
            if heard is None or self.clock() - heard > timedelta(hours=24):
                raise Refused(131047, "Re-engagement message")
        ref = request.get("biz_opaque_callback_data")
        assert ref is None or len(ref) <= 512
        number = next(self._numbers)
        return Sent(f"wamid.out{number}", phone_id, to, kind, text, ref, content, file)

    def _shown(self, kind: str, content: Json) -> tuple[str, bytes | None]:
        match kind:
            case "text":
                if content.keys() - {"body", "preview_url"} or not 0 < len(content["body"]) <= 4096:
                    raise Refused(100, "text")
                return content["body"], None
            case "document" | "image":
                allowed = {"id", "caption"} | ({"filename"} if kind == "document" else set())
                if content.keys() - allowed or content["id"] not in self.media:
                    raise Refused(131009, kind)
                return content.get("caption", ""), self.media[content["id"]][0]
            case "template":
                return self._filled(content)
        raise Refused(131051, kind)

    def _filled(self, template: Json) -> tuple[str, bytes | None]:
        key = (template["name"], template["language"]["code"])
        if key not in self.templates:
            raise Refused(132001, "Template name does not exist in the translation")
        parts = {one["type"]: one["parameters"] for one in template["components"]}
        wanted = {"body"} | ({"header"} if self.templates[key] else set())
        if parts.keys() != wanted or len(parts["body"]) != 1:
            raise Refused(132000, "Number of parameters does not match")
        text = parts["body"][0]["text"]
        if PARAMETER_FORBIDDEN.search(text):
            raise Refused(132018, "Param text cannot have new-line/tab characters")
        if len(text) > 1024:
            raise Refused(132005, "Translated text too long")
        file = None
        if self.templates[key] is not None:
            media_id = parts["header"][0]["document"]["id"]
            file = self.media[media_id][0]
        return text, file


def wrapped(*values: Json, field: str = "messages") -> Json:
    """Values as one webhook."""
    changes = [{"value": value, "field": field} for value in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": changes}]}


def sign(raw: bytes, secret: str = APP_SECRET) -> str:
    """What Meta puts into X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def form_parts(content_type: str, body: bytes) -> dict[str, tuple[bytes, str]]:
    """The parts of a multipart form: content and type by name."""
    boundary = content_type.partition("boundary=")[2].encode()
    assert boundary
    parts = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(r'name="([^"]*)"', head.decode())
        typ = re.search(r"(?im)^content-type: *(\S+)", head.decode())
        assert name is not None
        parts[name[1]] = (content.removesuffix(b"\r\n"), typ[1] if typ else "")
    return parts


def _app(graph: FakeGraph) -> FastAPI:
    app = FastAPI()

    @app.exception_handler(Refused)
    async def refused(_: Request, no: Refused) -> JSONResponse:
        error = {"message": str(no), "type": "OAuthException", "code": no.code, "fbtrace_id": "A"}
        return JSONResponse({"error": error}, status_code=no.status)

    @app.post(f"/{VERSION}/{{phone_id}}/messages", response_model=None)
    async def messages(phone_id: str, request: Request) -> Response | Json:
        graph.requests.append(("POST", f"{phone_id}/messages"))
        graph.check_token(request)
        if graph.faults and isinstance(graph.faults[0], str):
            return await _broken(graph, phone_id, await request.json())
        return graph.accept(phone_id, await request.json())

    @app.post(f"/{VERSION}/{{phone_id}}/media")
    async def upload(phone_id: str, request: Request) -> Json:
        graph.requests.append(("POST", f"{phone_id}/media"))
        graph.check_token(request)
        graph.number(phone_id)
        form = form_parts(request.headers["content-type"], await request.body())
        content, mime_type = form["file"]
        if form["messaging_product"][0] != b"whatsapp" or form["type"][0] != mime_type.encode():
            raise Refused(100, "messaging_product or type")
        media_id = str(900_000 + len(graph.media))
        graph.media[media_id] = (content, mime_type)
        return {"id": media_id}

    @app.get(f"/{VERSION}/{{node}}")
    async def look(node: str, request: Request) -> Json:
        graph.requests.append(("GET", node))
        graph.check_token(request)
        if node in graph.media:
            content, mime_type = graph.media[node]
            return {
                "messaging_product": "whatsapp",
                "url": graph.media_address or f"{graph.base_url}/files/{node}",
                "mime_type": mime_type,
                "sha256": hashlib.sha256(content).hexdigest(),
                "file_size": len(content) if graph.claimed_size is None else graph.claimed_size,
                "id": node,
            }
        fields = request.query_params.get("fields", "")
        shown = {"id": node, "display_phone_number": graph.number(node)}
        return {name: shown[name] for name in fields.split(",")}

    @app.get("/files/{media_id}")
    async def content(media_id: str, request: Request) -> Response:
        graph.requests.append(("GET", "file"))
        graph.check_token(request)
        found, mime_type = graph.media[media_id]
        if graph.claimed_size is not None:
            return StreamingResponse(iter([found]), media_type=mime_type)
        return Response(found, media_type=mime_type)

    return app


async def _broken(graph: FakeGraph, phone_id: str, request: Json) -> Response:
    """Take the message, and then do not say so properly."""
    how = graph.faults.pop(0)
    graph.accept(phone_id, request)
    if how == "silence":
        await asyncio.sleep(POST_SECONDS)
    if how == "gateway":
        return Response("<html>502 Bad Gateway</html>", status_code=502)
    return Response("{}", media_type="application/json")


@asynccontextmanager
async def running_graph(
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[FakeGraph]:
    """The fake on a port of its own."""
    listening = claim_port("127.0.0.1", 0)
    graph = FakeGraph(f"http://127.0.0.1:{listening.getsockname()[1]}", clock)
    config = uvicorn.Config(
        _app(graph), lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    serving = asyncio.create_task(server._serve([listening]))
    try:
        yield graph
    finally:
        await graph.rest()
        server.should_exit = True
        await serving
