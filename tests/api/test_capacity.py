from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from collectors.records import Bounds, Resources
from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.builders import GIB, agent, contain, framework, host_metrics, role, roles, summary, write, write_use

CAPACITY = f"{PROD}capacity/"


def of(rows: list[dict[str, Any]], resource: str) -> dict[str, Any]:
    return next(row for row in rows if row["resource"] == resource)


def part(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["parts"] if one["name"] == name)


def test_totals_say_their_basis_coverage_and_age(prod: Cluster, asked: Ask, now: datetime) -> None:
    write_use(prod, host_metrics("10.0.0.9", now), host_metrics("10.0.0.10", now), now=now)
    found = asked(CAPACITY)
    assert (found["basis"], found["agents_active"], found["freshness"]) == ("allocation of active agents", 2, "fresh")
    assert datetime.fromisoformat(found["taken_at"]) == now
    assert (found["use"]["agents_measured"], found["use"]["agents_expected"]) == (2, 2)
    assert of(found["resources"], "cpu") == {
        "resource": "cpu",
        "unit": "cores",
        "total": 8,
        "allocated": 2,
        "allocated_ratio": 0.25,
        "used": 2,
        "used_of": 8,
        "used_ratio": 0.25,
    }
    assert [row["resource"] for row in found["resources"]] == ["cpu", "mem", "disk"]
    assert found["history"] is None


def test_parts_are_zones_unless_another_way_is_asked_for(prod: Cluster, asked: Ask, now: datetime) -> None:
    write_use(prod, host_metrics("10.0.0.9", now), host_metrics("10.0.0.10", now), now=now)
    found = asked(CAPACITY)
    zone = part(found, "eu-a")
    assert (found["by"], found["parts_measured_by"], found["count"], found["next"]) == ("zone", "machines", 1, None)
    assert (zone["agents"], zone["use"]["agents_measured"], zone["use_unknown"]) == (2, 2, None)
    assert (of(zone["resources"], "mem")["used"], of(zone["resources"], "mem")["limit"]) == (4 * GIB, None)


def test_a_role_has_its_quota_and_says_why_its_use_is_not_known(asked: Ask, now: datetime) -> None:
    cluster = builders.cluster()
    held = Resources(cpus=1, mem_bytes=GIB)
    write(cluster, summary(now, frameworks=(framework("one", allocated=held), framework("two", allocated=held))))
    dev = role("dev", guarantee=Bounds(cpus=2.0), limit=Bounds(gpus=0.0), frameworks=("id-of-one",))
    write(cluster, roles(now, dev, role("*", frameworks=("id-of-two",))))
    contain(cluster, "id-of-one", cpus=0.5, at=now)
    found = asked(CAPACITY, by="role")
    cpu = of(part(found, "dev")["resources"], "cpu")
    assert (cpu["total"], cpu["guarantee"], cpu["limit"], cpu["used"], cpu["used_ratio"]) == (None, 2, None, 0.5, 0.125)
    star = part(found, "*")
    assert (star["use"], star["use_unknown"]) == (None, "two: not measured now")
    assert of(star["resources"], "cpu")["used"] is None
    assert found["parts_source"]["freshness"] == "fresh"


def test_before_roles_were_read_their_source_says_never(prod: Cluster, asked: Ask) -> None:
    found = asked(CAPACITY, by="role")
    assert (found["parts"], found["parts_source"]["freshness"], found["parts_source"]["taken_at"]) == (
        [],
        "never",
        None,
    )


def test_history_comes_with_a_range_and_gaps_are_null(asked: Ask, now: datetime) -> None:
    cluster = builders.cluster()
    for seconds in (30, 20, 0):
        write(cluster, summary(now - timedelta(seconds=seconds)))
    history = asked(CAPACITY, range="1h")["history"]
    line = next(one for one in history["lines"] if (one["resource"], one["name"]) == ("cpu", "allocated"))
    assert (history["step_seconds"], history["tier_seconds"], line["unit"]) == (10, 0, "cores")
    assert set(line["values"]) == {None, 1} and line["values"].count(1) == 3
    used = next(one for one in history["lines"] if (one["resource"], one["name"]) == ("cpu", "used"))
    assert set(used["values"]) == {None}


@pytest.mark.parametrize(("name", "step", "every"), [("24h", 120, 0), ("7d", 900, 300), ("90d", 10_800, 3600)])
def test_a_long_history_says_out_of_what_its_steps_are_made(
    name: str, step: int, every: int, prod: Cluster, asked: Ask
) -> None:
    history = asked(CAPACITY, range=name)["history"]
    assert (history["step_seconds"], history["tier_seconds"]) == (step, every)
    assert all(len(line["values"]) <= 750 for line in history["lines"])


def test_steps_may_be_wider(prod: Cluster, asked: Ask) -> None:
    assert asked(CAPACITY, range="7d", step=3600)["history"]["step_seconds"] == 3600


@pytest.mark.parametrize(
    ("query", "says", "parameter"),
    [
        ({"by": "planet"}, "by", "by"),
        ({"range": "99y"}, "range", "range"),
        ({"step": 60}, "step goes with range", "step"),
        ({"range": "7d", "step": 60}, "multiple of 900 s for 7d", "step"),
        ({"range": "7d", "step": 1000}, "multiple of 900 s for 7d", "step"),
        ({"colour": "red"}, "There is no parameter colour", "colour"),
    ],
)
def test_what_cannot_be_had_is_refused_with_the_reason(
    query: dict[str, Any], says: str, parameter: str, prod: Cluster, asked: Ask
) -> None:
    problem = asked(CAPACITY, status=400, **query)
    assert says in problem["detail"] and problem["parameter"] == parameter


def test_many_parts_come_in_pages_largest_first(asked: Ask, now: datetime) -> None:
    cluster = builders.cluster()
    many = (framework(f"f{number}", allocated=Resources(cpus=number + 1)) for number in range(5))
    write(cluster, summary(now, frameworks=tuple(many)))
    first = asked(CAPACITY, by="framework", limit=2)
    assert [one["name"] for one in first["parts"]] == ["f4", "f3"]
    assert [one["name"] for one in asked(first["next"])["parts"]] == ["f2", "f1"]


def test_the_csv_holds_the_parts(prod: Cluster, key: str) -> None:
    answer = Client().get(CAPACITY, {"format": "csv", "by": "pool"}, headers={"Authorization": f"Token {key}"})
    assert isinstance(answer, StreamingHttpResponse)
    header, *rows = csv.reader(io.StringIO(b"".join(answer).decode()))
    assert header[:2] == ["name", "agents"]
    assert [row[:2] for row in rows] == [["private", "2"]]


@pytest.mark.parametrize("agents", [3, 40])
def test_the_answer_costs_the_same_for_any_number_of_agents(
    agents: int, asked: Ask, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cluster = builders.cluster()
    write(cluster, summary(now, *(agent(f"10.0.0.{number}", zone=f"z{number}") for number in range(agents))))
    write_use(cluster, *(host_metrics(f"10.0.0.{number}", now) for number in range(agents)), now=now)
    # Key, user and role; the cluster, its sources, 6 of the parts; 8 of a history of a cluster that is watched since now.
    with django_assert_num_queries(16):
        asked(CAPACITY, range="24h")
