"""`make audit-deps`: what is installed is what was locked, and what is known against it.

The first part needs no network: every line of the locks is pinned and hashed, and the environment
holds exactly those versions. The second asks pip-audit; where no database of vulnerabilities can
be reached it says so, instead of calling that "none found".
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-uv.lock")
NPM_LOCK = "package-lock.json"
AUDIT_SECONDS_MAX = 180
# What makes the environment, and ourselves.
NOT_LOCKED = frozenset({"pip", "setuptools", "wheel", "bukuhutang"})

PINNED = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>\S+)(?: ; (?P<when>.+))?"
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def requirements(text: str) -> list[str]:
    """The logical lines of a lock."""
    joined = text.replace("\\\n", " ")
    lines = (line.strip() for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def lock_problems(text: str) -> list[str]:
    """Lines that are not one exact version with a hash."""
    found = []
    for line in requirements(text):
        what, *hashes = re.split(r"\s+(?=--hash)", line)
        if PINNED.fullmatch(what.strip()) is None:
            found.append(f"not pinned: {line[:60]}")
        elif not hashes or not all(HASH.fullmatch(one.strip()) for one in hashes):
            found.append(f"without hashes: {what}")
    return found


def locked_versions(text: str) -> dict[str, str]:
    """What belongs into this environment: name to version."""
    found: dict[str, str] = {}
    for line in requirements(text):
        match = PINNED.match(re.split(r"\s+--hash", line)[0].strip())
        if match is not None and (match["when"] is None or Marker(match["when"]).evaluate()):
            found[canonicalize_name(match["name"])] = match["version"]
    return found


def differences(locked: Mapping[str, str], installed: Mapping[str, str]) -> list[str]:
    """Where the environment is not what was locked."""
    found = [
        f"{name}: locked {version}, installed {installed.get(name, 'not at all')}"
        for name, version in sorted(locked.items())
        if installed.get(name) != version
    ]
    extra = sorted(set(installed) - set(locked) - NOT_LOCKED)
    return found + [f"{name}: installed, in no lock" for name in extra]


def installed_versions() -> dict[str, str]:
    """Name to version of everything in this environment."""
    return {canonicalize_name(one.metadata["Name"]): one.version for one in distributions()}


def npm_problems(text: str) -> list[str]:
    """Packages of the npm lock without a version or an integrity hash."""
    packages = json.loads(text)["packages"]
    return [
        f"npm {name}: no integrity hash"
        for name, one in packages.items()
        if name and not ("version" in one and str(one.get("integrity", "")).startswith("sha512-"))
    ]


def audit() -> tuple[bool | None, str]:
    """Whether pip-audit knows nothing against the lock; None when it could not find out."""
    command = [str(Path(sys.executable).with_name("uv")), "tool", "run", "pip-audit"]
    lock = ["--disable-pip", "--require-hashes", "--requirement", str(ROOT / LOCKS[0])]
    try:
        done = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off", *lock],
            capture_output=True,
            text=True,
            timeout=AUDIT_SECONDS_MAX,
        )
        looked_at = json.loads(done.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired) as problem:
        return None, f"no answer of pip-audit: {type(problem).__name__}"
    return verdict(looked_at)


def verdict(looked_at: Sequence[Mapping[str, Any]]) -> tuple[bool | None, str]:
    """What an answer of pip-audit is worth: it calls clean what it could not look up, too."""
    bad = [
        f"{one['name']} {one['version']}: {one['vulns']}" for one in looked_at if one.get("vulns")
    ]
    skipped = sum("skip_reason" in one for one in looked_at)
    known = len(looked_at) - skipped
    if bad:
        return False, "\n".join(bad)
    if known == 0:
        return None, "the database knows none of these packages, or cannot be reached"
    rest = f"; {skipped} could not be looked up" if skipped else ""
    return True, f"no known vulnerabilities in {known} packages{rest}"


def main() -> int:
    """Say what was found; 0 when nothing is wrong as far as it could be looked at."""
    texts = {name: (ROOT / name).read_text() for name in LOCKS}
    problems = [f"{name}: {one}" for name, text in texts.items() for one in lock_problems(text)]
    locked = {
        name: version for text in texts.values() for name, version in locked_versions(text).items()
    }
    problems += differences(locked, installed_versions())
    problems += npm_problems((ROOT / NPM_LOCK).read_text())
    said = problems or [f"{len(locked)} packages installed as locked, all with hashes; npm too"]
    clean, words = audit()
    said.append(
        words if clean is not None else f"known vulnerabilities were NOT looked up: {words}"
    )
    print("\n".join(said))  # noqa: T201  a command's words
    return 1 if problems or clean is False else 0


if __name__ == "__main__":
    sys.exit(main())
