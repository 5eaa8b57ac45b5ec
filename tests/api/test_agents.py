from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from collectors.records import ClusterRegistry, MachineMode, Mode
from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.builders import GIB, agent, master, summary

AGENTS = f"{PROD}agents/"


def hosts(found: dict[str, list[dict[str, str]]]) -> list[str]:
    return [row["host"] for row in found["results"]]


def test_an_agent_is_shown_with_what_is_allocated_on_it(prod: Cluster, asked: Ask, now: datetime) -> None:
    row = asked(AGENTS, q="10.0.0.10")["results"][0]
    assert (row["state"], row["state_word"], row["lost"]) == ("active", "Active", False)
    assert (row["cpus_total"], row["cpus_allocated"], row["mem_allocated_bytes"]) == (4, 1, 2 * GIB)
    assert (row["tasks_running"], row["attributes"], row["zone"]) == (3, {"rack": "r2"}, "eu-a")
    assert datetime.fromisoformat(row["taken_at"]) == now


def test_agents_come_in_the_order_of_their_addresses(prod: Cluster, asked: Ask) -> None:
    assert hosts(asked(AGENTS)) == ["10.0.0.9", "10.0.0.10", "10.0.0.11"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "inactive"}, ["10.0.0.11"]),
        ({"state": "draining"}, []),
        ({"q": "0.0.1"}, ["10.0.0.10", "10.0.0.11"]),
        ({"q": "ID-OF-10.0.0.9"}, ["10.0.0.9"]),
        ({"q": "0.0.1", "state": "active"}, ["10.0.0.10"]),
        ({"q": "%"}, []),
    ],
)
def test_agents_are_found_by_state_and_text(prod: Cluster, asked: Ask, query: dict[str, str], found: list[str]) -> None:
    answer = asked(AGENTS, **query)
    assert hosts(answer) == found
    assert answer["count"] == len(found)


def test_an_agent_that_mesos_gave_up_is_unreachable_and_its_figures_old(
    prod: Cluster, asked: Ask, now: datetime
) -> None:
    then = now - timedelta(minutes=5)
    cluster = builders.cluster("edge")
    builders.write(cluster, summary(then, agent("10.0.1.1"), agent("10.0.1.2")))
    builders.write(cluster, summary(now, agent("10.0.1.1")))
    builders.write(cluster, master(at=now, metrics={"master/slaves_unreachable": 1.0}))
    gone = asked("/api/v1/clusters/edge/agents/", state="unreachable")["results"][0]
    assert (gone["host"], gone["lost"]) == ("10.0.1.2", True)
    assert gone["age_seconds"] >= 300
    assert hosts(asked("/api/v1/clusters/edge/agents/", state="unregistered")) == []


def test_pages_hold_each_agent_once_while_others_arrive(asked: Ask, now: datetime) -> None:
    cluster = builders.cluster()
    first = [agent(f"10.0.0.{n}") for n in range(0, 100, 2)]
    builders.write(cluster, summary(now, *first))
    seen: list[str] = []
    page = asked(AGENTS, limit=7)
    while page["next"]:
        seen += hosts(page)
        first.append(agent(f"10.0.0.{len(seen) - 6}"))
        builders.write(cluster, summary(now + timedelta(seconds=len(seen)), *first))
        page = asked(page["next"])
    seen += hosts(page)
    assert len(seen) == len(set(seen))
    assert {f"10.0.0.{n}" for n in range(0, 100, 2)} <= set(seen)


def test_maintenance_and_a_mark_of_gone_are_told_as_the_registry_has_them(
    prod: Cluster, asked: Ask, now: datetime
) -> None:
    begins, ends = now + timedelta(hours=1), now + timedelta(hours=3)
    machine = MachineMode(hostname="", ip="10.0.0.9", mode=Mode.DRAINING, begins_at=begins, ends_at=ends)
    read_at = now + timedelta(seconds=1)
    gone = {"id-of-10.0.0.11": now}
    said = ClusterRegistry(taken_at=read_at, admitted=(), unreachable={}, gone=gone, machines=(machine,))
    builders.write(prod, said, source="registry")
    (row,) = asked(AGENTS, q="10.0.0.9")["results"]
    assert row["maintenance"] == "scheduled"
    assert datetime.fromisoformat(row["maintenance_ends_at"]) == ends
    (marked,) = asked(AGENTS, state="gone")["results"]
    assert (marked["host"], marked["state_word"], marked["lost"]) == ("10.0.0.11", "Marked gone", False)
    assert (marked["maintenance"], marked["maintenance_begins_at"]) == (None, None)
