"""Dumps of PostgreSQL, by its own programs."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from dashboard import backup_file
from dashboard.backups import BackupError, making, postgresql, restoring
from dashboard.models import Cluster, Event
from tests import builders
from tests.backups import app_rows
from tests.builders import NOON

STAMP = "20261122T120000Z"


@pytest.fixture(autouse=True)
def server(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[None]:
    if connection.vendor != "postgresql":
        pytest.skip("about PostgreSQL")
    settings.DATA_DIR = tmp_path
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'replaced_%%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'DROP SCHEMA "{name}" CASCADE')


@pytest.fixture
def backup(tmp_path: Path) -> backup_file.Backup:
    cluster = builders.cluster()
    hostile = "a\tb\\n\nCOPY public.dashboard_cluster (id) FROM stdin;\n\\.\n"
    Event.objects.create(cluster=cluster, kind="flag", subject="x", name=hostile, taken_at=NOON, seen_at=NOON)
    return making.make(tmp_path / "a.dump", clock=lambda: NOON)


def test_a_dump_holds_every_row_and_says_so(backup: backup_file.Backup) -> None:
    rows = backup.manifest.rows
    assert (rows["public.dashboard_cluster"], rows["public.dashboard_event"]) == (1, 1)
    assert backup.manifest.engine == "postgresql" and "dashboard.0001_initial" in backup.manifest.migrations
    assert restoring.require_good(backup.path) == backup.manifest


def test_a_dump_is_restored_in_one_transaction_and_what_was_there_is_kept(backup: backup_file.Backup) -> None:
    Cluster.objects.update(name="later")
    with pytest.raises(BackupError, match="give --replace"):
        restoring.replace_server(backup.path, STAMP, replacing=False)
    assert (
        restoring.replace_server(backup.path, STAMP, replacing=True, watched_seconds=0) == f"replaced_{STAMP.lower()}"
    )
    assert Cluster.objects.get().name == "prod" and Event.objects.get().name.startswith("a\tb")
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT name FROM "replaced_{STAMP.lower()}".dashboard_cluster')
        assert cursor.fetchall() == [("later",)]
    Cluster.objects.create(name="new", kind="dcos", url="http://x", created_at=NOON)


def test_a_dump_is_restored_into_an_empty_database_without_being_asked_twice(backup: backup_file.Backup) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    assert restoring.replace_server(backup.path, STAMP, replacing=False) is None
    assert Cluster.objects.get().name == "prod"


def test_listings_and_what_applications_told_come_back(tmp_path: Path) -> None:
    app_rows.make(builders.cluster())
    before = app_rows.all_of_them()
    assert all(before.values())
    made = making.make(tmp_path / "told.dump", clock=lambda: NOON)
    Cluster.objects.all().delete()
    assert not any(app_rows.all_of_them().values())
    restoring.replace_server(made.path, STAMP, replacing=True, watched_seconds=0)
    assert app_rows.all_of_them() == before


def test_a_dump_that_ends_half_way_changes_nothing(backup: backup_file.Backup) -> None:
    Cluster.objects.update(name="later")
    whole = backup.path.read_bytes()
    backup.path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(BackupError, match="Nothing was changed"):
        postgresql.replace(backup.path, "replaced_half")
    assert Cluster.objects.get().name == "later"
    with pytest.raises(restoring.Unusable):
        restoring.require_good(backup.path)


def test_a_dump_with_other_rows_than_told_is_no_backup(backup: backup_file.Backup) -> None:
    with pytest.raises(BackupError, match=r"other rows than it should in public\.dashboard_cluster"):
        postgresql.verify(backup.path, {**backup.manifest.rows, "public.dashboard_cluster": 2})


def test_while_others_are_connected_nothing_is_restored(backup: backup_file.Backup) -> None:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT 1")
        with pytest.raises(BackupError, match=r"1.other session of this database"):
            restoring.replace_server(backup.path, STAMP, replacing=True)
    finally:
        other.close()


def test_nothing_is_replaced_under_a_worker_that_comes_and_goes(backup: backup_file.Backup) -> None:
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.3):
            own = connection.copy()
            own.cursor().execute("SELECT 1")
            own.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        with pytest.raises(BackupError, match=r"other session\w? of this database: stop web, worker and beat first"):
            restoring.replace_server(backup.path, STAMP, replacing=True, watched_seconds=2)
    finally:
        stop.set()
        worker.join()


def test_the_password_is_in_no_list_of_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "PASSWORD", "canary-7f3a")
    seen: list[list[str]] = []
    real = subprocess.run

    def watched(words: list[str], **rest: Any) -> subprocess.CompletedProcess[str]:
        seen.append(words)
        return real(words, **rest)

    monkeypatch.setattr(subprocess, "run", watched)
    making.make(tmp_path / "a.dump", clock=lambda: NOON)
    assert seen and not any("canary-7f3a" in word for words in seen for word in words)


def test_without_the_client_programs_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BackupError, match="postgresql-client"):
        making.make(tmp_path / "a.dump", clock=lambda: NOON)
    assert list(tmp_path.iterdir()) == []
