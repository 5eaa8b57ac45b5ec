from __future__ import annotations

import pytest

from dashboard.alerts.rules.agent_processes import SHORT, most_within
from dashboard.models import Cluster
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import NOON, agent, agent_snapshot, later, summary, write, write_agents

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> Cluster:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2")))
    return cluster


def test_one_that_says_it_is_not_registered_is_told_but_not_while_it_starts(cluster: Cluster) -> None:
    write_agents(
        cluster,
        agent_snapshot("10.0.0.1", registered=False),
        agent_snapshot("10.0.0.2", registered=False, uptime_seconds=60.0),
    )
    found = told("R10", cluster, opened=frozenset({"10.0.0.2"}))
    assert {host: one.value for host, one in found.items()} == {"10.0.0.1": 1.0, "10.0.0.2": 0.0}


def test_one_that_does_not_answer_any_more_is_unknown(cluster: Cluster) -> None:
    write_agents(cluster, agent_snapshot("10.0.0.1", registered=False))
    write_agents(cluster, agent_snapshot("10.0.0.2", later(600)))
    found = told("R10", cluster, later(600))
    assert (found["10.0.0.1"].value, found["10.0.0.1"].why) == (None, "not measured for 10\u00a0min")


def lives(cluster: Cluster, uptimes: list[float]) -> None:
    for minute, uptime in enumerate(uptimes):
        write_agents(cluster, agent_snapshot("10.0.0.1", later(60 * minute), uptime_seconds=uptime))


def test_an_uptime_of_30_90_30_90_is_flapping(cluster: Cluster) -> None:
    lives(cluster, [9000, 30, 90, 30, 90])
    found = told("R11", cluster, later(240))["10.0.0.1"]
    assert (found.value, found.critical_value) == (2.0, 2.0)
    assert "restarted 2\u00a0times within 10\u00a0min" in found.says


def test_an_uptime_of_30_90_150_is_a_restart_and_no_flapping(cluster: Cluster) -> None:
    lives(cluster, [9000, 30, 90, 150])
    assert told("R11", cluster, later(180))["10.0.0.1"].value == 1.0


def test_flapping_is_over_when_there_was_no_restart_for_half_an_hour(cluster: Cluster) -> None:
    lives(cluster, [9000, 30, 90, 30, 90])
    opened = frozenset({"10.0.0.1"})
    assert told("R11", cluster, later(25 * 60), opened=opened)["10.0.0.1"].value == 2.0
    write_agents(cluster, agent_snapshot("10.0.0.1", later(45 * 60), uptime_seconds=2600))
    assert told("R11", cluster, later(45 * 60), opened=opened)["10.0.0.1"].value == 0.0


def test_an_agent_that_flapped_and_is_silent_since_is_not_calm(cluster: Cluster) -> None:
    lives(cluster, [9000, 30, 90, 30, 90])
    write_agents(cluster, agent_snapshot("10.0.0.2", later(45 * 60)))
    found = told("R11", cluster, later(45 * 60), opened=frozenset({"10.0.0.1"}))["10.0.0.1"]
    assert (found.value, found.why) == (None, "not measured for 41\u00a0min")


def test_the_most_within_a_time_is_counted_wherever_it_begins() -> None:
    moments = [later(60 * minute) for minute in (0, 8, 9, 17, 40)]
    assert most_within(moments, SHORT) == 3


def test_containers_that_failed_to_start_are_counted_across_a_restart_of_the_agent(cluster: Cluster) -> None:
    for minute, (errors, uptime) in enumerate([(5.0, 3600), (6.0, 3660), (2.0, 20), (2.0, 80)]):
        snapshot = agent_snapshot(
            "10.0.0.1", later(60 * minute), uptime_seconds=uptime, metrics={"slave/container_launch_errors": errors}
        )
        write_agents(cluster, snapshot, agent_snapshot("10.0.0.2", later(60 * minute)))
    found = told("R13", cluster, later(180), opened=frozenset({"10.0.0.2"}))
    assert (found["10.0.0.1"].value, found["10.0.0.2"].value) == (3.0, 0.0)


def test_a_metric_that_an_old_mesos_lacks_is_unknown_and_not_zero(cluster: Cluster) -> None:
    write_agents(cluster, agent_snapshot("10.0.0.1", metrics={"slave/container_launch_errors": None}))
    found = told("R13", cluster)["10.0.0.1"]
    assert (found.value, found.why) == (None, "its agent does not tell how many containers failed to start")
