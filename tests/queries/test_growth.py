from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import Cluster, Filesystem
from dashboard.queries import growth, growth_in_words
from dashboard.queries.growth import Pace
from tests import builders
from tests.builders import GIB, NOON, filesystem, host_metrics, later, write_machines

pytestmark = pytest.mark.django_db
HOUR = 3600
HOST = "10.0.0.1"


def measured(cluster: Cluster, hours_ago: float, used_gib: float, *, path: str = "/var", hosts: int = 1) -> None:
    at = later(-hours_ago * HOUR)
    disk = filesystem(path, used_gib, 100 - used_gib)
    machines = (host_metrics(f"10.0.0.{number + 1}", at, filesystems=(disk,)) for number in range(hosts))
    write_machines(cluster, *machines, now=at)


def paces(over: str = "24h", now: datetime = NOON) -> list[Pace]:
    rows = list(Filesystem.objects.select_related("machine").order_by("pk"))
    return [growth.of(rows, now, over)[row.pk] for row in rows]


def one(used_at: dict[float, float], over: str = "24h") -> Pace:
    """The pace of a filesystem of 100 GiB that used so many GiB so many hours ago."""
    cluster = builders.cluster()
    for hours_ago, used in sorted(used_at.items(), reverse=True):
        measured(cluster, hours_ago, used)
    (pace,) = paces(over)
    return pace


def steady(start: float, per_hour: float, hours: int = 25) -> dict[float, float]:
    return {float(ago): start + per_hour * (hours - ago) for ago in range(hours + 1)}


def test_steady_growth_has_a_day_on_which_it_is_full() -> None:
    pace = one(steady(25, 1))
    assert pace.bytes_per_day == pytest.approx(24 * GIB)
    assert pace.days_to_full == pytest.approx(50 / 24)
    assert (growth_in_words.per_day(pace), growth_in_words.full_in(pace)) == ("+24\u00a0GiB", "2\u00a0d")


def test_a_file_that_came_and_went_does_not_bend_the_pace() -> None:
    used = steady(25, 1) | {9.0: 90.0}
    assert one(used).bytes_per_day == pytest.approx(24 * GIB, rel=0.05)


@pytest.mark.parametrize(
    ("used", "why"),
    [
        (steady(75, -1), "shrinks"),
        (steady(50, 0), "stands still"),
        (steady(50, 0.003), "not within a year"),
        ({float(ago): 50 + 10 * (ago % 2) for ago in range(26)}, "goes up and down"),
        (steady(50, 1, hours=5), "known after 6\u00a0h of figures"),
        ({0.0: 50.0}, "known after 6\u00a0h of figures"),
    ],
)
def test_without_a_clear_pace_there_is_no_day_and_the_reason_is_said(used: dict[float, float], why: str) -> None:
    pace = one(used)
    assert (pace.days_to_full, pace.why) == (None, why)
    assert growth_in_words.full_in(pace) == why


def test_less_than_six_hours_have_no_pace_and_no_zero() -> None:
    pace = one(steady(50, 1, hours=4), over="6h")
    assert pace.bytes_per_day is None
    assert growth_in_words.per_day(pace) == "—"


def test_hours_in_which_nothing_was_measured_are_left_out() -> None:
    used = {ago: value for ago, value in steady(25, 1).items() if ago not in (3.0, 6.0, 12.0, 21.0)}
    assert one(used).bytes_per_day == pytest.approx(24 * GIB)


def test_what_shrinks_is_told_with_a_minus() -> None:
    assert growth_in_words.per_day(one(steady(75, -1))) == "\u221224\u00a0GiB"


def test_the_time_asked_for_is_the_one_that_is_looked_at() -> None:
    cluster = builders.cluster()
    for ago in range(49, -1, -1):
        measured(cluster, ago, 30 if ago > 20 else 30 + (20 - ago))
    (two_days,) = paces("48h")
    (six_hours,) = paces("6h")
    assert six_hours.bytes_per_day == pytest.approx(24 * GIB)
    assert two_days.bytes_per_day is not None and two_days.bytes_per_day < 20 * GIB


def test_an_unknown_time_is_the_usual_one() -> None:
    assert (growth.asked("90d"), growth.asked(None), growth.asked("48h")) == ("24h", "24h", "48h")


@pytest.mark.parametrize("hosts", [1, 30])
def test_paces_cost_three_queries_for_any_number_of_filesystems(
    hosts: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cluster = builders.cluster()
    for ago in (24, 12, 0):
        measured(cluster, ago, 50 - ago, hosts=hosts)
    rows = list(Filesystem.objects.select_related("machine"))
    with django_assert_num_queries(3):
        found = growth.of(rows, NOON, "24h")
    assert len(found) == hosts and all(pace.bytes_per_day for pace in found.values())


def test_none_cost_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        assert growth.of([], NOON, "24h") == {}


def test_slopes_are_ranked_among_those_that_are_known() -> None:
    times = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [0.0, 1.0, 2.0]])
    nan = np.nan
    found = growth.slopes(times, np.array([[0.0, 1.0, 2.0], [0.0, nan, 4.0], [1.0, nan, nan]]))
    assert found.median[:2].tolist() == [1.0, 2.0]
    assert np.isnan(found.median[2])
    assert found.spans.tolist() == [2.0, 2.0, 0.0]
