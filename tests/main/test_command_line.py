"""The command line: exit status and one clear line, as an operator meets them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.database import Server

KEY = "only-for-tests-0123456789abcdef"
SECONDS_MAX = 60


def bukuhutang(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    kept = {name: value for name, value in os.environ.items() if "DATABASE" not in name}
    return subprocess.run(
        [sys.executable, "-m", "bukuhutang.main", *words],
        env={**kept, "SUPER_ADMIN_API_KEY": KEY, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Exit 1, nothing on standard output, one line that says why."""
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    lines = [one for one in done.stderr.splitlines() if not one.startswith("{")]
    assert len(lines) == 1, done.stderr
    for word in words:
        assert word in lines[0]


def test_a_port_in_use_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = bukuhutang("serve", "--data", tmp_path / "data", "--port", str(port))
    refused(done, f"cannot listen on 127.0.0.1:{port}")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", ["audit", "tenants", "sessions"])
def test_a_folder_without_a_book_is_named_and_not_made(command: str, tmp_path: Path) -> None:
    refused(bukuhutang(command, "--data", tmp_path / "typo"), "there is no BukuHutang in")
    assert not (tmp_path / "typo").exists()


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    refused(bukuhutang("serve", "--data", tmp_path / "data", "--port", "0"), "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become an ordinary user")
def test_a_folder_that_another_user_keeps_closed_is_one_line_as_well(tmp_path: Path) -> None:
    closed = Path("/tmp") / f"bukuhutang-closed-{os.getpid()}"
    closed.mkdir(mode=0o700)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "bukuhutang.main", "serve", "--data", closed, "--port", "0"],
            user="nobody",
            cwd="/",
            env={"PATH": os.environ["PATH"], "HOME": "/"},
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
    except PermissionError:
        pytest.skip("the tests' own Python cannot be read by an ordinary user")
    finally:
        closed.rmdir()
    if "No module named" in done.stderr or "Permission denied: '" in done.stderr[:200]:
        pytest.skip("the tests' own Python cannot be read by an ordinary user")
    refused(done, str(closed))


@pytest.mark.parametrize(
    "words",
    [
        ["no-such-command"],
        ["serve", "--driver", "pigeon"],
        ["serve", "--port", "70000"],
        ["serve", "--roles", "web,chef"],
        ["serve", "--roles", "web"],
        ["language", "1", "xx"],
        ["channel", "1"],
    ],
)
def test_wrong_usage_is_told_apart_from_a_refusal(words: list[str]) -> None:
    assert bukuhutang(*words).returncode == 2


def test_an_operator_works_on_a_database_of_the_own(server: Server, tmp_path: Path) -> None:
    url = server.service_dsn(server.fresh())
    folder = ("--data", str(tmp_path / "data"))

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return bukuhutang(*words, *folder, DATABASE_URL=url)

    assert run("register", "0812-1111-2222", "Toko Dani").returncode == 0
    refused(run("register", "+62 812 1111 2222", "Toko Dani"))
    refused(run("register", "12", "Toko Dani"))
    assert "basic" in run("plan", "1", "basic").stdout
    refused(run("plan", "1", "gold"), "gold")
    refused(run("plan", "7", "pro"), "7")
    assert "5 added" in run("credits", "1", "5").stdout
    assert run("add-user", "1", "081311112222", "Ani").stdout == "added\n"
    assert run("add-user", "1", "081311112222", "Ani").stdout == "already there\n"
    wish = ("channel", "1", "cloud", "--phone-id", "42", "--owner-phone", "081399998888")
    refused(run(*wish), "WHATSAPP_CLOUD")
    secrets = dict.fromkeys(("TOKEN", "APP_SECRET", "VERIFY_TOKEN"), "x" * 32)
    cloud = {f"WHATSAPP_CLOUD_{name}": value for name, value in secrets.items()}
    done = bukuhutang(*wish, *folder, DATABASE_URL=url, **cloud)
    assert (done.returncode, done.stdout) == (0, "tenant 1 is reached through cloud\n")
    assert run("channel", "1", "linked").stdout == "tenant 1 is reached through linked\n"
    refused(run("channel", "1", "telegram"), "telegram")
    assert "in en" in run("language", "1", "en").stdout
    assert "6281211112222\tpending_qr\tbasic\tunlinked\tToko Dani" in run("tenants").stdout
    assert run("qr", "1").returncode == 1  # nobody runs the login yet
    done = run("audit")
    assert (done.returncode, done.stdout) == (0, "0 differences\n")


def test_an_operator_sends_a_link_and_reads_the_logins(server: Server, tmp_path: Path) -> None:
    url = server.service_dsn(server.fresh())

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        folder = ("--data", str(tmp_path / "data"))
        return bukuhutang(*words, *folder, DATABASE_URL=url, **environment)

    assert run("register", "081234567890", "Toko Dani").returncode == 0
    made = run("link", "1")
    assert re.fullmatch(r"/link/1-[0-9a-f]{48}\n", made.stdout), made
    assert "PUBLIC_URL" in made.stderr
    outside = run("link", "1", PUBLIC_URL="https://buku.example/")
    assert outside.stdout.startswith("https://buku.example/link/1-")
    assert run("link", "9").returncode == 1
    assert run("qr", "1", "--code").returncode == 1, "none yet; now one is asked for"
    shown = run("sessions").stdout.split("\t")
    assert shown[:4] == ["1", "6281234567890", "unlinked", "-"]
    assert shown[4].endswith("Z")
    assert shown[5:] == ["0", "Toko Dani\n"]


def test_an_operator_makes_lists_and_revokes_keys(server: Server, tmp_path: Path) -> None:
    url = server.service_dsn(server.fresh())

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return bukuhutang(*words, "--data", str(tmp_path / "data"), DATABASE_URL=url)

    assert run("register", "081234567890", "Toko Dani").returncode == 0
    made = run("keys-add", "1", "Kasir", "--scope", "read", "--days", "30")
    assert re.fullmatch(r"bh_live_1_[A-Za-z0-9_-]{43}\n", made.stdout), made
    assert "this once" in made.stderr
    assert run("keys-add", "1", "Gudang").returncode == 0
    assert run("keys-revoke", "1", "2").stdout == "key 2 of tenant 1 is revoked\n"
    lines = [line.split("\t") for line in run("keys", "1").stdout.splitlines()]
    assert [line[:3] for line in lines] == [["2", "write", "revoked"], ["1", "read", "valid"]]
    assert lines[1][3] == f"…{made.stdout.strip()[-4:]}"
    assert lines[1][5:] == ["used -", "Kasir"]
    refused(run("keys-revoke", "1", "9"), "9")
    refused(run("keys", "7"), "7")
    refused(run("keys-add", "1", " "))
    assert run("keys-add", "1", "x", "--scope", "all").returncode == 2
    assert run("audit").stdout == "0 differences\n"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"SMTP_URL": "mail.example"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://u:secret@mail.example"}, "MAIL_FROM"),
        ({"SMTP_URL": "smtp://u:secret@mail.example", "MAIL_FROM": "nobody"}, "MAIL_FROM"),
        ({"PUBLIC_URL": "buku.example"}, "PUBLIC_URL"),
    ],
)
def test_a_wrong_setting_of_mail_is_named_and_not_shown(
    server: Server, tmp_path: Path, settings: dict[str, str], named: str
) -> None:
    url = server.service_dsn(server.fresh())
    done = bukuhutang(
        "serve", "--data", tmp_path / "data", "--port", "0", DATABASE_URL=url, **settings
    )
    refused(done, named)
    assert "secret" not in done.stderr


def test_two_services_never_share_a_data_folder(server: Server, tmp_path: Path) -> None:
    url = server.service_dsn(server.fresh())
    command = [sys.executable, "-m", "bukuhutang.main", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--data", tmp_path / "data"],
        env={**os.environ, "DATABASE_URL": url, "SUPER_ADMIN_API_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline().startswith("ready ")
            second = bukuhutang("serve", "--data", tmp_path / "data", "--port", "0",
                                DATABASE_URL=url)  # fmt: skip
            refused(second, "already in use")
        finally:
            first.terminate()
            first.communicate(timeout=SECONDS_MAX)


def test_a_login_that_passes_row_level_security_by_may_not_serve(
    server: Server, tmp_path: Path
) -> None:
    url = server.superuser_dsn(server.fresh())
    done = bukuhutang("serve", "--data", tmp_path / "data", "--port", "0", DATABASE_URL=url)
    refused(done, "is superuser or has BYPASSRLS")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "WHATSAPP_CLOUD_TOKEN"),
        ({"TOKEN": "x"}, "WHATSAPP_CLOUD_APP_SECRET and WHATSAPP_CLOUD_VERIFY_TOKEN"),
        (
            {"TOKEN": "x", "APP_SECRET": "x", "VERIFY_TOKEN": "x", "BASE_URL": "http://graph.test"},
            "WHATSAPP_CLOUD_BASE_URL",
        ),
        (
            {"TOKEN": "x", "APP_SECRET": "x", "VERIFY_TOKEN": "x", "API_VERSION": "new"},
            "WHATSAPP_CLOUD_API_VERSION",
        ),
    ],
)
def test_the_cloud_api_half_configured_is_one_line(
    tmp_path: Path, settings: dict[str, str], words: str
) -> None:
    cloud = {f"WHATSAPP_CLOUD_{name}": value for name, value in settings.items()}
    folder = ("--data", str(tmp_path / "data"))
    refused(bukuhutang("serve", "--driver", "cloud", *folder, "--port", "0", **cloud), words)
