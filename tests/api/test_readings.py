from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from dashboard.models import Cluster
from dashboard.store import readings
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.builders import (
    GIB,
    agent,
    agent_containers,
    agent_snapshot,
    container_reading,
    host_metrics,
    interface,
    role,
    roles,
    summary,
    write,
    write_agents,
    write_containers,
    write_use,
)

READINGS = f"{PROD}readings/"
HOST = "10.0.0.1"


@pytest.fixture
def history(db: None, now: datetime) -> Cluster:
    """Ten minutes of one machine, without the fifth: 1 kB/s in; its interface began anew at the eighth."""
    cluster = builders.cluster()
    for minute in range(10):
        at = now - timedelta(minutes=9 - minute)
        # Agents' allocation is kept once a minute, at its beginning.
        write(cluster, summary(at, agent(HOST)), now=at.replace(second=0, microsecond=0))
        # A process that began anew at the eighth minute, its counter above what it was before.
        failed, up = (float(minute), 600.0 + 60 * minute) if minute < 8 else (100.0 + minute, 60.0 * minute - 450)
        process = agent_snapshot(HOST, at, uptime_seconds=up, metrics={"slave/tasks_failed": failed})
        write_agents(cluster, process, now=at)
        job = container_reading("c1", at, metrics={"net_rx_bytes": received(minute)})
        write_containers(cluster, agent_containers(HOST, job, at=at), now=at)
        if minute == 5:
            continue
        traffic = interface("eth0", received(minute), 1e6)
        write_use(cluster, host_metrics(HOST, at, interfaces=(traffic,)), now=at)
    return cluster


def received(minute: int) -> float:
    return 60_000.0 * (minute if minute < 8 else minute - 8)


def known(found: dict[str, Any]) -> list[float]:
    return [value for value in found["values"] if value is not None]


@pytest.mark.parametrize(
    ("subject", "metric", "value", "unit", "basis"),
    [
        ("cluster", "cpus_allocated", 1, "cores", "allocation"),
        ("zone:eu-a", "mem_total_bytes", 8 * GIB, "bytes", "allocation"),
        (f"node:{HOST}:5051", "tasks_running", 3, "tasks", "allocation"),
        ("use:cluster", "cpus_used", 1, "cores", "use"),
        ("use:zone:eu-a", "agents_measured", 1, "agents", "use"),
        (f"host:{HOST}", "cpu.total", 25, "percent", "use"),
        (f"host:{HOST}", "load.1min", 1.5, "processes", "use"),
        (f"filesystem:{HOST}|/", "used_bytes", 30 * GIB, "bytes", "use"),
        (f"interface:{HOST}|eth0", "out_bytes", 1e6, "bytes", "use"),
        (f"container:{HOST}/c1", "mem_limit_bytes", GIB, "bytes", "use"),
        (f"container:{HOST}/c1", "cpus_limit", 2, "cores", "use"),
        (f"agent:{HOST}", "slave/executors_running", 3, "executors", "what the agent process says"),
        (f"agent:{HOST}", "system/mem_total_bytes", 8 * GIB, "bytes", "what the agent process says"),
    ],
)
def test_each_kind_of_subject_has_its_metrics_with_unit_and_basis(
    history: Cluster, asked: Ask, subject: str, metric: str, value: float, unit: str, basis: str
) -> None:
    found = asked(READINGS, subject=subject, metric=metric)
    assert set(known(found)) == {value}
    assert found["unit"] == unit and found["basis"].startswith(basis)
    assert found["taken_at"] is not None and found["age_seconds"] < 60


def test_a_minute_that_was_not_measured_is_null(history: Cluster, asked: Ask) -> None:
    found = asked(READINGS, subject=f"host:{HOST}", metric="cpu.total")
    values = found["values"]
    first = next(place for place, value in enumerate(values) if value is not None)
    assert found["step_seconds"] == 60
    assert [value is None for value in values[first : first + 10]] == [minute == 5 for minute in range(10)]


def test_a_rate_is_per_second_and_a_reset_is_null(history: Cluster, asked: Ask) -> None:
    found = asked(READINGS, subject=f"interface:{HOST}|eth0", metric="in_bytes", **{"as": "rate"})
    assert found["unit"] == "bytes/s"
    assert known(found) == pytest.approx([1000] * 7)


@pytest.mark.parametrize("as_", ["rate", "increase"])
def test_a_gauge_has_no_rate_and_no_increase(history: Cluster, asked: Ask, as_: str) -> None:
    problem = asked(READINGS, status=400, subject=f"host:{HOST}", metric="cpu.total", **{"as": as_})
    assert (problem["parameter"], problem["allowed"]) == ("as", ["raw"])


def test_increases_add_up_and_count_from_zero_after_a_reset(history: Cluster, asked: Ask) -> None:
    query = {"subject": f"container:{HOST}/c1", "metric": "net_rx_bytes", "as": "increase"}
    found = asked(READINGS, **query)
    assert found["unit"] == "bytes" and known(found) == [60_000] * 7 + [0, 60_000]
    assert sum(known(asked(READINGS, **query, step="300"))) == 480_000
    assert known(asked(READINGS, **{**query, "as": "rate"})) == pytest.approx([1000] * 8, rel=0.01)


def test_a_restart_that_only_uptime_tells_is_a_reset_too(history: Cluster, asked: Ask) -> None:
    query = {"subject": f"agent:{HOST}", "metric": "slave/tasks_failed"}
    assert known(asked(READINGS, **query, **{"as": "increase"})) == [1] * 7 + [108, 1]
    assert known(asked(READINGS, **query, **{"as": "rate"})) == pytest.approx([1 / 60] * 8, rel=0.01)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"metric": "cpu.total"}, "subject"),
        ({"subject": "cluster"}, "metric"),
        ({"subject": "cluster", "metric": "password"}, "metric"),
        ({"subject": "credential:1", "metric": "sealed"}, "subject"),
        ({"subject": "cluster", "metric": "cpus_total", "step": "5"}, "step"),
        ({"subject": "cluster", "metric": "cpus_total", "as": "sum"}, "as"),
        ({"subject": "cluster", "metric": "cpus_total", "from": "yesterday"}, "from"),
        ({"subject": "cluster", "metric": "cpus_total", "to": "0001-01-01T00:00:00Z"}, "to"),
        ({"subject": "cluster", "metric": "cpus_total", "from": "2001-01-01T00:00:00Z"}, "from"),
        ({"subject": "cluster", "metric": "cpus_total", "where": "1=1"}, "where"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_named(
    history: Cluster, asked: Ask, query: dict[str, str], parameter: str
) -> None:
    assert asked(READINGS, status=400, **query)["parameter"] == parameter


def test_a_wrong_metric_is_told_which_there_are(history: Cluster, asked: Ask) -> None:
    allowed = asked(READINGS, status=400, subject=f"host:{HOST}", metric="cpu")["allowed"]
    assert {"cpu.total", "memory.free", "load.1min"} <= set(allowed)


def test_no_answer_has_more_than_750_points(history: Cluster, asked: Ask, now: datetime) -> None:
    asked_for = {"subject": "cluster", "metric": "cpus_total", "from": (now - timedelta(hours=48)).isoformat()}
    found = asked(READINGS, **asked_for, to=now.isoformat())
    assert len(found["values"]) <= 750
    assert set(known(found)) == {4}
    assert asked(READINGS, status=400, **asked_for, to=now.isoformat(), step="60")["parameter"] == "step"


def test_a_subject_that_was_never_measured_is_a_404(history: Cluster, asked: Ask) -> None:
    assert "10.9.9.9" in asked(READINGS, status=404, subject="host:10.9.9.9", metric="cpu.total")["detail"]


def test_roles_and_totals_of_containers_have_readings_too(asked: Ask, now: datetime) -> None:
    write(builders.cluster(), roles(now, role("ads")), now=now.replace(second=0, microsecond=0))
    found = asked(READINGS, subject="role:ads", metric="cpus_allocated")
    assert (known(found), found["unit"]) == ([1], "cores") and found["basis"].startswith("quota")
    assert "container_use:KEY" in asked(READINGS, status=400, subject="x", metric="y")["allowed"]


def test_several_metrics_are_answered_at_once_each_with_its_unit_and_age(history: Cluster, asked: Ask) -> None:
    found = asked(READINGS, subject=f"host:{HOST}", metric=["cpu.total", "load.1min"])
    assert [(line["metric"], line["unit"]) for line in found["series"]] == [
        ("cpu.total", "percent"),
        ("load.1min", "processes"),
    ]
    assert (found["metric"], found["values"], found["tier"]) == (None, None, "raw")
    assert all(len(line["values"]) == len(found["series"][0]["values"]) for line in found["series"])
    every = asked(READINGS, subject=f"host:{HOST}", metric="*")
    assert {"cpu.total", "memory.free"} <= {line["metric"] for line in every["series"]}
    only = asked(READINGS, subject=f"interface:{HOST}|eth0", metric="*", **{"as": "rate"})
    assert all(line["counts"] for line in only["series"]) and only["series"]


def test_a_long_range_is_told_with_its_tier_and_since_when_there_is_anything(
    history: Cluster, asked: Ask, now: datetime
) -> None:
    found = asked(READINGS, subject="cluster", metric="cpus_total", range="90d")
    assert (found["tier"], found["step_seconds"], set(known(found))) == ("1 h", 10_800, {4})
    assert found["known_since"] is not None
    assert asked(READINGS, subject="cluster", metric="cpus_total", range="2y")["step_seconds"] == 86_400
    assert asked(READINGS, status=400, subject="cluster", metric="cpus_total", range="5y")["parameter"] == "range"
    both = asked(READINGS, status=400, subject="cluster", metric="cpus_total", range="1h", to=now.isoformat())
    assert both["parameter"] == "to"


@pytest.mark.parametrize(("keep", "value"), [("mean", 2), ("min", 1), ("max", 3), ("last", 3)])
def test_of_a_step_the_mean_the_least_the_most_or_the_last_is_told(
    asked: Ask, now: datetime, keep: str, value: float
) -> None:
    cluster, tick = builders.cluster(), int(now.timestamp()) // 3600 * 3600 - 3600
    of = readings.subjects(cluster, {("host", HOST): HOST}, seen_at=now)["host", HOST]
    readings.write_many(("load.1min",), [(tick + 60 * minute, of, (float(minute),)) for minute in (1, 2, 3)])
    found = asked(READINGS, subject=f"host:{HOST}", metric="load.1min", range="3h", step="3600", keep=keep)
    assert known(found) == [value]


def test_a_master_is_one_subject_in_all_its_lives(asked: Ask, now: datetime) -> None:
    cluster = builders.cluster()
    builders.write_masters(cluster, builders.master(at=now), now=now)
    found = asked(READINGS, subject="master:10.0.0.101:5050", metric="master/elected")
    assert known(found) == [1]
    assert found["basis"].startswith("what the master process says")
