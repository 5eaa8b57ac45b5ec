from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Event
from dashboard.queries.flapping_lives import lives
from dashboard.queries.restarts import Subject, What
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db

NET = Subject(What.COMPONENT, "dcos-net.service", "10.0.0.1", "net")
OTHER = Subject(What.COMPONENT, "dcos-net.service", "10.0.0.2", "net")
MASTER = Subject(What.MASTER, "10.0.0.101", "10.0.0.101", "10.0.0.101")


def event(cluster: Cluster, kind: Event.Kind, subject: Subject, seconds: float, before: str, after: str) -> None:
    at = later(seconds)
    place = subject.host if subject.what is What.COMPONENT else ""
    columns = {"subject": subject.key, "name": subject.name, "place": place, "before": before, "after": after}
    Event.objects.create(cluster=cluster, kind=kind, taken_at=at, seen_at=at, **columns)


def lived(cluster: Cluster, subject: Subject, seconds: float, life: float) -> None:
    event(cluster, Event.Kind.UNIT_HEALTH, subject, seconds - life, "Unhealthy", "Healthy")
    event(cluster, Event.Kind.UNIT_HEALTH, subject, seconds, "Healthy", "Unhealthy")


def test_lives_are_of_the_node_that_was_asked_for(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    lived(cluster, NET, -100, 20)
    lived(cluster, OTHER, -100, 40)
    with django_assert_num_queries(1):
        found = lives(cluster, [NET], NOON - timedelta(days=7))
    assert found == {NET: [timedelta(seconds=20)]}


def test_those_of_which_none_is_known_are_left_out_and_the_order_stays() -> None:
    cluster = builders.cluster()
    lived(cluster, OTHER, -100, 40)
    lived(cluster, NET, -50, 20)
    event(cluster, Event.Kind.MASTER_RESTART, MASTER, -10, "", "")
    assert list(lives(cluster, [MASTER, NET, OTHER], NOON - timedelta(days=7))) == [NET, OTHER]


def test_a_masters_life_is_from_one_start_to_the_next() -> None:
    cluster = builders.cluster()
    event(cluster, Event.Kind.MASTER_RESTART, MASTER, -10, later(-70).isoformat(), later(-10).isoformat())
    assert lives(cluster, [MASTER], NOON - timedelta(days=7)) == {MASTER: [timedelta(seconds=60)]}


def test_for_nothing_nothing_is_asked(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    with django_assert_num_queries(0):
        assert lives(cluster, [], NOON) == {}
