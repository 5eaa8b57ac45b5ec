from __future__ import annotations

import pytest

from dashboard.models import Cluster, Event, Notice
from tests import builders
from tests.alerts.judging import Watched, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def test_a_gap_of_forty_minutes_restarts_what_is_pending_and_keeps_what_fires(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "T1", "for_seconds": 600}, {"key": "T2"})
    for minute in range(6):
        watched.finds(0.95, key="T2")
        watched.at(minute, 0.95)
    watched.at(46)
    assert watched.alert(key="T1").state == "pending"
    assert watched.alert(key="T1").pending_since == when(46)
    assert watched.alert(key="T2").state == "firing"
    watched.through(47, 56)
    assert watched.alert(key="T1").fired_at == when(56)


def test_forty_minutes_without_data_restart_what_is_pending_and_keep_what_fires(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "T1", "for_seconds": 600}, {"key": "T2"})
    watched.finds(0.95, key="T2")
    watched.through(0, 5, 0.95)
    watched.finds(None, key="T2", why="nothing new")
    watched.through(6, 45, None)
    assert watched.states() == ["firing"]
    watched.at(46, 0.95)
    assert watched.alert(key="T1").pending_since == when(46)


def test_a_clock_set_back_an_hour_ends_nothing_and_fires_nothing(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "T1", "for_seconds": 600}, {"key": "T2"})
    watched.finds(0.95, key="T2")
    watched.through(0, 5, 0.95)
    watched.at(-60)
    assert watched.alert(key="T1").pending_since == when(-60)
    assert watched.alert(key="T2").state == "firing"
    watched.finds(0.5, key="T2")
    watched.through(-59, -54)
    assert watched.alert(key="T2").state == "resolved"
    assert watched.alert(key="T1").state == "pending"


def test_unknown_is_noted_on_the_alert_and_leaves_it_firing(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.at(0, 0.95)
    watched.finds(None, why="Agents: nothing new for 5 min")
    watched.through(1, 59)
    alert = watched.alert()
    assert (alert.state, alert.unknown_since, alert.value) == ("firing", when(1), 0.95)
    assert alert.unknown_why == "Agents: nothing new for 5 min"
    assert watched.notices() == [Notice.Kind.PROBLEM, Notice.Kind.NO_DATA]
    watched.at(60, 0.95)
    assert watched.alert().unknown_since is None
    assert watched.story() == [("Pending", "Firing"), ("Firing", "No data"), ("No data", "Firing")]


def test_a_subject_that_is_listed_no_more_ends_after_an_hour_with_that_word(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.at(0, 0.95, "10.0.0.1")
    watched.values["T1"].clear()
    watched.through(1, 60)
    assert watched.alert("10.0.0.1").unknown_why == "no longer listed"
    watched.at(61)
    assert watched.states() == ["resolved"]
    assert Event.objects.get(after="Resolved").name == "10.0.0.1 is 0.95 (no longer listed)"


def test_an_hour_in_which_its_source_was_silent_does_not_end_it(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.at(0, 0.95, "10.0.0.1")
    watched.values["T1"].clear()
    watched.through(1, 40)
    watched.finds(None, "10.0.0.1", why="Agents: nothing new for 5 min")
    watched.through(41, 50)
    watched.values["T1"].clear()
    watched.through(51, 110)
    assert watched.states() == ["firing"]
    watched.at(111)
    assert watched.states() == ["resolved"]


def test_a_clock_set_back_after_an_alert_ended_keeps_the_next_one_from_nothing(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.at(0, 0.95)
    watched.at(6, 0.1)
    watched.at(7)
    assert watched.states() == ["resolved"]
    watched.at(-60, 0.95)
    assert watched.states() == ["firing"]
