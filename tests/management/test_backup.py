"""`manage.py backup` and `restore` as an operator types them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from pytest_django import Settings

from dashboard import backup_file
from dashboard.models import Cluster
from dashboard.running import lock
from tests import builders
from tests.on_file import damage, database_on_file

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def database(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.DATA_DIR, settings.DISK_PAUSE_MIB = tmp_path, 1
    with database_on_file(tmp_path) as file:
        builders.cluster()
        yield file


def run(*words: str | Path) -> tuple[int, str]:
    """Exit code, and all that was said."""
    said, code = StringIO(), 0
    try:
        call_command(*map(str, words), stdout=said, stderr=said)
    except SystemExit as left:
        code = int(left.code or 0)
    return code, said.getvalue()


def test_there_and_back(database: Path, tmp_path: Path) -> None:
    code, said = run("backup", "--to", tmp_path / "safe")
    assert code == 0 and "read again and the same" in said and "SHA-256" in said
    assert "secret keys are not in it" in said and "credentials must be entered again" in said
    (file,) = (tmp_path / "safe").glob("*.sqlite3")
    Cluster.objects.update(name="later")
    code, said = run("restore", file)
    assert code == 0 and Cluster.objects.get().name == "prod"
    assert "What was there is kept: " in said and f" && mv {database}.replaced-" in said


def test_the_way_back_can_be_typed_where_the_folder_has_a_blank_and_a_log_was_left(
    transactional_db: None, tmp_path: Path, settings: Settings
) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    settings.DATA_DIR, settings.DISK_PAUSE_MIB = folder, 1
    with database_on_file(folder) as file:
        builders.cluster()
        assert run("backup", tmp_path / "one.sqlite3")[0] == 0
        Cluster.objects.update(name="later")
        said = run("restore", tmp_path / "one.sqlite3")[1]
        connection.close()
        file.with_name(f"{file.name}-wal").write_bytes(b"of another database")
        subprocess.run(["/bin/sh", "-c", said.partition("then: ")[2]], check=True)
        assert Cluster.objects.get().name == "later"


def test_the_database_of_an_older_version_can_be_backed_up_before_it_is_upgraded(
    database: Path, tmp_path: Path
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE id = (SELECT MAX(id) FROM django_migrations)")
    assert run("backup", tmp_path / "before.sqlite3")[0] == 0
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('dashboard', '9999_newer', '2030-01-01')"
        )
    with pytest.raises(CommandError, match="newer Day Two"):
        run("backup", tmp_path / "newer.sqlite3")


def test_a_backup_goes_into_the_data_folder_unless_told_otherwise(database: Path, tmp_path: Path) -> None:
    assert run("backup")[0] == 0
    assert [backup.path.parent for backup in backup_file.listed()] == [tmp_path / "backups"]
    assert not backup_file.listed()[0].manifest.daily


def test_machines_get_one_json_object(database: Path, tmp_path: Path) -> None:
    code, said = run("backup", tmp_path / "a.sqlite3", "--json")
    made = json.loads(said)
    assert code == 0 and made["made"] and made["sha256"] == backup_file.digest(Path(made["file"]))
    code, said = run("backup", tmp_path / "a.sqlite3", "--json")
    assert code == 1 and not json.loads(said)["made"] and "not overwritten" in json.loads(said)["reason"]
    code, said = run("restore", tmp_path / "a.sqlite3", "--check", "--json")
    assert code == 0 and json.loads(said) == {"good": True}
    code, said = run("restore", tmp_path / "a.sqlite3", "--json")
    assert code == 0 and json.loads(said)["restored"] and Path(json.loads(said)["kept"]).exists()


def test_while_day_two_runs_nothing_is_restored(database: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "a.sqlite3")
    held = lock.hold(tmp_path / "up.lock")
    try:
        code, said = run("restore", tmp_path / "a.sqlite3")
        assert code == 1 and f"Day Two runs on {tmp_path} (process {os.getpid()}): stop it first" in said
        assert run("backup", tmp_path / "b.sqlite3")[0] == 0, "a backup is made while it runs"
    finally:
        os.close(held)


def test_a_bad_backup_is_told_by_its_exit_code(database: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "a.sqlite3")
    (tmp_path / "a.sqlite3").write_bytes(b"x")
    code, said = run("restore", tmp_path / "a.sqlite3")
    assert code == 2 and "cannot be restored" in said and Cluster.objects.count() == 1
    assert run("restore", tmp_path / "nothing.sqlite3")[0] == 2


def test_the_keys_come_back_and_the_former_ones_still_open_what_they_sealed(
    database: Path, tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "secret_key").write_text("new-secret")
    (tmp_path / "credential_key").write_text("former-key")
    settings.SECRET_KEY, settings.CREDENTIAL_KEYS = "secret-of-the-backup", ["key-of-the-backup"]
    code, said = run("backup", tmp_path / "a.sqlite3", "--with-keys")
    assert code == 0 and "secret-of-the-backup" not in said and "a.sqlite3.keys" in said
    code, said = run("restore", tmp_path / "a.sqlite3")
    assert code == 0 and "secret-of-the-backup" not in said
    assert (tmp_path / "secret_key").read_text() == "secret-of-the-backup"
    assert (tmp_path / "credential_key").read_text() == "key-of-the-backup,former-key"
    (kept,) = tmp_path.glob("secret_key.replaced-*")
    assert kept.read_text() == "new-secret" and kept.stat().st_mode & 0o077 == 0


def test_keys_that_are_set_from_outside_are_left_alone(
    database: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SECRET_KEY = "secret-of-the-backup"
    run("backup", tmp_path / "a.sqlite3", "--with-keys")
    monkeypatch.setenv("DAYTWO_SECRET_KEY", "another")
    said = run("restore", tmp_path / "a.sqlite3")[1]
    assert "DAYTWO_SECRET_KEY is set for this process and DIFFERS" in said and not (tmp_path / "secret_key").exists()


def test_missing_keys_that_the_manifest_names_change_nothing(database: Path, tmp_path: Path) -> None:
    run("backup", tmp_path / "a.sqlite3", "--with-keys")
    (tmp_path / "a.sqlite3.keys").unlink()
    Cluster.objects.update(name="later")
    assert run("restore", tmp_path / "a.sqlite3")[0] == 1 and Cluster.objects.get().name == "later"
    assert connection.vendor == "sqlite"


def test_up_refuses_a_damaged_database_and_names_the_backup_to_restore(tmp_path: Path) -> None:
    """The whole way, in processes of their own: prepared, backed up, damaged, refused, restored, accepted."""
    environment = {**os.environ, "DAYTWO_DATA_DIR": str(tmp_path), "DAYTWO_NO_VENV": "1"}
    environment["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
    environment.pop("DAYTWO_TESTS_DATABASE_URL", None)

    def manage(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert manage("migrate", "--verbosity=0").returncode == 0
    assert manage("backup").returncode == 0
    (backup,) = (tmp_path / "backups").glob("*.sqlite3")
    file = tmp_path / "daytwo.sqlite3"
    damage(file)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    refused = manage("up", "--bind", f"127.0.0.1:{port}")
    assert refused.returncode == 1
    assert "is damaged" in refused.stderr and f"manage.py restore {backup} (made" in refused.stderr
    restored = manage("restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    assert manage("restore", "--check", str(backup)).returncode == 0
    assert not (tmp_path / "damaged.json").exists() and manage("migrate", "--check").returncode == 0
