from __future__ import annotations

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import Cluster
from dashboard.queries import nodes
from dashboard.queries.freshness import Freshness
from dashboard.queries.node_row import NodeRow
from tests import builders
from tests.builders import (
    NOON,
    agent,
    filesystem,
    host_metrics,
    later,
    master,
    node_health,
    report,
    summary,
    unit,
    write,
    write_machines,
    write_masters,
)

pytestmark = pytest.mark.django_db
A, B, C = "10.0.0.9", "10.0.0.10", "10.0.0.11"


def listed(cluster: Cluster, at: float = 0) -> list[NodeRow]:
    return list(nodes.listing(Cluster.objects.get(pk=cluster.pk), later(at)).rows)


def hosts(rows: list[NodeRow]) -> list[str]:
    return [row.host for row in rows]


def well(**said: object) -> Cluster:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(A, **said), agent(B), agent(C)))
    return cluster


def test_allocation_is_of_mesos_and_use_of_the_machine() -> None:
    cluster = well()
    write_machines(cluster, host_metrics(A, metrics={"cpu.total": 50.0}))
    row = next(row for row in listed(cluster) if row.host == A)
    assert (row.cpu_allocated_ratio, row.cpu_used_ratio) == (0.25, 0.5)
    assert (row.mem_allocated_ratio, row.mem_used_ratio) == (0.25, 0.25)
    assert row.disk_allocated_ratio == 0.1
    assert row.fullest_ratio == pytest.approx(1 / 3)
    assert row.load_per_core == 1.5 / 4


def test_what_no_machine_told_is_not_zero() -> None:
    row = listed(well())[0]
    assert row.measured is Freshness.NEVER
    assert (row.cpu_used_ratio, row.mem_used_ratio, row.fullest_ratio, row.load_per_core) == (None,) * 4


def test_use_that_is_too_old_is_not_the_present() -> None:
    cluster = well()
    write_machines(cluster, host_metrics(A))
    write(cluster, summary(later(600), agent(A)))
    row = next(row for row in listed(cluster, 600) if row.host == A)
    assert row.measured is Freshness.NO_DATA
    assert row.cpu_used_ratio is None
    assert row.machine is not None and row.machine.measured_at == NOON


def test_when_the_summary_is_too_old_no_agent_is_called_active() -> None:
    assert {row.state.word for row in listed(well(), 300)} == {"No data"}


def test_units_are_counted_by_their_own_health_and_not_known_when_the_report_is_old() -> None:
    cluster = well()
    write(cluster, report(NOON, node_health(A, unit("dcos-a.service"), unit("dcos-b.service", 1))))
    found = {row.host: row.units for row in listed(cluster)}
    here = found[A]
    assert found[B] is None
    assert here is not None and (here.healthy, here.total, here.state.word) == (1, 2, "Unhealthy")
    old = next(row.units for row in listed(cluster, 600) if row.host == A)
    assert old is not None and (old.healthy, old.state.word) == (0, "No data")


def test_the_worst_stand_first_and_equals_by_address() -> None:
    cluster = builders.cluster()
    full = host_metrics("10.0.0.3", filesystems=(filesystem("/", 95, 5),))
    lost = agent("10.0.0.2", active=False)
    others = [agent(host) for host in ("10.0.0.3", "10.0.0.4", A, B)]
    write(cluster, summary(NOON, lost, *others))
    write_machines(cluster, full)
    write(cluster, report(NOON, node_health("10.0.0.4", unit(health=1)), node_health(A), node_health(B)))
    assert hosts(listed(cluster)) == ["10.0.0.2", "10.0.0.4", "10.0.0.3", A, B]


def test_of_two_that_are_well_the_fuller_stands_first() -> None:
    cluster = well()
    write_machines(cluster, host_metrics(C, metrics={"cpu.total": 80.0}))
    assert hosts(listed(cluster)) == [C, A, B]


def test_masters_are_nodes_without_allocation() -> None:
    cluster = well()
    write_masters(cluster, master("10.0.0.101"))
    write_machines(cluster, host_metrics("10.0.0.101", role="master"))
    row = next(row for row in listed(cluster) if row.kind == "master")
    assert (row.state.word, row.cpu_allocated_ratio, row.tasks) == ("Leading", None, None)
    assert row.cpu_used_ratio == 0.25


def test_an_agent_that_left_in_good_order_is_counted_and_not_listed() -> None:
    cluster = well()
    write(cluster, summary(later(10), agent(A), agent(B)))
    found = nodes.listing(Cluster.objects.get(pk=cluster.pk), later(10))
    assert hosts(list(found.rows)) == [A, B]
    assert found.gone == 1


def test_changes_of_state_are_counted_and_to_join_is_none() -> None:
    cluster = well()
    for seconds in range(10, 50, 10):
        write(
            cluster, summary(later(seconds), agent(A, active=seconds % 20 == 0), agent(B), agent(C), agent("10.0.0.12"))
        )
    assert nodes.flaps(cluster, later(60)) == {A: 4}
    assert nodes.flaps(cluster, later(86_500)) == {}


def test_since_when_and_when_listed_are_told_of_agents_by_their_key() -> None:
    cluster = well()
    write(cluster, summary(later(10), agent(A, active=False), agent(B), agent(C)))
    rows = listed(cluster, 10)
    by_host = {row.host: row.agent.pk for row in rows if row.agent}
    assert nodes.since(rows)[by_host[A]] == later(10) and nodes.since(rows)[by_host[B]] == NOON
    assert set(nodes.listed_at(cluster).values()) == {later(10)}


@pytest.mark.parametrize("agents", [3, 60])
def test_the_price_is_the_same_for_any_number_of_agents(
    agents: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cluster = builders.cluster()
    names = [f"10.0.0.{number}" for number in range(agents)]
    write(cluster, summary(NOON, *(agent(name) for name in names)))
    write_machines(cluster, *(host_metrics(name) for name in names))
    with django_assert_num_queries(7):
        nodes.listing(cluster, NOON)
