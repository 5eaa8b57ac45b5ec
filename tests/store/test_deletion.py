from __future__ import annotations

import pytest
from django.db import connection
from pytest_django import Settings

from dashboard.models import Chunk, Cluster, Subject, Upkeep
from dashboard.store import chunks, compaction, deletion, readings, retention, roll_up, upkeep
from dashboard.store.chunks import Packed
from dashboard.tiers import Tier
from tests import builders
from tests.history import DAY, MIDNIGHT, NAMES, at, checked, clock, column, measured, subject

pytestmark = pytest.mark.django_db
Kind = Subject.Kind


def put(of: int, tier: Tier, *days: int) -> None:
    """A chunk of each of these days before that midnight."""
    layout = readings.layout_id(NAMES)
    chunks.write(Packed(of, tier, MIDNIGHT - day * DAY, 1, layout, b"") for day in days)
    checked()


def days(tier: Tier, of: int | None = None) -> list[int]:
    """How many days before that midnight the chunks are that are left."""
    found = Chunk.objects.filter(tier=tier) if of is None else Chunk.objects.filter(tier=tier, subject=of)
    return sorted((MIDNIGHT - begins_at) // DAY for begins_at in found.values_list("begins_at", flat=True))


def rolled(cluster: Cluster, day: int) -> None:
    upkeep.note_done(upkeep.Job.ROLL_UP, MIDNIGHT - day * DAY, cluster_id=cluster.pk)


def test_raw_days_go_after_two_days_as_a_whole() -> None:
    cluster = builders.cluster()
    put(subject(cluster), Tier.RAW, 4, 3, 2, 1)
    rolled(cluster, 0)
    deletion.delete(at(DAY - 1))
    assert days(Tier.RAW) == [1, 2]
    deletion.delete(at(DAY))
    assert days(Tier.RAW) == [1]


def test_a_raw_day_that_was_not_rolled_up_stays_whatever_its_age() -> None:
    cluster = builders.cluster()
    put(subject(cluster), Tier.RAW, 9, 8)
    deletion.delete(at(0))
    assert days(Tier.RAW) == [8, 9]
    rolled(cluster, 7)
    deletion.delete(at(0))
    assert days(Tier.RAW) == [8]


def test_the_last_day_that_was_rolled_up_stays_for_the_next_ones_counters_rise_from_it() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, [9 * DAY - 60, 9 * DAY, 9 * DAY + 60])
    for job in (compaction, roll_up):
        job.run(cluster.pk, clock(9 * DAY + roll_up.OVER_SECONDS))
    checked()
    deletion.delete(at(20 * DAY))
    roll_up.run(cluster.pk, clock(20 * DAY))
    assert column(host, Tier.HOURS, "in_bytes", "increase")[9 * DAY] == 120 * 100.0


def test_the_cluster_that_is_furthest_behind_decides() -> None:
    cluster, behind = builders.cluster(), builders.cluster("behind")
    put(subject(cluster), Tier.RAW, 9)
    rolled(cluster, 0)
    assert deletion.rolled_before() == 0
    deletion.delete(at(0))
    assert days(Tier.RAW) == [9]
    rolled(behind, 0)
    deletion.delete(at(0))
    assert days(Tier.RAW) == []


def test_five_minutes_go_after_a_month_and_hours_after_two_years() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    put(host, Tier.FIVE_MINUTES, 100, 3)
    put(host, Tier.HOURS, 800, 100, 3)
    deletion.delete(at(0))
    assert (days(Tier.FIVE_MINUTES), days(Tier.HOURS)) == ([3], [3, 100])


def test_figures_of_containers_go_after_a_month_and_those_of_others_stay() -> None:
    cluster = builders.cluster()
    host, container = subject(cluster), subject(cluster, "10.0.0.1/c1", Kind.CONTAINER)
    for one in (host, container):
        put(one, Tier.HOURS, 40, 31, 29)
    deletion.delete(at(0))
    assert (days(Tier.HOURS, container), days(Tier.HOURS, host)) == ([29], [29, 31, 40])


def test_containers_are_looked_for_from_where_the_last_turn_ended() -> None:
    cluster = builders.cluster()
    put(subject(cluster, "10.0.0.1/c1", Kind.CONTAINER), Tier.HOURS, 40)
    retention.run(clock(0))
    assert days(Tier.HOURS) == []
    job = Upkeep.objects.get(job=Upkeep.Job.DELETION)
    assert job.done_before == MIDNIGHT - 30 * DAY and job.outcome == "ok" and job.amount


def test_it_is_kept_as_long_as_is_said(settings: Settings) -> None:
    settings.READINGS_KEPT_HOURS, settings.FIVE_MINUTES_KEPT_DAYS = 24 * 7, 200
    settings.HOURS_KEPT_DAYS, settings.CONTAINER_HOURS_KEPT_DAYS = 300, 10
    cluster = builders.cluster()
    host, container = subject(cluster), subject(cluster, "10.0.0.1/c1", Kind.CONTAINER)
    rolled(cluster, 0)
    put(host, Tier.RAW, 8, 6)
    put(host, Tier.FIVE_MINUTES, 250, 190)
    put(host, Tier.HOURS, 350, 290)
    put(container, Tier.FIVE_MINUTES, 11, 9)
    deletion.delete(at(0))
    assert (days(Tier.RAW), days(Tier.FIVE_MINUTES, host), days(Tier.HOURS, host)) == ([6], [190], [290])
    assert days(Tier.FIVE_MINUTES, container) == [9]


def test_thousands_go_in_transactions_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion, "AT_ONCE", 3)
    cluster = builders.cluster()
    for number in range(10):
        put(subject(cluster, f"10.0.0.1/c{number}", Kind.CONTAINER), Tier.HOURS, 40)
    assert deletion.delete(at(0)) == 10
    assert not Chunk.objects.exists()


def test_of_two_workers_one_deletes() -> None:
    assert upkeep.lease(upkeep.Job.DELETION, at(0))
    assert retention.run(clock(0)) is None


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no partitions")
def test_a_month_goes_as_a_partition_once_all_of_it_is_past_its_time() -> None:
    cluster = builders.cluster()
    put(subject(cluster), Tier.FIVE_MINUTES, 70, 31, 3)
    deletion.delete(at(0))
    assert days(Tier.FIVE_MINUTES) == [3, 31], "that day's month is not yet past"
