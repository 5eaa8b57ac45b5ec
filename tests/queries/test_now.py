from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from collectors.records import Resources
from dashboard.models import Cluster
from dashboard.queries import now
from dashboard.queries.now import Now
from tests import builders
from tests.builders import (
    GIB,
    NOON,
    agent,
    framework,
    later,
    master,
    node_health,
    report,
    summary,
    write,
    write_masters,
)

pytestmark = pytest.mark.django_db


def asked(cluster: Cluster, at: int = 0) -> Now:
    return now.now(Cluster.objects.get(pk=cluster.pk), later(at))


def test_totals_count_active_agents_only() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    cpu, mem = asked(cluster).resources[:2]
    assert (cpu.allocated, cpu.total, cpu.ratio) == (1, 4, 0.25)
    assert mem.total == 8 * GIB


def test_the_resources_come_in_the_order_of_the_old_dashboard() -> None:
    cluster = builders.cluster()
    assert [tile.name for tile in asked(cluster).resources] == ["CPU", "Memory", "Disk", "GPU"]


def test_a_cluster_without_gpus_has_no_share_of_them() -> None:
    cluster = builders.cluster()
    assert asked(cluster).resources[3].offered  # not known yet is not none
    write(cluster, summary())
    gpu = asked(cluster).resources[3]
    assert not gpu.offered
    assert gpu.ratio is None


def test_the_small_line_is_the_allocated_share_and_stops_where_nothing_was_measured() -> None:
    cluster = builders.cluster()
    for minutes in (0, 10, 20, 60, 70):
        write(cluster, summary(later(minutes * 60)))
    line = asked(cluster, 70 * 60).resources[0].line
    assert np.nanmax(line) == np.nanmin(line) == 0.25
    measured = np.flatnonzero(~np.isnan(line))
    assert list(np.diff(measured)) == [1, 1, 4, 1]


def test_nodes_are_counted_by_state_and_the_gone_apart() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2"), agent("10.0.0.3")))
    write(cluster, summary(later(10), agent("10.0.0.1"), agent("10.0.0.2", active=False)))
    nodes = asked(cluster, 10).nodes
    assert nodes.counts == {"Active": 1, "Silent": 1}
    assert nodes.gone == 1
    assert [found.node.host for found in nodes.agents] == ["10.0.0.2", "10.0.0.1"]


def test_an_agent_that_left_two_days_ago_is_gone_from_the_tile_too() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    write(cluster, summary(later(10), agent("10.0.0.1")))
    assert asked(cluster, 2 * 86400).nodes.gone == 0


def test_frameworks_stand_worst_first_and_completed_ones_not_at_all() -> None:
    cluster = builders.cluster()
    metronome, spark, marathon = framework("metronome"), framework("spark"), framework("marathon")
    write(cluster, summary(NOON, frameworks=(marathon, metronome, spark)))
    cut_off = framework("metronome", connected=False, active=False)
    write(cluster, summary(later(10), frameworks=(marathon, cut_off)))
    assert [row.name for row in asked(cluster, 10).services.frameworks] == ["metronome", "marathon"]


def test_failed_tasks_of_the_past_hour_come_from_the_masters_counters() -> None:
    cluster = builders.cluster()
    for minutes, failed in ((0, 100.0), (10, 103.0), (20, 104.0)):
        write_masters(
            cluster,
            master(at=later(minutes * 60), uptime_seconds=3600 + minutes * 60, metrics={"master/tasks_failed": failed}),
            now=later(minutes * 60),
        )
    tasks = asked(cluster, 1200).tasks
    assert tasks.failed is not None
    assert (tasks.failed.amount, tasks.failed.since) == (4, NOON)
    assert tasks.lost is None  # the counter was not there: not zero


def test_plain_mesos_has_no_component_health() -> None:
    assert asked(builders.cluster(kind="mesos")).components is None


def test_the_last_changes_are_of_the_past_hour_and_the_very_last_is_kept() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent("10.0.0.1")))
    write(cluster, summary(later(10), agent("10.0.0.1"), agent("10.0.0.2")))
    assert [change.text for change in asked(cluster, 20).changes] == ["10.0.0.2 joined"]
    much_later = asked(cluster, 7200)
    assert much_later.changes == ()
    assert much_later.last_change is not None
    assert much_later.last_change.taken_at == NOON + timedelta(seconds=10)


def test_the_age_is_that_of_the_oldest_current_figure() -> None:
    cluster = builders.cluster()
    write(cluster, report())
    write(cluster, summary(later(90)))
    assert asked(cluster, 95).age_seconds == 95
    assert asked(cluster, 100_000).age_seconds is None


def test_gpus_are_counted_where_there_are_some() -> None:
    cluster = builders.cluster()
    total, allocated = Resources(cpus=4, gpus=8), Resources(cpus=1, gpus=6)
    write(cluster, summary(NOON, agent(total=total, allocated=allocated)))
    assert asked(cluster).resources[3].ratio == 0.75


@pytest.mark.parametrize("agents", [5, 60])
def test_the_page_costs_23_queries_for_any_number_of_agents(
    agents: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cluster = builders.cluster()
    write_masters(cluster, master())
    write(cluster, summary(NOON, *(agent(f"10.0.0.{number}") for number in range(agents))))
    write(cluster, report(NOON, *(node_health(f"10.0.0.{number}") for number in range(agents))))
    cluster.refresh_from_db()
    with django_assert_num_queries(23):
        now.now(cluster, NOON)
