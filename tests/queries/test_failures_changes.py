from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Event
from dashboard.queries import failures_changes
from dashboard.queries.window import Window
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db

Kind = Event.Kind
HOUR = Window("1h", NOON - timedelta(hours=1), NOON, 60)


def changed(cluster: Cluster, kind: Event.Kind, *seconds: float) -> None:
    Event.objects.bulk_create(
        Event(cluster=cluster, kind=kind, subject="x", name=f"m{at}", taken_at=later(at), seen_at=NOON)
        for at in seconds
    )


def test_they_are_counted_by_kind_the_most_frequent_first() -> None:
    cluster = builders.cluster()
    changed(cluster, Kind.VERSION, -1)
    changed(cluster, Kind.MASTER_RESTART, -2, -3, -7200)
    found = failures_changes.tally(cluster, HOUR)
    assert list(found.kinds.items()) == [(Kind.MASTER_RESTART, 2), (Kind.VERSION, 1)]
    assert (found.total(None), found.total(Kind.VERSION), found.total(Kind.LEADER)) == (3, 1, 0)


def test_a_page_is_newest_first_and_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    changed(cluster, Kind.MASTER_RESTART, *range(-1000, 0))
    with django_assert_num_queries(1):
        found = failures_changes.page(cluster, HOUR, None, skipped=2, most=2)
    assert [one.text for one in found] == ["Master m-3 restarted", "Master m-4 restarted"]


def test_one_kind_of_one_cluster_alone() -> None:
    cluster = builders.cluster()
    changed(cluster, Kind.MASTER_RESTART, -1)
    changed(builders.cluster("other"), Kind.VERSION, -1)
    assert failures_changes.page(cluster, HOUR, Kind.VERSION, skipped=0, most=9) == []
    assert failures_changes.tally(cluster, HOUR).total(None) == 1
