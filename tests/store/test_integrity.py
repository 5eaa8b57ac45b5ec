"""Whether the database is whole: found at the start and daily, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from dashboard import backup_file, trouble
from dashboard.backups import making
from dashboard.models import Cluster, Upkeep
from dashboard.queries import safety
from dashboard.store import integrity
from dashboard.store.upkeep import Outcome
from tests.builders import NOON, later
from tests.on_file import damage, database_on_file


@pytest.fixture
def database(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Path]:
    settings.DATA_DIR, settings.DISK_PAUSE_MIB = tmp_path, 1
    with database_on_file(tmp_path) as file:
        Cluster.objects.bulk_create(
            Cluster(name=f"c{n}", kind="dcos", url="http://x", created_at=NOON) for n in range(200)
        )
        yield file


def test_a_whole_database_is_said_to_be_once_a_day(database: Path) -> None:
    done = integrity.check(lambda: NOON)
    assert done is not None and done.outcome == Outcome.OK
    assert integrity.check(lambda: later(3600)) is None
    assert integrity.check(lambda: later(86_400)) is not None
    row = Upkeep.objects.get(job=Upkeep.Job.INTEGRITY)
    assert (row.outcome, row.ended_at) == (Outcome.OK, later(86_400)) and row.amount == database.stat().st_size
    assert trouble.damage() is None


def test_pages_that_were_overwritten_are_found_at_the_start_and_nothing_is_written_any_more(database: Path) -> None:
    made = making.make(backup_file.folder() / "good.sqlite3", clock=lambda: NOON)
    damage(database)
    said = integrity.at_start(later(3600))
    assert "is damaged" in said and "manage.py restore" in said
    noted = trouble.damage()
    assert noted is not None and noted.found_at == later(3600)
    (banner,) = safety.banners(later(7200), noted=False)
    assert banner.title == "Database damaged" and banner.since == later(3600)
    assert f"restore {made.path}" in banner.text and "made 2\u00a0h\u00a0ago" in banner.text


def test_without_a_backup_the_banner_says_that_there_is_none(database: Path) -> None:
    trouble.note_damage("page 3", NOON)
    assert "There is no backup" in safety.banners(NOON, noted=False)[0].text


def test_a_whole_database_at_the_start_takes_the_note_back(database: Path) -> None:
    trouble.note_damage("page 3", NOON)
    assert integrity.at_start(later(60)) == "" and trouble.damage() is None
    assert Upkeep.objects.get(job=Upkeep.Job.INTEGRITY).succeeded_at == later(60)


def test_while_damage_is_noted_it_is_looked_at_each_turn(database: Path) -> None:
    integrity.check(lambda: NOON)
    trouble.note_damage("an error of a page", later(60))
    done = integrity.check(lambda: later(120))
    assert done is not None and done.outcome == Outcome.OK and trouble.damage() is None


def test_a_large_database_is_left_to_the_worker(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    integrity.check(lambda: NOON)
    monkeypatch.setattr(integrity, "MOST_BYTES_AT_START", 1)
    damage(database)
    assert integrity.at_start(later(60)) == "" and trouble.damage() is None


def test_before_the_first_start_there_is_nothing_to_look_at(database: Path) -> None:
    connection.close()
    database.rename(database.with_name("elsewhere"))
    try:
        assert integrity.at_start(NOON) == ""
    finally:
        connection.close()
        database.with_name("elsewhere").rename(database)


def test_a_file_that_is_no_database_is_damage_too(database: Path) -> None:
    connection.close()
    database.write_bytes(b"no database " * 1000)
    assert "is damaged" in integrity.at_start(NOON)


@pytest.mark.django_db
def test_of_postgresql_is_said_what_it_can_tell() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("about PostgreSQL")
    found = integrity.look()
    assert found.outcome == Outcome.OK and "amcheck was not run" in found.detail
