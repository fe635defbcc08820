"""The house rules of style section 7, kept by a machine: sizes, names and bans.

Each ban says why, shows good and bad lines that are tested themselves, and lists by file and count
the few places that may break it. A place that stops breaking it must leave the list too.
"""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 400
TEST_LINES_MAX = 600
COLUMNS_MAX = 100
PAGE_COLUMNS_MAX = 120  # of a page's files, where a sentence stands on one line
POSITIONAL_MAX = 5

OURS = "src/bukuhutang/"
DOORS = f"{OURS}entrypoints/"
MAIN = f"{OURS}main/"
WRITTEN = ("*.css", "*.html", "*.js", "*.py", "*.toml", "Makefile", ".ci/run")

Function = ast.FunctionDef | ast.AsyncFunctionDef


# --- what is looked at ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """One file that people write; `path` is relative to the repository."""

    path: str
    text: str

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the syntax tree; none when the language is not Python."""
        return list(ast.walk(ast.parse(self.text))) if self.path.endswith(".py") else []

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """Line and text of each comment; of each line when the language is not Python."""
        if not self.path.endswith(".py"):
            return list(enumerate(self.text.splitlines(), start=1))
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return [(one.start[0], one.string) for one in tokens if one.type == tokenize.COMMENT]


@cache
def sources() -> tuple[Source, ...]:
    """Every written file but those that .gitignore names."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = sorted(one for one in folders if not is_ignored(here / one))
        for path in sorted((here / name).as_posix() for name in names):
            if any(fnmatch(path, one) for one in WRITTEN):
                found.append(Source(path, (ROOT / path).read_text()))
    return tuple(found)


def is_ignored(folder: Path) -> bool:
    """Whether git looks past this folder, given relative to the repository."""
    patterns = [".git", *(line.rstrip("/") for line in _gitignore())]
    return any(fnmatch(folder.name, one) or folder.as_posix() == one for one in patterns)


@cache
def _gitignore() -> tuple[str, ...]:
    return tuple((ROOT / ".gitignore").read_text().split())


# --- sizes ----------------------------------------------------------------------------------------


def too_long(one: Source) -> Iterator[str]:
    """Lines, functions and the module itself, over their limits."""
    lines = one.text.splitlines()
    is_test = one.path.startswith(("tests/", "bench/"))
    lines_max = TEST_LINES_MAX if is_test or not one.path.endswith(".py") else MODULE_LINES_MAX
    if len(lines) > lines_max:
        yield f"{one.path}: {len(lines)} lines, {lines_max} at most"
    columns_max = PAGE_COLUMNS_MAX if one.path.endswith((".css", ".html", ".js")) else COLUMNS_MAX
    for number, line in enumerate(lines, start=1):
        # As ruff does: a directive for a tool may stick out.
        columns = len(re.sub(r"  # (noqa|type): .*", "", line))
        if columns > columns_max:
            yield f"{one.path}:{number}: {columns} columns, {columns_max} at most"
    for node in one.nodes:
        if isinstance(node, Function):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield f"{one.path}:{node.lineno}: {node.name} has {length} lines"


def too_many_positional(one: Source) -> Iterator[str]:
    """Functions whose calls cannot be read without counting commas."""
    for node in one.nodes:
        if not isinstance(node, Function):
            continue
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        count = len(names) - (names[:1] in (["self"], ["cls"]))
        if count > POSITIONAL_MAX:
            yield f"{one.path}:{node.lineno}: {node.name} takes {count}, {POSITIONAL_MAX} at most"


def test_no_line_function_or_module_is_too_long() -> None:
    assert not [problem for one in sources() for problem in too_long(one)]


def test_beyond_five_arguments_are_named_in_the_call() -> None:
    assert not [problem for one in sources() for problem in too_many_positional(one)]


@pytest.mark.parametrize(
    ("path", "text", "limit"),
    [
        ("src/x.py", "x = 1\n" * (MODULE_LINES_MAX + 1), too_long),
        ("tests/x.py", "x = 1\n" * (TEST_LINES_MAX + 1), too_long),
        ("src/x.py", f"x = '{'-' * COLUMNS_MAX}'\n", too_long),
        ("src/x.js", f"x = '{'-' * PAGE_COLUMNS_MAX}'\n", too_long),
        ("src/x.py", "def f():\n" + "    x = 1\n" * FUNCTION_LINES_MAX, too_long),
        ("src/x.py", "def f(a, b, c, d, e, f): ...\n", too_many_positional),
    ],
)
def test_each_limit_is_noticed(
    path: str, text: str, limit: Callable[[Source], Iterator[str]]
) -> None:
    assert len(list(limit(Source(path, text)))) == 1


# --- bans -----------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Ban:
    """Something we do not write; `allowed` maps a file to how often it may, and why."""

    name: str
    reason: str
    find: Callable[[Source], Iterator[int]]
    good: tuple[str, ...]
    bad: tuple[str, ...]
    where: tuple[str, ...] = ("",)
    but_not: tuple[str, ...] = ()
    allowed: dict[str, tuple[int, str]] = field(default_factory=dict)

    def concerns(self, path: str) -> bool:
        """Whether the ban holds in this file."""
        return path.startswith(self.where) and not path.startswith(self.but_not or ("\0",))


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a chain of names, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def calls(one: Source) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every call."""
    for node in one.nodes:
        if isinstance(node, ast.Call):
            yield node.lineno, dotted(node.func)


def calls_of(pattern: str) -> Callable[[Source], Iterator[int]]:
    """Finds calls whose dotted name matches as a whole."""
    compiled = re.compile(pattern)

    def find(one: Source) -> Iterator[int]:
        return (line for line, name in calls(one) if compiled.fullmatch(name))

    return find


def floats(one: Source) -> Iterator[int]:
    """Binary fractions, and the division that makes them."""
    for node in one.nodes:
        match node:
            case ast.Constant(value=float()) | ast.Name(id="float"):
                yield node.lineno
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield node.lineno


def broad_catches(one: Source) -> Iterator[int]:
    """Handlers for everything; one for BaseException may clean up if it raises on."""
    for node in one.nodes:
        if isinstance(node, ast.Call) and dotted(node.func).endswith("suppress"):
            if any(dotted(argument) == "Exception" for argument in node.args):
                yield node.lineno
        if not isinstance(node, ast.ExceptHandler):
            continue
        kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        named = {"BaseException" if kind is None else dotted(kind) for kind in kinds}
        last = node.body[-1]
        raises_on = isinstance(last, ast.Raise) and last.exc is None
        if "Exception" in named or ("BaseException" in named and not raises_on):
            yield node.lineno


def endless_loops(one: Source) -> Iterator[int]:
    """`while True` in any spelling."""
    for node in one.nodes:
        match node:
            case ast.While(test=ast.Constant(value=value)) if value:
                yield node.lineno


BARE = {"account", "data", "helpers", "info", "manager", "session", "user", "utils"}


def bare_names(one: Source) -> Iterator[int]:
    """What we declare (variable, parameter, function, class, module) with a word that says nothing.

    Names of other people's things, as in `user=` of a call, are theirs.
    """
    if Path(one.path).stem in BARE:
        yield 1
    for node in one.nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if name in BARE:
                yield node.lineno
            case ast.arg(arg=name) if name in BARE:
                yield node.lineno
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name in BARE:
                yield node.lineno
            case ast.ClassDef(name=name) if name.lower() in BARE:
                yield node.lineno


def patches(one: Source) -> Iterator[int]:
    """Our own modules changed from outside, by a library or by hand."""
    imported: set[str] = set()
    for node in one.nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bukuhutang"):
            imported |= {alias.asname or alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest"):
            yield node.lineno
        if isinstance(node, ast.Import):
            yield from (node.lineno for alias in node.names if alias.name == "unittest.mock")
    for line, name in calls(one):
        if re.fullmatch(r".*(monkeypatch\.(setattr|delattr)|mock\.patch.*|mocker\..*)", name):
            yield line
    for node in one.nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=name), ctx=ast.Store()) if name in imported:
                yield node.lineno


def in_comments(pattern: str) -> Callable[[Source], Iterator[int]]:
    """Finds comments in which `pattern` occurs."""
    compiled = re.compile(pattern)

    def find(one: Source) -> Iterator[int]:
        return (line for line, comment in one.comments if compiled.search(comment))

    return find


def silenced(one: Source) -> Iterator[int]:
    """A check switched off with no reason, neither behind it nor in a comment above."""
    commented = {line for line, _ in one.comments} if one.path.endswith(".py") else set()
    for line, comment in one.comments:
        if re.search(r"#\s*(?i:noqa)(?!:)|# type: ignore(?!\[)", comment):
            yield line
        elif found := re.search(r"# noqa: [A-Z]+\d+(, [A-Z]+\d+)*(?P<why>  \S)?", comment):
            if not found["why"] and line - 1 not in commented:
                yield line


def undocumented(one: Source) -> Iterator[int]:
    """Public functions, methods and classes without a sentence of promise.

    A record (a class with fields, or with nothing) is told by its names, a method of one statement
    by its class.
    """

    def members(body: list[ast.stmt], *, in_class: bool) -> Iterator[int]:
        for node in body:
            if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
                continue
            documented = ast.get_docstring(node) is not None
            if isinstance(node, ast.ClassDef):
                kinds = {type(part) for part in node.body}
                is_record = kinds & {ast.AnnAssign, ast.Assign} or kinds <= {ast.Pass, ast.Expr}
                if not documented and not is_record:
                    yield node.lineno
                yield from members(node.body, in_class=True)
            elif not documented and not (in_class and len(node.body) == 1):
                yield node.lineno

    for node in one.nodes:
        if isinstance(node, ast.Module):
            if ast.get_docstring(node) is None:
                yield 1
            yield from members(node.body, in_class=False)


def two_in_one(one: Source) -> Iterator[int]:
    """`assert a and b`: when it fails nobody knows which."""
    for node in one.nodes:
        match node:
            case ast.Assert(test=ast.BoolOp(op=ast.And())):
                yield node.lineno


BANS = (
    Ban(
        "float in the ledger",
        "money is whole rupiah: a binary fraction loses some, and a division hides who gets them",
        floats,
        good=("half, rest = divmod(amount, 2)", "half = amount // 2"),
        bad=("half = amount / 2", "rate = 0.5", "amount /= 2", "x: float", "float(amount)"),
        where=(f"{OURS}ledger/",),
    ),
    Ban(
        "asking what time it is",
        "time is an argument, so that a test and the simulator decide it; base/clock.py is the "
        "one place that looks, doors and main may pass on what it says",
        calls_of(
            r"(.*\.)?(datetime\.(now|utcnow|today)|date\.today|time\.(time|time_ns|monotonic)"
            r"|time\.perf_counter)"
        ),
        good=("now = clock.now()", "started = monotonic()", "today = now.date()"),
        bad=("now = datetime.now(UTC)", "t = time.time()", "d = date.today()", "datetime.utcnow()"),
        where=(OURS,),
        but_not=(f"{OURS}base/clock.py", DOORS, MAIN),
    ),
    Ban(
        "drawing lots",
        "randomness is an argument, so that a seed can be played again; doors and main draw",
        calls_of(r"(uuid\.)?uuid[14]|(random|secrets)\.\w+|os\.urandom|token_(hex|urlsafe|bytes)"),
        good=("made = new_token()",),
        bad=("key = uuid4()", "n = random.random()", "made = secrets.token_urlsafe(32)"),
        where=(OURS,),
        but_not=(DOORS, MAIN),
        allowed={
            f"{OURS}store/embedded_cluster.py": (1, "the superuser's password, drawn once"),
            f"{OURS}messaging/drivers/neonize_gate.py": (1, "a login's password at its own proxy"),
            f"{OURS}messaging/drivers/neonize_login.py": (1, "the mark that a message carries"),
        },
    ),
    Ban(
        "patching our own modules",
        "a test that reaches inside proves the plumbing: swap at a Protocol, pass an argument",
        patches,
        good=(
            "monkeypatch.setenv('PGPORT', '1')",
            "loop = InboxLoop(database, clock, after=wake, handler=broken)",
            "from bukuhutang.base import clock\nworld.clock = clock",
        ),
        bad=(
            "from unittest import mock",
            "from unittest.mock import patch",
            "import unittest.mock",
            "monkeypatch.setattr(inbox, 'LEASE_SECONDS', 1)",
            "mocker.patch('bukuhutang.store.inbox.lease')",
            "from bukuhutang.store import inbox\ninbox.LEASE_SECONDS = 1",
        ),
    ),
    Ban(
        "a promise without an issue",
        "what is left to do stands where somebody looks: in an issue, named by its number",
        in_comments(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\)| #\d+)"),
        good=("# TODO #12: also for agreements", "# FIXME(#7): slow", "todo = 'TODO'"),
        bad=("# TODO: later", "# FIXME", "x = 1  # XXX?"),
    ),
    Ban(
        "bare names",
        "session of what, which user? say wa_session, member, borrower, data_folder (style 3)",
        bare_names,
        good=("wa_session = 1", "class SessionManager: ...", "def f(member): ...", "f(user=1)"),
        bad=(
            "session = 1",
            "def f(user): ...",
            "def data(): ...",
            "class Manager: ...",
            "for info in x: ...",
            "lambda account: 1",
        ),
        allowed={
            f"{OURS}entrypoints/web/shapes.py": (1, "a key of the admin API's JSON"),
        },
    ),
    Ban(
        "catching everything",
        "only a boundary may go on after a defect; elsewhere it would hide one (style 4)",
        broad_catches,
        good=(
            "try: f()\nexcept ValueError: pass",
            "try: f()\nexcept BaseException:\n    undo()\n    raise",
            "with suppress(TransientFault): f()",
        ),
        bad=(
            "try: f()\nexcept Exception: pass",
            "try: f()\nexcept (ValueError, Exception): pass",
            "try: f()\nexcept: pass",
            "try: f()\nexcept BaseException: undo()",
            "with contextlib.suppress(Exception): f()",
        ),
        where=(OURS,),
        allowed={
            f"{DOORS}chat/loop.py": (2, "inbox loop: the work, and the apology after it"),
            f"{DOORS}chat/documents.py": (1, "document loop: a later attempt, then given up"),
            f"{DOORS}sessions/batch.py": (1, "driver loop: one bad row fails its own caller"),
            f"{DOORS}sessions/received_files.py": (1, "driver: the message is kept without it"),
            f"{DOORS}sessions/webhook_loop.py": (1, "driver loop: one event fails its own webhook"),
            f"{DOORS}sessions/sending.py": (1, "driver loop: the outcome is unknown"),
            f"{DOORS}sessions/telling.py": (1, "telling loop: one lender's must not be all's"),
            f"{DOORS}clock/loop.py": (1, "clock loop: the next look tries again"),
            f"{DOORS}web/middleware.py": (1, "HTTP: a problem with status 500"),
            f"{OURS}messaging/dismissal.py": (1, "driver loop: a wrong phone is shown out"),
            f"{OURS}messaging/sessions.py": (
                2,
                "driver loop: one login's failure is not the others', to start and to stop",
            ),
            f"{OURS}messaging/drivers/simulator_reporting.py": (
                1,
                "driver loop: the event is kept and reported again",
            ),
            f"{OURS}messaging/drivers/neonize.py": (1, "driver loop: the event is told again"),
            f"{OURS}messaging/drivers/neonize_report.py": (1, "not stored: the process ends"),
            f"{OURS}messaging/drivers/neonize_worker.py": (1, "request loop: answered as a fault"),
            f"{MAIN}serve.py": (1, "the end: the loops are ended whatever the web door says"),
        },
    ),
    Ban(
        "endless loops",
        "what never ends needs an owner who ends it; everything else has a limit",
        endless_loops,
        good=("while messages: ...", "while len(rows) == PAGE: ..."),
        bad=("while True: ...", "while 1: ..."),
        where=(OURS,),
        allowed={
            f"{DOORS}chat/documents.py": (1, "document loop"),
            f"{DOORS}chat/loop.py": (2, "inbox loop: leasing and working"),
            f"{DOORS}sessions/batch.py": (1, "writing batches"),
            f"{DOORS}sessions/insist.py": (1, "an event outlives a restart of the database"),
            f"{DOORS}sessions/outbox_loop.py": (1, "outbox loop"),
            f"{DOORS}sessions/webhook_loop.py": (1, "webhook loop: leasing and working"),
            f"{DOORS}sessions/telling.py": (1, "tells what did not arrive"),
            f"{DOORS}clock/loop.py": (1, "clock loop"),
            f"{DOORS}clock/mail_loop.py": (1, "mail loop"),
            f"{OURS}messaging/sessions.py": (1, "driver loop: renews the leases"),
            f"{OURS}messaging/drivers/neonize.py": (1, "driver loop: looks after the workers"),
            f"{OURS}messaging/drivers/neonize_report.py": (1, "driver loop: reports events"),
            f"{OURS}messaging/drivers/neonize_worker.py": (1, "a worker measures itself"),
            f"{MAIN}serve.py": (2, "wake-up calls to other processes, the watch over the database"),
        },
    ),
    Ban(
        "SQL outside the store",
        "one room knows the tables, so that scope and locks are seen together",
        calls_of(r".*\.(execute|executemany|fetch|fetchrow|fetchval|copy_records_to_table)"),
        good=("page = await read_page(tx)",),
        bad=("await tx.db.execute(sql)", "row = await db.fetchrow(sql)"),
        where=(OURS,),
        but_not=(f"{OURS}store/",),
        allowed={
            f"{MAIN}database.py": (5, "makes the database itself, before it has a schema"),
            f"{OURS}messaging/drivers/neonize_rows.py": (7, "a login's own file, no tenant table"),
            f"{OURS}messaging/drivers/neonize_store.py": (1, "reads the file of WhatsApp's keys"),
        },
    ),
    Ban(
        "printing",
        "standard output belongs to the commands of main; everything else logs",
        calls_of("print"),
        good=("log.info('started')",),
        bad=("print('started')",),
        where=(OURS,),
        but_not=(MAIN,),
    ),
    Ban(
        "switching a check off without a reason",
        "`# noqa: S603  our own program` tells the next reader what was weighed",
        silenced,
        good=(
            "x = 1  # noqa: S603  our own program",
            "# Our own program.\nx = 1  # noqa: S603",
            "y = 1  # type: ignore[misc]",
        ),
        bad=("x = 1  # noqa", "x = 1  # noqa: S603", "x = 1  # noqa: S603, T201", "# type: ignore"),
    ),
    Ban(
        "public things without a docstring",
        "a docstring is one sentence of promise, with units and what is raised",
        undocumented,
        good=(
            '"""M."""\ndef f():\n    """Do."""',
            '"""M."""\ndef _f(): ...',
            '"""M."""\nclass C:\n    code = 1',
            '"""M."""\nclass C: ...',
        ),
        bad=(
            "x = 1",
            '"""M."""\ndef f(): ...',
            '"""M."""\nclass C:\n    def f(self):\n        """Do."""',
            '"""M."""\nclass C:\n    """C."""\n    def f(self):\n        x = 1\n        return x',
        ),
        where=(OURS,),
        but_not=(f"{OURS}store/migrations/versions/",),  # each module is one `upgrade`
    ),
    Ban(
        "two assertions in one",
        "one condition each, so that the line that fails says which",
        two_in_one,
        good=("assert a\nassert b", "assert a or b"),
        bad=("assert a and b",),
    ),
)


@pytest.mark.parametrize("ban", BANS, ids=[one.name for one in BANS])
def test_nobody_breaks_the_ban(ban: Ban) -> None:
    found = {one.path: list(ban.find(one)) for one in sources() if ban.concerns(one.path)}
    counts = Counter({path: len(lines) for path, lines in found.items() if lines})
    wrong = {
        path: f"lines {found.get(path)}, allowed {ban.allowed.get(path, (0, ''))[0]}"
        for path in sorted(counts.keys() | ban.allowed.keys())
        if counts[path] != ban.allowed.get(path, (0, ""))[0]
    }
    assert not wrong, "\n".join((ban.reason, *(f"{path}: {how}" for path, how in wrong.items())))


@pytest.mark.parametrize("ban", BANS, ids=[one.name for one in BANS])
def test_the_ban_tells_good_lines_from_bad_ones(ban: Ban) -> None:
    path = f"{ban.where[0] or OURS}example.py"
    assert ban.concerns(path)
    for text in ban.good:
        assert not list(ban.find(Source(path, f"{text}\n"))), text
    for text in ban.bad:
        assert list(ban.find(Source(path, f"{text}\n"))), text


def test_the_service_refuses_to_run_with_its_assertions_switched_off() -> None:
    tried = subprocess.run(
        [sys.executable, "-O", "-m", "bukuhutang.main", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert tried.returncode == 1
    assert "assertions" in tried.stderr
