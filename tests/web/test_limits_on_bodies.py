"""No route reads without a limit, and no page runs or shows what stands in its own text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from bukuhutang.entrypoints import web as web_door
from bukuhutang.entrypoints.web import body_limit
from bukuhutang.entrypoints.web.app import build_app
from bukuhutang.entrypoints.web.middleware import HEADERS
from tests.isolation.calls import routes_of
from tests.web.rig import Web

FOLDER = Path(web_door.__file__).parent
PAGES = [path for path in sorted(FOLDER.rglob("*.html")) if "vendor" not in path.parts]
LARGEST = 24 * 1024 * 1024


async def test_every_route_refuses_a_body_beyond_its_limit(web: Web) -> None:
    """By walking the router: a new route has a limit without anyone adding a test."""
    async with web.client() as http:
        for route in routes_of(build_app(web.deps())):
            path = re.sub(r"\{[^}]+\}", "1", route.path)
            limit = body_limit.body_bytes_max(path)
            assert limit <= LARGEST
            if limit > body_limit.BODY_BYTES_MAX:
                assert path.startswith(tuple(body_limit.BODY_BYTES_MAX_BY_PREFIX))
            declared = {"Content-Length": str(limit + 1)}
            request = http.build_request(route.method, path, headers=declared, content=b"")
            request.headers["Content-Length"] = str(limit + 1)
            answer = await http.send(request)
            assert answer.status_code == 413, str(route)
            # Or a client would put its next request behind a body that nobody reads.
            assert answer.headers["connection"] == "close", str(route)


async def test_what_is_not_declared_is_counted_while_it_comes(web: Web) -> None:
    async def endless() -> object:
        for _ in range(body_limit.BODY_BYTES_MAX // 1024 + 1):
            yield b" " * 1024

    async with web.client() as http:
        answer = await http.post("/admin/tenants/register", content=endless())  # type: ignore[arg-type]
        assert answer.status_code == 413


class Inline(HTMLParser):
    """What a Content-Security-Policy without unsafe-inline would not let run or show."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._bare = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self._bare = tag if tag == "script" and "src" not in names else ""
        if tag == "style":
            self.found.append("<style>")
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.found.append(f"{tag} {name}")
            if (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{tag} {value}")

    def handle_data(self, text: str) -> None:
        if self._bare and text.strip():
            self.found.append(f"<script>{text[:30]}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_has_inline_scripts_styles_or_handlers(page: Path) -> None:
    reader = Inline()
    reader.feed(page.read_text())
    assert reader.found == []


def test_what_is_inline_is_found() -> None:
    bad = (
        "<script>alert(1)</script>",
        "<style>p{}</style>",
        "<p style='x'>",
        "<a onclick='x()'>",
        "<a href='javascript:x()'>",
    )
    for text in bad:
        reader = Inline()
        reader.feed(text)
        assert reader.found, text


def test_nothing_inline_is_allowed_anywhere() -> None:
    for path in FOLDER.rglob("*.py"):
        assert "unsafe-" not in path.read_text(), path


async def test_browsers_are_told_to_stay_with_https_where_we_have_it(web: Web) -> None:
    async def header(public_url: str | None) -> str | None:
        deps = replace(web.deps(), public_url=public_url)
        async with web.client(deps) as http:
            answer: httpx.Response = await http.get("/health")
        assert HEADERS.items() <= {
            name: value for name, value in answer.headers.items() if name
        }.items() or all(name in answer.headers for name in HEADERS)
        found: str | None = answer.headers.get("Strict-Transport-Security")
        return found

    assert (await header("https://buku.example") or "").startswith("max-age=63072000")
    assert await header("http://buku.example") is None
    assert await header(None) is None
