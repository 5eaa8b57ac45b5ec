from __future__ import annotations

from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome
from collectors.records import Harvest, NodeOutcome
from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Collection
from dashboard.queries import asked_nodes, freshness
from dashboard.queries.asked_nodes import Cell, Row, Wanted
from dashboard.queries.freshness import SourceAge
from dashboard.store import ingest, paces
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
A, B, C = "10.0.0.2", "10.0.0.10", "10.0.0.30"
EVERYTHING = Wanted()


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def told(host: str, outcome: Outcome = Outcome.OK, **said: object) -> NodeOutcome:
    said = {"requests": 1, "bytes_read": 6000, "seconds": 0.25, **said}
    return NodeOutcome(host=host, outcome=outcome, **said)  # type: ignore[arg-type]


def poll(cluster: Cluster, source: str, *nodes: NodeOutcome, at: datetime = NOON) -> None:
    writing = Writing(cluster=Cluster.objects.get(pk=cluster.pk), tick=0, now=at)
    ingest.harvest(writing, source, Harvest(records=(), nodes=nodes), duration_seconds=1)


def columns(cluster: Cluster, *names: str, at: float = 0) -> dict[str, SourceAge]:
    found = freshness.of(cluster, later(at))
    return {name: found[name] for name in names or ("nodes", "agents")}


def listed(cluster: Cluster, wanted: Wanted = EVERYTHING, at: float = 0) -> list[tuple[str, str]]:
    found = asked_nodes.listed(cluster, columns(cluster, at=at), later(at), wanted)
    return [(one.host, one.word) for one in found]


def row(cluster: Cluster, host: str, at: float = 0) -> Row:
    sources = columns(cluster, at=at)
    found = asked_nodes.listed(cluster, sources, later(at), EVERYTHING)
    return next(one for one in asked_nodes.rows(cluster, sources, found, later(at)) if one.host == host)


def cell(cluster: Cluster, host: str, at: float = 0) -> Cell:
    found = row(cluster, host, at).cells[0]
    assert found is not None
    return found


def test_the_worst_come_first_and_then_by_address(cluster: Cluster) -> None:
    poll(cluster, "nodes", told(B), told(A), told(C, Outcome.REFUSED), told("10.0.0.4", Outcome.PARTIAL))
    poll(cluster, "agents", told("10.0.0.5", Outcome.REFUSED), told(C, Outcome.AUTH))
    assert listed(cluster) == [
        (C, "failing"),
        ("10.0.0.5", "failing"),
        ("10.0.0.4", "other"),
        (A, "answering"),
        (B, "answering"),
    ]


def test_what_answered_and_was_not_asked_again_grows_late_and_then_has_no_data(cluster: Cluster) -> None:
    poll(cluster, "agents", told(A))
    words = [listed(cluster, at=at)[0][1] for at in (0, 120, 121)]
    assert words == ["answering", "answering", "late"]
    cells = [row(cluster, A, at).cells[1] for at in (120, 121, 181)]
    assert [one.state.word for one in cells if one] == ["Answered", "Late", "No data"]


def test_a_longer_period_makes_no_node_late(cluster: Cluster) -> None:
    poll(cluster, "agents", told(A))
    paces.set_factor(cluster, SOURCES_BY_NAME["agents"], 6, NOON)
    assert listed(cluster, at=700) == [(A, "answering")]


def test_a_source_that_asks_nodes_in_turn_is_judged_by_its_round(cluster: Cluster) -> None:
    poll(cluster, "component_health", told(A, requests=0, bytes_read=0, seconds=None))
    sources = columns(cluster, "component_health", at=600)
    (only,) = asked_nodes.one(cluster, sources, A, later(600))
    assert (only.state.word, only.every_seconds, only.requests) == ("Answered", 600, 0)


def test_a_source_that_does_not_ask_a_node_has_no_cell_of_it(cluster: Cluster) -> None:
    poll(cluster, "nodes", told(A))
    poll(cluster, "agents", told(B))
    assert [one is None for one in row(cluster, A).cells] == [False, True]


def test_a_cell_tells_all_that_is_known(cluster: Cluster) -> None:
    poll(cluster, "nodes", told(A))
    poll(cluster, "nodes", told(A, Outcome.TIMEOUT_HEADERS, detail="no answer in 5 s", seconds=None), at=later(60))
    found = cell(cluster, A, 70)
    assert found.reason == "connected, but no answer in time — no answer in 5 s"
    assert (found.since, found.last_success_at, found.failures_in_row) == (later(60), NOON, 1)
    assert (found.age_seconds, found.duration_seconds, found.rests) == (70, None, False)


def test_an_agent_that_is_silent_for_long_is_asked_less_often_and_it_says_so(cluster: Cluster) -> None:
    poll(cluster, "nodes", told(A, Outcome.TIMEOUT_HEADERS))
    Collection.objects.filter(host=A).update(failures_in_row=6)
    found = cell(cluster, A)
    assert (found.rests, found.every_seconds, found.requests_per_minute) == (True, 240, 0.25)


def test_a_node_costs_what_its_sources_ask_of_it_in_a_minute(cluster: Cluster) -> None:
    poll(cluster, "nodes", told(A))
    poll(cluster, "agents", told(A, requests=5, bytes_read=600))
    paces.set_factor(cluster, SOURCES_BY_NAME["nodes"], 2, NOON)
    found = row(cluster, A)
    assert (found.requests_per_minute, found.bytes_per_minute) == (5.5, 3600)
    (only,) = asked_nodes.listed(cluster, columns(cluster), NOON, EVERYTHING)
    assert (only.requests_per_minute, only.bytes_per_minute) == (5.5, 3600)


def test_nodes_are_found_by_host_outcome_and_source(cluster: Cluster) -> None:
    poll(cluster, "nodes", told(A, Outcome.AUTH), told(B), told(C))
    poll(cluster, "agents", told(B, Outcome.AUTH))
    found = [
        [host for host, _ in listed(cluster, wanted)]
        for wanted in (
            Wanted(text="0.0.3"),
            Wanted(outcome="auth"),
            Wanted(outcome="auth", source="agents"),
            Wanted(source="agents"),
            Wanted(text="%"),
        )
    ]
    assert found == [[C], [A, B], [B], [B], []]


def test_nodes_are_counted_by_what_they_are(cluster: Cluster) -> None:
    poll(cluster, "nodes", told(A, Outcome.AUTH), told(B), told(C, Outcome.NOT_FOUND))
    found = asked_nodes.listed(cluster, columns(cluster), NOON, EVERYTHING)
    assert asked_nodes.counts(found) == {"failing": 1, "answering": 1, "other": 1}


def test_the_price_is_the_same_for_any_number_of_nodes(
    cluster: Cluster, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    poll(cluster, "nodes", *(told(f"10.0.1.{number}") for number in range(200)))
    sources = columns(cluster)
    with django_assert_num_queries(2):
        found = asked_nodes.listed(cluster, sources, NOON, EVERYTHING)
        asked_nodes.rows(cluster, sources, found[:100], NOON)
