from __future__ import annotations

from collections.abc import Mapping

import pytest

from dashboard.alerts.definition import Measured
from dashboard.models import Cluster
from tests import builders
from tests.alerts.rules.judging import told
from tests.builders import agent, later, master, summary, write, write_masters

pytestmark = pytest.mark.django_db
A, B = "10.0.0.101", "10.0.0.102"
HOSTS = tuple(f"10.0.0.{number}" for number in range(1, 31))


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def see(
    cluster: Cluster,
    seconds: float,
    metrics: Mapping[str, float] | None = None,
    *,
    silent: tuple[str, ...] = (),
    gone: tuple[str, ...] = (),
) -> None:
    """Thirty agents by the leader's summary and metrics: some silent, some no longer listed and unreachable."""
    at, listed = later(seconds), [agent(host, active=host not in silent) for host in HOSTS if host not in gone]
    active = float(len(listed) - len(silent))
    said = {"master/slaves_active": active, "master/slaves_unreachable": float(len(gone)), "master/slave_removals": 0.0}
    said |= {f"master/{name}": value for name, value in (metrics or {}).items()}
    snapshot = master(A, at, uptime_seconds=86_400 + seconds, metrics=said)
    write_masters(cluster, snapshot, now=at)
    write(cluster, summary(at, *listed))


def one(key: str, cluster: Cluster, seconds: float = 0) -> Measured:
    (found,) = told(key, cluster, later(seconds)).values()
    return found


def test_active_agents_are_a_share_of_what_is_usually_listed(cluster: Cluster) -> None:
    for seconds in (0, 300, 600, 900):
        see(cluster, seconds)
    see(cluster, 1200, silent=HOSTS[:6])
    found = one("R6", cluster, 1200)
    assert found.value == pytest.approx(24 / 30)
    assert found.says.replace("\u00a0", " ") == "24 agents active of usually 30"


def test_agents_that_are_down_all_day_are_usual_as_well(cluster: Cluster) -> None:
    for seconds in (0, 300, 600):
        see(cluster, seconds, silent=HOSTS[:6])
    assert one("R6", cluster, 600).value == pytest.approx(24 / 30)


def test_without_a_leader_or_a_summary_the_number_of_agents_is_unknown(cluster: Cluster) -> None:
    write_masters(cluster, master(A, metrics={"master/slaves_active": 30.0}))
    assert one("R6", cluster).why == "no summary of the past day to compare with"
    write_masters(cluster, master(A, later(10), elected=True), master(B, later(10), elected=True), now=later(10))
    assert one("R6", cluster, 10).why == "2 masters say that they lead"


def test_each_silent_agent_is_told_by_its_host_with_its_tasks(cluster: Cluster) -> None:
    see(cluster, 0)
    see(cluster, 60, silent=HOSTS[:2])
    found = told("R7", cluster, later(75))
    silent = found[HOSTS[0]]
    assert {host: item.value for host, item in found.items() if item.value} == {HOSTS[0]: 1.0, HOSTS[1]: 1.0}
    assert silent.host == HOSTS[0] and silent.critical_value == pytest.approx(2 / 30)
    assert silent.says.replace("\u00a0", " ") == f"agent {HOSTS[0]} silent for 15 s, 3 tasks at risk"


def test_drained_and_deactivated_agents_are_not_disconnected(cluster: Cluster) -> None:
    write_masters(cluster, master(A))
    listed = [agent("10.0.0.1", active=False, draining=True), agent("10.0.0.2", active=False, deactivated=True)]
    write(cluster, summary(later(0), *listed))
    assert [found.value for found in told("R7", cluster).values()] == [0.0]


def test_an_agent_that_is_back_is_told_as_well_while_its_alert_is_open(cluster: Cluster) -> None:
    see(cluster, 0)
    see(cluster, 60, silent=HOSTS[:1])
    see(cluster, 120)
    found = told("R7", cluster, later(120), opened=frozenset({HOSTS[0], "10.9.9.9"}))
    assert {host: item.value for host, item in found.items()} == {HOSTS[0]: 0.0, "10.9.9.9": 0.0}
    assert found[HOSTS[0]].says == f"agent {HOSTS[0]} is active"
    assert "no agent of this cluster" in found["10.9.9.9"].says


def test_unreachable_agents_weigh_by_number_or_by_share(cluster: Cluster) -> None:
    see(cluster, 0)
    see(cluster, 60, gone=HOSTS[:1])
    first = told("R8", cluster, later(60))[HOSTS[0]]
    assert first.value == 1 and first.critical_value == pytest.approx(2), "one of thirty is not one of twenty"
    see(cluster, 120, gone=HOSTS[:3])
    three = told("R8", cluster, later(120))
    assert {three[host].critical_value for host in HOSTS[:3]} == {6}
    assert told("R7", cluster, later(120), opened=frozenset(HOSTS[:1]))[HOSTS[0]].value == 0


def test_while_nobody_leads_no_agent_is_called_back(cluster: Cluster) -> None:
    see(cluster, 0)
    see(cluster, 60, gone=HOSTS[:1])
    write_masters(cluster, master(A, later(70), elected=False), now=later(70))
    found = told("R8", cluster, later(70), opened=frozenset(HOSTS[:1]))
    assert [(item.subject, item.value, item.why) for item in found.values()] == [(HOSTS[0], None, "no master leads")]
    assert [item.value for item in told("R8", cluster, later(70)).values()] == [None]


def test_agents_that_signed_off_were_not_lost(cluster: Cluster) -> None:
    see(cluster, 0, {"slave_removals/reason_unregistered": 0.0})
    see(cluster, 60, {"slave_removals": 4.0, "slave_removals/reason_unregistered": 3.0})
    found = one("R9", cluster, 60)
    assert found.value == 1
    assert found.says.replace("\u00a0", " ") == "1 agent removed in the past hour, 3 more signed off"


def test_an_agent_replaced_at_its_address_is_told_apart(cluster: Cluster) -> None:
    see(cluster, 0, {"slave_removals/reason_registered": 7.0})
    see(cluster, 60, {"slave_removals/reason_registered": 8.0})
    assert one("R9b", cluster, 60).value == 1


def test_a_mesos_without_the_reason_does_not_say_that_none_was_replaced(cluster: Cluster) -> None:
    see(cluster, 0)
    see(cluster, 60)
    found = one("R9b", cluster, 60)
    assert found.value is None
    assert found.why == "this Mesos 1.11.0 does not tell master/slave_removals/reason_registered"
