"""The nodes as squares: zones, fillings, and what each says."""

from __future__ import annotations

import pytest

from dashboard.charts import node_grid
from dashboard.charts.node_grid import Zone
from dashboard.models import Cluster
from dashboard.queries import nodes
from dashboard.queries.node_basis import BY_KEY
from tests import builders
from tests.builders import (
    NOON,
    agent,
    filesystem,
    host_metrics,
    node_health,
    report,
    summary,
    unit,
    write,
    write_machines,
)

pytestmark = pytest.mark.django_db


def drawn(cluster: Cluster, by: str = "cpu.used") -> list[Zone]:
    return node_grid.drawn(nodes.listing(Cluster.objects.get(pk=cluster.pk), NOON).agents, BY_KEY[by])


def fleet() -> Cluster:
    cluster = builders.cluster()
    write(
        cluster,
        summary(
            NOON,
            agent("10.0.0.1", zone="eu-b"),
            agent("10.0.0.2", zone="eu-a"),
            agent("10.0.0.3", zone="", active=False),
            agent("10.0.0.4", zone="eu-a"),
        ),
    )
    write(cluster, report(NOON, node_health("10.0.0.2", unit("a.service", 1), unit("b.service"))))
    full = host_metrics("10.0.0.4", filesystems=(filesystem("/", 95, 5),), metrics={"cpu.total": 140.0})
    write_machines(cluster, host_metrics("10.0.0.1"), full)
    return cluster


def test_zones_stand_by_name_and_those_without_one_last() -> None:
    assert [(zone.name, len(zone.squares)) for zone in drawn(fleet())] == [("eu-a", 2), ("eu-b", 1), ("", 1)]


def test_a_square_says_host_state_and_figure() -> None:
    said = {square.host: square.says.replace("\u00a0", " ") for zone in drawn(fleet()) for square in zone.squares}
    assert said == {
        "10.0.0.1": "10.0.0.1: Active, CPU used 25 %",
        "10.0.0.2": "10.0.0.2: Active, 1 of 2 units healthy, CPU used: not known",
        "10.0.0.3": "10.0.0.3: Silent, CPU used: not known",
        "10.0.0.4": "10.0.0.4: Active, nearly full, CPU used 140 %",
    }


def test_the_outline_is_the_worst_that_is_known_and_the_filling_never_more_than_full() -> None:
    squares = {square.host: square for zone in drawn(fleet()) for square in zone.squares}
    assert {host: (square.state, square.filled) for host, square in squares.items()} == {
        "10.0.0.1": ("good", 25.0),
        "10.0.0.2": ("bad", None),
        "10.0.0.3": ("bad", None),
        "10.0.0.4": ("warn", 100.0),
    }
    assert node_grid.states(drawn(fleet_again())) == {"good"}


def fleet_again() -> Cluster:
    cluster = builders.cluster("other")
    write(cluster, summary(NOON, agent("10.0.0.1")))
    return cluster


def test_any_basis_can_fill_the_squares() -> None:
    cluster = fleet()
    filled = {key: drawn(cluster, key)[1].squares[0].filled for key in BY_KEY}
    assert filled == {"cpu.used": 25, "cpu.alloc": 25, "mem.used": 25, "mem.alloc": 25, "disk.used": 33.3}
