from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Poll, Reading, Subject
from dashboard.queries import latest
from dashboard.queries.latest import Latest
from dashboard.store import readings
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
HOST = Subject.Kind.HOST
TICK = int(NOON.timestamp())


@pytest.fixture
def cluster() -> Cluster:
    made = builders.cluster()
    for at in range(-300, 1, 60):
        if at >= -60:
            write(made, at, a=float(at), b=7.0)
        polled(made, at)
    return made


def write(cluster: Cluster, at: int, **values: float) -> None:
    """Readings so many seconds from noon."""
    ids = readings.subjects(cluster, {(HOST.value, key): key for key in values}, seen_at=NOON)
    readings.write(TICK + at, ("x",), [(ids[HOST.value, key], [value]) for key, value in values.items()])


def polled(cluster: Cluster, at: int, *, shard: int = 0, ended: bool = True) -> Poll:
    due_at = datetime.fromtimestamp(TICK + at, UTC)
    return Poll.objects.create(
        cluster=cluster, source="nodes", shard=shard, due_at=due_at, ended_at=NOON if ended else None, period_seconds=60
    )


def asked(cluster: Cluster, after_seconds: int = 30) -> Latest:
    return latest.of_kind(latest.asked(cluster, HOST, ["x"], NOON + timedelta(seconds=after_seconds)))


def told(cluster: Cluster, after_seconds: int = 30) -> dict[str, str]:
    """By name; nan where nothing is known of the present."""
    found = asked(cluster, after_seconds)
    return {name: str(value) for name, value in zip(found.names, found.values[:, 0].tolist(), strict=True)}


def test_what_is_settled_is_put_together_once(
    cluster: Cluster, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = asked(cluster)
    with django_assert_num_queries(3):
        again = asked(cluster, 31)
    assert again.measured is first.measured
    assert told(cluster) == {"a": "0.0", "b": "7.0"}


def test_what_is_remembered_grows_old_all_the_same(cluster: Cluster) -> None:
    assert told(cluster) == {"a": "0.0", "b": "7.0"}
    oldest = latest.asked(cluster, HOST, ["x"], NOON).looked_back_seconds - 1
    assert told(cluster, oldest) == {"a": "0.0", "b": "7.0"}
    assert told(cluster, oldest + 1) == {"a": "nan", "b": "nan"}
    assert told(cluster) == {"a": "0.0", "b": "7.0"}


def test_figures_that_a_poll_brought_since_are_told(cluster: Cluster) -> None:
    assert told(cluster) == {"a": "0.0", "b": "7.0"}
    write(cluster, 0, b=8.0)
    polled(cluster, 0, shard=1)
    assert told(cluster) == {"a": "0.0", "b": "8.0"}
    write(cluster, 60, a=60.0)
    polled(cluster, 60)
    assert told(cluster, 70) == {"a": "60.0", "b": "8.0"}


def test_while_a_tick_is_polled_it_is_read_each_time(cluster: Cluster) -> None:
    poll = polled(cluster, 60, ended=False)
    for value in (1.0, 2.0):
        write(cluster, 60, a=value)
        found = asked(cluster, 70)
        assert (found.measured.settled, found.values[0, 0]) == (False, value)
    Poll.objects.filter(pk=poll.pk).update(ended_at=NOON)
    write(cluster, 60, a=3.0)
    assert told(cluster, 70) == {"a": "3.0", "b": "7.0"}


def test_a_subject_that_is_new_renamed_or_gone_is_told_so_at_once(cluster: Cluster) -> None:
    assert told(cluster) == {"a": "0.0", "b": "7.0"}
    Subject.objects.filter(key="a").update(name="other")
    assert told(cluster) == {"other": "0.0", "b": "7.0"}
    readings.subjects(cluster, {(HOST.value, "c"): "c"}, seen_at=NOON)
    assert told(cluster) == {"other": "0.0", "b": "7.0", "c": "nan"}
    Subject.objects.filter(key="a").update(last_seen=NOON - timedelta(hours=1))
    assert told(cluster) == {"b": "7.0", "c": "nan"}


def test_a_reading_that_is_older_than_is_looked_back_falls_out(cluster: Cluster) -> None:
    Reading.objects.filter(subject__key="a", tick=TICK).delete()
    at_most = latest.asked(cluster, HOST, ["x"], NOON).looked_back_seconds - 60
    assert asked(cluster, at_most - 1).read_at[0] == TICK - 60
    assert str(asked(cluster, at_most).read_at[0]) == "nan"


def test_what_no_poll_brought_is_not_remembered(cluster: Cluster) -> None:
    Poll.objects.all().delete()
    assert not asked(cluster).measured.settled
    write(cluster, 0, a=5.0)
    assert told(cluster) == {"a": "5.0", "b": "7.0"}
