from __future__ import annotations

import pytest

from dashboard.alerts.definition import EVERYTHING
from dashboard.models import Alert, Cluster, Notice
from tests import builders
from tests.alerts.judging import BOTH, Watched

pytestmark = pytest.mark.django_db

Kind = Notice.Kind


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def test_what_another_alert_explains_is_shown_and_told_to_nobody_until_that_ends(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "T1", "mutes": EVERYTHING}, {"key": "T2"})
    watched.finds(0.95, key="T2")
    watched.at(0, 0.95)
    assert watched.alert(key="T2").inhibited_by == "rule T1: it is 0.95"
    assert [notice.group.rule.key for notice in Notice.objects.all() if notice.group] == ["T1"]
    watched.at(6, 0.1)
    assert watched.alert(key="T2").inhibited_by == ""
    assert watched.notices() == [Kind.PROBLEM, Kind.RECOVERY, Kind.PROBLEM]


def test_only_a_critical_alert_explains_others(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "T1", "mutes": frozenset({"T2"}), **BOTH}, {"key": "T2"}, {"key": "T3"})
    for key in ("T2", "T3"):
        watched.finds(0.95, key=key)
    watched.at(0, 0.85)
    assert watched.alert(key="T2").inhibited_by == ""
    watched.at(1, 0.95)
    assert watched.alert(key="T2").inhibited_by == "rule T1: it is 0.95"
    assert watched.alert(key="T3").inhibited_by == ""


def test_a_silent_host_explains_what_else_is_wrong_with_it_and_two_never_hush_each_other(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "T1", "mutes_host": True}, {"key": "T2", "mutes_host": True}, {"key": "T3"})
    for key in ("T1", "T2", "T3"):
        watched.finds(0.95, "10.0.0.1", key=key, host="10.0.0.1")
    watched.finds(0.95, "10.0.0.2", key="T3", host="10.0.0.2")
    watched.at(0)
    assert {alert.rule.key for alert in Alert.objects.exclude(inhibited_by="")} == {"T2", "T3"}
    assert watched.alert("10.0.0.1", "T1").inhibited_by == ""
    assert watched.alert("10.0.0.2", "T3").inhibited_by == ""


def test_all_masters_silent_for_twenty_minutes_are_told_once(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "R2", "mutes": EVERYTHING, "for_seconds": 180}, {"key": "R4"}, {"key": "R20"})
    watched.finds(0.95, key="R20")
    watched.at(-1)
    watched.finds(None, key="R4")
    watched.finds(None, key="R20")
    watched.finds(1.0, key="R2")
    watched.through(0, 20)
    assert watched.notices() == [Kind.PROBLEM, Kind.PROBLEM]
    assert not Alert.objects.filter(rule__key="R4").exists()
    assert watched.alert(key="R20").inhibited_by == "rule R2: it is 1.0"


def test_what_is_all_but_over_when_its_explanation_ends_is_told_to_nobody(cluster: Cluster) -> None:
    watched = Watched(cluster, {"key": "T1", "mutes": EVERYTHING}, {"key": "T2", "clear_seconds": 1800})
    watched.finds(0.95, key="T2")
    watched.at(0, 0.95)
    watched.finds(0.1, key="T2")
    watched.at(6, 0.1)
    assert (watched.alert(key="T1").state, watched.alert(key="T2").state) == ("resolved", "recovering")
    watched.through(7, 40)
    assert watched.alert(key="T2").state == "resolved"
    assert watched.notices() == [Kind.PROBLEM, Kind.RECOVERY]
