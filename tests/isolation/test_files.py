"""Files and caches: no path leads out, no id of theirs opens anything, nothing is kept for two."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

import bukuhutang
from bukuhutang.entrypoints.web.app import WebDeps, build_app
from bukuhutang.messaging.drivers.simulator_documents import DocumentFolder
from bukuhutang.messaging.simulated import DocumentUnknown
from bukuhutang.store import files
from tests.isolation.two import Pair, file_of
from tests.web.rig import KEY, StandingClock

SOURCE = Path(bukuhutang.__file__).parent
UP = ("..", "%2e%2e", "%2E%2E", "..%2f..", "..%5c..", "..\\..", "....//", "%252e%252e", "..;", "~")
GOALS = ("app.py", "pages/link.html", "etc/passwd", "proc/self/environ", "data/super_admin_key")
PREFIXES = (
    *("/static/", "/static/simulator/", "/static//", "/docs/", "/verify/", "/link/"),
    *("/simulator/documents/", "/api/v1/agreements/", "/admin/tenant/", "/"),
)
CONTENTS = ("root:x:", "def build_app", "PATH=", "{% ", "{{ ", KEY)


async def asked(app: Any, raw_path: str) -> tuple[int, str]:
    """Status and text for a path as it stands: no client tidies it up before."""
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        **{"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http"},
        **{"path": unquote(raw_path), "raw_path": raw_path.encode("latin-1", "replace")},
        **{"root_path": "", "query_string": b"", "client": ("198.51.100.7", 1), "server": None},
        "headers": [(b"host", b"web"), (b"x-api-key", KEY.encode())],
    }
    await app(scope, receive, send)
    body = b"".join(one.get("body", b"") for one in said)
    return said[0]["status"], body.decode(errors="replace")


async def test_no_path_leads_out_of_what_is_served(pair: Pair) -> None:
    async def wake() -> None:
        """Nobody sleeps here."""

    app = build_app(WebDeps(pair.ground.database, StandingClock(), (KEY,), wake))
    tried = 0
    for prefix in PREFIXES:
        for goal in GOALS:
            for up in UP:
                for depth in (1, 3, 8):
                    for path in (f"{prefix}{f'{up}/' * depth}{goal}", f"{prefix}/{goal}%00.css"):
                        status, text = await asked(app, path)
                        assert status in (401, 403, 404, 405, 422, 429), path
                        assert not [one for one in CONTENTS if one in text], path
                        tried += 1
    assert tried > 1_000


async def test_a_file_of_theirs_is_no_file_here(pair: Pair) -> None:
    theirs = await file_of(pair.theirs)
    async with pair.ground.database.tenant_tx(pair.theirs.tenant_id) as tx:
        assert await files.read(tx, theirs) is not None
    async with pair.ground.database.tenant_tx(pair.mine.tenant_id) as tx:
        assert await files.read(tx, theirs) is None
    async with pair.ground.database.courier() as db:  # it sends for all, so it names the tenant
        assert await files.to_send(db, pair.mine.tenant_id, theirs) is None


async def test_a_file_has_a_random_id_that_no_other_one_leads_to(pair: Pair) -> None:
    async with pair.ground.superuser() as db:
        found = [row[0] for row in await db.fetch("select id from files")]
    assert len(set(found)) == len(found)
    assert {one.version for one in found} == {4}


async def test_a_document_of_the_simulator_is_found_by_its_token_alone(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("root:x:")
    folder = DocumentFolder(tmp_path / "documents", lambda: "token")
    for path in ("../secret", "..", ".", "", "/etc/passwd", "secret", "token/../../secret"):
        with pytest.raises(DocumentUnknown):
            folder.find(path)


NOTHING_OF_A_TENANT = {
    "base/errors.py": "names of a class's fields",
    "base/spelling.py": "a letter's plain form",
    "entrypoints/sessions/received_files.py": "the library that tells kinds of files",
    "entrypoints/web/verify_page.py": "the page's own words and template",
    "messaging/drivers/simulator_network.py": "how a number is spelled",
    "rendering/documents/press.py": "the compiler of the layout; facts are passed to each print",
    "rendering/documents/wording.py": "the documents' own words",
    "rendering/formats.py": "dates and formats by language",
    "rendering/texts.py": "templates of texts by language",
    "store/changes.py": "a statement's text by how many rows of which kind it writes",
    "understanding/scan.py": "what a single word may mean, whoever says it",
}
"""What outlives a call in memory, for all tenants: each a pure function of what it was asked."""


def test_what_is_cached_for_all_holds_nothing_of_a_tenant() -> None:
    """A new cache must be named with what it holds; what a tenant says is no key of one."""
    found = {
        str(one.relative_to(SOURCE)) for one in SOURCE.rglob("*.py") if caches(one.read_text())
    }
    assert found == set(NOTHING_OF_A_TENANT)


def caches(source: str) -> bool:
    """Whether a function's answers are remembered, however the means is imported."""
    return any(
        (
            isinstance(node, ast.ImportFrom)
            and node.module == "functools"
            and {one.name for one in node.names} & {"cache", "lru_cache"}
        )
        or (
            isinstance(node, ast.Attribute)
            and ast.unparse(node) in ("functools.cache", "functools.lru_cache")
        )
        for node in ast.walk(ast.parse(source))
    )


GROWING = frozenset(
    (
        *("dict", "list", "set", "defaultdict", "OrderedDict", "deque", "ChainMap", "ContextVar"),
        *("WeakValueDictionary", "WeakKeyDictionary", "WeakSet", "LRUCache", "TTLCache"),
    )
)


def test_no_state_of_a_module_or_class_grows_while_tenants_are_served() -> None:
    """Dictionaries live in objects whose keys begin with the tenant, in no module and no class."""
    found = [
        f"{path.relative_to(SOURCE)}: {one}"
        for path in SOURCE.rglob("*.py")
        for one in grows(path.read_text())
    ]
    assert found == []


def grows(source: str) -> list[str]:
    """What is made empty where it lives as long as the process, and what is kept by `global`."""
    tree = ast.parse(source)
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    kept = [
        ast.unparse(node)
        for body in (tree.body, *(one.body for one in classes))
        for node in body
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and is_made_empty(node.value)
    ]
    return kept + [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Global)]


def is_made_empty(value: ast.expr | None) -> bool:
    """`{}`, `[]`, `dict()`, `defaultdict(list)` and the like."""
    if isinstance(value, ast.Call):
        return ast.unparse(value.func).rpartition(".")[2] in GROWING
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, ast.List) and not value.elts


def test_means_to_remember_are_found_however_they_are_written() -> None:
    for cached in (
        "from functools import cache",
        "import functools\n@functools.lru_cache\ndef f(): ...",
    ):
        assert caches(cached), cached
    assert not caches("import functools\nfunctools.partial(f)")
    for kept in (
        *(
            "seen = {}",
            "seen: dict[int, str] = dict()",
            "seen = defaultdict(list)",
            "class A:\n  x = []",
        ),
        *("seen = collections.OrderedDict()", "def f():\n  global last\n  last = 1"),
    ):
        assert grows(kept), kept
    for fixed in ("WORDS = {'a': 1}", "class A:\n  def __init__(self):\n    self.x = {}"):
        assert not grows(fixed), fixed
