from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dashboard.models import Cluster
from dashboard.store import clusters
from tests import builders
from tests.api.conftest import CANARY, PROD, Ask, fail, fill
from tests.builders import GIB, agent, summary


def test_a_cluster_says_what_it_is_and_how(prod: Cluster, asked: Ask) -> None:
    found = asked(PROD)
    assert (found["name"], found["kind"], found["own_name"]) == ("prod", "dcos", "prod")
    assert found["dcos_version"] is None
    assert found["mesos_version"] == "1.11.0"
    assert found["marathon_urls"] == []
    assert found["verdict"]["word"] == "Degraded"
    assert "10.0.0.11" in found["verdict"]["text"]
    assert any("log.service unhealthy" in other["text"] for other in found["verdict"]["others"])


def test_a_cluster_names_its_further_marathons(prod: Cluster, asked: Ask, now: datetime) -> None:
    clusters.save(prod, master_urls=(), marathon_urls=("http://10.0.0.11:8080", "http://10.0.0.12:8080"), now=now)
    assert asked(PROD)["marathon_urls"] == ["http://10.0.0.11:8080", "http://10.0.0.12:8080"]


def test_totals_are_of_active_agents_with_the_moment_they_were_true(prod: Cluster, asked: Ask, now: datetime) -> None:
    totals = asked(PROD)["allocation"]
    assert totals["basis"] == "allocation of active agents"
    assert (totals["agents_active"], totals["agents_inactive"]) == (2, 1)
    assert (totals["cpus_total"], totals["cpus_allocated"]) == (8, 2)
    assert (totals["mem_total_bytes"], totals["mem_allocated_bytes"]) == (16 * GIB, 4 * GIB)
    assert datetime.fromisoformat(totals["taken_at"]) == now
    assert 0 <= totals["age_seconds"] < 60


def test_tasks_are_counted_from_the_frameworks(prod: Cluster, asked: Ask) -> None:
    tasks = asked(PROD)["tasks"]
    assert (tasks["tasks_running"], tasks["tasks_failed"]) == (3, 0)


def test_the_leader_stands_with_the_masters_that_answer(prod: Cluster, asked: Ask) -> None:
    leader = asked(PROD)["leader"]
    assert leader["host"] == "10.0.0.101"
    assert [leader[name] for name in ("elected_sum", "masters", "answering", "quorum")] == [1, 3, 2, 2]


def test_a_cluster_never_polled_has_nulls_and_no_zeros(asked: Ask) -> None:
    builders.cluster("new")
    found = asked("/api/v1/clusters/new/")
    assert set(found["allocation"].values()) == {None, "allocation of active agents"}
    assert set(found["tasks"].values()) == {None}
    assert found["leader"]["host"] is None
    assert {(row["freshness"], row["outcome"], row["age_seconds"]) for row in found["sources"]} == {
        ("never", None, None)
    }
    assert found["verdict"]["mark"] == "unk"


def test_a_source_that_fails_says_why_and_keeps_the_age_of_what_it_brought(
    prod: Cluster, asked: Ask, now: datetime
) -> None:
    fail(prod, "component_health", now)
    source = {row["name"]: row for row in asked(PROD)["sources"]}["component_health"]
    assert (source["outcome"], source["freshness"], source["failures_in_row"]) == ("auth", "fresh", 1)
    assert source["reason"].endswith("401 at /system/health/v1/report")
    assert datetime.fromisoformat(source["taken_at"]) == now


def test_old_figures_keep_their_values_and_tell_their_age(asked: Ask, now: datetime) -> None:
    fill(builders.cluster(), now - timedelta(hours=2))
    found = asked(PROD)
    assert found["allocation"]["cpus_total"] == 8
    assert found["allocation"]["age_seconds"] >= 7200
    asked_then = ("masters", "summary", "component_health", "nodes")
    assert {row["freshness"] for row in found["sources"] if row["name"] in asked_then} == {"no_data"}
    assert found["verdict"]["word"] == "Unknown"


def test_plain_mesos_has_no_component_source(asked: Ask) -> None:
    builders.cluster("bare", kind="mesos")
    listed = [row["name"] for row in asked("/api/v1/clusters/bare/")["sources"]]
    assert listed[:2] == ["masters", "summary"] and not {"component_health", "nodes"} & set(listed)


def test_clusters_are_listed_by_name_with_the_way_to_each(prod: Cluster, asked: Ask) -> None:
    builders.cluster("edge", kind="mesos")
    found = asked("/api/v1/clusters/")
    assert [row["name"] for row in found["results"]] == ["edge", "prod"]
    assert found["results"][1]["href"] == PROD
    assert (found["count"], found["next"]) == (2, None)


QUERIES = {
    "/api/v1/clusters/": 1,
    PROD: 16,
    f"{PROD}masters/": 3,
    f"{PROD}agents/": 5,
    f"{PROD}nodes/": 10,
    f"{PROD}nodes/10.0.0.9/": 16,
    f"{PROD}nodes/10.0.0.9/containers/": 5,
    f"{PROD}containers/": 4,
    f"{PROD}filesystems/": 5,
    f"{PROD}readings/?subject=host:10.0.0.9&metric=cpu.total": 5,
    f"{PROD}readings/latest/?kind=host&metric=cpu.total": 6,
    # There was one poll so far: two more look for the tick before it.
    f"{PROD}readings/top/?kind=host&metric=cpu.total": 8,
    f"{PROD}components/": 6,
    f"{PROD}components/dcos-net.service/nodes/": 5,
    f"{PROD}polls/": 2,
    f"{PROD}snapshot/": 4,
}
WHO_ASKS = 2
"""The token and its user, and the user's groups."""


@pytest.mark.parametrize("path", QUERIES)
def test_the_price_of_an_answer_does_not_grow_with_the_cluster(
    prod: Cluster, asked: Ask, key: str, now: datetime, path: str
) -> None:
    asked("/api/v1/clusters/")
    for agents in (3, 30):
        builders.write(prod, summary(now, *(agent(f"10.0.1.{n}") for n in range(agents))))
        with CaptureQueriesContext(connection) as queries:
            asked(path)
        assert len(queries) == QUERIES[path] + WHO_ASKS


@pytest.mark.parametrize("path", [*QUERIES, "/api/schema/"])
def test_no_answer_holds_the_credential(prod: Cluster, asked: Ask, key: str, path: str) -> None:
    sealed = bytes(prod.credential.sealed).decode()
    text = json.dumps(asked(path))
    assert CANARY not in text
    assert sealed not in text
    assert key not in text


@pytest.mark.parametrize("path", [*QUERIES, "/api/schema/"])
def test_no_answer_may_be_kept(prod: Cluster, key: str, path: str) -> None:
    response = Client().get(path, headers={"Authorization": f"Token {key}", "Accept": "text/html"})
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"] in ("application/json", "application/vnd.oai.openapi+json")


@pytest.mark.parametrize("path", QUERIES)
def test_every_answer_has_exactly_the_keys_that_are_documented(prod: Cluster, asked: Ask, path: str) -> None:
    document = asked("/api/schema/")
    pattern = (
        path.replace("prod", "{cluster_name}")
        .replace("dcos-net.service", "{unit}")
        .replace("nodes/10.0.0.9", "nodes/{host}")
    )
    pattern = pattern.partition("?")[0]
    answer = document["paths"][pattern]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = answer["anyOf"][0] if "anyOf" in answer else answer  # else of chosen fields
    component = document["components"]["schemas"][whole["$ref"].rpartition("/")[2]]
    assert set(asked(path)) == set(component["properties"]) == set(component["required"])


def test_a_moment_ahead_of_our_clock_is_now(asked: Ask, now: datetime) -> None:
    builders.write(builders.cluster(), summary(now + timedelta(seconds=90)), now=now)
    assert asked(PROD)["allocation"]["age_seconds"] == 0
