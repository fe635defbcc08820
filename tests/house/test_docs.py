"""The documents say what is there: commands, links, rooms, settings, routes. What is not, fails."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, cast

from typer.main import get_command

from bukuhutang.entrypoints.web.simulator import simulator_router
from bukuhutang.main.cli import app
from bukuhutang.main.settings import Settings
from tests.house.test_tidy import ROOT, is_ignored

README = (ROOT / "README.md").read_text()
OPERATIONS = (ROOT / "docs/operations.md").read_text()
SIMULATOR = (ROOT / "docs/simulator.md").read_text()
DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
}
COMMANDS: dict[str, Any] = cast(Any, get_command(app)).commands
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DECISION_PARTS = ["Context", "Decision", "Consequences", "Alternatives"]
DECISION_LINES_MAX = 50

MACHINE_PATH = re.compile(r"(?<![\w.*-])/(?:work|root|home|tmp|Users)/[\w.]")
INDEX_HOST = re.compile(
    r"pypi\.org|python[h]osted|npmjs\.(org|com)|(artifactory|nexus|devpi|proxpi|verdaccio)[.:]"
    r"|https?://[^\s\"']*/simple\b"
)
LOCKS = ("requirements.lock", "requirements-uv.lock", "package-lock.json")


def make_targets() -> dict[str, str]:
    """The targets of the Makefile that a person may name, and their line of help."""
    makefile = (ROOT / "Makefile").read_text()
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    helped = dict(re.findall(r"^([a-z-]+):.*?(?:## (.*))?$", makefile, re.MULTILINE))
    return {target: helped.get(target, "") for line in phony for target in line.split()}


def code_in(text: str) -> str:
    """All that stands as code in a document."""
    fenced = [block for _, block in FENCED.findall(text)]
    indented = re.findall(r"^(?: {4}| {7}).*$", text, re.MULTILINE)
    return "\n".join((*fenced, *indented, *re.findall(r"`([^`\n]+)`", FENCED.sub("", text))))


@cache
def kept_files() -> tuple[tuple[str, str], ...]:
    """Path and text of every file that git keeps, or would."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = [one for one in folders if not is_ignored(here / one)]
        for name in names:
            try:
                found.append(((here / name).as_posix(), (ROOT / here / name).read_text()))
            except UnicodeDecodeError:
                continue  # a picture
    return tuple(found)


def test_every_command_the_documents_name_exists() -> None:
    targets = make_targets()
    for path, text in DOCUMENTS.items():
        code = code_in(text)
        for target in re.findall(r"(?:^|\s)make ([a-z-]+)", code):
            assert target in targets, f"{path}: make {target}"
        for command in re.findall(r"(?:^|/)bukuhutang ([a-z][a-z-]+)", code, re.MULTILINE):
            assert command in COMMANDS, f"{path}: bukuhutang {command}"


def test_readme_names_the_two_commands() -> None:
    assert re.search(r"^make run\b", README, re.MULTILINE)
    assert re.search(r"^make test\b", README, re.MULTILINE)


def test_make_help_lists_every_target() -> None:
    targets = make_targets()
    assert {"setup", "run", "test", "check", "bench", "fmt"} <= targets.keys()
    assert not [target for target, said in targets.items() if not said]
    # Under `make test` its variables would make this one talk about folders.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert {line.split()[0] for line in shown.stdout.splitlines()} == targets.keys()


def test_links_in_the_documents_lead_somewhere() -> None:
    for path, text in DOCUMENTS.items():
        for link in re.findall(r"\]\(([^)\s]+)\)", FENCED.sub("", text)):
            if link.startswith(("https://", "http://")):
                continue
            target, _, anchor = link.partition("#")
            file = (ROOT / path).parent / target if target else ROOT / path
            assert file.exists(), f"{path}: {link}"
            if anchor:
                headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
                assert anchor in {one.lower().replace(" ", "-") for one in headings}, link


def test_the_conversation_in_the_readme_is_played_by_the_tests() -> None:
    played = (ROOT / "tests/conversations/first_day.txt").read_text().split("\n\n")
    talks = [block for _, block in FENCED.findall(README) if block.startswith("lender>")]
    assert len(talks) == 1
    for exchange in talks[0].strip().split("\n\n"):
        assert exchange in [one.strip() for one in played]


def test_the_map_in_the_readme_names_the_rooms_that_exist() -> None:
    maps = [block for _, block in FENCED.findall(README) if block.startswith("src/bukuhutang/")]
    assert len(maps) == 1
    source = ROOT / "src/bukuhutang"
    assert set(re.findall(r"^  (\w+)/", maps[0], re.MULTILINE)) == packages(source)
    doors = set(re.findall(r"^    (\w+)/", maps[0], re.MULTILINE))
    assert doors == packages(source / "entrypoints")


def packages(folder: Path) -> set[str]:
    """The Python packages right in this folder."""
    return {one.parent.name for one in folder.glob("*/__init__.py")}


def test_operations_tells_of_every_command_and_setting() -> None:
    told = code_in(OPERATIONS)
    missing = [one for one in COMMANDS if not re.search(rf"bukuhutang {one}(?![\w-])", told)]
    assert not missing
    from_options = {
        option.envvar for one in COMMANDS.values() for option in one.params if option.envvar
    }
    settings = {name.upper() for name in Settings.model_fields} | from_options
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", OPERATIONS, re.MULTILINE))
    assert table == settings


def test_the_simulator_page_lists_every_route() -> None:
    # The router only binds what it is given, and no route is called here.
    unused = cast(Any, lambda: None)
    router = simulator_router(
        unused, require_operator=unused, wait_idle=unused, on_clock_moved=unused
    )
    routes = {(method, one.path) for one in cast(Any, router.routes) for method in one.methods}
    listed = re.findall(r"^    (GET|POST) +(/simulator/\S+)", SIMULATOR, re.MULTILINE)
    assert set(listed) == routes


def test_decisions_are_one_screen_in_four_parts() -> None:
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    for number, path in enumerate(records, start=1):
        text = path.read_text()
        assert path.name.startswith(f"{number:04}-"), "numbered without a gap"
        assert text.startswith(f"# {number:04}: ")
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == DECISION_PARTS, path.name
        assert len(text.splitlines()) <= DECISION_LINES_MAX, path.name


def test_changelog_has_a_place_for_the_next_change() -> None:
    assert re.search(r"^## Unreleased$", DOCUMENTS["CHANGELOG.md"], re.MULTILINE)


def test_no_file_knows_a_machine_or_a_package_index() -> None:
    found = []
    for path, text in kept_files():
        for number, line in enumerate(text.splitlines(), start=1):
            if MACHINE_PATH.search(line) or INDEX_HOST.search(line):
                found.append(f"{path}:{number}: {line.strip()[:80]}")
            if path in LOCKS and "://" in line:
                found.append(f"{path}:{number}: an address in a lock file")
    assert not found


def test_machine_paths_and_index_hosts_are_recognised() -> None:
    for folder in ("work", "root", "home", "tmp"):
        assert MACHINE_PATH.search(f"cd /{folder}/main"), folder
    for good in ("/var/tmp", "Path('/tmp')", "https://example.org/work/x", "/root or a home"):
        assert not MACHINE_PATH.search(good), good
    assert INDEX_HOST.search("--index-url https://mirror.example/" + "simple")
    assert not INDEX_HOST.search("https://keepachangelog.com/en/1.1.0/")
