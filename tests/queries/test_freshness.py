from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Collection
from dashboard.queries import freshness
from dashboard.queries.freshness import Freshness, judge
from tests import builders
from tests.builders import NOON, later, master, report, write, write_masters


@pytest.mark.parametrize(
    ("source", "age_seconds", "is_"),
    [
        ("masters", 0, Freshness.FRESH),
        ("masters", 20, Freshness.FRESH),
        ("masters", 20.1, Freshness.LATE),
        ("masters", 30, Freshness.LATE),
        ("masters", 30.1, Freshness.NO_DATA),
        ("component_health", 180, Freshness.FRESH),
        ("component_health", 180.1, Freshness.LATE),
        ("component_health", 240, Freshness.LATE),
        ("component_health", 240.1, Freshness.NO_DATA),
        ("component_health", -30, Freshness.FRESH),
        ("masters", -3600, Freshness.NO_DATA),
    ],
)
def test_late_after_two_periods_and_no_data_after_three_with_the_sources_own_lag(
    source: str, age_seconds: float, is_: Freshness
) -> None:
    assert judge(NOON - timedelta(seconds=age_seconds), NOON, SOURCES_BY_NAME[source]) is is_


def test_who_is_asked_less_often_is_late_only_by_that_period() -> None:
    masters = SOURCES_BY_NAME["masters"]
    ages = [120, 120.1, 180.1]
    judged = [judge(NOON - timedelta(seconds=age), NOON, masters, 60) for age in ages]
    assert judged == [Freshness.FRESH, Freshness.LATE, Freshness.NO_DATA]


@pytest.mark.django_db
def test_a_sources_nodes_are_judged_by_the_period_it_is_asked_in() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master())
    Collection.objects.filter(source="masters", host="").update(period_seconds=60)
    found = freshness.of(cluster, later(100))["masters"]
    assert (found.period_seconds, found.freshness) == (60, Freshness.FRESH)
    assert found.judge(NOON, later(150)) is Freshness.LATE


def test_what_never_came_is_not_late() -> None:
    assert judge(None, NOON, SOURCES_BY_NAME["summary"]) is Freshness.NEVER


def test_late_figures_may_be_called_the_present_older_ones_may_not() -> None:
    assert [kind for kind in Freshness if kind.current] == [Freshness.FRESH, Freshness.LATE]


@pytest.mark.django_db
def test_plain_mesos_has_no_component_health() -> None:
    assert "component_health" in freshness.of(builders.cluster(), NOON)
    assert "component_health" not in freshness.of(builders.cluster("lab", kind="mesos"), NOON)


@pytest.mark.django_db
def test_an_age_is_counted_from_the_sample_not_from_the_poll() -> None:
    cluster = builders.cluster()
    write(cluster, report(later(-50)), now=NOON)
    found = freshness.of(cluster, later(10))["component_health"]
    assert (found.sample_at, found.age_seconds, found.last_success_at) == (later(-50), 60, NOON)


@pytest.mark.django_db
def test_ages_of_all_sources_cost_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    write_masters(cluster, master())
    with django_assert_num_queries(1):
        freshness.of(cluster, NOON)
