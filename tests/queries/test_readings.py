from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import Cluster, Subject
from dashboard.queries import window
from dashboard.queries.readings import Rise, increases, loaded, series
from dashboard.store import readings
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db


def subject(cluster: Cluster, key: str = "") -> int:
    return readings.subjects(cluster, {("master", key): key}, seen_at=NOON)["master", key]


def put(
    of: int, seconds_ago: float, layout: tuple[str, ...] = ("load",), values: tuple[float | None, ...] = (1.0,)
) -> None:
    tick = int((NOON - timedelta(seconds=seconds_ago)).timestamp())
    readings.write_many(layout, [(tick, of, values)])


def hour(at: datetime = NOON) -> window.Window:
    return window.of("1h", at)


def test_a_step_without_a_reading_is_nan_not_zero() -> None:
    one = subject(builders.cluster())
    for ago in (600, 590, 580, 550, 540, 530, 520, 510, 500, 490, 480, 470, 460):
        put(one, ago)
    found = series([one], ["load"], hour())
    missing = [found.window.moment(int(step)) for step in np.flatnonzero(np.isnan(found["load"]))]
    assert NOON - timedelta(seconds=570) in missing
    assert NOON - timedelta(seconds=560) in missing
    assert NOON - timedelta(seconds=550) not in missing


def test_a_value_that_was_not_said_is_nan_and_its_neighbours_stay() -> None:
    one = subject(builders.cluster())
    put(one, 20, ("load", "queue"), (None, 5.0))
    found = series([one], ["load", "queue"], hour())
    assert np.isnan(found["load"]).all()
    assert np.nanmax(found["queue"]) == 5.0


def test_several_readings_of_a_step_are_their_mean() -> None:
    one = subject(builders.cluster())
    for ago, value in ((50, 1.0), (40, 2.0), (30, 6.0)):
        put(one, ago, values=(value,))
    found = series([one], ["load"], window.of("24h", NOON))
    assert np.nanmax(found["load"]) == 3.0


def test_steps_widen_to_the_spacing_of_the_readings() -> None:
    one = subject(builders.cluster())
    for minute in range(60):
        put(one, minute * 60)
    found = series([one], ["load"], hour())
    assert found.window.step_seconds == 60
    assert np.isnan(found["load"]).sum() <= 1


def test_one_long_gap_does_not_widen_the_steps() -> None:
    one = subject(builders.cluster())
    for ago in [*range(0, 200, 10), *range(1800, 2000, 10)]:
        put(one, ago)
    assert series([one], ["load"], hour()).window.step_seconds == 10


def test_a_standby_is_left_out_where_only_the_leader_counts() -> None:
    cluster = builders.cluster()
    layout = ("master/elected", "frameworks")
    put(subject(cluster, "leader"), 20, layout, (1.0, 4.0))
    put(subject(cluster, "standby"), 20, layout, (0.0, 0.0))
    both = list(Subject.objects.values_list("pk", flat=True))
    assert np.nanmax(series(both, ["frameworks"], hour(), only_where="master/elected")["frameworks"]) == 4.0
    assert np.nanmax(series(both, ["frameworks"], hour())["frameworks"]) == 2.0


def test_a_series_without_readings_is_empty() -> None:
    assert series([], ["load"], hour()).empty


def test_a_series_costs_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    one = subject(builders.cluster())
    put(one, 20)
    with django_assert_num_queries(2, connection=connection):
        series([one], ["load"], hour())


def rising(of: int, *values: float, until: float = 0) -> None:
    for back, value in enumerate(reversed(values)):
        put(of, until + back * 10, ("failed",), (value,))


def increase(*lives: int) -> Rise | None:
    return increases(lives, ["failed"], hour())["failed"]


def test_a_counter_rises_by_the_sum_of_its_rises() -> None:
    one = subject(builders.cluster())
    rising(one, 100, 100, 103, 107)
    rise = increase(one)
    assert rise is not None
    assert rise.amount == 7
    assert rise.since == NOON - timedelta(seconds=30)


def test_a_counter_that_fell_counts_from_zero_and_is_never_negative() -> None:
    one = subject(builders.cluster())
    rising(one, 100, 104, 2, 3)
    rise = increase(one)
    assert rise is not None
    assert rise.amount == 4 + 2 + 1


def test_two_lives_of_a_master_are_never_subtracted_from_each_other() -> None:
    cluster = builders.cluster()
    before, after = subject(cluster, "m@1"), subject(cluster, "m@2")
    rising(before, 1000, 1002, until=600)
    rising(after, 0, 1)
    rise = increase(before, after)
    assert rise is not None
    assert rise.amount == 3


def test_one_reading_alone_says_nothing_of_a_rise() -> None:
    one = subject(builders.cluster())
    rising(one, 100)
    assert increase(one) is None


def test_readings_before_a_widened_window_are_not_put_at_its_end() -> None:
    one, now = subject(builders.cluster()), NOON + timedelta(seconds=35)
    asked = window.of("3h", now)  # steps of 20 s from :20 on, widened to 30 s from :30 on
    for step in range(3 * 120 - 2):
        tick = asked.first_tick + (0 if step == 0 else 10 + 30 * step)
        readings.write_many(("load",), [(tick, one, (99.0 if step == 0 else 1.0,))])
    found = series([one], ["load"], asked)
    assert found.window.first_tick > asked.first_tick
    assert np.nanmax(found["load"]) == 1.0


def long(name: str = "7d") -> window.Window:
    return window.of(name, NOON, ranges=window.LONG_RANGES)


def test_of_a_long_time_a_point_is_the_mean_of_its_step_and_its_extremes_are_known() -> None:
    one = subject(builders.cluster())
    for ago, value in ((1200, 4.0), (1190, 90.0), (910, 11.0), (900, 2.0), (600, 6.0)):
        put(one, ago, values=(value,))
    found = loaded([one], long())
    means = found.series(one, ["load"])["load"]
    lowest, highest = found.series(one, ["load"], keep="min")["load"], found.series(one, ["load"], keep="max")["load"]
    known = np.isfinite(means)
    assert means[known].tolist() == [35.0, 4.0]
    assert (lowest[known].tolist(), highest[known].tolist()) == ([4.0, 2.0], [90.0, 6.0])


def test_of_a_long_time_a_gap_is_a_gap() -> None:
    one = subject(builders.cluster())
    for ago in (*range(0, 86_400, 300), *range(3 * 86_400, 4 * 86_400, 300)):
        put(one, ago)
    found = series([one], ["load"], long())
    missing = [found.window.moment(int(step)) for step in np.flatnonzero(np.isnan(found["load"]))]
    assert NOON - timedelta(days=2) in missing
    assert NOON - timedelta(days=3) not in missing and NOON - timedelta(hours=12) not in missing


def test_a_long_time_costs_three_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    one = subject(builders.cluster())
    put(one, 20)
    with django_assert_num_queries(3):
        assert loaded([one], long("30d")).window.step_seconds == 3600
