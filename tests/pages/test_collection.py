from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome
from collectors.records import Harvest, NodeOutcome
from collectors.sources import SOURCES, SOURCES_BY_NAME
from dashboard.models import Cluster, Collection, Poll, Stream
from dashboard.pages.collection import PAGE_ROWS
from dashboard.store import ingest, paces
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import master, report, write_harvest, write_masters
from tests.pages.conftest import words

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/collection/"
QUERIES = 13
"""Session, user, role, cluster, four of the report, the streams, two of the matrix, clusters of the switcher, age in the bar."""


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
    assert f"{len(SOURCES)} sources: 1 on time, {len(SOURCES) - 1} not yet. 1 of 2 nodes asked answer." in said
    assert "Mesos masters /metrics/snapshot On time In part answered in part — 1 of 2 did not answer" in said
    assert "Blind spots nodes without present figures, and why" in said
    assert "Mesos masters Failed 10.0.0.102 connection refused" in said
    assert "0.50 s · 0.10 s 6 · 2 KiB" in said
    assert "Day Two asks prod for 6 answers a minute, 2 KiB." in said
    assert re.search(r"10\.0\.0\.102 Failing Failed <?\d+ s", said) and "10.0.0.101 On time On time, " in said
    assert "Not collecting" not in said and "Asked less often" not in said


def polled_nodes(cluster: Cluster, now: datetime, *sources: str, number: int = 1000) -> None:
    """So many nodes asked by these sources: every tenth is silent."""
    for source in sources:
        nodes = tuple(
            NodeOutcome(
                host=f"node-{place:04}",
                outcome=Outcome.TIMEOUT_HEADERS if place % 10 == 0 else Outcome.OK,
                requests=1,
                bytes_read=12_000,
                seconds=0.1,
            )
            for place in range(number)
        )
        writing = Writing(cluster=cluster, tick=0, now=now)
        ingest.harvest(writing, source, Harvest(records=(), nodes=nodes), duration_seconds=1)


def test_event_streams_that_nobody_reads_are_told_at_the_top(viewer: Client, now: datetime) -> None:
    cluster = polled(now)
    for kind, key in ((Stream.Kind.MESOS, ""), (Stream.Kind.MARATHON, "marathon")):
        read = {"outcome": "ok", "lease_until": now + timedelta(seconds=10), "since": now, "heard_at": now}
        Stream.objects.create(cluster=cluster, kind=kind, key=key, **read)
    assert "Not read:" not in words(viewer.get(PAGE))
    Stream.objects.filter(kind=Stream.Kind.MESOS).update(lease_until=now - timedelta(minutes=1))
    assert "Not read: 1 of 2 event streams" in words(viewer.get(PAGE))


def test_a_thousand_nodes_are_not_a_thousand_rows(viewer: Client, now: datetime) -> None:
    polled_nodes(polled(now), now, "nodes")
    shown = viewer.get(PAGE, {"page": "2"}).content.decode()
    assert shown.count('<th scope="row"><a href="?node=node-') == PAGE_ROWS
    assert "101–200 of 1,000 nodes" in shown and "node-0001<" in shown and "node-0000<" not in shown


def test_a_thousand_nodes_cost_no_query_more(
    viewer: Client, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    polled_nodes(polled(now), now, "nodes", "agents", "containers", "flags")
    viewer.get(PAGE)
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)


def test_nodes_are_filtered_by_host_state_and_outcome(viewer: Client, now: datetime) -> None:
    polled_nodes(polled(now), now, "nodes", number=20)

    def hosts(**asked: str) -> list[str]:
        shown = viewer.get(PAGE, asked).content.decode()
        return re.findall(r'<th scope="row"><a href="[^"]*node=(node-\d+)', shown)

    assert hosts(**{"is": "failing"}) == ["node-0000", "node-0010"]
    assert hosts(q="-001", **{"is": "failing"}) == ["node-0010"]
    assert hosts(outcome="timeout_headers") == ["node-0000", "node-0010"]
    assert len(hosts(outcome="nonsense", source="nonsense", **{"is": "nonsense"})) == 20


def test_a_filter_that_hides_all_says_so_and_how_to_clear_it(viewer: Client, now: datetime) -> None:
    polled_nodes(polled(now), now, "nodes", number=20)
    said = words(viewer.get(PAGE, {"q": "elsewhere"}))
    assert "No node matches The filter hides all of them. Clear" in said and "All 0" in said


def test_one_node_is_told_in_full(viewer: Client, now: datetime) -> None:
    cluster = polled(now)
    polled_nodes(cluster, now, "nodes", number=1)
    Collection.objects.filter(host="node-0000").update(failures_in_row=6)
    said = words(viewer.get(PAGE, {"node": "node-0000"}))
    assert "Machines Failed connected, but no answer in time" in said
    assert "1 · 11.7 KiB 4 min while it does not answer" in said
    assert "asked every 4\u00a0min while it does not answer" in viewer.get(PAGE).content.decode()


def test_the_machine_of_a_standby_master_says_why_it_is_not_asked(viewer: Client, now: datetime) -> None:
    cluster, before = polled(now), now - timedelta(hours=1)
    write_masters(cluster, master("10.0.0.101", now), silent=("10.0.0.102",), now=now)
    machines = tuple(NodeOutcome(host=host, outcome=Outcome.OK) for host in ("10.0.0.102", "10.0.0.9"))
    writing = Writing(cluster=cluster, tick=0, now=before)
    ingest.harvest(writing, "nodes", Harvest(records=(), nodes=machines), duration_seconds=1)
    Collection.objects.filter(source="nodes").update(sample_at=before)
    said = words(viewer.get(PAGE))
    assert "Machines No data 10.0.0.102 a master that does not lead: its machine can be measured while it leads" in said
    assert "Machines No data 10.0.0.9 it answered, and was not asked again since" in said


def test_a_node_that_nobody_asks_is_not_told(viewer: Client, now: datetime) -> None:
    polled(now)
    assert 'id="node"' not in viewer.get(PAGE, {"node": "nowhere"}).content.decode()


def test_a_hostile_name_stays_text(viewer: Client, now: datetime) -> None:
    cluster = polled(now)
    node = NodeOutcome(host='<b>x</b>"\u202e', outcome=Outcome.REFUSED, detail="<script>alert(1)</script>")
    writing = Writing(cluster=cluster, tick=0, now=now)
    ingest.harvest(writing, "nodes", Harvest(records=(), nodes=(node,)), duration_seconds=1)
    for asked in ({}, {"node": node.host}, {"q": "<b>"}):
        shown = viewer.get(PAGE, asked).content.decode()
        assert "<b>x</b>" not in shown and "<script>alert" not in shown and "\u202e" not in shown


def test_a_longer_period_stands_there_with_its_reason(viewer: Client, now: datetime) -> None:
    cluster = polled(now)
    write_masters(cluster, master("10.0.0.101", now), now=now)
    paces.set_factor(cluster, SOURCES_BY_NAME["masters"], 6, now)
    said = words(viewer.get(PAGE)).replace("\u00a0", " ")
    assert "Asked less often Mesos masters every 1 min since" in said
    assert "6 times 10 s, as set in the settings. Nothing is late because of that." in said
    assert "1 min usually 10 s" in said and "Periods" not in said


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
    assert "Waiting 0 polls Waiting longest none waits Running 0 polls Last one taken —" in said


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
