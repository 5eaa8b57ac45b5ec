from __future__ import annotations

import numpy as np
import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from collectors.records import Resources
from dashboard.models import Cluster
from dashboard.queries import capacity
from dashboard.queries.capacity import Capacity
from tests import builders
from tests.builders import (
    GIB,
    NOON,
    agent,
    host_metrics,
    later,
    node_health,
    report,
    summary,
    unit,
    write,
    write_use,
)

pytestmark = pytest.mark.django_db


def asked(cluster: Cluster, at: float = 0, range_name: str = "1h") -> Capacity:
    return capacity.history(Cluster.objects.get(pk=cluster.pk), range_name, later(at))


def allocating(cpus: float, *, of: float = 4) -> tuple[Resources, Resources]:
    return Resources(cpus=of, mem_bytes=8 * GIB, disk_bytes=1), Resources(cpus=cpus, mem_bytes=GIB)


def poll(cluster: Cluster, seconds: float, cpus: float, *, of: float = 4) -> None:
    total, allocated = allocating(cpus, of=of)
    write(cluster, summary(later(seconds), agent(total=total, allocated=allocated)))


def test_a_resource_the_cluster_has_none_of_is_left_out() -> None:
    cluster = builders.cluster()
    poll(cluster, 0, 1)
    assert [resource.key for resource in asked(cluster).resources] == ["cpu", "mem", "disk"]


def test_the_peak_is_the_highest_share_of_the_total_of_its_own_time() -> None:
    cluster = builders.cluster()
    for seconds, cpus, of in ((0, 1, 4), (10, 3, 4), (20, 3, 8)):
        poll(cluster, seconds, cpus, of=of)
    peak = asked(cluster, 20).resources[0].peak
    assert peak is not None
    assert (peak.ratio, peak.total) == (0.75, 4)
    assert asked(cluster, 20).window.moment(peak.step) == later(10)


def test_without_figures_there_is_no_peak_and_no_zero() -> None:
    answer = asked(builders.cluster())
    assert answer.resources[0].peak is None
    assert np.isnan(answer.resources[0].allocateds).all()
    assert answer.resources[0].ratio is None


def test_a_window_that_began_before_day_two_watched_says_since_when() -> None:
    cluster = builders.cluster()
    poll(cluster, 0, 1)
    poll(cluster, 10, 1)
    assert asked(cluster, 20).begins_at == NOON


def test_changes_that_explain_capacity_are_marked_and_component_flips_are_not() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    write(cluster, report())
    write(cluster, report(later(10), node_health("10.0.0.1", unit(health=1))))
    write(cluster, summary(later(10), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    assert [change.text for change in asked(cluster, 20).happenings] == ["10.0.0.2 lost its connection to Mesos"]


@pytest.mark.parametrize("agents", [5, 60])
def test_the_history_costs_seven_queries_for_any_number_of_agents(
    agents: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, *(agent(f"10.0.0.{number}") for number in range(agents))))
    write_use(cluster, *(host_metrics(f"10.0.0.{number}") for number in range(agents)), now=NOON)
    with django_assert_num_queries(7):
        capacity.history(cluster, "24h", NOON)


def test_use_stands_beside_allocation_now_and_over_time() -> None:
    cluster = builders.cluster()
    for seconds in (0, 60, 120):
        poll(cluster, seconds, 1)
        write_use(cluster, host_metrics("10.0.0.1", later(seconds)), now=later(seconds))
    answer = asked(cluster, 120)
    cpu = answer.resources[0]
    assert (answer.use.now("cpu").used, answer.use.now("cpu").measured) == (1, 4)
    assert np.nanmax(cpu.useds) == np.nanmin(cpu.useds) == 1
    assert len(cpu.useds) == len(cpu.allocateds)


def test_use_that_is_too_old_is_not_the_present_and_stays_in_the_past() -> None:
    cluster = builders.cluster()
    poll(cluster, 0, 1)
    write_use(cluster, host_metrics(), now=NOON)
    poll(cluster, 900, 1)
    answer = asked(cluster, 900)
    assert answer.use.now("cpu").used is None
    assert np.nanmax(answer.resources[0].useds) == 1


def test_before_anything_is_measured_there_is_no_use_and_no_zero() -> None:
    cluster = builders.cluster()
    poll(cluster, 0, 1)
    assert np.isnan(asked(cluster).resources[0].useds).all()
    assert asked(cluster).use.now("mem").ratio is None
