from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.queries import fullness
from dashboard.store import readings, summary
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
DAY = 86_400


def filled(shares: list[float], *, step_hours: float = 6, now: float | None = None) -> Cluster:
    """A cluster of 100 cores whose share was this, the last value now."""
    last = shares[-1] if now is None else now
    cluster = builders.cluster(
        cpus_total=100.0, cpus_allocated=100 * last, mem_total_bytes=0.0, mem_allocated_bytes=0.0
    )
    subject = readings.subjects(cluster, {("cluster", ""): "prod"}, seen_at=NOON)["cluster", ""]
    rows = []
    for place, share in enumerate(reversed(shares)):
        values = {"cpus_total": 100.0, "cpus_allocated": 100 * share}
        tick = int((NOON - timedelta(hours=step_hours * place)).timestamp())
        rows.append((tick, subject, [values.get(name) for name in summary.READING_LAYOUT]))
    readings.write_many(summary.READING_LAYOUT, rows)
    return cluster


def days(cluster: Cluster) -> float | None:
    found = fullness.of(cluster, NOON)["cpu"].seconds
    return None if found is None else found / DAY


def test_a_share_that_grows_two_percent_a_day_from_half_is_full_in_twenty_days() -> None:
    cluster = filled([0.5 - 0.005 * place for place in range(50, -1, -1)])
    assert days(cluster) == pytest.approx(20, rel=0.01)
    assert fullness.of(cluster, NOON)["cpu"].per_day == pytest.approx(0.02, rel=0.01)


def test_one_odd_look_does_not_bend_the_pace() -> None:
    shares = [0.5 - 0.005 * place for place in range(50, -1, -1)]
    shares[20] = 0.0
    assert days(filled(shares)) == pytest.approx(20, rel=0.05)


def test_what_stands_still_shrinks_or_swings_is_not_full_within_a_year() -> None:
    assert days(filled([0.8] * 40)) == 365
    Cluster.objects.all().delete()
    assert days(filled([0.9 - 0.005 * place for place in range(40)])) == 365
    Cluster.objects.all().delete()
    assert days(filled([0.5, 0.8] * 20)) == 365


def test_what_is_above_the_limit_is_full_now_even_while_it_shrinks() -> None:
    assert days(filled([0.99 - 0.001 * place for place in range(40)])) == 0


def test_less_than_three_days_of_figures_say_nothing() -> None:
    cluster = filled([0.5 + 0.01 * place for place in range(10)])
    assert days(cluster) is None
    assert fullness.of(cluster, NOON)["cpu"].spans == timedelta(hours=54)


def test_a_gap_and_a_pause_are_no_zeros() -> None:
    shares = [0.5 - 0.005 * place for place in range(50, -1, -1)]
    cluster = filled(shares[:20] + [float("nan")] * 10 + shares[30:])
    assert days(cluster) == pytest.approx(20, rel=0.02)


def test_a_resource_the_cluster_has_none_of_has_no_share() -> None:
    assert "mem" not in fullness.of(filled([0.5] * 40), NOON)
    assert fullness.of(builders.cluster("new"), NOON) == {}


def test_it_costs_four_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = filled([0.5] * 40)
    with django_assert_num_queries(4):
        fullness.of(cluster, NOON)
