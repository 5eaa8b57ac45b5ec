"""Many nodes over time."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.queries import node_heat, nodes
from dashboard.queries.node_basis import BASES, BY_KEY
from dashboard.queries.node_heat import Heat
from tests import builders
from tests.builders import NOON, agent, filesystem, host_metrics, later, summary, write, write_machines

pytestmark = pytest.mark.django_db
A, B = "10.0.0.1", "10.0.0.2"


def watched(*minutes: int) -> Cluster:
    cluster = builders.cluster()
    for minute in minutes:
        at = later(60 * minute)
        write(cluster, summary(at, agent(A), agent(B)))
        disks = (filesystem("/", 30, 60), filesystem("/var", 80, 20))
        busy = host_metrics(B, at, metrics={"cpu.total": 80.0}, filesystems=disks)
        write_machines(cluster, host_metrics(A, at), busy)
    return cluster


def heat(cluster: Cluster, at: float, by: str = "cpu.used", name: str = "1h") -> Heat:
    now = later(at)
    rows = nodes.listing(Cluster.objects.get(pk=cluster.pk), now).agents
    return node_heat.heat(cluster, rows, BY_KEY[by], node_heat.window(name, now))


@pytest.mark.parametrize(
    ("by", "of_a", "of_b"),
    [
        ("cpu.used", 0.25, 0.8),
        ("cpu.alloc", 0.25, 0.25),
        ("mem.used", 0.25, 0.25),
        ("mem.alloc", 0.25, 0.25),
        ("disk.used", 1 / 3, 0.8),
    ],
)
def test_every_basis_has_its_readings(by: str, of_a: float, of_b: float) -> None:
    found = {line.row.host: line.values for line in heat(watched(0, 1, 2), 120, by).lines}
    for host, share in ((A, of_a), (B, of_b)):
        known = found[host][np.isfinite(found[host])]
        assert len(known) == 3 and np.allclose(known, share)


def test_a_step_without_a_reading_is_a_gap() -> None:
    found = heat(watched(0, 1, 4, 5), 300)
    line = found.lines[0].values
    measured = [found.steps[int(step)] for step in np.flatnonzero(np.isfinite(line))]
    assert [(moment - NOON).total_seconds() / 60 for moment in measured] == [0, 1, 4, 5]


def test_silent_nodes_stand_first_then_the_hottest() -> None:
    cluster = watched(0)
    assert [line.row.host for line in heat(cluster, 0).lines] == [B, A]
    write(cluster, summary(later(10), agent(A, active=False), agent(B)))
    assert [line.row.host for line in heat(cluster, 10).lines] == [A, B]


def test_a_node_that_was_never_measured_is_all_gap() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(A)))
    (line,) = heat(cluster, 0).lines
    assert not np.isfinite(line.values).any()


def test_those_beyond_sixty_are_counted_and_left_out() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, *(agent(f"10.0.0.{number}") for number in range(70))))
    found = heat(cluster, 0)
    assert (len(found.lines), found.left_out) == (60, 10)


@pytest.mark.parametrize("name", node_heat.STEPS)
def test_a_day_has_no_more_steps_than_an_hour(name: str) -> None:
    found = node_heat.window(name, NOON)
    assert found.ends_at - found.starts_at in (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
    assert found.steps <= 61


@pytest.mark.parametrize("by", [basis.key for basis in BASES])
def test_the_price(by: str, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = watched(0, 1)
    rows = nodes.listing(Cluster.objects.get(pk=cluster.pk), later(60)).agents
    with django_assert_num_queries(4):
        node_heat.heat(cluster, rows, BY_KEY[by], node_heat.window("6h", later(60)))
