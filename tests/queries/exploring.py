"""Formulas asked of clusters with a short past, for the tests of what they give and of why they do not fit."""

from __future__ import annotations

from datetime import datetime

import pytest

from dashboard.models import Cluster
from dashboard.queries import catalogue, explored, window
from dashboard.queries.explored import Explored
from dashboard.queries.formula import Unreadable
from dashboard.queries.formula_reader import parse
from dashboard.queries.window import LONGER_RANGES
from tests import builders
from tests.builders import NOON, agent_containers, container_reading, host_metrics, later

A, B = "10.0.0.1", "10.0.0.2"


def asked(cluster: Cluster, text: str, *, now: datetime = NOON, over: str = "1h") -> Explored:
    wanted = window.of(over, now, ranges=LONGER_RANGES)
    return explored.explored(cluster, parse(text), wanted, now, lambda: catalogue.entries(cluster, now))


def refused(cluster: Cluster, text: str) -> Unreadable:
    with pytest.raises(Unreadable) as found:
        asked(cluster, text)
    return found.value


def machines(minutes: int = 10, *, silent: int = 0) -> Cluster:
    """Two machines over some minutes up to NOON; the second told nothing of the last ones."""
    cluster = builders.cluster()
    builders.write(cluster, builders.summary(NOON, builders.agent(A), builders.agent(B, zone="eu-b")))
    for minute in range(minutes, -1, -1):
        at = later(-60 * minute)
        told = [host_metrics(A, at), host_metrics(B, at, metrics={"cpu.total": 75.0})]
        builders.write_machines(cluster, *told[: 1 if minute < silent else 2], now=at)
    return cluster


def containers(minutes: int = 5) -> Cluster:
    """Four on two machines, of two frameworks; each receives 600 bytes a minute."""
    cluster = builders.cluster()
    for minute in range(minutes, -1, -1):
        at = later(-60 * minute)
        received = {"net_rx_bytes": 600.0 * (minutes - minute)}
        answers = [
            agent_containers(
                host,
                *(
                    container_reading(
                        f"{framework}{place}", at, framework_id=framework, framework_name=framework, metrics=received
                    )
                    for framework in ("jobs", "web")
                ),
                at=at,
            )
            for place, host in enumerate((A, B))
        ]
        builders.write_containers(cluster, *answers, now=at)
    return cluster
