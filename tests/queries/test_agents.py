from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.records import ClusterRegistry, MachineMode, Mode
from dashboard.models import Cluster
from dashboard.queries import agents, nodes
from tests import builders
from tests.builders import NOON, agent, later, master, summary, write, write_masters

pytestmark = pytest.mark.django_db


def test_agents_are_in_the_order_of_their_numbers_whatever_they_are_called() -> None:
    cluster = builders.cluster()
    hosts = ["10.0.0.10", "10.0.0.9", "\u00b2.\u00b2.\u00b2.\u00b2", "agent-b"]
    write(cluster, summary(NOON, *map(agent, hosts)))
    listed = [found.node.host for found in agents.listing(cluster)]
    assert listed.index("10.0.0.9") < listed.index("10.0.0.10") and set(listed) == set(hosts)


HOSTS = ("10.0.0.1", "10.0.0.2", "10.0.0.3")


def registry(seconds: float, **said: Any) -> ClusterRegistry:
    said = {"admitted": (), "unreachable": {}, "gone": {}, "machines": (), **said}
    return ClusterRegistry(taken_at=later(seconds), **said)


def losing(cluster: Cluster, *left: tuple[float, str], counted: int) -> None:
    """Three agents at first, then one after the other left; the leader counts so many as unreachable."""
    write(cluster, summary(later(-60), *map(agent, HOSTS)))
    hosts = list(HOSTS)
    for seconds, host in left:
        hosts.remove(host)
        write(cluster, summary(later(seconds), *map(agent, hosts)))
    write_masters(cluster, master(at=later(100), metrics={"master/slaves_unreachable": float(counted)}))


def words(cluster: Cluster) -> dict[str, str]:
    return {found.node.host: found.state.word for found in agents.listing(cluster) if found.state.word != "Active"}


def test_without_the_registry_the_latest_to_leave_are_taken_for_the_unreachable() -> None:
    cluster = builders.cluster()
    losing(cluster, (0, "10.0.0.1"), (10, "10.0.0.2"), counted=1)
    assert words(cluster) == {"10.0.0.2": "Unreachable", "10.0.0.1": "Gone"}


def test_the_registry_says_who_is_unreachable_and_nobody_is_taken_for_it_in_its_stead() -> None:
    cluster = builders.cluster()
    losing(cluster, (0, "10.0.0.1"), (10, "10.0.0.2"), counted=1)
    write(cluster, registry(20, unreachable={"id-of-10.0.0.1": NOON}), source="registry")
    assert words(cluster) == {"10.0.0.1": "Unreachable", "10.0.0.2": "Gone"}
    assert [one.lost for one in agents.at(cluster, "10.0.0.1")] == [True]
    assert [one.lost for one in agents.at(cluster, "10.0.0.2")] == [False]


def test_who_left_after_the_registry_was_read_is_taken_for_unreachable_until_it_is_read_again() -> None:
    cluster = builders.cluster()
    losing(cluster, (0, "10.0.0.1"), (10, "10.0.0.2"), counted=1)
    write(cluster, registry(5), source="registry")
    assert words(cluster) == {"10.0.0.2": "Unreachable", "10.0.0.1": "Gone"}
    write(cluster, registry(65), source="registry")
    assert words(cluster) == {"10.0.0.2": "Gone", "10.0.0.1": "Gone"}


def test_one_that_was_marked_gone_is_not_lost_and_not_registered() -> None:
    cluster = builders.cluster()
    losing(cluster, (0, "10.0.0.1"), counted=0)
    write(cluster, registry(5, gone={"id-of-10.0.0.1": NOON}), source="registry")
    assert words(cluster) == {"10.0.0.1": "Marked gone"}
    registered = agents.registered(agents.listing(cluster))
    assert [one.node.host for one in registered] == ["10.0.0.2", "10.0.0.3"]


def test_an_agent_whose_machine_is_down_for_maintenance_is_no_loss_whatever_became_of_it() -> None:
    cluster = builders.cluster()
    down = MachineMode(hostname="", ip="10.0.0.1", mode=Mode.DOWN, begins_at=NOON, ends_at=None)
    silent = summary(later(0), agent("10.0.0.1", active=False), agent("10.0.0.2"))
    write(cluster, silent)
    assert words(cluster) == {"10.0.0.1": "Silent"}
    write(cluster, registry(5, machines=(down,)), source="registry")
    assert words(cluster) == {"10.0.0.1": "Maintenance"}
    assert not agents.listing(cluster)[0].lost
    (row,) = [row for row in nodes.listing(cluster, later(6)).agents if row.host == "10.0.0.1"]
    assert (row.state.word, row.lost) == ("Maintenance", False)


def test_listing_costs_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    losing(cluster, (0, "10.0.0.1"), counted=1)
    with django_assert_num_queries(2):
        agents.listing(cluster)
