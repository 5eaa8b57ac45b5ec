from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Event, Framework
from tests import builders
from tests.builders import NOON, framework, later, summary, write

pytestmark = pytest.mark.django_db


def test_a_framework_that_is_no_longer_listed_has_completed_and_is_written_no_more() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, frameworks=(framework("marathon"), framework("spark-7"))))
    for seconds in (10, 20):
        with CaptureQueriesContext(connection) as captured:
            write(cluster, summary(later(seconds), frameworks=(framework("marathon"),)))
    assert Framework.objects.get(name="spark-7").state == Framework.State.COMPLETED
    (upsert,) = [query["sql"] for query in captured if query["sql"].startswith('INSERT INTO "dashboard_framework"')]
    assert "marathon" in upsert and "spark-7" not in upsert
    told = Event.objects.filter(kind=Event.Kind.FRAMEWORK_STATE).values_list("name", "before", "after")
    assert list(told) == [("spark-7", "active", "completed")]


def test_a_completed_framework_that_registers_again_is_active() -> None:
    cluster = builders.cluster()
    for seconds, listed in ((0, True), (10, False), (20, True)):
        write(cluster, summary(later(seconds), frameworks=(framework(),) if listed else ()))
    assert Framework.objects.get().state == Framework.State.ACTIVE


def told() -> list[tuple[str, str, str]]:
    events = Event.objects.filter(kind=Event.Kind.FRAMEWORK_STATE).order_by("id")
    return list(events.values_list("name", "before", "after"))


AWAY = {"active": False, "connected": False}
NEXT = "10.0.0.102"


def test_after_an_election_a_framework_is_waited_for_a_minute_and_nothing_is_told_of_it() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, frameworks=(framework("marathon"), framework("spark"))))
    settling = (framework("marathon", **AWAY),)
    write(cluster, summary(later(10), frameworks=settling, leader_hostname=NEXT))
    states = dict(Framework.objects.values_list("name", "state"))
    assert states == {"marathon": "reregistering", "spark": "reregistering"}
    back = (framework("marathon"), framework("spark"))
    write(cluster, summary(later(20), frameworks=back, leader_hostname=NEXT))
    assert set(Framework.objects.values_list("state", flat=True)) == {"active"}
    assert told() == []


def test_a_framework_that_is_not_back_after_a_minute_is_told_as_what_it_is() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, frameworks=(framework("marathon"), framework("spark"))))
    for seconds in (10, 75):
        listed = (framework("marathon", **AWAY),)
        write(cluster, summary(later(seconds), frameworks=listed, leader_hostname=NEXT))
    assert sorted(told()) == [
        ("marathon", "reregistering", "disconnected"),
        ("spark", "reregistering", "completed"),
    ]
    assert Framework.objects.get(name="marathon").state_since == later(75)


def test_a_framework_that_was_away_before_the_election_is_so_still() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, frameworks=(framework("marathon", **AWAY),)))
    write(cluster, summary(later(10), frameworks=(framework("marathon", **AWAY),), leader_hostname=NEXT))
    assert Framework.objects.get().state == Framework.State.DISCONNECTED
    assert told() == []


def test_a_framework_that_loses_its_scheduler_without_an_election_is_told_at_once() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON))
    write(cluster, summary(later(10), frameworks=(framework("marathon", **AWAY),)))
    write(cluster, summary(later(20)))
    assert told() == [("marathon", "active", "disconnected"), ("marathon", "disconnected", "active")]
