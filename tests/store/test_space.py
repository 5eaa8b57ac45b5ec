"""A full disk pauses collecting, and it goes on by itself: on a small file system that is really full."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection
from pytest_django import DjangoAssertNumQueries, Settings

from dashboard import disk, polling, trouble
from dashboard.models import Cluster, Event, Poll, Upkeep
from dashboard.queries import happenings, safety
from dashboard.store import space
from dashboard.trouble import Trouble
from tests import builders
from tests.builders import NOON, later
from tests.on_file import database_on_small_disk, fill

MIB = 1024**2


@pytest.fixture(autouse=True)
def nothing_remembered(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(space, "_remembered", space._Remembered())


@pytest.fixture
def small_disk(transactional_db: None, tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """The database on a file system of its own, of 64 MiB; collecting pauses below 8."""
    settings.DISK_PAUSE_MIB = 8
    with database_on_small_disk(tmp_path / "disk", mib=64) as file:
        yield file


def due(at: datetime) -> int:
    return len(polling.due(at))


def told() -> list[str]:
    return [happenings.told(event).text for event in Event.objects.filter(kind=Event.Kind.COLLECTION).order_by("id")]


def test_below_the_bound_no_poll_is_opened_and_above_it_they_are_again(small_disk: Path) -> None:
    builders.cluster()
    assert due(NOON) > 0
    opened = Poll.objects.count()
    other = fill(small_disk.parent, leaving=7 * MIB)
    assert due(later(60)) == 0 and Poll.objects.count() == opened
    row = Upkeep.objects.get(job=Upkeep.Job.SPACE)
    assert (row.outcome, row.detail, row.started_at) == (Upkeep.Outcome.FULL, "Disk full", later(60))
    other.unlink()
    assert due(later(120)) > 0 and Poll.objects.count() > opened
    row.refresh_from_db()
    assert (row.outcome, row.ended_at) == (Upkeep.Outcome.OK, later(120))
    assert told() == [
        "Disk full: collecting is paused, nothing is polled",
        "Collecting goes on after a pause of 1\u00a0min: what happened meanwhile is not known",
    ]


def test_a_little_more_room_than_the_bound_is_not_enough_to_go_on(small_disk: Path) -> None:
    builders.cluster()
    fill(small_disk.parent, leaving=7 * MIB).unlink()
    other = fill(small_disk.parent, leaving=5 * MIB)
    assert due(NOON) == 0
    disk.give_up_reserve()
    other.unlink()
    other = fill(small_disk.parent, leaving=10 * MIB)
    assert due(later(60)) == 0
    other.unlink()
    assert due(later(120)) > 0


def test_with_nothing_left_even_for_the_log_the_reserve_makes_reading_possible_again(small_disk: Path) -> None:
    builders.cluster()
    due(NOON)
    connection.close()
    for suffix in ("-wal", "-shm"):
        small_disk.with_name(small_disk.name + suffix).unlink(missing_ok=True)
    fill(small_disk.parent, leaving=0)
    with pytest.raises(DatabaseError):
        Cluster.objects.count()
    assert due(later(60)) == 0
    assert Cluster.objects.count() == 1 and safety.is_paused()


def test_the_reserve_is_made_given_up_when_the_disk_is_full_and_made_again(small_disk: Path) -> None:
    builders.cluster()
    reserve = small_disk.parent / disk.RESERVE
    due(NOON)
    assert reserve.stat().st_size == disk.RESERVE_BYTES
    other = fill(small_disk.parent, leaving=0)
    due(later(60))
    # The note itself needed room, and there was none but the reserve's.
    assert not reserve.exists() and Upkeep.objects.get(job=Upkeep.Job.SPACE).outcome == Upkeep.Outcome.FULL
    Event.objects.all().delete()
    other.unlink()
    due(later(120))
    assert reserve.exists()


def test_a_write_that_finds_no_room_pauses_and_all_that_was_acknowledged_stays(small_disk: Path) -> None:
    cluster, acknowledged = builders.cluster(), 0
    other = fill(small_disk.parent, leaving=MIB)
    with pytest.raises(DatabaseError) as refused:
        for n in range(100_000):
            Event.objects.create(
                cluster=cluster,
                kind="flag",
                subject=str(n),
                after="x" * 255,
                taken_at=NOON,
                seen_at=NOON,
                name="y" * 500,
            )
            acknowledged += 1
    assert space.note(refused.value, NOON) is Trouble.FULL
    assert Event.objects.filter(kind="flag").count() == acknowledged > 10
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA quick_check")
        assert cursor.fetchall() == [("ok",)]
    assert due(later(60)) == 0
    other.unlink()
    assert due(later(120)) > 0


def test_a_quota_that_no_look_at_the_disk_shows_is_found_by_trying(small_disk: Path) -> None:
    builders.cluster()
    due(NOON)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        with pytest.raises(DatabaseError) as refused:
            cursor.execute("CREATE TABLE more AS SELECT zeroblob(1000000)")
    space.note(refused.value, later(1))
    assert due(later(10)) == 0, "not tried so soon"
    assert due(later(40)) == 0, "tried, and refused"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1000000")
    assert due(later(50)) == 0 and due(later(75)) > 0


def killed_writer(file: Path) -> None:
    """Leaves the files of the log, as whoever has the database open does."""
    child = os.fork()
    if not child:
        own = sqlite3.connect(file)
        own.execute("UPDATE dashboard_cluster SET url = 'http://other.test'")
        own.commit()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)


@pytest.mark.parametrize("open_elsewhere", [True, False])
def test_what_cannot_be_written_is_remembered_and_written_when_it_can(small_disk: Path, open_elsewhere: bool) -> None:
    """A disk that was mounted read-only keeps its reserve, and not even the row of the pause can be written."""
    builders.cluster()
    due(NOON)
    connection.close()
    if open_elsewhere:
        killed_writer(small_disk)
    subprocess.run(["mount", "-o", "remount,ro", small_disk.parent], check=True)
    try:
        assert due(later(60)) == 0
        if open_elsewhere:
            assert Cluster.objects.get().url == "http://other.test", "reading goes on"
            assert not Upkeep.objects.filter(job=Upkeep.Job.SPACE, outcome=Upkeep.Outcome.FULL).exists()
        (banner,) = safety.banners(later(60), noted=False)
        assert (banner.title, banner.since) == ("Disk read-only", None)
        connection.close()
    finally:
        subprocess.run(["mount", "-o", "remount,rw", small_disk.parent], check=True)
    assert due(later(120)) > 0
    assert told()[-1] == "Collecting goes on after a pause of 1\u00a0min: what happened meanwhile is not known"
    assert Upkeep.objects.get(job=Upkeep.Job.SPACE).started_at == later(60)


def test_a_damaged_database_is_polled_no_more(small_disk: Path) -> None:
    builders.cluster()
    trouble.note_damage("page 3", NOON)
    assert due(later(60)) == 0 and not Poll.objects.exists()
    trouble.forget_damage()
    assert due(later(120)) > 0


@pytest.mark.django_db
def test_a_second_worker_learns_it_from_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    builders.cluster()
    space.pause(Trouble.FULL, NOON)
    monkeypatch.setattr(space, "_remembered", space._Remembered(tried_at=later(1)))
    assert not space.may_collect(later(2)) and space.may_collect(later(60))


@pytest.mark.django_db
def test_many_failures_at_once_are_one_pause() -> None:
    builders.cluster()
    for second in range(5):
        space.pause(Trouble.FULL, later(second))
    assert Upkeep.objects.get(job=Upkeep.Job.SPACE).started_at == NOON
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_a_look_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    assert space.may_collect(NOON)
    with django_assert_num_queries(1):
        assert space.may_collect(NOON)


@pytest.mark.django_db
def test_other_errors_pause_nothing() -> None:
    assert space.note(ValueError("no"), NOON) is None and space.note(DatabaseError("locked"), NOON) is None
    assert space.may_collect(NOON + timedelta(seconds=1))
