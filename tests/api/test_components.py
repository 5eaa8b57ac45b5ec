from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

import pytest

from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask, fill
from tests.builders import node_health, report, unit

COMPONENTS = f"{PROD}components/"


def healths(found: dict[str, list[dict[str, str]]]) -> list[tuple[str, str]]:
    return [(row["unit"], row["health"]) for row in found["results"]]


def test_components_come_worst_first_and_their_counts_add_up(prod: Cluster, asked: Ask) -> None:
    found = asked(COMPONENTS)
    assert healths(found) == [("dcos-log.service", "unhealthy"), ("dcos-net.service", "healthy")]
    counts = found["counts"]
    assert counts == {"all": 2, "healthy": 1, "unhealthy": 1, "warning": 0, "not_available": 0, "no_data": 0}
    assert [(node["host"], node["reason"]) for node in found["dark_nodes"]] == [
        ("10.0.0.11", "diagnostics on this node did not answer")
    ]


def test_a_filter_leaves_the_counts_of_all(prod: Cluster, asked: Ask) -> None:
    found = asked(COMPONENTS, health="unhealthy", q="LOG")
    assert healths(found) == [("dcos-log.service", "unhealthy")]
    assert (found["count"], found["counts"]["all"]) == (1, 2)
    assert asked(COMPONENTS, health="warning")["results"] == []


def test_a_component_tells_on_how_many_nodes_it_is_well(prod: Cluster, asked: Ask) -> None:
    row = asked(COMPONENTS)["results"][0]
    assert (row["nodes"], row["nodes_healthy"], row["runs_on"]) == (2, 1, "Agents")
    assert row["health_word"] == "Unhealthy"


def test_a_report_that_is_too_old_says_nothing_of_the_present(asked: Ask, now: datetime) -> None:
    fill(builders.cluster(), now - timedelta(hours=1))
    found = asked(COMPONENTS)
    assert found["counts"]["no_data"] == found["counts"]["all"] == 2
    assert {row["health"] for row in found["results"]} == {"no_data"}
    assert found["results"][0]["last_known"] == "unhealthy"
    assert (found["freshness"], found["age_seconds"] >= 3600) == ("no_data", True)


def test_a_unit_is_not_its_node(prod: Cluster, asked: Ask, now: datetime) -> None:
    builders.write(prod, report(now, node_health("10.0.0.9", unit("dcos-net.service"), health=1)))
    row = asked(f"{COMPONENTS}dcos-net.service/nodes/", q="10.0.0.9")["results"][0]
    assert (row["health"], row["node_overall"]) == ("healthy", "unhealthy")


def test_a_dark_node_has_no_data_and_a_reason(prod: Cluster, asked: Ask, now: datetime) -> None:
    later = now + timedelta(seconds=1)
    builders.write(prod, report(later, node_health("10.0.0.9", dark=True), node_health("10.0.0.10")))
    found = asked(f"{COMPONENTS}dcos-net.service/nodes/", health="no_data")
    row = found["results"][0]
    assert (row["host"], row["last_known"]) == ("10.0.0.9", "healthy")
    assert row["reason"] == "diagnostics on this node did not answer"
    assert datetime.fromisoformat(row["taken_at"]) == now
    assert (found["count"], found["counts"]["all"]) == (1, 2)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_together_are_all_components(asked: Ask, now: datetime, limit: int) -> None:
    units = [unit(f"dcos-{n}.service", n % 3) for n in range(7)]
    builders.write(builders.cluster(), report(now, node_health("10.0.0.9", *units)))
    found = asked(COMPONENTS, limit=limit)
    rows = healths(found)
    while found["next"]:
        found = asked(found["next"])
        rows += healths(found)
    assert rows == healths(asked(COMPONENTS))
    assert len(set(rows)) == 7


def test_a_link_to_the_next_page_keeps_filter_and_odd_names(asked: Ask, now: datetime) -> None:
    odd = unit("dcos-a b?&é.service")
    nodes = [node_health(f"10.0.0.{n}", odd) for n in range(3)]
    builders.write(builders.cluster(), report(now, *nodes))
    path = f"{COMPONENTS}dcos-a%20b%3F%26%C3%A9.service/nodes/"
    found = asked(path, limit=2, q="10.0", health="healthy")
    rest = asked(found["next"])
    assert [row["host"] for row in rest["results"]] == ["10.0.0.2"]
    assert rest["next"] is None


@pytest.mark.parametrize("name", ["a/b.service", "a/nodes/b.service"])
def test_a_unit_with_a_slash_in_its_name_can_be_asked_for(asked: Ask, now: datetime, name: str) -> None:
    builders.write(builders.cluster(), report(now, node_health("10.0.0.9", unit(name))))
    assert asked(f"{COMPONENTS}{quote(name, safe='')}/nodes/")["unit"] == name
