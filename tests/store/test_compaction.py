from __future__ import annotations

import math
from datetime import datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Chunk, Reading, Subject, Upkeep
from dashboard.store import chunks, clusters, compaction, partitions, readings, slices, upkeep
from dashboard.tiers import HOUR_SECONDS, Tier
from tests import builders
from tests.history import DAY, HOUR, MIDNIGHT, NAMES, at, clock, column, left, measured, rows_of, stored, subject

pytestmark = pytest.mark.django_db
Kind = Subject.Kind


def test_whole_hours_that_ended_an_hour_ago_become_chunks_and_the_rest_stays() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    written = measured(host, range(0, 4 * HOUR, 60))
    compaction.run(cluster.pk, clock(3 * HOUR + 1800))
    assert stored(host) == written[:120]
    assert left(host) == list(range(2 * HOUR, 4 * HOUR, 60))
    assert set(Chunk.objects.values_list("begins_at", "rows")) == {(MIDNIGHT, 120)}


def test_an_hour_joins_the_hour_before_in_a_chunk_of_two() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    written = measured(host, range(0, 3 * HOUR, 60))
    found = []
    for hours in (2, 3, 4):
        compaction.run(cluster.pk, clock(hours * HOUR))
        found.append(sorted(Chunk.objects.values_list("begins_at", "rows")))
    assert found == [[(MIDNIGHT, 60)], [(MIDNIGHT, 120)], [(MIDNIGHT, 120), (MIDNIGHT + 2 * HOUR, 60)]]
    assert stored(host) == written


def test_chunks_of_an_hour_of_an_older_version_join_too_and_stay_where_nothing_comes() -> None:
    cluster = builders.cluster()
    host, other = subject(cluster), subject(cluster, "10.0.0.2")
    layout = readings.layout_id(NAMES)
    for one in (host, other):
        for hour in (0, HOUR):
            rows = rows_of(one, [MIDNIGHT + hour, MIDNIGHT + hour + 600], [[hour, 1.0, 2.0], [hour, 3.0, 4.0]])
            chunks.write(chunks.packed(Tier.RAW, layout, rows))
    before = {one: stored(one) for one in (host, other)}
    assert Chunk.objects.count() == 4
    late = measured(host, [HOUR + 60])
    compaction.run(cluster.pk, clock(3 * HOUR))
    assert stored(host) == sorted(before[host] + late) and stored(other) == before[other]
    assert sorted(Chunk.objects.values_list("subject", "rows")) == sorted([(host, 5), (other, 2), (other, 2)])


def test_nothing_is_compacted_a_second_early() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, [0, 60])
    compaction.run(cluster.pk, clock(2 * HOUR - 1))
    assert (left(host), stored(host)) == ([0, 60], [])
    compaction.run(cluster.pk, clock(2 * HOUR))
    assert (left(host), len(stored(host))) == ([], 2)


def test_values_come_back_to_the_bit_and_what_was_not_measured_stays_absent() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    odd = [[0.1 + 0.2, 1e300, -0.0], [math.nan, 5.0, math.inf], [1 / 3, math.nan, math.nan]]
    measured(host, [0, 60, 3599], values=lambda second: odd[[0, 60, 3599].index(second)])
    compaction.run(cluster.pk, clock(DAY / 2))
    assert np.array([row for _, row in stored(host)]).tobytes() == np.array(odd).tobytes()


def test_doing_it_again_changes_nothing() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, range(0, HOUR, 10))
    compaction.run(cluster.pk, clock(2 * HOUR))
    before = list(Chunk.objects.order_by("begins_at").values())
    compaction.run(cluster.pk, clock(2 * HOUR))
    assert list(Chunk.objects.order_by("begins_at").values()) == before


def test_a_reading_that_came_late_is_merged_into_its_hour() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    on_time = measured(host, [60, 180])
    compaction.run(cluster.pk, clock(2 * HOUR))
    late = measured(host, [0, 120])
    compaction.run(cluster.pk, clock(2 * HOUR + 600))
    assert stored(host) == sorted(on_time + late)
    assert Chunk.objects.get().begins_at == MIDNIGHT, "it begins with what came late, and the old one is gone"


def test_a_late_reading_wins_over_the_chunk_of_the_same_tick() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, [0, 60])
    compaction.run(cluster.pk, clock(2 * HOUR))
    measured(host, [60], values=lambda _: [9, 9, 9])
    compaction.run(cluster.pk, clock(2 * HOUR))
    assert [(tick - MIDNIGHT, row[0]) for tick, row in stored(host)] == [(0, 0.25), (60, 9.0)]


def test_a_layout_that_changes_inside_an_hour_keeps_both_sides() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    before = measured(host, range(0, 1800, 60))
    after = measured(host, range(1800, HOUR, 60), names=("cpu.total", "cpu.wait"), values=lambda second: [1, second])
    compaction.run(cluster.pk, clock(2 * HOUR))
    assert stored(host) == before + after
    assert list(Chunk.objects.order_by("begins_at").values_list("begins_at", "rows")) == [
        (MIDNIGHT, 30),
        (MIDNIGHT + 1800, 30),
    ]


def test_a_late_reading_of_another_layout_wins_too() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, [0, 60])
    compaction.run(cluster.pk, clock(2 * HOUR))
    measured(host, [60], names=("cpu.total",), values=lambda _: [9])
    compaction.run(cluster.pk, clock(2 * HOUR))
    assert [(tick - MIDNIGHT, row) for tick, row in stored(host)] == [(0, [0.25, 0.0, 0.5]), (60, [9.0])]


def test_each_subject_has_chunks_of_its_own_and_so_has_each_cluster() -> None:
    cluster, other = builders.cluster(), builders.cluster("other")
    hosts = [subject(cluster, f"10.0.0.{number}") for number in range(40)]
    theirs = subject(other)
    written = {host: measured(host, range(host, HOUR, 60)) for host in hosts}
    measured(theirs, [0])
    compaction.run(cluster.pk, clock(2 * HOUR))
    assert {host: stored(host) for host in hosts} == written
    assert left(theirs) == [0]


def test_hours_in_which_nothing_was_measured_cost_nothing() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, [0, 20 * DAY])
    compaction.run(cluster.pk, clock(21 * DAY))
    assert [tick - MIDNIGHT for tick, _ in stored(host)] == [0, 20 * DAY]
    with CaptureQueriesContext(connection) as captured:
        compaction.run(cluster.pk, clock(40 * DAY))
    assert len(captured) <= 8


def test_what_its_turn_has_no_time_for_the_next_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = builders.cluster()
    hosts = [subject(cluster, f"10.0.0.{number}") for number in range(10)]
    for host in hosts:
        measured(host, [0])
    moments = iter(range(0, 10_000, 15))
    turn = lambda: at(DAY / 2 + next(moments))  # noqa: E731  every look at the clock takes a quarter of a minute
    first = compaction.run(cluster.pk, turn)
    assert first is not None and first.detail == f"goes on with {at(0):%Y-%m-%d}"
    assert 0 < Chunk.objects.count() < 10
    while Reading.objects.exists():
        compaction.run(cluster.pk, turn)
    assert Chunk.objects.count() == 10
    done = compaction.run(cluster.pk, clock(DAY))
    assert done is not None and done.detail == "" and done.done_before == MIDNIGHT + 23 * HOUR


def test_two_years_of_readings_of_the_previous_release_are_taken_the_oldest_day_first() -> None:
    """It had thinned totals to one in five minutes after two days, and to one in an hour after thirty."""
    cluster = builders.cluster()
    total = subject(cluster, "cluster", Kind.CLUSTER)
    years = [-second for second in range(2 * HOUR, 730 * DAY, 25 * HOUR)]
    written = sorted(measured(total, years))
    moments = iter(range(0, 1_000_000, 1))
    turns = 0
    while Reading.objects.exists():
        oldest = Reading.objects.order_by("tick").first()
        compaction.run(cluster.pk, lambda: at(next(moments)))
        turns += 1
        newest = Chunk.objects.filter(tier=Tier.RAW).order_by("-begins_at").first()
        assert oldest is not None and newest is not None and oldest.tick <= newest.begins_at
    assert turns > 1
    assert stored(total) == written
    assert sum(column(total, Tier.HOURS, "cpu.total", "count").values()) == len(written)


def test_a_turn_notes_what_it_did_and_how_far_it_came() -> None:
    cluster = builders.cluster()
    measured(subject(cluster), range(0, HOUR, 60))
    compaction.run(cluster.pk, clock(2 * HOUR))
    job = Upkeep.objects.get(job=Upkeep.Job.COMPACTION, cluster=cluster)
    assert (job.outcome, job.amount, job.done_before, job.lease_until) == ("ok", 60 * len(NAMES), MIDNIGHT + HOUR, None)


def test_a_second_worker_leaves_it_to_the_first() -> None:
    cluster = builders.cluster()
    measured(subject(cluster), [0])
    assert upkeep.lease(upkeep.Job.COMPACTION, at(2 * HOUR), cluster_id=cluster.pk)
    assert compaction.run(cluster.pk, clock(2 * HOUR)) is None
    assert Reading.objects.count() == 1


def test_who_lost_the_lease_writes_nothing_more() -> None:
    cluster = builders.cluster()
    measured(subject(cluster), [0])

    def slow() -> datetime:
        """A worker that sleeps for ten minutes after it took the job, in which another one takes it over."""
        if Upkeep.objects.filter(fence=1).exists():
            upkeep.lease(upkeep.Job.COMPACTION, at(2 * HOUR) + timedelta(minutes=10), cluster_id=cluster.pk)
        return at(2 * HOUR)

    assert compaction.run(cluster.pk, slow) is None
    assert (Reading.objects.count(), Chunk.objects.count()) == (1, 0)


def test_totals_of_today_are_rolled_up_with_each_hour_and_nodes_are_not() -> None:
    cluster = builders.cluster()
    total, host = subject(cluster, "cluster", Kind.CLUSTER), subject(cluster)
    for one in (total, host):
        measured(one, range(0, 2 * HOUR, 60))
    compaction.run(cluster.pk, clock(2 * HOUR))
    assert list(column(total, Tier.HOURS, "cpu.total", "count").items()) == [(0, 60.0)]
    compaction.run(cluster.pk, clock(3 * HOUR))
    assert column(total, Tier.HOURS, "cpu.total", "count") == {0: 60.0, HOUR: 60.0}
    assert not Chunk.objects.filter(subject=host).exclude(tier=Tier.RAW).exists()


def test_a_slice_is_few_queries_whatever_its_size() -> None:
    cluster = builders.cluster()
    hosts = [subject(cluster, f"10.0.0.{number}") for number in range(30)]
    for host in hosts:
        measured(host, range(0, HOUR, 600))
    partitions.make([(Tier.RAW, MIDNIGHT)])
    with CaptureQueriesContext(connection) as captured:
        compaction.compact(hosts, MIDNIGHT, MIDNIGHT + HOUR_SECONDS)
    assert len(captured) <= (8 if connection.vendor == "postgresql" else 5), "COPY goes by a table of its own"


def test_readings_are_found_by_their_subject_however_many_there_are() -> None:
    """A plan by tick would look through all readings of the hour for each slice."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by its own figures")
    cluster = builders.cluster()
    measured(subject(cluster), [0])
    table = Reading._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN DELETE FROM {table} WHERE subject_id IN (1, 2) AND tick >= 5 AND tick < 9")
        plan = " ".join(str(row) for row in cursor.fetchall())
    assert "reading_by_subject" in plan


def test_slices_are_as_large_as_their_values_allow() -> None:
    sizes = []
    for part in slices.of([(number, "host") for number in range(1000)]):
        sizes.append(len(part.subjects))
        part.values = len(part.subjects) * 10_000
    assert sum(sizes) == 1000
    assert sizes[:4] == [2, 8, 32, 80] and max(sizes) == 80


def test_subjects_of_another_kind_begin_with_a_small_slice_again() -> None:
    found = [(part.kind, len(part.subjects)) for part in slices.of([(1, "a"), (2, "a"), (3, "a"), (4, "b"), (5, "b")])]
    assert found == [("a", 2), ("a", 1), ("b", 2)]


def test_a_cluster_that_is_removed_takes_its_chunks_along() -> None:
    cluster, other = builders.cluster(), builders.cluster("other")
    for one in (cluster, other):
        measured(subject(one), [0])
        compaction.run(one.pk, clock(2 * HOUR))
    clusters.remove(cluster)
    assert [chunk.subject.cluster_id for chunk in Chunk.objects.select_related("subject")] == [other.pk]
    assert set(Upkeep.objects.values_list("cluster", flat=True)) == {other.pk}


def test_a_subject_that_goes_takes_its_chunks_along() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, [0])
    compaction.run(cluster.pk, clock(2 * HOUR))
    Subject.objects.get(pk=host).delete()
    assert not Chunk.objects.exists()
