from __future__ import annotations

import pytest

from collectors.records import Harvest, TaskCounts
from dashboard.models import Cluster, Event, Node, Subject
from tests import builders
from tests.builders import NOON, agent, later, summary

pytestmark = pytest.mark.django_db


def states(cluster: Cluster) -> dict[str, str]:
    return dict(Node.objects.filter(cluster=cluster).values_list("host", "state"))


def told(cluster: Cluster) -> list[tuple[str, str, str]]:
    events = Event.objects.filter(cluster=cluster).order_by("id")
    return [(event.subject, event.before, event.after) for event in events]


def test_the_first_look_at_a_cluster_is_no_news() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    assert states(cluster) == {"10.0.0.1": "active", "10.0.0.2": "active"}
    assert told(cluster) == []


def test_an_agent_that_dies_is_inactive_then_unregistered_then_back() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    builders.write(cluster, summary(later(10), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    builders.write(cluster, summary(later(85), agent("10.0.0.1")))
    builders.write(cluster, summary(later(200), agent("10.0.0.1"), agent("10.0.0.2", reregistered_at=later(199))))
    assert told(cluster) == [
        ("10.0.0.2", "active", "inactive"),
        ("10.0.0.2", "inactive", "unregistered"),
        ("10.0.0.2", "unregistered", "active"),
    ]
    assert Node.objects.get(host="10.0.0.2").state_since == later(200)


def test_an_unregistered_agent_keeps_the_figures_of_when_it_was_last_seen() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2", tasks=TaskCounts(running=18))))
    builders.write(cluster, summary(later(90), agent("10.0.0.1")))
    gone = Node.objects.get(host="10.0.0.2")
    assert (gone.tasks_running, gone.last_seen) == (18, NOON)


def test_after_an_election_a_missing_agent_is_reregistering_and_no_event() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    builders.write(cluster, summary(later(10), agent("10.0.0.1"), leader_hostname="10.0.0.102"))
    assert states(cluster)["10.0.0.2"] == "reregistering"
    builders.write(cluster, summary(later(20), agent("10.0.0.1"), agent("10.0.0.2"), leader_hostname="10.0.0.102"))
    assert states(cluster)["10.0.0.2"] == "active"
    assert told(cluster) == []


def test_an_agent_that_never_reregisters_is_lost_a_minute_after_the_election() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    for seconds in (10, 40, 71):
        builders.write(cluster, summary(later(seconds), agent("10.0.0.1"), leader_hostname="10.0.0.102"))
    assert told(cluster) == [("10.0.0.2", "reregistering", "unregistered")]


def test_draining_and_deactivated_agents_are_not_silent_ones() -> None:
    cluster = builders.cluster()
    drained = agent("10.0.0.1", active=False, deactivated=True, draining=True)
    builders.write(cluster, summary(NOON, drained, agent("10.0.0.2", active=False, deactivated=True)))
    assert states(cluster) == {"10.0.0.1": "draining", "10.0.0.2": "deactivated"}


def test_a_new_agent_id_on_the_same_address_is_the_same_node() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent("10.0.0.1", agent_id="old")))
    builders.write(cluster, summary(later(10), agent("10.0.0.1", agent_id="new")))
    assert told(cluster) == [("10.0.0.1", "old", "new")]
    assert Node.objects.get().agent_id == "new"


def test_attributes_follow_what_the_agent_says() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent(attributes={"rack": "r1", "ssd": "true"})))
    builders.write(cluster, summary(later(10), agent(attributes={"rack": "r2"})))
    assert {str(attribute) for attribute in Node.objects.get().attributes.all()} == {"rack=r2"}


def test_an_agent_missing_from_a_summary_that_could_not_be_read_whole_is_not_gone() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    torn = Harvest(records=(summary(later(10), agent("10.0.0.1")),), dropped={"agent: no resources": 1})
    builders.write_harvest(cluster, "summary", torn, now=later(10))
    assert states(cluster)["10.0.0.2"] == "active" and told(cluster) == []
    assert Node.objects.get(host="10.0.0.2").last_seen == NOON


def test_an_attribute_that_could_not_be_read_keeps_no_agent_that_left_on_the_list() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    odd = {"agent attribute: Expected `float | str`, got `null`": 1}
    brought = Harvest(records=(summary(later(10), agent("10.0.0.1")),), dropped=odd)
    builders.write_harvest(cluster, "summary", brought, now=later(10))
    assert states(cluster)["10.0.0.2"] == "unregistered"


def test_a_leader_that_restarted_and_lists_nobody_yet_lost_no_agent() -> None:
    cluster = builders.cluster()
    hosts = [f"10.0.0.{number}" for number in range(1, 5)]
    builders.write(cluster, summary(NOON, *map(agent, hosts)))
    builders.write(cluster, summary(later(10), agent("10.0.0.1")))
    assert set(states(cluster).values()) == {"active", "reregistering"}
    builders.write(cluster, summary(later(20), *map(agent, hosts)))
    assert (set(states(cluster).values()), told(cluster)) == ({"active"}, [])


def test_a_silent_agent_that_returns_after_an_election_is_told_to_be_back() -> None:
    cluster = builders.cluster()
    both = (agent("10.0.0.1"), agent("10.0.0.2", active=False))
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    builders.write(cluster, summary(later(10), *both))
    builders.write(cluster, summary(later(20), agent("10.0.0.1"), leader_hostname="10.0.0.102"))
    assert states(cluster)["10.0.0.2"] == "inactive"
    builders.write(cluster, summary(later(30), agent("10.0.0.1"), agent("10.0.0.2"), leader_hostname="10.0.0.102"))
    assert told(cluster) == [("10.0.0.2", "active", "inactive"), ("10.0.0.2", "inactive", "active")]


def test_names_of_any_length_fit() -> None:
    long = agent("a" * 255, agent_id="S1", hostname="a", version="1.11.0-" + "x" * 200)
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, long))
    assert len(Node.objects.get().version) == 32
    assert Subject.objects.get(kind=Subject.Kind.NODE).key == "a" * 255
