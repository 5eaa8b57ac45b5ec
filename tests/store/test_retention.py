from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.models import Collection, Framework, Master, Node, NodeHealth, Poll, Reading
from dashboard.store import readings, retention
from tests import builders
from tests.builders import NOON, agent, later, master, node_health, report, summary, write, write_masters

pytestmark = pytest.mark.django_db
DAY = 86_400


def test_readings_go_by_the_hour_and_none_is_loaded() -> None:
    cluster = builders.cluster()
    (subject,) = readings.subjects(cluster, {("cluster", ""): "prod"}, seen_at=NOON).values()
    start = int(NOON.timestamp())
    for hour in range(4):
        readings.write(start + hour * 3600, ("cpus_total",), [(subject, [1.0])])
    with CaptureQueriesContext(connection) as captured:
        assert retention.prune(later(48 * 3600 + 2 * 3600))["readings"] == 2
    statements = [query["sql"] for query in captured if "dashboard_reading" in query["sql"]]
    assert [text.split()[0] for text in statements] == ["SELECT", "DELETE", "DELETE"] and "MIN(" in statements[0]
    assert list(Reading.objects.order_by("tick").values_list("tick", flat=True)) == [start + 7200, start + 10_800]


def test_what_later_answers_leave_out_goes_after_a_week() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2"), agent("10.0.0.3")))
    for seconds in (10, 8 * DAY):
        write(cluster, summary(later(seconds), agent("10.0.0.1"), agent("10.0.0.2"), frameworks=()))
    retention.prune(later(8 * DAY))
    assert set(Node.objects.values_list("host", flat=True)) == {"10.0.0.1", "10.0.0.2"}
    assert not Framework.objects.exists()


def test_a_paused_cluster_keeps_everything_it_had() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON))
    write(cluster, report(NOON))
    write_masters(cluster, master())
    retention.prune(later(30 * DAY))
    kept = [model.objects.count() for model in (Node, Framework, NodeHealth, Master)]
    assert kept == [1, 1, 1, 1]


def test_a_node_that_reports_leave_out_is_dark_for_a_day_then_forgotten() -> None:
    cluster = builders.cluster()
    write(cluster, report(NOON, node_health("10.0.0.1"), node_health("10.0.0.2")))
    write(cluster, report(later(DAY), node_health("10.0.0.1")))
    assert retention.prune(later(DAY))["nodes"] == 0
    retention.prune(later(DAY + 60))
    assert NodeHealth.objects.get().host == "10.0.0.1"


def test_a_replaced_master_is_forgotten_with_what_asking_it_brought() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"), silent=("10.0.0.102",))
    write_masters(cluster, master("10.0.0.101", at=later(8 * DAY)), now=later(8 * DAY))
    retention.prune(later(8 * DAY))
    assert Master.objects.get().host == "10.0.0.101"
    assert set(Collection.objects.values_list("host", flat=True)) == {"", "10.0.0.101"}


def test_polls_stay_two_days() -> None:
    cluster = builders.cluster()
    for seconds in (0, 60):
        ended = later(seconds) + timedelta(seconds=1)
        Poll.objects.create(cluster=cluster, source="summary", due_at=later(seconds), ended_at=ended, outcome="ok")
    retention.prune(later(2 * DAY + 30))
    assert Poll.objects.get().due_at == later(60)
