"""The two-phone page as files: a shell without secrets, and words in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from fastapi import FastAPI

from bukuhutang.entrypoints.web import pages
from bukuhutang.entrypoints.web.pages import simulator_page_router

STATIC = Path(pages.__file__).parents[1] / "static"
MODULE_LINES_MAX = 400


def _modules() -> list[Path]:
    return [STATIC / "simulator.js", *sorted((STATIC / "simulator").glob("*.js"))]


def _keys_of(language: str, words: str) -> set[str]:
    block = re.search(rf"\n  {language}: \{{(.*?)\n  \}},", words, re.DOTALL)
    assert block is not None
    return set(re.findall(r"^    (\w+):", block[1], re.MULTILINE))


async def test_anybody_gets_the_shell_and_it_loads_only_our_own_files() -> None:
    app = FastAPI()
    app.include_router(simulator_page_router())
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        answer = await http.get("/simulator")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    # The Content-Security-Policy forbids what stands in place.
    assert not re.search(r"\sstyle=|\son\w+=|<style", answer.text)
    assert re.findall(r"<script[^>]*>", answer.text) == [
        '<script type="module" src="/static/simulator.js">'
    ]
    for address in re.findall(r'(?:src|href)="([^"]*)"', answer.text):
        assert (STATIC / address.removeprefix("/static/")).is_file(), address


def test_both_languages_have_the_same_words_and_every_word_that_is_used() -> None:
    words = (STATIC / "simulator" / "words.js").read_text()
    known = _keys_of("id", words)
    assert known == _keys_of("en", words)
    shell = Path(pages.__file__).with_name("simulator.html").read_text()
    used = set(re.findall(r'data-word(?:-\w+)?="(\w+)"', shell))
    for module in _modules():
        used |= set(re.findall(r'\bsay\("(\w+)"', module.read_text()))
    assert used <= known


def test_no_module_reads_text_as_markup_or_grows_too_long() -> None:
    for module in _modules():
        code = module.read_text()
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", code
        )
        assert len(code.splitlines()) <= MODULE_LINES_MAX, module.name
