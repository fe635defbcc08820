"""The locks name exact versions with hashes, and nothing else is installed."""

from __future__ import annotations

import pytest

from tests.house import dependencies as deps


@pytest.mark.parametrize("name", deps.LOCKS)
def test_every_line_of_a_lock_is_pinned_and_hashed(name: str) -> None:
    assert deps.lock_problems((deps.ROOT / name).read_text()) == []


def test_the_npm_lock_has_integrity_hashes() -> None:
    assert deps.npm_problems((deps.ROOT / deps.NPM_LOCK).read_text()) == []


def test_what_is_wrong_with_a_lock_is_found() -> None:
    good = f"a==1 \\\n    --hash=sha256:{'0' * 64}\n"
    assert deps.lock_problems(good) == []
    for bad in ("a>=1", "a==1", "a==1 \\\n    --hash=md5:0", "git+https://x/y", "-e ."):
        assert deps.lock_problems(bad), bad


def test_what_differs_from_the_lock_is_found() -> None:
    assert deps.differences({"a": "1"}, {"a": "1", "pip": "9"}) == []
    told = deps.differences({"a": "1", "b": "1"}, {"a": "2", "c": "1"})
    assert [one.split(":")[0] for one in told] == ["a", "b", "c"]


def test_npm_without_a_hash_is_found() -> None:
    assert deps.npm_problems('{"packages": {"": {}, "node_modules/x": {"version": "1"}}}')


def test_what_could_not_be_looked_up_is_not_called_clean() -> None:
    unknown = {"name": "a", "skip_reason": "not found"}
    assert deps.verdict([unknown])[0] is None
    assert deps.verdict([])[0] is None
    assert deps.verdict([unknown, {"name": "b", "version": "1", "vulns": []}])[0] is True
    assert deps.verdict([{"name": "b", "version": "1", "vulns": [{"id": "X"}]}])[0] is False
