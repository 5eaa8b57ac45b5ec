"""How large the store is: what is measured is what the database itself says."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Length

from dashboard import disk, rolling, tasks
from dashboard.models import Chunk, Reading, StoredSize, Subject, Upkeep
from dashboard.store import compaction, roll_up, sizes
from dashboard.store.sizes import Part
from dashboard.tiers import Tier
from tests import builders
from tests.builders import NOON, later
from tests.history import DAY, NAMES, clock, measured, subject
from tests.on_file import database_on_file

pytestmark = pytest.mark.django_db
TIERS = (Part.RAW, Part.FIVE_MINUTES, Part.HOURS)
SUM_OF_ALL = (Part.READINGS, *TIERS, Part.AUDIT, Part.EVENTS, Part.REST)
Kind = Subject.Kind


def row(part: str) -> StoredSize:
    return StoredSize.objects.get(part=part)


@pytest.fixture
def history(db: None) -> None:
    """A day of a host and of a container, compacted and rolled up, and two readings of the next."""
    cluster = builders.cluster()
    host, container = subject(cluster), subject(cluster, "c1", Kind.CONTAINER)
    for one in (host, container):
        measured(one, range(0, DAY, 600))
    compaction.run(cluster.pk, clock(DAY + roll_up.OVER_SECONDS))
    roll_up.run(cluster.pk, clock(DAY + roll_up.OVER_SECONDS))
    measured(host, [DAY, DAY + 60])


def test_an_empty_store_has_parts_of_no_rows_and_not_of_no_size() -> None:
    sizes.measure(NOON)
    assert row(Part.ALL).bytes > 0 and row(Part.REST).bytes > 0
    assert [(row(part).rows, row(part).samples) for part in TIERS] == [(0, 0)] * 3
    assert row(Part.READINGS).rows == 0 and row(Part.READINGS).samples is None


@pytest.mark.usefixtures("history")
def test_the_parts_come_to_the_whole() -> None:
    sizes.measure(NOON)
    assert sum(row(part).bytes for part in SUM_OF_ALL) == row(Part.ALL).bytes


@pytest.mark.usefixtures("history")
def test_each_tier_counts_its_chunks_and_the_values_that_are_in_them() -> None:
    sizes.measure(NOON)
    for tier, part in sizes.OF_TIER.items():
        chunks = Chunk.objects.filter(tier=tier)
        steps = sum(chunks.values_list("rows", flat=True))
        wide = len(NAMES) if tier is Tier.RAW else len(rolling.columns(NAMES))
        assert chunks.count() > 0 and (row(part).rows, row(part).samples) == (chunks.count(), steps * wide)
    assert row(Part.READINGS).rows == Reading.objects.count() == 2


@pytest.mark.usefixtures("history")
def test_a_tier_takes_at_least_what_is_in_its_chunks() -> None:
    sizes.measure(NOON)
    for tier, part in sizes.OF_TIER.items():
        inside = Chunk.objects.filter(tier=tier).aggregate(size=Sum(Length("data")))["size"]
        assert row(part).bytes >= inside > 0


@pytest.mark.usefixtures("history")
def test_what_kinds_of_subjects_take_comes_to_what_the_tiers_take() -> None:
    sizes.measure(NOON)
    host, container = row(f"{sizes.OF_KIND}host"), row(f"{sizes.OF_KIND}container")
    assert (host.rows, container.rows) == (1, 1)
    # Each share is rounded down to a byte.
    assert 0 <= sum(row(part).bytes for part in TIERS) - host.bytes - container.bytes <= 2 * len(TIERS)
    apart = sum(row(part).bytes for part in sizes.OF_CONTAINERS.values())
    assert 0 < apart < container.bytes


def test_the_names_of_all_parts_fit_their_column() -> None:
    longest = StoredSize._meta.get_field("part").max_length
    names = [f"{sizes.OF_KIND}{kind}" for kind in Kind.values] + [*sizes.OF_CONTAINERS.values(), *Part.values]
    assert longest is not None and max(map(len, names)) <= longest


def test_a_day_has_one_row_for_each_part_as_last_measured() -> None:
    sizes.measure(NOON)
    sizes.measure(later(3600))
    assert row(Part.ALL).measured_at == later(3600)
    sizes.measure(NOON + timedelta(days=1))
    assert StoredSize.objects.filter(part=Part.ALL).count() == 2


def test_sizes_of_more_than_two_years_ago_go() -> None:
    sizes.measure(NOON - sizes.SIZES_KEPT - timedelta(days=1))
    sizes.measure(NOON)
    assert set(StoredSize.objects.values_list("day", flat=True)) == {NOON.date()}


def test_it_is_measured_once_an_hour_and_says_how() -> None:
    assert sizes.run(lambda: NOON) is not None
    assert sizes.run(lambda: later(3599)) is None
    done = sizes.run(lambda: later(3600))
    job = Upkeep.objects.get(job=Upkeep.Job.MEASURE)
    assert done is not None and (job.outcome, job.detail) == ("ok", "the whole and its parts")
    assert job.amount == done.amount == row(Part.ALL).bytes


def test_the_schedule_measures() -> None:
    tasks.measure()
    assert StoredSize.objects.filter(part=Part.ALL).count() == 1


@pytest.mark.usefixtures("history")
def test_parts_of_a_large_store_are_measured_once_a_day_at_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "LARGE_BYTES", 1)
    sizes.measure(NOON)
    measured_at = row(Part.RAW).measured_at
    done = sizes.measure(later(3600))
    assert (row(Part.RAW).measured_at, row(Part.ALL).measured_at) == (measured_at, later(3600))
    assert done.detail == "the whole; parts once a day, being over 1 GiB"
    at_night = (NOON + timedelta(days=1)).replace(hour=sizes.NIGHT_HOUR)
    assert raw_after(at_night - timedelta(minutes=1)) == NOON and raw_after(at_night) == at_night


def raw_after(now: datetime) -> datetime:
    """When the raw tier was last measured, after a measurement now."""
    sizes.measure(now)
    return StoredSize.objects.filter(part=Part.RAW).latest("day").measured_at


@pytest.mark.usefixtures("history")
def test_without_dbstat_parts_are_what_is_in_their_rows_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("about SQLite")
    by_pages = {part: size.bytes for part, size in sizes._parts(row_of_all()).items()}
    monkeypatch.setattr(sizes, "_tells_pages", lambda: False)
    done = sizes.measure(NOON)
    assert "built without dbstat" in done.detail
    inside = Chunk.objects.aggregate(size=Sum(Length("data")))["size"]
    assert inside - len(TIERS) <= sum(row(part).bytes for part in TIERS) <= inside
    assert all(0 < row(part).bytes < by_pages[part] for part in TIERS)


def row_of_all() -> int:
    sizes.measure(NOON)
    return row(Part.ALL).bytes


def test_of_a_server_the_disk_is_not_known_from_here() -> None:
    if disk.look() is not None:
        pytest.skip("about a database that is no file of this machine")
    sizes.measure(NOON)
    assert not StoredSize.objects.filter(part__in=[Part.DISK_FREE, Part.DISK_TOTAL]).exists()


@pytest.mark.django_db(transaction=True)
def test_of_a_file_it_is_its_length_its_log_and_its_disk(tmp_path: Path) -> None:
    with database_on_file(tmp_path) as file:
        sizes.measure(NOON)
        found = disk.look()
        assert found is not None and row(Part.DISK_TOTAL).bytes == found.total_bytes
        assert 0 < row(Part.DISK_FREE).bytes <= found.total_bytes
        assert row(Part.ALL).bytes >= file.stat().st_size > 0
