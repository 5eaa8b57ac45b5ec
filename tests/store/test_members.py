from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome
from dashboard.models import Cluster, Collection, Node, Poll
from dashboard.store import members
from dashboard.store.members import Members
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
SILENT, OTHER = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def cluster() -> Cluster:
    cluster = builders.cluster()
    long_ago = NOON - timedelta(days=1)
    agents = [builders.agent(host, registered_at=long_ago) for host in (SILENT, OTHER)]
    builders.write(cluster, builders.summary(NOON, *agents))
    return cluster


def failed(
    cluster: Cluster,
    host: str = SILENT,
    *,
    times: int = 5,
    outcome: Outcome = Outcome.TIMEOUT_HEADERS,
    asked_at: datetime = NOON + timedelta(seconds=7),
    requests: int = 1,
) -> None:
    Collection.objects.create(
        cluster=cluster,
        source="nodes",
        host=host,
        outcome=outcome,
        since=asked_at,
        asked_at=asked_at,
        failures_in_row=times,
        requests=requests,
        detail="no answer in 5 s",
    )


def of(cluster: Cluster, at: float, **columns: int) -> Members:
    return members.of(Poll.objects.create(cluster=cluster, source="nodes", due_at=later(at), **columns))


def asked(cluster: Cluster, at: float, **columns: int) -> list[str]:
    return [agent.host for agent in of(cluster, at, **columns).asked]


def test_an_agent_that_cost_its_time_five_times_is_left_out_of_every_second_slot(cluster: Cluster) -> None:
    failed(cluster)
    assert (asked(cluster, 60), asked(cluster, 120)) == ([OTHER], [SILENT, OTHER])


def test_it_waits_longer_the_longer_it_is_silent_and_ten_minutes_at_most(cluster: Cluster) -> None:
    failed(cluster, times=100)
    assert (asked(cluster, 540), asked(cluster, 600)) == ([OTHER], [SILENT, OTHER])


def test_what_is_left_out_is_told_with_its_last_outcome(cluster: Cluster) -> None:
    failed(cluster)
    (resting,) = of(cluster, 60).resting
    assert (resting.place, resting.outcome, resting.detail) == (SILENT, Outcome.TIMEOUT_HEADERS, "no answer in 5 s")
    assert not resting.asked


def test_four_failures_or_cheap_ones_are_no_reason_to_rest(cluster: Cluster) -> None:
    failed(cluster, times=4)
    failed(cluster, OTHER, times=100, outcome=Outcome.REFUSED)
    assert asked(cluster, 60) == [SILENT, OTHER]


def test_whom_the_last_poll_had_no_time_to_ask_was_not_silent(cluster: Cluster) -> None:
    failed(cluster, requests=0)
    assert asked(cluster, 60) == [SILENT, OTHER]


@pytest.mark.parametrize("column", ["registered_at", "reregistered_at"])
def test_an_agent_that_registered_since_is_asked_at_once(cluster: Cluster, column: str) -> None:
    failed(cluster)
    Node.objects.filter(host=SILENT).update(**{column: later(30)})
    assert asked(cluster, 60) == [SILENT, OTHER]


def test_where_all_would_rest_all_are_asked_for_it_may_be_the_way_there(cluster: Cluster) -> None:
    failed(cluster, times=100)
    failed(cluster, OTHER, times=100)
    found = of(cluster, 60)
    assert ([agent.host for agent in found.asked], found.resting) == ([SILENT, OTHER], ())


def test_an_operators_poll_asks_everybody(cluster: Cluster) -> None:
    failed(cluster)
    assert asked(cluster, 61) == [SILENT, OTHER]


def test_rest_is_counted_in_the_period_that_is_in_force(cluster: Cluster) -> None:
    failed(cluster)
    assert asked(cluster, 180, period_seconds=180) == [OTHER]
    assert asked(cluster, 360, period_seconds=180) == [SILENT, OTHER]


def test_two_agents_of_one_host_rest_each_by_itself(cluster: Cluster) -> None:
    agents = [builders.agent(SILENT, port=port, agent_id=f"id-{port}") for port in (5051, 5052)]
    builders.write(cluster, builders.summary(later(10), *agents))
    Node.objects.update(registered_at=None)
    failed(cluster, f"{SILENT}:5052")
    assert [(agent.host, agent.port) for agent in of(cluster, 60).asked] == [(SILENT, 5051)]


def test_the_price(cluster: Cluster, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    poll = Poll.objects.create(cluster=cluster, source="nodes", due_at=later(60))
    with django_assert_num_queries(2):
        members.of(poll)
    failed(cluster)
    with django_assert_num_queries(3):
        members.of(poll)


def test_an_agent_that_lost_its_master_is_asked_whether_its_host_lives_and_nothing_else(cluster: Cluster) -> None:
    Node.objects.filter(host=SILENT).update(state=Node.State.INACTIVE)
    asked = {}
    for source in ("nodes", "agents", "containers", "flags"):
        poll = Poll.objects.create(cluster=cluster, source=source, shard=0, shards=1, due_at=later(60))
        asked[source] = [place.host for place in members.of(poll).asked]
    assert asked == {"nodes": [SILENT, OTHER], "agents": [SILENT, OTHER], "containers": [OTHER], "flags": [OTHER]}
