"""Backups of an SQLite database: made while it is written to, verified, never in the place of another file."""

from __future__ import annotations

import json
import sqlite3
import stat
import threading
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from pytest_django import Settings

from dashboard import backup_file
from dashboard.backups import BackupError, daily, making, sqlite
from dashboard.models import Cluster, Upkeep
from dashboard.store.upkeep import Outcome
from tests import builders
from tests.applications import make_app, make_deployment, make_marathon, make_task, make_wait
from tests.builders import NOON, later


def noon() -> datetime:
    return NOON


def make(folder: Path, name: str = "copy.sqlite3", *, with_keys: bool = False) -> backup_file.Backup:
    return making.make(folder / name, clock=noon, with_keys=with_keys)


def test_a_backup_holds_every_row_and_says_so(database: Path, tmp_path: Path) -> None:
    builders.cluster()
    made = make(tmp_path)
    manifest = backup_file.read(made.path)
    assert manifest == made.manifest and manifest.rows["dashboard_cluster"] == 1
    assert (manifest.engine, manifest.made_at, manifest.daily, manifest.keys) == ("sqlite", NOON, False, [])
    assert (
        manifest.sha256 == backup_file.digest(made.path)
        and "dashboard.0001_initial" in manifest.migrations[-1:] + manifest.migrations
    )
    with closing(sqlite3.connect(made.path)) as copy:
        assert copy.execute("SELECT name FROM dashboard_cluster").fetchall() == [("prod",)]


def test_every_table_of_ours_is_in_it_with_what_it_holds(database: Path, tmp_path: Path) -> None:
    app = make_app(make_marathon(builders.cluster(), NOON), "/web", NOON)
    make_task(app.cluster, 1, NOON, app=app)
    make_wait(app, NOON)
    make_deployment(app.marathon, NOON, "/web")
    rows = make(tmp_path).manifest.rows
    ours = {model._meta.db_table for model in apps.get_app_config("dashboard").get_models()}
    assert ours <= rows.keys()
    held = {name.removeprefix("dashboard_"): count for name, count in rows.items() if count}
    assert [held.get(name) for name in ("marathon", "app", "task", "launchwait", "deployment")] == [1] * 5


def test_nobody_but_its_owner_may_read_a_backup(database: Path, tmp_path: Path) -> None:
    made = make(tmp_path / "new folder", with_keys=True)
    files = [made.path, backup_file.manifest_of(made.path), backup_file.keys_of(made.path)]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600] * 3
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700


def test_the_secret_keys_are_in_it_only_when_asked_for(database: Path, tmp_path: Path, settings: Settings) -> None:
    settings.SECRET_KEY = "canary-secret-7f3a"
    without, with_them = make(tmp_path, "a.sqlite3"), make(tmp_path, "b.sqlite3", with_keys=True)
    assert not backup_file.keys_of(without.path).exists()
    assert b"canary-secret-7f3a" not in without.path.read_bytes() + backup_file.manifest_of(without.path).read_bytes()
    kept = json.loads(backup_file.keys_of(with_them.path).read_text())
    assert kept["DAYTWO_SECRET_KEY"] == "canary-secret-7f3a"
    assert kept["DAYTWO_CREDENTIAL_KEYS"] == ",".join(settings.CREDENTIAL_KEYS)
    assert with_them.manifest.keys == sorted(kept)


@pytest.mark.parametrize("taken", ["copy.sqlite3", "copy.sqlite3.json", "copy.sqlite3.keys"])
def test_what_is_there_is_never_overwritten(database: Path, tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("precious")
    with pytest.raises(BackupError, match="not overwritten"):
        make(tmp_path)
    assert (tmp_path / taken).read_text() == "precious"


def test_writers_go_on_and_the_copy_is_of_one_moment(database: Path, tmp_path: Path) -> None:
    """Two tables are written in one transaction each time: in the copy they never differ, whenever it was taken."""
    builders.cluster()  # Django's first connection makes it write ahead
    with closing(sqlite3.connect(database)) as setting_up:
        setting_up.executescript(
            "CREATE TABLE left_side (n INTEGER, filler BLOB); CREATE TABLE right_side (n INTEGER);"
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) "
            "INSERT INTO left_side SELECT n, randomblob(4000) FROM c; INSERT INTO right_side SELECT n FROM left_side;"
        )
    stop, written = threading.Event(), []

    def write() -> None:
        with closing(sqlite3.connect(database, timeout=20)) as own:
            while not stop.is_set():
                with own:
                    own.execute("INSERT INTO left_side VALUES (0, NULL)")
                    own.execute("INSERT INTO right_side VALUES (0)")
                written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [make(tmp_path, f"{place}.sqlite3") for place in range(3)]
    finally:
        stop.set()
        writer.join()
    counts = [backup.manifest.rows["left_side"] for backup in made]
    assert counts == [backup.manifest.rows["right_side"] for backup in made]
    assert len(written) > 3 and 1000 <= counts[0] <= counts[-1] <= 1000 + len(written)


def test_a_copy_that_differs_from_its_source_is_no_backup(database: Path, tmp_path: Path) -> None:
    made = make(tmp_path)
    with closing(sqlite3.connect(made.path)) as copy, copy:
        copy.execute("DELETE FROM django_migrations WHERE id = (SELECT MAX(id) FROM django_migrations)")
    with pytest.raises(BackupError, match="other rows than it should: django_migrations"):
        sqlite.verify(made.path, made.manifest.rows)


def test_a_damaged_database_gives_no_backup_and_leaves_nothing_behind(database: Path, tmp_path: Path) -> None:
    Cluster.objects.bulk_create(Cluster(name=f"c{n}", kind="dcos", url="http://x", created_at=NOON) for n in range(200))
    connection.close()
    with database.open("r+b") as opened:
        opened.seek(4096 * 2)
        opened.write(b"\xa5" * 4096 * 60)
    folder = tmp_path / "backups"
    with pytest.raises(BackupError):
        make(folder)
    assert list(folder.iterdir()) == []


def test_without_room_no_backup_is_begun(database: Path, tmp_path: Path, settings: Settings) -> None:
    settings.DISK_PAUSE_MIB = 1 << 40
    with pytest.raises(BackupError, match=r"No room in .* are free, .* are needed"):
        make(tmp_path)


def test_a_backup_is_made_once_a_day_and_the_oldest_go(database: Path, settings: Settings) -> None:
    settings.BACKUPS_KEPT = 2
    asked = making.make(backup_file.folder() / "asked-for.sqlite3", clock=lambda: later(-9 * 86_400))
    for day in range(4):
        assert daily.run(partial(later, day * 86_400)) is not None
        assert daily.run(partial(later, day * 86_400 + 3600)) is None
    left = [backup.path.name for backup in backup_file.listed()]
    assert left == ["daytwo-20261125T120000Z.sqlite3", "daytwo-20261124T120000Z.sqlite3", asked.path.name]
    assert len(list(backup_file.folder().iterdir())) == 2 * len(left)
    row = Upkeep.objects.get(job=Upkeep.Job.BACKUP)
    assert row.outcome == Outcome.OK and "verified; 1 older deleted" in row.detail
    assert row.amount == backup_file.listed()[0].manifest.size_bytes


def test_no_daily_backup_where_none_is_wanted(database: Path, settings: Settings) -> None:
    settings.BACKUPS_KEPT = 0
    assert daily.run(noon) is None and backup_file.listed() == []


def test_a_daily_backup_without_room_says_why_and_is_tried_again(database: Path, settings: Settings) -> None:
    settings.DISK_PAUSE_MIB = 1 << 40
    done = daily.run(noon)
    assert done is not None and done.outcome == Outcome.FAILED and done.detail.startswith("No room in")
    settings.DISK_PAUSE_MIB = 1
    done = daily.run(lambda: later(600))
    assert done is not None and done.outcome == Outcome.OK


def test_a_backup_without_its_file_or_cut_short_is_not_listed(database: Path) -> None:
    made = [making.make(backup_file.folder() / f"{n}.sqlite3", clock=noon) for n in range(3)]
    made[0].path.unlink()
    made[1].path.write_bytes(made[1].path.read_bytes()[:-1])
    assert [backup.path for backup in backup_file.listed()] == [made[2].path]
