"""`bukuhutang check-config`: each weakness has its finding, and none shows a secret."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bukuhutang.base.errors import ConfigurationProblem
from bukuhutang.main.check_config import findings
from bukuhutang.main.settings import SECRET_SETTINGS, read_settings
from tests.main.test_command_line import bukuhutang
from tests.support.database import Server

STRONG = "k3J9sQ0pLzX7vB2nM5wR8tY1"
SECRET = "a-Very-S3cret-Thing-Nobody-May-See"

CASES = {
    "admin_key_empty": {"SUPER_ADMIN_API_KEY": ""},
    "admin_key_short": {"SUPER_ADMIN_API_KEY": "short"},
    "admin_key_monotonous": {"SUPER_ADMIN_API_KEY": "ab" * 20},
    "database_url_unreadable": {"DATABASE_URL": "mysql://x"},
    "database_without_tls": {"DATABASE_ADMIN_URL": f"postgresql://u:{SECRET}@db.example/b"},
    "public_url_plain": {"PUBLIC_URL": "http://buku.example"},
    "public_url_unreadable": {"PUBLIC_URL": "buku.example"},
    "trusted_proxies_wide": {"TRUSTED_PROXIES": "0.0.0.0/0"},
    "cloud_incomplete": {"WHATSAPP_CLOUD_TOKEN": SECRET},
    "mail_unusable": {"SMTP_URL": f"smtp://u:{SECRET}@mail.example"},
    "operator_number_unreadable": {"OPERATOR_NUMBERS": "0812-3456-7890, twelve"},
    "operator_incomplete": {"OPERATOR_NUMBERS": "0812-3456-7890"},
    "sign_in_secret_short": {"SIGN_IN_SECRET": "short"},
    "settings_unreadable": {"TRUSTED_PROXIES": "proxy.example"},
}
MILDER = {
    "admin_key_generated": {},
    "database_embedded": {},
    "data_folder_missing": {},
    "public_url_missing": {},
    "mail_missing": {},
    "trusted_proxies_missing": {"PUBLIC_URL": "https://buku.example"},
    "database_unchecked": {
        "WHATSAPP_STORE_URL": f"postgresql://u:{SECRET}@db.example/b?sslmode=require"
    },
    "database_unreachable": {"DATABASE_URL": f"postgresql://u:{SECRET}@127.0.0.1:9/b"},
    "cloud_unreachable": {
        "WHATSAPP_CLOUD_TOKEN": SECRET,
        "WHATSAPP_CLOUD_APP_SECRET": SECRET,
        "WHATSAPP_CLOUD_VERIFY_TOKEN": SECRET,
    },
    "mail_without_tls": {"SMTP_URL": f"smtp://u:{SECRET}@localhost", "MAIL_FROM": "a@b.example"},
    "mail_operator_missing": {
        "SMTP_URL": f"smtps://u:{SECRET}@mail.example",
        "MAIL_FROM": "a@b.example",
    },
}


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("DATABASE_", "SUPER_", "SMTP_", "MAIL_", "WHATSAPP_", "PUBLIC_")):
            monkeypatch.delenv(name)


def found(
    monkeypatch: pytest.MonkeyPatch, folder: Path, **environment: str
) -> dict[str, tuple[str, str]]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return {one.code: (one.level, one.advice) for one in findings(folder)}


@pytest.mark.parametrize("code", CASES)
def test_what_is_dangerous_is_an_error(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = found(monkeypatch, tmp_path / "data", **CASES[code])
    level, advice = told[code]
    assert level == "error"
    assert 10 < len(advice) < 140
    assert SECRET not in str(told)


@pytest.mark.parametrize("code", MILDER)
def test_what_may_be_wished_is_none(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = found(monkeypatch, tmp_path / "data", **MILDER[code])
    assert told[code][0] in ("warning", "note")
    assert not [level for level, _ in told.values() if level == "error"]
    assert SECRET not in str(told)


def test_a_good_configuration_has_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = found(
        monkeypatch,
        tmp_path / "data",
        SUPER_ADMIN_API_KEY=STRONG,
        DATABASE_ADMIN_URL=f"postgresql://u:{SECRET}@db.example/b?sslmode=verify-full",
        PUBLIC_URL="https://buku.example",
        TRUSTED_PROXIES="10.0.0.5",
    )
    assert {level for level, _ in told.values()} <= {"note"}


def test_open_folders_and_files_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    assert "data_folder_open" not in found(monkeypatch, folder)
    folder.chmod(0o755)
    (folder / "super_admin_api_key").write_text(STRONG)
    (folder / "super_admin_api_key").chmod(0o644)
    told = found(monkeypatch, folder)
    assert told["data_folder_open"][0] == told["secret_file_open"][0] == "error"
    (tmp_path / "file").write_text("")
    assert "data_folder_unwritable" in found(monkeypatch, tmp_path / "file")


def test_a_login_that_passes_row_level_security_by_is_found(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = server.fresh()
    told = found(monkeypatch, tmp_path / "data", DATABASE_URL=server.superuser_dsn(name))
    assert told["database_superuser"][0] == "error"
    told = found(monkeypatch, tmp_path / "data", DATABASE_URL=server.service_dsn(name))
    assert "database_superuser" not in told
    assert "database_unreachable" not in told


class TestSecretsInFiles:
    def test_every_secret_may_be_in_a_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert {"DATABASE_URL", "SMTP_URL", "SUPER_ADMIN_API_KEY"} < set(SECRET_SETTINGS)
        path = tmp_path / "secret"
        path.write_text(f"{STRONG}\n")
        path.chmod(0o600)
        for name in SECRET_SETTINGS:
            monkeypatch.setenv(f"{name}_FILE", str(path))
        settings = read_settings()
        for name in SECRET_SETTINGS:
            assert getattr(settings, name.lower()).get_secret_value() == STRONG

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
    def test_a_file_that_others_may_read_is_refused(
        self, mode: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "secret"
        path.write_text(SECRET)
        path.chmod(mode)
        monkeypatch.setenv("SMTP_URL_FILE", str(path))
        with pytest.raises(ConfigurationProblem, match="chmod 600") as refused:
            read_settings()
        assert SECRET not in str(refused.value)

    def test_a_file_that_is_empty_or_missing_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "secret"
        monkeypatch.setenv("DATABASE_URL_FILE", str(path))
        with pytest.raises(ConfigurationProblem, match="cannot read"):
            read_settings()
        path.touch(mode=0o600)
        with pytest.raises(ConfigurationProblem, match="empty"):
            read_settings()

    def test_both_at_once_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SMTP_URL", "smtp://localhost")
        monkeypatch.setenv("SMTP_URL_FILE", str(tmp_path / "secret"))
        with pytest.raises(ConfigurationProblem, match="both set"):
            read_settings()


def test_the_command_says_it_and_ends_accordingly(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    done = bukuhutang("check-config", "--data", folder)
    assert done.returncode == 0, done.stderr
    assert "note: data_folder_missing:" in done.stdout
    assert not folder.exists()
    folder.mkdir(mode=0o755)
    done = bukuhutang("check-config", "--data", folder, "--json")
    assert done.returncode == 1
    first = json.loads(done.stdout)["findings"][0]
    assert (first["level"], first["code"]) == ("error", "data_folder_open")
