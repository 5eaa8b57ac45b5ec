from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from dashboard.alerts import evaluate as evaluate_module
from dashboard.alerts import round as round_module
from dashboard.alerts.definition import Measured
from dashboard.alerts.evaluate import evaluate
from dashboard.alerts.facts import Facts
from dashboard.models import Alert, AlertGroup, Cluster, Event, Notice, Rule, Watch
from tests import builders
from tests.alerts.judging import Watched, when

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def test_a_breach_fires_with_its_event_and_its_notice(cluster: Cluster) -> None:
    watched = Watched(cluster)
    done = watched.at(0, 0.95)
    assert (done.fired, done.open, done.notices, done.rules_judged) == (1, 1, 1, 1)
    alert = watched.alert()
    assert (alert.state, alert.severity, alert.value, alert.limit) == ("firing", "critical", 0.95, 0.9)
    assert watched.story() == [("Pending", "Firing")]
    event = Event.objects.get(alert=alert)
    assert (event.subject, event.name, event.taken_at) == ("T1", "it is 0.95", when(0))
    assert watched.notices() == [Notice.Kind.PROBLEM]


def test_what_is_within_its_limit_leaves_no_trace(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.through(0, 3, 0.9)
    assert not Alert.objects.exists()
    assert not Event.objects.exists()


def test_the_limit_itself_breaks_only_a_rule_that_includes_it(cluster: Cluster) -> None:
    watched = Watched(cluster, {"inclusive": True})
    watched.at(0, 0.9)
    assert watched.states() == ["firing"]


def test_pending_fires_after_its_time_and_not_before(cluster: Cluster) -> None:
    watched = Watched(cluster, {"for_seconds": 300})
    watched.through(0, 4, 0.95)
    assert watched.states() == ["pending"]
    assert watched.notices() == []
    watched.at(5)
    assert watched.states() == ["firing"]
    assert watched.alert().fired_at == when(5)


def test_a_dip_within_the_time_starts_it_anew(cluster: Cluster) -> None:
    watched = Watched(cluster, {"for_seconds": 300})
    watched.through(0, 3, 0.95)
    watched.at(4, 0.5)
    assert watched.states() == []
    watched.through(5, 9, 0.95)
    assert watched.states() == ["pending"]


def test_a_value_to_and_fro_each_minute_for_an_hour_fires_once(cluster: Cluster) -> None:
    watched = Watched(cluster, {"critical_clear": 0.87})
    for minute in range(60):
        watched.at(minute, 0.89 if minute % 2 else 0.91)
    assert watched.story() == [("Pending", "Firing")]
    assert watched.notices() == [Notice.Kind.PROBLEM]


def test_it_fires_once_even_without_a_clear_value(cluster: Cluster) -> None:
    watched = Watched(cluster)
    for minute in range(60):
        watched.at(minute, 0.89 if minute % 2 else 0.91)
    assert watched.story() == [("Pending", "Firing")]


def test_an_alert_ends_after_it_was_clear_for_long_enough_and_the_recovery_is_told(cluster: Cluster) -> None:
    watched = Watched(cluster, {"critical_clear": 0.87, "clear_seconds": 600})
    watched.at(0, 0.95)
    watched.through(1, 10, 0.86)
    assert watched.states() == ["recovering"]
    watched.at(11)
    assert watched.states() == ["resolved"]
    assert watched.alert().ended_at == when(11)
    assert watched.notices() == [Notice.Kind.PROBLEM, Notice.Kind.RECOVERY]


def test_a_warning_becomes_critical_after_its_time_and_a_warning_again(cluster: Cluster) -> None:
    watched = Watched(
        cluster, {"warning": 0.8, "warning_on": True, "critical": 0.9, "critical_on": True, "for_seconds": 120}
    )
    watched.through(0, 2, 0.85)
    assert watched.alert().severity == "warning"
    watched.through(3, 4, 0.95)
    assert watched.alert().severity == "warning"
    watched.at(5)
    assert (watched.alert().severity, watched.alert().limit) == ("critical", 0.9)
    watched.through(6, 9, 0.85)
    assert watched.alert().severity == "critical"
    watched.at(10)
    assert (watched.alert().severity, watched.alert().limit) == ("warning", 0.8)
    assert watched.story() == [("Pending", "Firing"), ("Warning", "Critical"), ("Critical", "Warning")]
    assert watched.notices() == [Notice.Kind.PROBLEM, Notice.Kind.WORSE]


def test_the_critical_limit_may_be_of_another_value(cluster: Cluster) -> None:
    limits = {"warning": 0.0, "warning_on": True, "critical": 0.1, "critical_on": True}
    watched = Watched(cluster, limits)
    watched.finds(3.0, critical_value=0.05)
    watched.at(0)
    assert (watched.alert().severity, watched.alert().value) == ("warning", 3.0)
    watched.finds(3.0, critical_value=0.3)
    watched.at(1)
    assert (watched.alert().severity, watched.alert().value, watched.alert().limit) == ("critical", 0.3, 0.1)


def test_values_below_the_limit_break_a_rule_that_looks_below(cluster: Cluster) -> None:
    watched = Watched(
        cluster, {"comparison": Rule.Comparison.BELOW, "critical": 0.9, "critical_clear": 0.97, "critical_on": True}
    )
    watched.at(0, 0.89)
    watched.at(6, 0.95)
    assert watched.states() == ["firing"]
    watched.through(7, 8, 0.98)
    assert watched.states() == ["resolved"]


def test_a_paused_cluster_is_not_judged(cluster: Cluster) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(enabled=False)
    assert Watched(cluster).at(0, 0.95).rules_judged == 0
    assert not Alert.objects.exists()


def test_the_number_of_queries_does_not_depend_on_the_number_of_alerts(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.at(-1)

    def queries(subjects: int) -> list[int]:
        Alert.objects.all().delete()
        AlertGroup.objects.all().delete()
        counts = []
        for minutes, value in ((0, 0.95), (1, 0.96), (6, None), (7, 0.1), (8, 0.1), (12, 0.95)):
            for number in range(subjects):
                watched.finds(value, f"s{number}")
            with CaptureQueriesContext(connection) as taken:
                watched.at(minutes)
            counts.append(len(taken))
        return counts

    few = queries(3)
    assert queries(1200) == few
    assert max(few) <= 36


def test_whoever_was_overtaken_while_measuring_writes_nothing(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.at(0, 0.1)
    inner = watched.rules[0].measure

    def slow(facts: Facts, rule: Rule) -> Iterable[Measured]:
        Watch.objects.filter(cluster=cluster).update(evaluated_at=when(0.5))
        return inner(facts, rule)

    watched.finds(0.95)
    object.__setattr__(watched.rules[0], "measure", slow)
    assert evaluate(cluster.pk, when(1), rules=watched.rules).rules_judged == 0
    assert not Alert.objects.exists()


def test_where_a_notice_cannot_be_written_neither_is_the_alert_nor_its_event(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.at(0, 0.1)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE dashboard_noticeline RENAME TO elsewhere")
    with pytest.raises(DatabaseError):
        watched.at(1, 0.95)
    assert not Notice.objects.exists()
    assert not Alert.objects.exists()
    assert not Event.objects.exists()
    assert not AlertGroup.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE elsewhere RENAME TO dashboard_noticeline")
    watched.at(2)
    assert (watched.states(), watched.notices()) == (["firing"], [Notice.Kind.PROBLEM])


def test_of_more_subjects_than_alerts_are_kept_the_rest_is_counted(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (evaluate_module, round_module):
        monkeypatch.setattr(module, "MOST_OPEN", 20)
    watched = Watched(cluster, {"key": "T1"}, {"key": "T2"})
    for number in range(30):
        watched.finds(0.95, f"old {number}")
    watched.finds(0.95, key="T2")
    watched.at(0)
    assert Alert.objects.filter(rule__key="T1").count() == 20
    assert Alert.objects.filter(rule__key="T2").count() == 1
    watched.values["T1"].clear()
    for number in range(30):
        watched.finds(0.95, f"new {number}")
    watched.at(1)
    assert Alert.objects.filter(rule__key="T1").count() == 20
    assert watched.rule().error == "30 subjects break it beyond the 20 whose alerts are kept"


def test_since_when_it_is_judged_without_a_longer_interruption_is_kept(cluster: Cluster) -> None:
    watched = Watched(cluster)
    watched.through(0, 3, 0.5)
    assert Watch.objects.get().judged_since == when(0)
    watched.at(60)
    watched.at(61)
    assert Watch.objects.get().judged_since == when(60)
