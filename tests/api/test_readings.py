from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.builders import GIB, agent, host_metrics, interface, summary, write, write_use

READINGS = f"{PROD}readings/"
HOST = "10.0.0.1"


@pytest.fixture
def history(db: None, now: datetime) -> Cluster:
    """Ten minutes of one machine, without the fifth: 1 kB/s in; its interface began anew at the eighth."""
    cluster = builders.cluster()
    for minute in range(10):
        at = now - timedelta(minutes=9 - minute)
        write(cluster, summary(at, agent(HOST)))
        if minute == 5:
            continue
        received = 60_000.0 * (minute if minute < 8 else minute - 8)
        traffic = interface("eth0", received, 1e6)
        write_use(cluster, host_metrics(HOST, at, interfaces=(traffic,)), now=at)
    return cluster


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


def test_a_gauge_has_no_rate(history: Cluster, asked: Ask) -> None:
    problem = asked(READINGS, status=400, subject=f"host:{HOST}", metric="cpu.total", **{"as": "rate"})
    assert (problem["parameter"], problem["allowed"]) == ("as", ["raw"])


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
