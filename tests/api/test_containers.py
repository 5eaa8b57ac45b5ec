from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.builders import (
    GIB,
    MIB,
    agent,
    agent_containers,
    agent_snapshot,
    container_reading,
    flags,
    summary,
    write,
    write_agents,
    write_containers,
)

CONTAINERS = f"{PROD}containers/"
HOST = "10.0.0.1"
HERE = f"{PROD}nodes/{HOST}/containers/"


def cores(at: datetime, container_id: str, used: float, **said: Any) -> Any:
    """A container that uses so many cores."""
    elapsed = (at - builders.NOON).total_seconds() + 1e8
    metrics = {"cpus_user_time_secs": used * elapsed, "cpus_system_time_secs": 0.0, **said.pop("metrics", {})}
    return container_reading(container_id, at, metrics=metrics, **said)


@pytest.fixture
def running(db: None, now: datetime) -> Cluster:
    """Two nodes: a pod with one inside and one that ended, and a busy job of another framework."""
    cluster = builders.cluster()
    for seconds in (121, 61, 1):
        at = now - timedelta(seconds=seconds)
        pod = [
            cores(at, "pod", 0.5, framework_id="f1", framework_name="marathon"),
            cores(at, "in", 0.4, parent_id="pod"),
        ]
        over = [cores(at, "gone", 1.0)] if seconds > 60 else []
        job = cores(at, "job", 1.5, task_name="nightly", framework_id="f2", framework_name="metronome")
        here, there = agent_containers(HOST, *pod, *over, at=at), agent_containers("10.0.0.2", job, at=at)
        write_containers(cluster, here, there, now=at)
    write(cluster, summary(now, agent(HOST), agent("10.0.0.2"), agent("10.0.0.3")))
    return cluster


def ids(found: dict[str, Any]) -> list[str]:
    return [row["container_id"] for row in found["results"]]


def table(key: str, path: str, **query: str) -> list[dict[str, str]]:
    answer = Client().get(path, {"format": "csv", **query}, headers={"Authorization": f"Token {key}"})
    assert isinstance(answer, StreamingHttpResponse) and answer["Content-Type"].startswith("text/csv")
    header, *rows = csv.reader(io.StringIO(b"".join(answer).decode()))
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_a_container_has_use_and_limits_with_basis_and_age(running: Cluster, asked: Ask, now: datetime) -> None:
    row = next(row for row in asked(CONTAINERS)["results"] if row["container_id"] == "job")
    assert row["cpus_used"] == pytest.approx(1.5) and row["cpus_limit"] == 2 and row["cpus_requested"] is None
    assert (row["mem_used_bytes"], row["mem_limit_bytes"], row["out_bytes_per_second"]) == (100 * MIB, GIB, None)
    assert (row["name"], row["host"], row["state"]["word"], row["parent_id"]) == (
        "nightly",
        "10.0.0.2",
        "Running",
        None,
    )
    assert row["basis"].startswith("use and limits of the container") and row["freshness"] == "fresh"
    assert datetime.fromisoformat(row["taken_at"]) == now - timedelta(seconds=1)


def test_what_ended_is_listed_without_a_present(running: Cluster, asked: Ask) -> None:
    row = asked(CONTAINERS, ended="true")["results"][0]
    assert (row["container_id"], row["state"]["word"], row["mem_used_bytes"]) == ("gone", "Ended", None)
    assert row["ended_at"] is not None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["gone", "in", "pod", "job"]),
        ({"host": "10.0.0.2"}, ["job"]),
        ({"framework": "marathon"}, ["pod"]),
        ({"framework": "f2"}, ["job"]),
        ({"ended": "false"}, ["in", "pod", "job"]),
        ({"q": "NIGHT"}, ["job"]),
        ({"order": "cpu"}, ["job", "pod", "in", "gone"]),
        ({"order": "cpu", "ended": "false", "host": HOST}, ["pod", "in"]),
    ],
)
def test_containers_are_filtered_and_ordered(
    running: Cluster, asked: Ask, query: dict[str, str], found: list[str]
) -> None:
    answer = asked(CONTAINERS, **query)
    assert (ids(answer), answer["count"]) == (found, len(found))


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"order": "password"}, "order"),
        ({"order": "-cpu"}, "order"),
        ({"ended": "maybe"}, "ended"),
        ({"format": "xml"}, "format"),
        ({"format": "csv", "limit": "5"}, "limit"),
        ({"after": "WyJhIl0="}, "after"),
        ({"order": "cpu", "after": "WyJhIiwgImIiXQ=="}, "after"),
        ({"after": "WyJcdWQ4MDAiLCAiMSJd"}, "after"),  # a lone surrogate
        ({"after": "WyJcdTAwMDAiLCAiMSJd"}, "after"),  # a NUL
        ({"sort": "cpu"}, "sort"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_named(
    running: Cluster, asked: Ask, query: dict[str, str], parameter: str
) -> None:
    assert asked(CONTAINERS, status=400, **query)["parameter"] == parameter


@pytest.mark.parametrize("address", [f"{PROD}nodes/%00/containers/", f"{PROD}nodes/%00/containers/c1/"])
def test_an_address_with_a_nul_is_a_404(running: Cluster, asked: Ask, address: str) -> None:
    assert "NUL" in asked(address, status=404)["detail"]


@pytest.mark.parametrize("order", ["host", "cpu", "memory", "held", "disk"])
def test_pages_hold_each_container_once_in_every_order(asked: Ask, now: datetime, order: str) -> None:
    cluster = builders.cluster()
    for seconds in (60, 0):
        at = now - timedelta(seconds=seconds)
        every = [cores(at, f"c{number}", number % 5 / 10) for number in range(20)]
        new = [cores(at, f"n{number}", 1) for number in range(5 * (seconds == 0))]
        write_containers(cluster, agent_containers(HOST, *every, *new, at=at), now=at)
    page, seen = asked(CONTAINERS, limit=7, order=order), []
    while page["next"]:
        seen += ids(page)
        page = asked(page["next"])
    assert len(seen + ids(page)) == len(set(seen + ids(page))) == page["count"] == 25


def test_the_unknown_come_last_in_an_order_by_figure(asked: Ask, now: datetime) -> None:
    cluster = builders.cluster()
    for seconds in (60, 0):
        at = now - timedelta(seconds=seconds)
        new = [cores(at, "a-new", 9)] if seconds == 0 else []
        write_containers(cluster, agent_containers(HOST, cores(at, "b", 0.1), cores(at, "c", 0.3), *new, at=at), now=at)
    page = asked(CONTAINERS, order="cpu", limit=1)
    assert (
        ids(page) == ["c"]
        and ids(asked(page["next"])) == ["b"]
        and ids(asked(asked(page["next"])["next"])) == ["a-new"]
    )


def test_the_containers_of_one_node(running: Cluster, asked: Ask) -> None:
    assert ids(asked(HERE)) == ["gone", "in", "pod"]
    assert asked(f"{PROD}nodes/10.0.0.3/containers/")["count"] == 0
    assert "no node 10.9.9.9" in asked(f"{PROD}nodes/10.9.9.9/containers/", status=404)["detail"]


def test_one_container_with_every_number_and_what_it_holds(running: Cluster, asked: Ask, now: datetime) -> None:
    write(running, flags(HOST, now, flags={"isolation": "cgroups/cpu,cgroups/mem"}))
    found = asked(f"{HERE}pod/")
    assert found["metrics"]["mem_rss_bytes"] == 100 * MIB and found["metrics"]["cpus_nr_periods"] > 0
    assert ids({"results": found["children"]}) == ["in"]
    reasons = {row["name"]: row["reason"] for row in found["unmeasured"]}
    assert reasons["Disk I/O"] == "the agent’s isolation has no cgroups/blkio"
    assert found["provenance"] is None


def test_provenance_tells_of_each_figure_where_it_comes_from(running: Cluster, asked: Ask, now: datetime) -> None:
    found = asked(f"{HERE}pod/", provenance=1)
    born = {one["field"]: one for one in found["provenance"]}
    cpu = born["cpus_used"]
    assert cpu["value"] == found["cpus_used"] == pytest.approx(0.5)
    assert (cpu["unit"], cpu["endpoint"]) == ("cores", "POST /agent/<id>/api/v1 GET_CONTAINERS")
    assert cpu["fields"] == [
        "get_containers.containers[].resource_statistics.cpus_user_time_secs",
        "get_containers.containers[].resource_statistics.cpus_system_time_secs",
    ]
    assert cpu["basis"].startswith("use") and "Δt" in cpu["formula"]
    assert datetime.fromisoformat(cpu["taken_at"]) == now - timedelta(seconds=1) and cpu["age_seconds"] >= 1
    assert born["out_bytes_per_second"]["value"] is None


def test_a_container_nobody_knows_is_a_404(running: Cluster, asked: Ask) -> None:
    for path in (f"{HERE}c9/", f"{HERE}%2e%2e/", f"{HERE}{'x' * 300}/", f"{PROD}nodes/10.0.0.2/containers/pod/"):
        assert "There is n" in asked(path, status=404)["detail"]


def test_the_list_as_csv_holds_every_row_with_nested_parts_as_columns(running: Cluster, key: str) -> None:
    rows = table(key, CONTAINERS, order="cpu")
    assert [row["container_id"] for row in rows] == ["job", "pod", "in", "gone"]
    assert (rows[0]["state.word"], rows[0]["parent_id"], rows[0]["cpus_requested"]) == ("Running", "", "")
    assert float(rows[0]["cpus_used"]) == pytest.approx(1.5)
    assert len(table(key, HERE)) == 3


def test_a_csv_is_no_formula(db: None, key: str, now: datetime) -> None:
    hostile = container_reading("c1", now, task_name="=cmd|' /C calc'!A0")
    write_containers(builders.cluster(), agent_containers(HOST, hostile, at=now), now=now)
    assert table(key, CONTAINERS)[0]["task_name"].startswith("'=cmd")


def test_nodes_and_filesystems_are_told_as_csv_too(prod: Cluster, key: str) -> None:
    nodes = {row["host"]: row for row in table(key, f"{PROD}nodes/")}
    assert (nodes["10.0.0.10"]["state.word"], nodes["10.0.0.10"]["allocation.cpus_total"]) == ("Active", "4")
    assert nodes["10.0.0.101"]["allocation.cpus_total"] == "" and nodes["10.0.0.10"]["use.cpu_used_ratio"] == "0.25"
    disks = table(key, f"{PROD}filesystems/", q="10.0.0.9")
    assert [(row["host"], row["path"]) for row in disks] == [("10.0.0.9", "/")]


def test_a_node_tells_its_agent_process_and_flags(running: Cluster, asked: Ask, now: datetime) -> None:
    write_agents(running, agent_snapshot(HOST, now, uptime_seconds=60.0))
    write(running, flags(HOST, now))
    process = asked(f"{PROD}nodes/{HOST}/")["process"]
    assert (process["registered"], process["uptime_seconds"], process["tasks_failed"]) == (True, 60, 2)
    assert (process["host_mem_free_bytes"], process["freshness"]) == (3 * GIB, "fresh")
    assert process["flags"]["isolation"] == "cgroups/cpu,cgroups/mem"


def test_an_agent_process_that_told_nothing_is_never_and_null(running: Cluster, asked: Ask) -> None:
    process = asked(f"{PROD}nodes/10.0.0.3/")["process"]
    assert (process["freshness"], process["registered"], process["flags"]) == ("never", None, None)


def test_the_provenance_of_a_node_names_where_each_value_stands(prod: Cluster, asked: Ask, now: datetime) -> None:
    write_agents(prod, agent_snapshot("10.0.0.10", now))
    found = asked(f"{PROD}nodes/10.0.0.10/", provenance="true")
    born = {one["field"]: one for one in found["provenance"]}
    use = born["nodes[0].use.memory_used_bytes"]
    assert use["value"] == found["nodes"][0]["use"]["memory_used_bytes"]
    assert use["fields"][0] == "datapoints[name=memory.total].value"
    allocated = born["nodes[0].allocation.mem_allocated_bytes"]
    assert (allocated["value"], allocated["fields"]) == (2 * GIB, ["slaves[].used_resources.mem"])
    assert allocated["basis"].startswith("allocation by Mesos")
    assert born["filesystems[0].used_ratio"]["value"] == found["filesystems"][0]["used_ratio"]
    assert born["interfaces[0].in_bytes"]["value"] == found["interfaces"][0]["in_bytes"]
    assert born["process.host_load_1min"]["endpoint"] == "GET /agent/<id>/metrics/snapshot"


def test_the_price_does_not_grow_with_the_cluster(
    running: Cluster, key: str, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    every = [container_reading(f"c{number}", now) for number in range(200)]
    write_containers(running, agent_containers("10.0.0.3", *every, at=now), now=now)
    signed = {"Authorization": f"Token {key}"}
    for path, queries in ((CONTAINERS, 8), (HERE, 8), (f"{HERE}pod/", 11)):
        with django_assert_num_queries(queries):
            assert Client().get(path, headers=signed).status_code == 200
