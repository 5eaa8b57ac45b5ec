from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Poll, Reading, Subject
from dashboard.queries import settled
from dashboard.queries.settled import Recent
from dashboard.store import readings
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
HOST = Subject.Kind.HOST
TICK, PERIOD = int(NOON.timestamp()), 60


def write(cluster: Cluster, at: int, **values: float) -> None:
    """Readings so many seconds from noon."""
    ids = readings.subjects(cluster, {(HOST.value, key): key for key in values}, seen_at=NOON)
    readings.write(TICK + at, ("x",), [(ids[HOST.value, key], [value]) for key, value in values.items()])


def polled(cluster: Cluster, at: int, *, shard: int = 0, ended: bool = True, asked_at: int | None = None) -> Poll:
    due_at = datetime.fromtimestamp(TICK + (at if asked_at is None else asked_at), UTC)
    return Poll.objects.create(
        cluster=cluster, source="nodes", shard=shard, due_at=due_at, ended_at=NOON if ended else None, period_seconds=60
    )


def recent(cluster: Cluster, ids: Sequence[int] | None = None) -> Recent:
    found = settled.polls(cluster, "nodes", TICK - 10 * PERIOD)
    return Recent(cluster, HOST, ("x",), ("x",), PERIOD, found, ids)


def told(cluster: Cluster, after: int = -120, until: int = 0) -> list[tuple[int, float]]:
    """Seconds from noon, and the value, of each reading."""
    found = recent(cluster).read(TICK + after, TICK + until)
    return list(zip((found.ticks - TICK).tolist(), found.matrix[:, 0].tolist(), strict=True))


@pytest.fixture
def cluster() -> Cluster:
    made = builders.cluster()
    for at in (-120, -60, 0):
        write(made, at, a=float(at))
        polled(made, at)
    return made


def test_what_is_settled_is_read_once(cluster: Cluster, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    asked = recent(cluster)
    with django_assert_num_queries(2):
        first = asked.read(TICK - 120, TICK)
    with django_assert_num_queries(0):
        again = recent_without_polls(asked).read(TICK - 120, TICK)
        part = recent_without_polls(asked).read(TICK - 60, TICK + 30)
    assert np.array_equal(first.matrix, again.matrix)
    assert (first.ticks.tolist(), part.ticks.tolist()) == ([TICK - 60, TICK], [TICK])


def test_behind_the_newest_poll_nothing_is_looked_for(
    cluster: Cluster, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    asked = recent(cluster)
    asked.read(TICK - 120, TICK)
    with django_assert_num_queries(0):
        again = recent_without_polls(asked).read(TICK - 120, TICK + 10 * PERIOD)
    assert again.ticks.tolist() == [TICK - 60, TICK]


def test_without_any_poll_of_late_everything_is_looked_at(cluster: Cluster) -> None:
    Poll.objects.all().delete()
    assert told(cluster, -120, 600) == [(-60, -60.0), (0, 0.0)]


def recent_without_polls(like: Recent) -> Recent:
    """Another request, the polls of which are read already."""
    return Recent(like.cluster, like.kind, like.names, like.telling, like.period_seconds, like.polls)


def test_only_what_came_since_is_read_anew(cluster: Cluster) -> None:
    assert told(cluster) == [(-60, -60.0), (0, 0.0)]
    # Nobody writes so, but it shows what is read.
    Reading.objects.filter(tick__lte=TICK).delete()
    write(cluster, 60, a=60.0)
    polled(cluster, 60)
    assert told(cluster, -60, 60) == [(0, 0.0), (60, 60.0)]


def test_a_tick_that_is_still_polled_is_read_each_time(cluster: Cluster) -> None:
    poll = polled(cluster, 60, ended=False)
    write(cluster, 60, a=1.0)
    assert told(cluster, 0, 60) == [(60, 1.0)]
    write(cluster, 60, b=2.0)
    assert told(cluster, 0, 60) == [(60, 1.0), (60, 2.0)]
    Poll.objects.filter(pk=poll.pk).update(ended_at=NOON)
    write(cluster, 60, b=3.0)
    assert told(cluster, 0, 60) == [(60, 1.0), (60, 3.0)]


@pytest.mark.parametrize("asked_at", [0, 37])
def test_a_tick_that_is_polled_again_is_read_anew(cluster: Cluster, asked_at: int) -> None:
    assert told(cluster) == [(-60, -60.0), (0, 0.0)]
    write(cluster, 0, a=5.0)
    polled(cluster, 0, shard=1, asked_at=asked_at)
    assert told(cluster) == [(-60, -60.0), (0, 5.0)]


def test_a_poll_that_another_worker_ended_is_another(cluster: Cluster) -> None:
    assert told(cluster, -60) == [(0, 0.0)]
    write(cluster, 0, a=5.0)
    Poll.objects.filter(due_at=NOON).update(fence=2)
    assert told(cluster, -60) == [(0, 5.0)]


def test_what_no_poll_brought_is_never_remembered(cluster: Cluster) -> None:
    Poll.objects.all().delete()
    assert told(cluster, -60) == [(0, 0.0)]
    write(cluster, 0, a=5.0)
    assert told(cluster, -60) == [(0, 5.0)]


def test_of_a_stretch_of_which_a_part_was_read_more_can_be_asked_for(cluster: Cluster) -> None:
    write(cluster, -50, a=-50.0)
    assert told(cluster, -55) == [(-50, -50.0), (0, 0.0)]
    assert told(cluster, -120) == [(-60, -60.0), (-50, -50.0), (0, 0.0)]
    assert told(cluster, -55) == [(-50, -50.0), (0, 0.0)]


def test_clusters_and_metrics_are_remembered_apart(cluster: Cluster) -> None:
    other = builders.cluster("other")
    write(other, 0, a=7.0)
    polled(other, 0)
    assert told(cluster, -60) == [(0, 0.0)]
    assert told(other, -60) == [(0, 7.0)]
    found = settled.polls(cluster, "nodes", TICK - 600)
    assert not len(Recent(cluster, HOST, ("y",), ("y",), PERIOD, found).read(TICK - 60, TICK).ticks)


def test_few_subjects_are_read_by_their_ids_to_the_same_end(cluster: Cluster) -> None:
    ids = list(Subject.objects.filter(cluster=cluster, kind=HOST).values_list("pk", flat=True))
    by_ids = recent(cluster, ids).read(TICK - 120, TICK)
    settled.REMEMBERED.forget()
    assert by_ids.matrix.tobytes() == recent(cluster).read(TICK - 120, TICK).matrix.tobytes()
    assert not len(recent(cluster, []).read(TICK + 60, TICK + 120).ticks)
