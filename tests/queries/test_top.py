from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard import rises
from dashboard.models import Cluster, Poll, Subject
from dashboard.queries import latest, top
from dashboard.queries.top import Top
from dashboard.rises import AGE, UPTIME
from dashboard.store import readings
from dashboard.store.summary import NODE_READINGS_SECONDS
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
CONTAINER = Subject.Kind.CONTAINER
COUNTER = "cpus_user_time_secs"
NAN = float("nan")
TICK = int(NOON.timestamp())


def write(cluster: Cluster, at: int, *, names: tuple[str, ...] = (COUNTER, AGE), **values: list[float]) -> None:
    write_by_key(cluster, at, names, values)


def write_by_key(cluster: Cluster, at: int, names: tuple[str, ...], values: dict[str, list[float]]) -> None:
    """Readings so many seconds from noon."""
    ids = readings.subjects(cluster, {(CONTAINER.value, key): key for key in values}, seen_at=NOON)
    readings.write(TICK + at, names, [(ids[CONTAINER.value, key], said) for key, said in values.items()])


def told(cluster: Cluster, now: datetime = NOON, *, rate: bool = True, least: bool = False, limit: int = 20) -> Top:
    return top.of_kind(latest.asked(cluster, CONTAINER, [COUNTER], now), rate=rate, least=least, limit=limit)


def ranks(found: Top) -> dict[str, float]:
    return {one.key: one.value for one in found.ranked}


def test_the_greatest_rates_come_first_by_the_samples_own_times() -> None:
    cluster = builders.cluster()
    write(cluster, -60, a=[100, 5], b=[100, 0], c=[7, 0])
    # What a says is of 5 s before the tick each time, of b ten seconds later than the time before.
    write(cluster, 0, a=[160, 5], b=[200, 10], c=[7, 0])
    found = told(cluster)
    assert list(ranks(found).items()) == [("b", 2.0), ("a", 1.0), ("c", 0.0)]
    assert (found.ranked[0].time, found.count, found.unknown) == (TICK - 10, 3, 0)
    assert list(ranks(told(cluster, least=True, limit=2))) == ["c", "a"]


def test_a_counter_that_fell_is_unknown_and_no_spike() -> None:
    cluster = builders.cluster()
    write(cluster, -60, a=[1e9, 0], b=[0, 0])
    write(cluster, 0, a=[60, 0], b=[60, 0])
    found = told(cluster)
    assert (ranks(found), found.count, found.unknown) == ({"b": 1.0}, 2, 1)


def test_an_uptime_that_fell_is_a_reset_too() -> None:
    cluster, names = builders.cluster(), (COUNTER, AGE, UPTIME)
    write(cluster, -60, names=names, a=[10, 0, 500], b=[10, 0, 500])
    write(cluster, 0, names=names, a=[70, 0, 20], b=[70, 0, 560])
    assert ranks(told(cluster)) == {"b": 1.0}


def test_who_lacks_one_of_the_two_samples_has_no_rate() -> None:
    cluster = builders.cluster()
    write(cluster, -60, a=[0, 0], gone=[0, 0], mute=[0, 0])
    write(cluster, 0, a=[60, 0], new=[60, 0], mute=[NAN, 0])
    found = told(cluster)
    assert (ranks(found), found.count, found.unknown) == ({"a": 1.0}, 4, 3)


def test_values_are_those_of_the_newest_sample_that_has_one() -> None:
    cluster = builders.cluster()
    write(cluster, -60, a=[1, 0], b=[9, 0])
    write(cluster, 0, a=[2, 0], b=[NAN, 0])
    found = told(cluster, rate=False)
    assert list(ranks(found).items()) == [("b", 9.0), ("a", 2.0)]
    assert found.ranked[0].time == TICK - 60


def test_what_is_no_longer_the_present_has_no_rank() -> None:
    cluster = builders.cluster()
    write(cluster, -60, a=[0, 0])
    write(cluster, 0, a=[60, 0])
    period = latest.asked(cluster, CONTAINER, [COUNTER], NOON).period_seconds
    assert ranks(told(cluster, NOON + timedelta(seconds=3 * period - 1))) == {"a": 1.0}
    assert not told(cluster, NOON + timedelta(seconds=3 * period + 1)).ranked
    old = builders.cluster("old")
    write(old, -60, a=[0, 200])
    write(old, 0, a=[60, 200])
    found = told(old)
    assert (found.ranked, found.count, found.unknown) == ((), 1, 1)


def test_a_tick_that_is_still_polled_is_left_out() -> None:
    cluster = builders.cluster()
    for at in (-120, -60):
        write(cluster, at, a=[at, 0], b=[2 * at, 0])
    write(cluster, 0, a=[600, 0])
    poll = Poll.objects.create(cluster=cluster, source="containers", shard=1, shards=2, due_at=NOON)
    found = told(cluster, NOON + timedelta(seconds=5))
    assert list(ranks(found).items()) == [("b", 2.0), ("a", 1.0)]
    poll.ended_at = NOON
    poll.save()
    assert ranks(told(cluster, NOON + timedelta(seconds=5))) == {"a": 11.0}


def test_where_a_tick_is_missing_the_one_before_it_is_taken() -> None:
    cluster = builders.cluster()
    write(cluster, -120, a=[0, 0])
    write(cluster, 0, a=[240, 0])
    for seconds in (0, 59, 61, 119):
        assert ranks(told(cluster, NOON + timedelta(seconds=seconds))) == {"a": 2.0}
    late = builders.cluster("late")
    for at in (-180, -120, -60):
        write(late, at, a=[float(at), 0])
    assert ranks(told(late, NOON + timedelta(seconds=30))) == {"a": 1.0}


def test_rates_are_those_that_charts_tell() -> None:
    cluster, rng = builders.cluster(), np.random.default_rng(4)
    before, after = (rng.uniform(0, 1000, (200, 3)).round(3) for _ in range(2))
    before[::7, 0] = after[::11, 0] = after[::13, 2] = np.nan
    names, keys = (COUNTER, AGE, UPTIME), [f"c{place:03}" for place in range(200)]
    before[:, 1], after[:, 1] = rng.uniform(-50, 50, (2, 200)).round(3)
    write_by_key(cluster, -60, names, dict(zip(keys, before.tolist(), strict=True)))
    write_by_key(cluster, 0, names, dict(zip(keys, after.tolist(), strict=True)))
    rose = rises.of(
        names,
        np.repeat(np.arange(200), 2),
        np.tile([TICK - 60, TICK], 200),
        np.stack([before, after], axis=1).reshape(-1, 3),
        [0],
    )
    known = rose.seconds[1::2, 0] > 0
    charted = {
        key: rose.rise[2 * place + 1, 0] / rose.seconds[2 * place + 1, 0]
        for place, key in enumerate(keys)
        if known[place]
    }
    assert ranks(told(cluster, limit=200)) == charted
    assert 20 < len(charted) < 150


def test_it_takes_five_queries_whatever_there_is(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    many = {f"c{place:03}": [0.0, 0.0] for place in range(300)}
    for at in (-60, 0):
        write_by_key(cluster, at, (COUNTER, AGE), many)
    with django_assert_num_queries(5):
        told(cluster)


def test_agents_are_kept_as_often_as_the_store_says() -> None:
    assert latest.LEAST_SECONDS[Subject.Kind.NODE] == NODE_READINGS_SECONDS
