from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome
from collectors.records import Harvest, NodeOutcome
from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster
from dashboard.store import ingest, paces
from dashboard.store.writing import Writing
from tests.api.conftest import PROD, Ask, fail

COLLECTION = f"{PROD}collection/"


def source(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in answer["sources"] if one["name"] == name)


def poll(cluster: Cluster, now: datetime, *nodes: NodeOutcome) -> None:
    harvest = Harvest(records=(), nodes=nodes)
    ingest.harvest(Writing(cluster=cluster, tick=0, now=now), "agents", harvest, duration_seconds=1)


def test_every_source_is_told_with_its_age_its_nodes_and_its_period(prod: Cluster, asked: Ask) -> None:
    found = source(asked(COLLECTION), "masters")
    assert (found["freshness"], found["outcome"], found["nodes"], found["nodes_answering"]) == (
        "fresh",
        "partial",
        3,
        2,
    )
    assert (found["every_seconds"], found["period_seconds"], found["why"], found["every_since"]) == (10, 10, None, None)
    assert found["reason"].startswith("answered in part")


def test_a_longer_period_is_told_with_its_reason(prod: Cluster, asked: Ask, now: datetime) -> None:
    paces.set_factor(prod, SOURCES_BY_NAME["masters"], 3, now)
    found = source(asked(COLLECTION), "masters")
    assert (found["every_seconds"], found["every_since"] is not None) == (30, True)
    assert found["why"].replace("\u00a0", " ") == "3 times 10 s, as set in the settings"


def test_nodes_come_worst_first_with_each_source_that_asks_them(prod: Cluster, asked: Ask, now: datetime) -> None:
    poll(prod, now, NodeOutcome(host="10.0.0.9", outcome=Outcome.OK, requests=2, bytes_read=600, seconds=0.5))
    answer = asked(COLLECTION)
    assert [(row["host"], row["is"]) for row in answer["results"]][:2] == [
        ("10.0.0.103", "failing"),
        ("10.0.0.9", "answering"),
    ]
    node = answer["results"][1]
    (agents,) = [one for one in node["sources"] if one["source"] == "agents"]
    assert (agents["requests"], agents["bytes_read"], agents["duration_seconds"]) == (2, 600, 0.5)
    assert (agents["every_seconds"], agents["failures_in_row"], agents["state"]["word"]) == (60, 0, "Answered")
    assert node["requests_per_minute"] >= 2 and answer["count"] == len(answer["results"])


def test_nodes_are_found_by_state_source_outcome_and_host(prod: Cluster, asked: Ask, now: datetime) -> None:
    def hosts(**query: str) -> list[str]:
        return [row["host"] for row in asked(COLLECTION, **query)["results"]]

    poll(prod, now, NodeOutcome(host="10.0.0.9", outcome=Outcome.AUTH, requests=1))
    assert hosts(**{"is": "failing"}) == ["10.0.0.9", "10.0.0.103"]
    assert hosts(source="masters", outcome="refused") == ["10.0.0.103"]
    assert hosts(source="agents") == ["10.0.0.9"]
    assert hosts(q="0.10") == ["10.0.0.103", "10.0.0.10", "10.0.0.101", "10.0.0.102"]


def test_pages_hold_every_node_once(prod: Cluster, asked: Ask, now: datetime) -> None:
    poll(prod, now, *(NodeOutcome(host=f"10.1.0.{n}", outcome=Outcome.OK, requests=1) for n in range(25)))
    page = asked(COLLECTION, limit=7)
    seen = [row["host"] for row in page["results"]]
    while page["next"]:
        page = asked(page["next"])
        seen += [row["host"] for row in page["results"]]
    assert len(seen) == len(set(seen)) == page["count"]


def test_a_source_that_failed_says_why(prod: Cluster, asked: Ask, now: datetime) -> None:
    fail(prod, "component_health", now)
    found = source(asked(COLLECTION), "component_health")
    assert (found["outcome"], found["failures_in_row"]) == ("auth", 1) and "401" in found["reason"]


@pytest.mark.parametrize("query", [{"is": "sick"}, {"outcome": "bad"}, {"source": "weather"}, {"after": "x"}])
def test_a_parameter_that_is_not_understood_is_named(prod: Cluster, asked: Ask, query: dict[str, str]) -> None:
    assert asked(COLLECTION, status=400, **query)["parameter"] in query


def test_the_price_is_the_same_for_any_number_of_nodes(
    prod: Cluster, key: str, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    poll(prod, now, *(NodeOutcome(host=f"10.1.0.{n}", outcome=Outcome.OK, requests=1) for n in range(150)))
    headers = {"Authorization": f"Token {key}"}
    Client().get(COLLECTION, headers=headers)
    with django_assert_num_queries(12):
        Client().get(COLLECTION, headers=headers)
