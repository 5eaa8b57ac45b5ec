"""What the menu counts: alerts that fire and nobody has, failures that are open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import Alert, Cluster, Incident, Rule, Silence
from dashboard.queries import rail
from tests import builders
from tests.applications import make_app, make_marathon
from tests.builders import NOON

pytestmark = pytest.mark.django_db


def alert(cluster: Cluster, subject: str, severity: str = "warning", **columns: Any) -> Alert:
    rule, _ = Rule.objects.get_or_create(cluster=cluster, key="R38", defaults={"changed_at": NOON})
    usual = {"state": "firing", "sentence": "full", "pending_since": NOON, "fired_at": NOON, "changed_at": NOON}
    return Alert.objects.create(cluster=cluster, rule=rule, subject=subject, severity=severity, **{**usual, **columns})


def incident(cluster: Cluster, subject: str, **columns: Any) -> Incident:
    usual = {"about": "agent", "kind": "host", "name": subject, "began_at": NOON, "detected_at": NOON}
    return Incident.objects.create(cluster=cluster, subject=subject, **{**usual, **columns})


def counted(cluster: Cluster) -> tuple[int, int, int]:
    entry = next(entry for entry in rail.entries() if entry.cluster == cluster)
    return entry.alerts, entry.alerts_critical, entry.failures


def test_only_what_waits_for_somebody_is_counted() -> None:
    cluster = builders.cluster()
    until = NOON + timedelta(hours=1)
    silence = Silence.objects.create(
        cluster=cluster, matcher="rule:R38", why="known", by="vera", created_at=NOON, begins_at=NOON, ends_at=until
    )
    alert(cluster, "loud")
    alert(cluster, "critical", "critical")
    alert(cluster, "nearly over", state="recovering")
    alert(cluster, "pending", state="pending", fired_at=None)
    alert(cluster, "acknowledged", acknowledged_at=NOON)
    alert(cluster, "silenced", silence=silence)
    alert(cluster, "explained", inhibited_by="Agent lost")
    alert(cluster, "over", state="resolved", ended_at=NOON)
    incident(cluster, "10.0.0.1")
    incident(cluster, "10.0.0.2", planned=True)
    incident(cluster, "10.0.0.3", state="recovered", ended_at=NOON)
    assert counted(cluster) == (3, 1, 1)


def test_each_cluster_has_its_own_counts_and_a_quiet_one_has_none() -> None:
    quiet, loud = builders.cluster("a"), builders.cluster("b")
    alert(loud, "x")
    incident(loud, "10.0.0.1")
    assert counted(quiet) == (0, 0, 0)
    assert counted(loud) == (1, 0, 1)
    assert [entry.cluster.name for entry in rail.entries()] == ["a", "b"]


@pytest.mark.parametrize("many", [1, 30])
def test_it_costs_one_query_whatever_is_counted(many: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(many):
        cluster = builders.cluster(f"c{number}")
        alert(cluster, "x")
        incident(cluster, "10.0.0.1")
    with django_assert_num_queries(1):
        assert len(rail.entries()) == many


def test_one_or_two_failed_tasks_are_counted_only_when_they_become_more() -> None:
    cluster = builders.cluster()
    incident(cluster, "metronome", about="tasks", kind="task", tasks_failed=2)
    incident(cluster, "unknown", about="tasks", kind="task", tasks_failed=None)
    assert counted(cluster) == (0, 0, 0)
    incident(cluster, "spark", about="tasks", kind="task", tasks_failed=3)
    assert counted(cluster) == (0, 0, 1)


def test_apps_that_need_a_look_are_counted_while_they_are_listed() -> None:
    cluster, quiet = builders.cluster("a"), builders.cluster("b")
    marathon = make_marathon(cluster, NOON)
    make_app(marathon, "/well", NOON)
    make_app(marathon, "/busy", NOON, state="deploying")
    make_app(marathon, "/stuck", NOON, state="waiting")
    make_app(marathon, "/ill", NOON, state="unhealthy")
    make_app(marathon, "/removed", NOON, state="unhealthy", gone_at=NOON)
    found = {entry.cluster: (entry.apps, entry.apps_unhealthy) for entry in rail.entries()}
    assert found == {cluster: (2, 1), quiet: (0, 0)}
