from __future__ import annotations

import re

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import DjangoAssertNumQueries

from collectors.records import Resources
from dashboard.models import Cluster, Subject
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
def test_the_history_costs_eight_queries_for_any_number_of_agents(
    agents: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, *(agent(f"10.0.0.{number}") for number in range(agents))))
    write_use(cluster, *(host_metrics(f"10.0.0.{number}") for number in range(agents)), now=NOON)
    # One more where it has to be asked how long readings are kept.
    with django_assert_num_queries(6):
        capacity.history(cluster, "24h", NOON)
    with django_assert_num_queries(5):
        capacity.history(cluster, "1h", NOON)


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


def test_offers_stand_beside_what_is_allocated() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(offered=Resources(cpus=2))))
    assert np.nanmax(asked(cluster).resources[0].offereds) == 2


def test_a_week_before_is_laid_over_the_same_times_of_day() -> None:
    cluster = builders.cluster()
    week = 7 * 86_400
    for seconds, cpus in ((-week - 600, 1), (-week - 300, 2), (-600, 3), (-300, 3), (0, 3)):
        poll(cluster, seconds, cpus)
    answer = capacity.history(Cluster.objects.get(), "1h", later(1), compare=True)
    cpu = answer.resources[0]
    assert answer.compared and cpu.befores is not None and len(cpu.befores) == len(cpu.allocateds)
    at = {answer.window.moment(int(step)): cpu.befores[step] for step in np.flatnonzero(np.isfinite(cpu.befores))}
    assert (at[later(-600)], at[later(-300)], len(at)) == (1, 2, 2)
    assert cpu.means == (1.5, 3)


def test_a_month_is_not_compared_with_a_week() -> None:
    answer = capacity.history(builders.cluster(), "30d", NOON, compare=True)
    assert not answer.compared
    assert all(resource.befores is None for resource in answer.resources)


def test_without_a_week_before_there_is_nothing_to_compare_and_no_zero() -> None:
    cluster = builders.cluster()
    poll(cluster, 0, 1)
    cpu = capacity.history(Cluster.objects.get(), "24h", NOON, compare=True).resources[0]
    assert cpu.befores is not None and np.isnan(cpu.befores).all()
    assert cpu.means is None


@pytest.mark.parametrize("name", ["7d", "30d", "90d"])
def test_a_long_range_reads_totals_and_never_nodes(name: str) -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, *(agent(f"10.0.0.{number}") for number in range(20))))
    write_use(cluster, *(host_metrics(f"10.0.0.{number}") for number in range(20)), now=NOON)
    totals = set(Subject.objects.filter(kind__in=("cluster", "use")).values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as captured:
        answer = capacity.history(Cluster.objects.get(), name, NOON)
    statements = [query["sql"] for query in captured]
    lists = [listed for sql in statements for listed in re.findall(r'subject_id"? IN \(([\d, ]+)\)', sql)]
    read = {int(pk) for listed in lists for pk in listed.split(", ")}
    assert read <= totals and len(read) == 2
    assert not any("dashboard_node" in sql or "dashboard_machine" in sql for sql in statements)
    assert answer.window.steps <= 750


def test_changes_of_months_ago_are_not_marked() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    write(cluster, summary(later(10), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    assert len(asked(cluster, 20, "7d").happenings) == 1
    assert asked(cluster, 20, "30d").happenings == ()


def test_steps_may_be_wider_than_needed() -> None:
    cluster = builders.cluster()
    poll(cluster, 0, 1)
    assert capacity.history(cluster, "24h", NOON, step_seconds=3600).window.step_seconds == 3600
