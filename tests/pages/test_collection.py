from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome
from collectors.records import Harvest, NodeOutcome
from dashboard.models import Cluster, Poll
from dashboard.pages.paging import MOST_ROWS
from tests import builders
from tests.builders import master, report, write_harvest, write_masters
from tests.pages.conftest import words

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/collection/"
QUERIES = 9
"""Session, user, role, cluster, three of the report, clusters of the switcher, age in the bar."""


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def polled(now: datetime, *, seconds_ago: float = 4, taken: bool = True) -> Cluster:
    cluster = Cluster.objects.first() or builders.cluster()
    at = now - timedelta(seconds=seconds_ago)
    ended = at + timedelta(seconds=0.5) if taken else None
    started = at if taken else None
    Poll.objects.create(
        cluster=cluster, source="masters", due_at=at, started_at=started, ended_at=ended, requests=6, bytes_read=2048
    )
    return cluster


def test_each_source_and_each_node_with_its_reason(viewer: Client, now: datetime) -> None:
    cluster = polled(now)
    write_masters(cluster, master("10.0.0.101", now), silent=("10.0.0.102",), now=now)
    said = words(viewer.get(PAGE))
    assert "4 sources: 1 on time, 3 not yet. 1 of 2 nodes asked answer." in said
    assert "Mesos masters /metrics/snapshot On time In part answered in part — 1 of 2 did not answer" in said
    assert "10.0.0.102 Failed connection refused — refused" in said
    assert "0.50 s · 0.10 s 6 · 2 KiB" in said
    assert "Asking costs the cluster 6 requests and 2 KiB a minute." in said
    assert "Not collecting" not in said


def test_a_thousand_nodes_are_not_a_thousand_rows(viewer: Client, now: datetime) -> None:
    cluster = polled(now)
    nodes = tuple(
        NodeOutcome(host=f"node-{number:04}", port=0, outcome=Outcome.OK, direct=False) for number in range(1000)
    )
    write_harvest(cluster, "component_health", Harvest(records=(report(now),), nodes=nodes), now=now)
    shown = viewer.get(PAGE, {"page": "2"}).content.decode()
    assert shown.count('<th scope="row">node-') == MOST_ROWS
    assert "201–400 of 1,000 nodes" in shown and shown.count('scope="rowgroup">Component health<') == 1


def test_when_nothing_is_dispatched_it_says_so_and_what_to_do(viewer: Client, now: datetime) -> None:
    polled(now, seconds_ago=300)
    said = words(viewer.get(PAGE))
    assert "Not collecting No poll has come due since" in said and "the scheduler or every worker is down" in said


def test_when_no_worker_takes_a_poll_it_says_so(viewer: Client, now: datetime) -> None:
    polled(now, seconds_ago=300)
    polled(now, seconds_ago=70, taken=False)
    polled(now, taken=False)
    assert "Not collecting 2 polls wait, and no worker has taken one since" in words(viewer.get(PAGE))


def test_a_cluster_switched_off_is_no_fault(viewer: Client, now: datetime) -> None:
    polled(now, seconds_ago=300)
    Cluster.objects.update(enabled=False)
    said = words(viewer.get(PAGE))
    assert "Switched off Collecting from prod is switched off." in said and "Not collecting" not in said


def test_a_cluster_added_a_moment_ago_is_no_fault(viewer: Client, now: datetime) -> None:
    builders.cluster()
    Cluster.objects.update(created_at=now)
    said = words(viewer.get(PAGE))
    assert "Not collecting" not in said and "No node has been asked by itself yet" in said


def test_a_sources_own_notes_are_shown(viewer: Client, now: datetime) -> None:
    cluster = polled(now)
    harvest = Harvest(records=(report(now),), notes=("The health report is over 16 MiB. Nodes are read in turn.",))
    write_harvest(cluster, "component_health", harvest, now=now)
    assert "Component health The health report is over 16 MiB. Nodes are read in turn." in words(viewer.get(PAGE))


def test_plain_mesos_has_no_component_health_to_collect(viewer: Client, now: datetime) -> None:
    builders.cluster("lab", kind="mesos")
    assert "Component health" not in words(viewer.get("/c/lab/collection/"))


def test_an_unknown_cluster_is_a_404(viewer: Client) -> None:
    assert viewer.get("/c/nowhere/collection/").status_code == 404


def test_the_price(viewer: Client, now: datetime, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    write_masters(polled(now), master("10.0.0.101", now), now=now)
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)
