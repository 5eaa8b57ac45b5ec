from __future__ import annotations

import math
from datetime import datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from dashboard.models import Chunk, Subject, Upkeep
from dashboard.store import compaction, retention, roll_up, upkeep
from dashboard.tiers import Tier
from tests import builders
from tests.history import DAY, HOUR, MIDNIGHT, at, checked, clock, column, measured, stored, subject

pytestmark = pytest.mark.django_db
Kind = Subject.Kind
OVER = DAY + roll_up.OVER_SECONDS


def through(cluster_id: int, seconds: float) -> None:
    """Compaction and roll-up as they stand so long after midnight."""
    compaction.run(cluster_id, clock(seconds))
    roll_up.run(cluster_id, clock(seconds))


def test_a_day_that_is_over_is_rolled_up_to_five_minutes_and_to_hours() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    written = measured(host, range(0, DAY, 60))
    through(cluster.pk, OVER)
    for tier, step in ((Tier.FIVE_MINUTES, 300), (Tier.HOURS, HOUR)):
        assert list(column(host, tier, "cpu.total", "count")) == list(range(0, DAY, step))
        assert sum(column(host, tier, "cpu.total", "sum").values()) == sum(row[0] for _, row in written)
        assert sum(column(host, tier, "in_bytes", "increase").values()) == written[-1][1][1] - written[0][1][1]
        assert Chunk.objects.get(subject=host, tier=tier).begins_at == MIDNIGHT
    assert stored(host) == written, "what it was rolled up from stays"


def test_a_day_of_which_something_may_still_come_waits() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, range(0, DAY, 600))
    through(cluster.pk, OVER - 1)
    assert not Chunk.objects.exclude(tier=Tier.RAW).exists()
    through(cluster.pk, OVER)
    assert Chunk.objects.filter(tier=Tier.HOURS, subject=host).count() == 1


def test_a_day_whose_readings_are_not_all_in_chunks_waits() -> None:
    cluster = builders.cluster()
    measured(subject(cluster), [0, 60])
    compaction.run(cluster.pk, clock(OVER))
    measured(subject(cluster, "10.0.0.2"), [HOUR])
    roll_up.run(cluster.pk, clock(OVER))
    assert not Chunk.objects.exclude(tier=Tier.RAW).exists()
    assert upkeep.done_before(upkeep.Job.ROLL_UP, cluster.pk) == MIDNIGHT
    through(cluster.pk, OVER)
    assert Chunk.objects.filter(tier=Tier.HOURS).count() == 2


def test_rolling_up_again_changes_nothing() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, range(0, DAY, 60))
    through(cluster.pk, OVER)
    before = sorted(Chunk.objects.values_list("subject", "tier", "begins_at", "rows", "layout", "data"))
    with transaction.atomic():
        roll_up.roll([host], MIDNIGHT)
    assert sorted(Chunk.objects.values_list("subject", "tier", "begins_at", "rows", "layout", "data")) == before


def test_what_a_counter_rose_over_midnight_is_of_the_new_day() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, range(DAY - 600, DAY + 600, 60))
    through(cluster.pk, OVER)
    through(cluster.pk, OVER + DAY)
    assert column(host, Tier.HOURS, "in_bytes", "increase") == {DAY - HOUR: 9 * 6000.0, DAY: 10 * 6000.0}
    assert column(host, Tier.HOURS, "in_bytes", "seconds") == {DAY - HOUR: 540.0, DAY: 600.0}


def test_what_a_counter_rose_over_a_gap_before_midnight_is_known_but_no_rate() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, [*range(0, HOUR, 60), *range(DAY, DAY + 600, 60)])
    through(cluster.pk, OVER + DAY)
    assert sum(column(host, Tier.HOURS, "in_bytes", "increase").values()) == 100.0 * (DAY + 540)
    assert column(host, Tier.HOURS, "in_bytes", "rise")[DAY] == 9 * 6000.0


def test_a_counter_reset_is_a_gap_not_a_dip() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    counted = {0: 1000, 60: 1060, 120: 30, 180: 90}
    measured(host, counted, values=lambda second: [1, counted[second], 0])
    through(cluster.pk, OVER)
    assert column(host, Tier.FIVE_MINUTES, "in_bytes", "increase") == {0: 60 + 30 + 60}
    assert column(host, Tier.FIVE_MINUTES, "in_bytes", "rise") == {0: 120.0}
    assert column(host, Tier.FIVE_MINUTES, "in_bytes", "seconds") == {0: 120.0}


def test_a_day_with_two_layouts_has_a_chunk_of_each() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, range(0, HOUR, 60))
    measured(host, range(HOUR, 2 * HOUR, 60), names=("cpu.total", "cpu.wait"), values=lambda second: [1, 2])
    through(cluster.pk, OVER)
    begins = Chunk.objects.filter(tier=Tier.HOURS).order_by("begins_at").values_list("begins_at", flat=True)
    assert list(begins) == [MIDNIGHT, MIDNIGHT + HOUR]
    assert column(host, Tier.HOURS, "cpu.total", "count") == {0: 60.0, HOUR: 60.0}


def test_a_gap_has_no_rows_and_what_was_not_measured_is_absent() -> None:
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, [0, 7 * HOUR], values=lambda second: [math.nan, math.nan, 0])
    through(cluster.pk, OVER)
    assert list(column(host, Tier.HOURS, "cpu.total", "count").items()) == [(0, 0.0), (7 * HOUR, 0.0)]
    assert all(math.isnan(value) for value in column(host, Tier.HOURS, "cpu.total", "max").values())


def test_a_late_reading_replaces_todays_figures_of_a_total() -> None:
    cluster = builders.cluster()
    total = subject(cluster, "cluster", Kind.CLUSTER)
    measured(total, range(60, HOUR, 60))
    compaction.run(cluster.pk, clock(2 * HOUR))
    measured(total, [0])
    compaction.run(cluster.pk, clock(2 * HOUR + 600))
    assert column(total, Tier.HOURS, "cpu.total", "count") == {0: 60.0}
    assert Chunk.objects.filter(subject=total, tier=Tier.HOURS).count() == 1


def test_a_reading_that_came_after_its_day_was_rolled_up_rolls_it_up_again() -> None:
    """No poll brings one; a worker of the previous release may."""
    cluster = builders.cluster()
    host = subject(cluster)
    measured(host, range(0, DAY, 60))
    through(cluster.pk, OVER)
    measured(host, [30])
    compaction.run(cluster.pk, clock(OVER))
    assert column(host, Tier.HOURS, "cpu.total", "count")[0] == 61.0


def test_a_reading_that_came_while_a_killed_worker_had_half_its_day_rolled_up_rolls_it_up_again() -> None:
    """It is not marked as done yet, and who goes on with the day passes over whom the killed worker had done."""
    cluster = builders.cluster()
    done, left = subject(cluster), subject(cluster, "10.0.0.2")
    for one in (done, left):
        measured(one, range(0, DAY, 60))
    compaction.run(cluster.pk, clock(OVER))
    roll_up.roll([done], MIDNIGHT)
    for one in (done, left):
        measured(one, [30])
    through(cluster.pk, OVER)
    assert [column(one, Tier.HOURS, "cpu.total", "count")[0] for one in (done, left)] == [61.0, 61.0]


def test_of_a_day_whose_raw_figures_are_gone_the_rolled_up_ones_stay_as_they_are() -> None:
    cluster = builders.cluster()
    host, total = subject(cluster), subject(cluster, "cluster", Kind.CLUSTER)
    for one in (host, total):
        measured(one, range(0, DAY, 60))
    through(cluster.pk, OVER)
    through(cluster.pk, 4 * DAY)
    checked()
    retention.run(clock(5 * DAY))
    assert not stored(host)
    for one in (host, total):
        measured(one, [30])
    compaction.run(cluster.pk, clock(5 * DAY))
    assert [column(one, Tier.HOURS, "cpu.total", "count")[0] for one in (host, total)] == [60.0, 60.0]


def test_what_its_turn_has_no_time_for_the_next_one_does_and_nothing_is_done_twice() -> None:
    cluster = builders.cluster()
    hosts = [subject(cluster, f"10.0.0.{number}") for number in range(12)]
    for host in hosts:
        measured(host, [0, 60])
    compaction.run(cluster.pk, clock(OVER))
    moments = iter(range(0, 10_000, 12))

    def turn() -> datetime:
        return at(OVER + next(moments))

    rolled = 0
    while upkeep.done_before(upkeep.Job.ROLL_UP, cluster.pk) is None:
        done = roll_up.run(cluster.pk, turn)
        assert done is not None
        rolled += done.amount or 0
    assert rolled == 12 * 2 * 3
    assert Chunk.objects.filter(tier=Tier.HOURS).count() == 12


def test_how_far_it_came_is_noted_also_where_nothing_was_measured() -> None:
    cluster = builders.cluster()
    roll_up.run(cluster.pk, clock(OVER))
    assert upkeep.done_before(upkeep.Job.ROLL_UP, cluster.pk) == MIDNIGHT + DAY
    assert Upkeep.objects.get(job=Upkeep.Job.ROLL_UP).outcome == "ok"


def test_a_slice_is_few_queries_whatever_its_size() -> None:
    cluster = builders.cluster()
    hosts = [subject(cluster, f"10.0.0.{number}") for number in range(30)]
    for host in hosts:
        measured(host, [0, HOUR])
    compaction.run(cluster.pk, clock(OVER))
    roll_up.roll(hosts, MIDNIGHT)
    with CaptureQueriesContext(connection) as captured:
        roll_up.roll(hosts, MIDNIGHT)
    assert len(captured) <= (10 if connection.vendor == "postgresql" else 7)


def test_a_process_that_was_up_shorter_than_before_began_anew() -> None:
    cluster = builders.cluster()
    agent = subject(cluster, kind=Kind.AGENT)
    said = {0: (5, 900), 60: (7, 960), 120: (9, 30), 180: (10, 90)}
    names = ("slave/tasks_failed", "slave/uptime_secs")
    measured(agent, said, names=names, values=lambda second: said[second])
    through(cluster.pk, OVER)
    assert column(agent, Tier.HOURS, "slave/tasks_failed", "increase") == {0: 2 + 9 + 1}
    assert column(agent, Tier.HOURS, "slave/tasks_failed", "seconds") == {0: 120.0}
