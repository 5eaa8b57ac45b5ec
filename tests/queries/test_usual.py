from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Subject
from dashboard.queries import usual
from dashboard.store import masters, readings, summary
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db


def listed(cluster: Cluster, hours_ago: float, active: float, inactive: float | None = 0.0) -> None:
    subject = readings.subjects(cluster, {("cluster", ""): "prod"}, seen_at=NOON)["cluster", ""]
    values = {"agents_active": active, "agents_inactive": inactive}
    tick = int((NOON - timedelta(hours=hours_ago)).timestamp())
    readings.write_many(
        summary.READING_LAYOUT, [(tick, subject, [values.get(name) for name in summary.READING_LAYOUT])]
    )


def killed(cluster: Cluster, counted: list[float], key: str = "10.0.0.101:5050@1") -> None:
    """One value each ten minutes, the last at noon."""
    subject = readings.subjects(cluster, {("master", key): key}, seen_at=NOON)["master", key]
    at, last = masters.LAYOUT.index("master/tasks_killed"), int(NOON.timestamp())
    rows = []
    for place, value in enumerate(reversed(counted)):
        row: list[float | None] = [None] * len(masters.LAYOUT)
        row[at] = value
        rows.append((last - 600 * place, subject, row))
    readings.write_many(masters.LAYOUT, rows)


def test_the_usual_number_of_agents_is_the_median_of_the_day_those_that_are_down_included() -> None:
    cluster = builders.cluster()
    for hours_ago in range(1, 24):
        listed(cluster, hours_ago, 40, 2)
    listed(cluster, 0, 3, 0)
    listed(cluster, 30, 900)
    assert usual.agents(cluster, NOON) == 42


def test_a_summary_that_did_not_count_is_no_agent_less() -> None:
    cluster = builders.cluster()
    listed(cluster, 2, 10)
    listed(cluster, 1, 30, None)
    assert usual.agents(cluster, NOON) == 10


def test_without_a_summary_nothing_is_usual() -> None:
    assert usual.agents(builders.cluster(), NOON) is None


def test_what_rises_in_ten_minutes_is_a_median_and_a_burst_does_not_move_it() -> None:
    cluster = builders.cluster()
    counted = [4.0 * step for step in range(100)] + [5_000.0]
    killed(cluster, counted)
    assert usual.rise_in_ten_minutes(cluster, "master/tasks_killed", NOON) == 4


def test_before_six_hours_nothing_is_usual_of_a_counter() -> None:
    cluster = builders.cluster()
    killed(cluster, [4.0 * step for step in range(30)])
    assert usual.rise_in_ten_minutes(cluster, "master/tasks_killed", NOON) is None
    assert usual.rise_in_ten_minutes(builders.cluster("other"), "master/tasks_killed", NOON) is None


def test_lives_are_added_up_and_never_subtracted() -> None:
    cluster = builders.cluster()
    killed(cluster, [1_000 + 6.0 * step for step in range(100)])
    killed(cluster, [2.0 * step for step in range(100)], key="10.0.0.102:5050@2")
    assert usual.rise_in_ten_minutes(cluster, "master/tasks_killed", NOON) == 8


def test_what_is_usual_costs_four_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    listed(cluster, 2, 10)
    killed(cluster, [4.0 * step for step in range(100)])
    assert Subject.objects.count() == 2
    with django_assert_num_queries(4):
        usual.agents(cluster, NOON)
    with django_assert_num_queries(4):
        usual.rise_in_ten_minutes(cluster, "master/tasks_killed", NOON)
