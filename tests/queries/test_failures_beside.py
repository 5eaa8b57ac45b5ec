from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Alert, Cluster, IncidentNote, Rule, Silence
from dashboard.queries import failures_beside
from dashboard.queries.failures_beside import What
from dashboard.queries.window import Window
from tests import builders
from tests.builders import NOON, later, node_health, report, unit, write

pytestmark = pytest.mark.django_db

DAY = Window("24h", NOON - timedelta(hours=12), NOON + timedelta(hours=12), 120)
QUERIES = 4


def told(cluster: Cluster, seconds: float, health: int, host: str = "10.0.0.1") -> None:
    write(cluster, report(later(seconds), node_health(host, unit("dcos-net.service", health))))


def fired(cluster: Cluster, key: str = "R19", **said: object) -> Alert:
    rule = Rule.objects.create(cluster=cluster, key=key, name="Agent silent", changed_at=NOON)
    columns = {
        "subject": "10.0.0.1",
        "host": "10.0.0.1",
        "state": Alert.State.FIRING,
        "severity": "warning",
        "sentence": "it is silent",
        "pending_since": NOON,
        "fired_at": later(60),
        "changed_at": NOON,
        **said,
    }
    return Alert.objects.create(cluster=cluster, rule=rule, **columns)


def test_a_unit_was_bad_from_one_change_to_the_next() -> None:
    cluster = builders.cluster()
    for seconds, health in ((0, 0), (60, 1), (180, 0)):
        told(cluster, seconds, health)
    (row,) = failures_beside.components(cluster, DAY)
    assert (row.begins_at, row.ends_at, row.mark.word) == (later(60), later(180), "Unhealthy")
    assert row.name == "net.service on 10.0.0.1" and row.link == ("unit_on_node", "dcos-net.service", "10.0.0.1")


def test_a_unit_that_is_still_bad_goes_on() -> None:
    cluster = builders.cluster()
    told(cluster, 0, 0)
    told(cluster, 60, 1)
    (row,) = failures_beside.components(cluster, DAY)
    assert (row.begins_at, row.ends_at) == (later(60), None)


def test_one_that_was_bad_before_the_window_begins_with_it_once_it_is_over() -> None:
    cluster = builders.cluster()
    for seconds, health in ((0, 0), (60, 1), (3_600, 0)):
        told(cluster, seconds, health)
    late = Window("1h", later(600), later(7_200), 60)
    (row,) = failures_beside.components(cluster, late)
    assert (row.begins_at, row.ends_at) == (later(600), later(3_600))


def test_units_of_another_node_are_left_out_where_one_is_asked_for() -> None:
    cluster = builders.cluster()
    for host in ("10.0.0.1", "10.0.0.2"):
        told(cluster, 0, 0, host)
        told(cluster, 60, 1, host)
    assert {row.host for row in failures_beside.components(cluster, DAY, "10.0.0.2")} == {"10.0.0.2"}


def test_alerts_begin_when_they_fired_and_those_that_never_did_are_no_failure() -> None:
    cluster = builders.cluster()
    fired(cluster)
    fired(cluster, "R20", fired_at=None)
    (row,) = failures_beside.alerts(cluster, DAY)
    assert (row.begins_at, row.ends_at, row.mark.word) == (later(60), None, "Warning")


def test_a_silenced_alert_is_muted() -> None:
    cluster = builders.cluster()
    silence = Silence.objects.create(
        cluster=cluster, matcher="node:10.0.0.1", why="x", by="a", created_at=NOON, begins_at=NOON, ends_at=later(60)
    )
    fired(cluster, severity="critical", silence=silence)
    (row,) = failures_beside.alerts(cluster, DAY)
    assert (row.mark.mark, row.mark.word) == ("mute", "Silenced")


def test_an_alert_that_ended_before_the_window_is_not_in_it() -> None:
    cluster = builders.cluster()
    fired(cluster, fired_at=NOON - timedelta(days=2), ended_at=NOON - timedelta(days=1))
    assert failures_beside.alerts(cluster, DAY) == []


def test_all_of_them_newest_first_in_four_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    told(cluster, 0, 0)
    told(cluster, 30, 1)
    alert = fired(cluster)
    incident = cluster.incidents.create(
        about="agent", kind="host", subject="10.0.0.1", name="10.0.0.1", began_at=NOON, detected_at=NOON
    )
    IncidentNote.objects.create(incident=incident, at=later(90), by="vera", text="called")
    with django_assert_num_queries(QUERIES):
        found = failures_beside.beside(cluster, DAY)
    assert [row.what for row in found.rows] == [What.NOTE, What.ALERT, What.COMPONENT]
    assert [row.link for row in found.rows][:2] == [("incident", str(incident.pk)), ("alert", str(alert.pk))]
    assert found.more == 0
