"""The way back: verified first, either the old database or the new one, what was there is kept."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from django.core.management import call_command
from django.db import connection

from dashboard import backup_file, trouble
from dashboard.backup_file import Backup
from dashboard.backups import BackupError, making, restoring, sqlite
from dashboard.models import App, Cluster, Marathon, Stream, Task
from tests import applications, builders
from tests.backups import app_rows
from tests.builders import NOON
from tests.on_file import damage

STAMP = "20261122T120000Z"


@pytest.fixture
def backup(database: Path, tmp_path: Path) -> Backup:
    """Of a database with the cluster prod; the database itself has gone on to another one since."""
    builders.cluster()
    made = making.make(tmp_path / "backups" / "good.sqlite3", clock=lambda: NOON)
    Cluster.objects.update(name="later")
    return made


def names(file: Path) -> list[str]:
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as reading:
        return [name for (name,) in reading.execute("SELECT name FROM dashboard_cluster")]


def restore(backup: Backup) -> Path | None:
    restoring.require_good(backup.path)
    return restoring.replace_file(backup.path, STAMP)


def test_a_backup_takes_the_place_of_the_database_which_is_kept(backup: Backup, database: Path) -> None:
    aside = restore(backup)
    assert not list(database.parent.glob(".*restoring*")) and not list(database.parent.glob("*-wal"))
    assert aside is not None and (names(database), names(aside)) == (["prod"], ["later"])
    assert Cluster.objects.get().name == "prod"


def test_apps_tasks_and_streams_come_back(database: Path, tmp_path: Path) -> None:
    prod = builders.cluster()
    app = applications.make_app(applications.make_marathon(prod, NOON), "/shop/cart", NOON, failure_refused_at=NOON)
    task = applications.make_task(prod, 1, NOON, app=app)
    Stream.objects.create(cluster=prod, kind=Stream.Kind.MARATHON, key="marathon", events=7)
    made = making.make(tmp_path / "backups" / "apps.sqlite3", clock=lambda: NOON)
    Cluster.objects.all().delete()
    assert not App.objects.exists() and not Stream.objects.exists()
    restore(made)
    assert Marathon.objects.get().apps_taken_at == NOON
    assert (App.objects.get().app_id, App.objects.get().failure_refused_at) == ("/shop/cart", NOON)
    assert (Task.objects.get().task_id, Task.objects.get().app_id) == (task.task_id, app.pk)
    assert (Stream.objects.get().key, Stream.objects.get().events) == ("marathon", 7)


def test_listings_and_what_applications_told_come_back(database: Path, tmp_path: Path) -> None:
    app_rows.make(builders.cluster())
    before = app_rows.all_of_them()
    assert all(before.values())
    made = making.make(tmp_path / "backups" / "told.sqlite3", clock=lambda: NOON)
    Cluster.objects.all().delete()
    assert not any(app_rows.all_of_them().values())
    restore(made)
    assert app_rows.all_of_them() == before


def test_what_was_only_in_the_log_is_kept_too(backup: Backup, database: Path) -> None:
    """A writer that was killed leaves its last transactions in the write-ahead log."""
    child = os.fork()
    if not child:
        own = sqlite3.connect(database)
        own.execute("UPDATE dashboard_cluster SET name = 'in the log'")
        own.commit()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    connection.close()
    aside = restore(backup)
    assert aside is not None and names(aside) == ["in the log"] and names(database) == ["prod"]


def test_restoring_twice_is_as_good_as_once(backup: Backup, database: Path) -> None:
    restore(backup)
    restoring.replace_file(backup.path, "20261122T120001Z")
    assert names(database) == ["prod"]


def test_into_an_empty_folder_nothing_is_kept_aside(backup: Backup, database: Path) -> None:
    connection.close()
    database.unlink()
    assert restore(backup) is None and names(database) == ["prod"]


def test_a_damaged_database_is_replaced_and_kept_as_it_is(backup: Backup, database: Path) -> None:
    damage(database)
    trouble.note_damage("found", NOON)
    broken = database.read_bytes()
    aside = restore(backup)
    assert aside is not None and aside.read_bytes() == broken
    assert names(database) == ["prod"] and trouble.damage() is None


def test_a_file_that_is_no_database_is_replaced_too(backup: Backup, database: Path) -> None:
    connection.close()
    database.write_bytes(b"not a database at all" * 1000)
    restore(backup)
    assert names(database) == ["prod"]


def test_while_somebody_has_it_open_nothing_is_changed(backup: Backup, database: Path) -> None:
    with closing(sqlite3.connect(database)) as other:
        other.execute("SELECT COUNT(*) FROM dashboard_cluster").fetchone()
        with pytest.raises(BackupError, match="Stop Day Two first"):
            restore(backup)
    assert names(database) == ["later"]


@pytest.mark.parametrize("page", [3, 4, 5, 6])
def test_a_backup_with_one_broken_page_is_refused(backup: Backup, database: Path, page: int) -> None:
    with backup.path.open("r+b") as opened:
        opened.seek((page - 1) * 4096 + 100)
        opened.write(b"\xa5" * 64)
    with pytest.raises(restoring.Unusable, match="its SHA-256 is another"):
        restore(backup)
    assert names(database) == ["later"]


def test_pages_broken_before_the_digest_was_made_are_found_by_reading_it(backup: Backup) -> None:
    damage(backup.path)
    with pytest.raises(BackupError):
        sqlite.verify(backup.path, backup.manifest.rows)


def rewritten(backup: Backup, **changed: object) -> None:
    said = msgspec.to_builtins(backup.manifest) | changed
    backup_file.manifest_of(backup.path).write_bytes(msgspec.json.encode(said))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"migrations": ["dashboard.0001_initial", "dashboard.9999_later"]}, "newer Day Two, .*dashboard.9999_later"),
        ({"engine": "postgresql"}, "it is of postgresql, and the database here is sqlite"),
        ({"format": 2}, "format 2"),
        ({"size_bytes": 1}, "SHA-256 is another"),
        ({"rows": {"dashboard_cluster": 7}}, "other rows than it should"),
    ],
)
def test_what_is_not_for_this_day_two_is_refused(backup: Backup, changed: dict[str, object], why: str) -> None:
    rewritten(backup, **changed)
    with pytest.raises(restoring.Unusable, match=why):
        restoring.require_good(backup.path)


def test_without_its_manifest_a_file_is_no_backup(backup: Backup) -> None:
    backup_file.manifest_of(backup.path).unlink()
    with pytest.raises(restoring.Unusable, match="manifest"):
        restoring.require_good(backup.path)


def test_a_backup_of_an_older_version_is_migrated_before_it_takes_the_place(backup: Backup, database: Path) -> None:
    """The last migration of the sessions is undone in the copy, as if that version had not had it."""
    older = backup.path.with_name("older.sqlite3")
    older.write_bytes(backup.path.read_bytes())
    with restoring._connected_to(older):
        call_command("migrate", "sessions", "zero", verbosity=0)
    with closing(sqlite3.connect(older)) as own:
        own.execute("PRAGMA journal_mode=DELETE")
        rows, migrations = sqlite.counts(own), sqlite.migrations(own)
    manifest = msgspec.structs.replace(
        backup.manifest,
        rows=rows,
        migrations=migrations,
        sha256=backup_file.digest(older),
        size_bytes=older.stat().st_size,
    )
    backup_file.manifest_of(older).write_bytes(msgspec.json.encode(manifest))
    assert not any(name.startswith("sessions.") for name in migrations)
    restore(Backup(older, manifest))
    with closing(sqlite3.connect(database)) as own:
        assert "sessions.0001_initial" in sqlite.migrations(own)
    assert Cluster.objects.get().name == "prod"


TURNS = 24


@pytest.mark.slow
def test_killed_anywhere_it_leaves_the_old_database_or_the_new_one(backup: Backup, database: Path) -> None:
    connection.close()
    old = database.read_bytes()
    seen, whole = set(), 0.0
    for turn in range(TURNS):
        connection.close()
        database.write_bytes(old)
        began = time.monotonic()
        child = os.fork()
        if not child:
            restoring.replace_file(backup.path, f"{STAMP}{turn}")
            os._exit(0)
        if not turn:
            os.waitpid(child, 0)
            whole = time.monotonic() - began
            continue
        if turn < TURNS - 1:  # the last one ends by itself, however much slower the machine is by now
            time.sleep(whole * turn / 20)
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        found = names(database)
        with closing(sqlite3.connect(database)) as own:
            assert own.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        assert found in (["prod"], ["later"])
        seen.update(found)
    assert seen == {"prod", "later"}
    restoring.replace_file(backup.path, STAMP)
    assert names(database) == ["prod"]
