from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome, PollError
from collectors.records import HealthReport
from dashboard import snapshots
from dashboard.models import Cluster
from dashboard.store import ingest
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import NOON, later, master, node_health, report, unit, write, write_masters

pytestmark = pytest.mark.django_db


def taken(at: datetime = NOON) -> dict[str, Any]:
    """As whoever downloads it reads it."""
    found: dict[str, Any] = json.loads(json.dumps(snapshots.take(Cluster.objects.get(), at)))
    return found


def told(*reports: HealthReport) -> Cluster:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"), now=reports[-1].taken_at)
    for one in reports:
        write(cluster, one)
    return cluster


def test_a_units_health_on_a_node_is_its_own_and_not_the_nodes() -> None:
    told(report(NOON, node_health("10.0.0.1", unit("a.service"), unit("b.service", 1, output="failed"), health=1)))
    node = taken()["Nodes"]["10.0.0.1"]
    assert {one["UnitName"]: one["Health"] for one in node["Units"]} == {"a.service": 0, "b.service": 1}
    assert node["Health"] == 1 and node["Output"] == {"a.service": "", "b.service": "failed"}
    assert {name: one["Health"] for name, one in taken()["Units"].items()} == {"a.service": 0, "b.service": 1}


def test_the_leader_is_the_leader() -> None:
    told(report(NOON, node_health("10.0.0.101"), node_health("10.0.0.1")))
    assert {host: node["Leader"] for host, node in taken()["Nodes"].items()} == {"10.0.0.101": True, "10.0.0.1": False}


def test_no_data_is_not_available_in_the_old_schema_and_named_in_ours() -> None:
    told(report(NOON, node_health("10.0.0.1")), report(later(60), node_health("10.0.0.1", dark=True)))
    snapshot = taken(later(60))
    assert snapshot["Nodes"]["10.0.0.1"]["Health"] == 3 and snapshot["Units"]["dcos-net.service"]["Health"] == 3
    assert snapshot["DayTwo"]["no_data"] == {"10.0.0.1": "diagnostics on this node did not answer"}


def test_every_source_says_how_old_it_is() -> None:
    told(report(later(-40)))
    sources = {one["source"]: one for one in taken()["DayTwo"]["sources"]}
    assert sources["component_health"] == {
        "source": "component_health", "outcome": "ok", "sample_at": "2026-11-22T11:59:20Z", "age_seconds": 40.0
    }  # fmt: skip
    assert sources["summary"] == {"source": "summary", "outcome": "", "sample_at": None, "age_seconds": None}


def test_it_is_made_while_the_cluster_is_away_and_is_as_old_as_it_says() -> None:
    cluster = told(report(NOON, node_health("10.0.0.1", unit(health=1))))
    away = Writing(cluster=cluster, tick=0, now=later(3600))
    ingest.failure(away, "component_health", PollError(Outcome.UNREACHABLE, "no route"), duration_seconds=3)
    snapshot = taken(later(3600))
    assert (
        snapshot["UpdatedTime"] == "2026-11-22T12:00:00Z" and snapshot["DayTwo"]["taken_at"] == "2026-11-22T13:00:00Z"
    )
    assert snapshot["Units"]["dcos-net.service"]["Timestamp"] == "2026-11-22T12:00:00Z"
    health = next(one for one in snapshot["DayTwo"]["sources"] if one["source"] == "component_health")
    assert (health["outcome"], health["age_seconds"]) == ("unreachable", 3600.0)


def test_before_the_first_report_it_is_empty_and_says_so() -> None:
    builders.cluster()
    assert (taken()["Units"], taken()["Nodes"], taken()["UpdatedTime"]) == ({}, {}, None)


def test_the_price(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = told(report(NOON, *(node_health(f"10.0.0.{last}") for last in range(1, 9))))
    with django_assert_num_queries(3):
        snapshots.take(cluster, NOON)


def recordings(shared: Path) -> list[Path]:
    paths = sorted(shared.glob("live/*/**/system_health_v1_report.json"))
    return [path for path in paths if json.loads(path.read_text()).get("Units")]


def shape(value: Any, key: str = "") -> Any:
    """Keys and types. Outputs are a map by unit; of a list its longest entry stands for all."""
    if key == "Output":
        return "output by unit"
    if isinstance(value, list):
        return [shape(max(value, key=lambda one: len(json.dumps(one))))] if value else []
    if isinstance(value, dict):
        return {name: shape(one, name) for name, one in value.items()}
    return type(value).__name__


def test_its_schema_is_that_of_dcos(shared: Path) -> None:
    found = recordings(shared)
    if not found:
        pytest.skip("no recorded health report")
    real = json.loads(found[-1].read_text())
    told(report(NOON, node_health("10.0.0.1", unit("a.service", output="x"))))
    ours = taken()
    assert set(ours) - {"DayTwo"} == set(real)
    for part in ("Units", "Nodes"):
        theirs, mine = next(iter(real[part].values())), next(iter(ours[part].values()))
        assert shape(mine) == shape(theirs)
