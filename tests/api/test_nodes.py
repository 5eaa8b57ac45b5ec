from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.builders import GIB, agent, filesystem, host_metrics, interface, summary, write, write_use

NODES = f"{PROD}nodes/"


def hosts(found: dict[str, Any]) -> list[str]:
    return [row["host"] for row in found["results"]]


def test_a_node_has_allocation_and_use_each_with_its_basis_and_age(prod: Cluster, asked: Ask, now: datetime) -> None:
    row = asked(NODES, **{"q": "10.0.0.10", "is": "private"})["results"][0]
    assert (row["type"], row["state"], row["tasks_running"]) == ("private", {"mark": "good", "word": "Active"}, 3)
    allocation, use = row["allocation"], row["use"]
    assert (allocation["cpus_allocated"], allocation["cpus_total"], allocation["basis"]) == (
        1,
        4,
        "allocation by Mesos",
    )
    assert (use["cpu_used_ratio"], use["memory_used_bytes"], use["cores"]) == (0.25, 2 * GIB, 4)
    assert (use["load_per_core"], use["fullest_path"], use["freshness"]) == (0.375, "/", "fresh")
    assert datetime.fromisoformat(use["taken_at"]) == datetime.fromisoformat(allocation["taken_at"]) == now


def test_what_no_machine_told_is_null(prod: Cluster, asked: Ask) -> None:
    use = asked(NODES, q="10.0.0.11")["results"][0]["use"]
    assert (use["freshness"], use["taken_at"], use["cpu_used_ratio"], use["fullest_path"]) == (
        "never",
        None,
        None,
        None,
    )


def test_use_that_is_too_old_is_null_with_its_time(asked: Ask, now: datetime) -> None:
    cluster, then = builders.cluster(), now - timedelta(minutes=10)
    write(cluster, summary(then))
    write_use(cluster, host_metrics(at=then), now=then)
    write(cluster, summary(now))
    found = asked(NODES)
    use = found["results"][0]["use"]
    assert (use["freshness"], use["cpu_used_ratio"]) == ("no_data", None)
    assert use["age_seconds"] >= 600
    assert found["use"]["freshness"] == "no_data"


def test_the_worst_come_first_and_masters_are_nodes_too(prod: Cluster, asked: Ask) -> None:
    found = asked(NODES)
    assert hosts(found)[0] == "10.0.0.11"  # silent
    assert hosts(found)[1] == "10.0.0.9"  # with a sick unit
    assert [row["type"] for row in found["results"]].count("master") == 3
    master = next(row for row in found["results"] if row["type"] == "master")
    assert (master["allocation"], master["agent_id"], master["tasks_running"]) == (None, None, None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"is": "silent"}, {"10.0.0.11"}),
        ({"is": "unhealthy"}, {"10.0.0.9"}),
        ({"is": "master", "q": "0.101"}, {"10.0.0.101"}),
        ({"is": "unmeasured", "zone": "eu-a"}, {"10.0.0.11"}),
        ({"zone": "nowhere"}, set()),
    ],
)
def test_nodes_are_found_by_word_zone_and_text(
    prod: Cluster, asked: Ask, query: dict[str, str], found: set[str]
) -> None:
    answer = asked(NODES, **query)
    assert set(hosts(answer)) == found
    assert answer["count"] == len(found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("is:silent", {"10.0.0.11"}),
        ("-is:healthy status:active 10.0.0.9", {"10.0.0.9"}),
        ("cpu.used=25 tasks>2 10.0.0.10", {"10.0.0.10"}),
        ("attr:rack=nowhere", set()),
    ],
)
def test_nodes_are_found_by_the_line_of_the_page(prod: Cluster, asked: Ask, query: str, found: set[str]) -> None:
    assert set(hosts(asked(NODES, q=query))) == found


@pytest.mark.parametrize(
    ("query", "named", "allowed"),
    [
        ("rack:b4 is:public", "rack:b4 begins with a word that is none", "zone:"),
        ("cpu>80", "cpu>80 compares a figure that is none", "cpu.used"),
        ("framework:marathon", "framework:marathon cannot be answered", None),
    ],
)
def test_a_line_that_cannot_be_answered_is_refused_with_the_part_and_what_is_allowed(
    prod: Cluster, asked: Ask, query: str, named: str, allowed: str | None
) -> None:
    problem = asked(NODES, status=400, q=query)
    assert problem["parameter"] == "q" and problem["detail"].startswith(named)
    assert allowed is None or allowed in problem["allowed"]


def test_a_word_that_is_none_is_refused_with_those_there_are(prod: Cluster, asked: Ask) -> None:
    problem = asked(NODES, status=400, **{"is": "lovely"})
    assert problem["parameter"] == "is" and "unhealthy" in problem["allowed"]


def test_pages_hold_each_node_once(asked: Ask, now: datetime) -> None:
    write(builders.cluster(), summary(now, *(agent(f"10.0.0.{number}") for number in range(25))))
    page, seen = asked(NODES, limit=10), []
    while page["next"]:
        seen += hosts(page)
        page = asked(page["next"])
    assert len(seen + hosts(page)) == len(set(seen + hosts(page))) == 25


def test_one_node_with_all_its_machine_tells(asked: Ask, now: datetime) -> None:
    cluster = builders.cluster()
    write(cluster, summary(now, agent(attributes={"rack": "b4"})))
    disks = (filesystem("/", 40, 60), filesystem("/var", 80, 20))
    for seconds in (60, 0):
        at = now - timedelta(seconds=seconds)
        traffic = interface("eth0", 6e6 - 1e3 * seconds, 1e6)
        write_use(cluster, host_metrics(at=at, filesystems=disks, interfaces=(traffic,)), now=at)
    found = asked(f"{NODES}10.0.0.1/")
    assert [(row["path"], row["used_ratio"]) for row in found["filesystems"]] == [("/var", 0.8), ("/", 0.4)]
    assert [(row["name"], row["in_bytes_per_second"], row["in_errors"]) for row in found["interfaces"]] == [
        ("eth0", 1000, 0)
    ]
    assert found["attributes"] == {"rack": "b4"}
    assert found["nodes"][0]["use"]["cpu_used_ratio"] == 0.25


def test_the_units_of_a_node_are_listed_worst_first(prod: Cluster, asked: Ask) -> None:
    units = asked(f"{NODES}10.0.0.9/")["units"]
    assert [(row["unit"], row["health"]["word"]) for row in units] == [
        ("dcos-log.service", "Unhealthy"),
        ("dcos-net.service", "Healthy"),
    ]


def test_a_node_that_was_never_seen_is_a_404(prod: Cluster, asked: Ask) -> None:
    assert "no node 10.9.9.9" in asked(f"{NODES}10.9.9.9/", status=404)["detail"]


def test_filesystems_of_all_nodes_come_fullest_first(asked: Ask, now: datetime) -> None:
    cluster = builders.cluster()
    machines = [
        host_metrics(f"10.0.0.{number}", now, filesystems=(filesystem("/", number, 100 - number),))
        for number in (9, 80, 10)
    ]
    write_use(cluster, *machines, now=now)
    found = asked(f"{PROD}filesystems/", limit=2)
    assert [(row["host"], row["used_ratio"]) for row in found["results"]] == [("10.0.0.80", 0.8), ("10.0.0.10", 0.1)]
    assert hosts(asked(found["next"])) == ["10.0.0.9"]
    assert hosts(asked(f"{PROD}filesystems/", q="0.0.9")) == ["10.0.0.9"]
    assert found["freshness"] == "fresh"


def test_plain_mesos_has_no_filesystems(asked: Ask) -> None:
    builders.cluster("lab", kind="mesos")
    found = asked("/api/v1/clusters/lab/filesystems/")
    assert (found["count"], found["freshness"], found["taken_at"]) == (0, "never", None)


@pytest.mark.parametrize("agents", [2, 40])
def test_the_price(asked: Ask, now: datetime, agents: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    names = [f"10.0.0.{number}" for number in range(agents)]
    write(cluster, summary(now, *(agent(name) for name in names)))
    write_use(cluster, *(host_metrics(name, now) for name in names), now=now)
    with django_assert_num_queries(13):  # session, user and role, then ten
        asked(NODES)
