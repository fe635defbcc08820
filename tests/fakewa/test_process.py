"""The fake as a process, and what happens where the library does not load."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.fakewa.client import ROOT, FakeWhatsApp, FakeWhatsAppError
from tests.fakewa.shapes import Content
from tests.support.neonize import require_neonize


async def test_it_ends_when_its_parent_does(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.fakewa", "--folder", str(tmp_path)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert b"proxy_port" in await process.stdout.readline()
    process.stdin.close()
    async with asyncio.timeout(10):
        assert await process.wait() == 0


async def test_phones_write_to_each_other_without_any_linked_device(tmp_path: Path) -> None:
    async with FakeWhatsApp.start(tmp_path) as fake:
        written = await fake.write("62811", "62812", "halo")
        (shown,) = await fake.messages("62812")
        assert (shown.id, shown.chat, shown.from_me) == (written, "62811", False)
        assert await fake.deliveries(written) == []
        with pytest.raises(FakeWhatsAppError, match="no linked device sent"):
            await fake.receipt(written)
        assert not (await fake.counts()).problems


async def test_what_nobody_can_do_is_refused_by_name(tmp_path: Path) -> None:
    async with FakeWhatsApp.start(tmp_path) as fake:
        with pytest.raises(FakeWhatsAppError, match="no device shows"):
            await fake.scan("https://wa.me/settings/linked_devices#2@a,bm8=,bm8=,bm8=,6", "62811")
        with pytest.raises(FakeWhatsAppError, match="no device waits for a code"):
            await fake.enter_pair_code("62811", "AAAA-BBBB")
        with pytest.raises(FakeWhatsAppError, match="brought 62811 no file"):
            await fake.file("62811", "NOTHING")
        with pytest.raises(FakeWhatsAppError, match="nobody wrote"):
            await fake.again("NOTHING")
        assert (await fake.write("62811", "62811", Content(text="catatan")))[:1].isalnum()


def test_where_the_library_does_not_load_its_tests_are_skipped_but_not_in_ci(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "neonize"
    broken.mkdir()
    (broken / "__init__.py").write_text("raise ImportError('no such platform')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match="no such platform"):
        require_neonize()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="CI must not skip"):
        require_neonize()
