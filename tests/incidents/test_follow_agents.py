"""Agents that fall silent, from the events of their polls to incidents: kinds, times, planned ones, and each once."""

from __future__ import annotations

from typing import Any

import pytest

from collectors.errors import Outcome
from collectors.records import Harvest, NodeOutcome, TaskCounts
from dashboard.incidents.follow import follow
from dashboard.models import Cluster, Event, Incident, IncidentEvent, Node, Silence, Watch
from tests import builders
from tests.builders import NOON, agent, host_metrics, later, node_health, report, summary, write_machines

pytestmark = pytest.mark.django_db

HOST = "10.0.0.2"
FLAGS = {"agent_ping_timeout": "15secs", "max_agent_ping_timeouts": "5", "agent_reregister_timeout": "10mins"}


def fleet(**cluster: Any) -> Cluster:
    """Two agents that are well, three tasks each, followed up to NOON; the leader's flags are known."""
    found = builders.cluster(**cluster)
    builders.write(found, builders.flags("10.0.0.101", agent_id="", flags=FLAGS))
    builders.write(found, summary(NOON, agent("10.0.0.1"), agent(HOST)))
    follow(found.pk, NOON)
    return found


def silent(cluster: Cluster, at: float = 10, **said: Any) -> None:
    builders.write(cluster, summary(later(at), agent("10.0.0.1"), agent(HOST, active=False, **said)))


def gone(cluster: Cluster, at: float = 90) -> None:
    builders.write(cluster, summary(later(at), agent("10.0.0.1")))


def back(cluster: Cluster, at: float = 120) -> None:
    builders.write(cluster, summary(later(at), agent("10.0.0.1"), agent(HOST)))


def the(cluster: Cluster) -> Incident:
    return Incident.objects.get(cluster=cluster)


def test_an_agent_that_dies_and_comes_back_is_one_incident_with_its_times() -> None:
    cluster = fleet()
    silent(cluster)
    assert follow(cluster.pk, later(12)) == 1
    incident = the(cluster)
    assert (incident.about, incident.kind, incident.state) == ("agent", "agent_or_host", "open")
    assert (incident.began_at, incident.detected_at, incident.declared_at) == (later(10), later(10), None)
    assert (incident.timeout_seconds, incident.tasks_at_risk) == (75, 3)
    assert incident.timeout_reason.startswith("5 pings of 15")
    gone(cluster)
    follow(cluster.pk, later(92))
    assert the(cluster).declared_at == later(90)
    back(cluster)
    follow(cluster.pk, later(122))
    incident = the(cluster)
    assert (incident.state, incident.ended_at, incident.failures) == ("recovered", later(120), 1)
    assert incident.links.count() == 3


def test_a_host_that_still_answers_lost_only_its_agent() -> None:
    cluster = fleet()
    silent(cluster)
    write_machines(cluster, host_metrics(HOST, later(20)))
    follow(cluster.pk, later(22))
    incident = the(cluster)
    assert incident.kind == "agent_process"
    assert incident.kind_reason == "The host answers: its machine’s metrics answered (12:00:20)"


def test_what_a_host_said_before_the_silence_proves_nothing() -> None:
    cluster = fleet()
    write_machines(cluster, host_metrics(HOST, later(5)))
    silent(cluster)
    follow(cluster.pk, later(12))
    assert the(cluster).kind == "agent_or_host"


def test_a_host_that_is_silent_too_is_a_lost_host() -> None:
    cluster = fleet()
    builders.write(cluster, report(NOON, node_health("10.0.0.1"), node_health(HOST)))
    silent(cluster)
    write_machines(cluster, host_metrics("10.0.0.1", later(20)), silent=(HOST,))
    builders.write(cluster, report(later(70), node_health("10.0.0.1"), node_health(HOST, dark=True)))
    follow(cluster.pk, later(72))
    incident = the(cluster)
    assert incident.kind == "host"
    assert "metrics did not answer" in incident.kind_reason and "component health got no answer" in incident.kind_reason


def test_a_refusing_port_proves_that_the_kernel_lives_on_plain_mesos_only() -> None:
    for kind, found in (("mesos", "agent_process"), ("dcos", "agent_or_host")):
        cluster = fleet(name=kind, kind=kind)
        silent(cluster)
        refused = NodeOutcome(host=HOST, outcome=Outcome.REFUSED, detail="refused")
        builders.write_harvest(cluster, "agents", Harvest(records=(), nodes=(refused,)), now=later(20))
        follow(cluster.pk, later(22))
        assert the(cluster).kind == found


def test_nobody_there_is_a_silent_host_on_plain_mesos() -> None:
    cluster = fleet(kind="mesos")
    silent(cluster)
    nowhere = NodeOutcome(host=HOST, outcome=Outcome.TIMEOUT_CONNECT, detail="no connection within 2 s")
    builders.write_harvest(cluster, "agents", Harvest(records=(), nodes=(nowhere,)), now=later(20))
    follow(cluster.pk, later(22))
    assert the(cluster).kind == "host"


def test_drained_and_deactivated_agents_are_no_failures() -> None:
    cluster = fleet()
    builders.write(cluster, summary(later(10), agent("10.0.0.1"), agent(HOST, active=False, draining=True)))
    builders.write(cluster, summary(later(20), agent("10.0.0.1", active=False, deactivated=True), agent(HOST)))
    follow(cluster.pk, later(22))
    assert Event.objects.filter(cluster=cluster, kind="agent_state").count() == 3
    assert not Incident.objects.exists()


def test_an_agent_that_left_in_good_order_is_no_failure() -> None:
    cluster = fleet()
    builders.write_masters(
        cluster, builders.master(at=later(85), metrics={"master/slaves_unreachable": 0.0}), now=later(85)
    )
    gone(cluster)
    for at in (92, 150, 500):
        follow(cluster.pk, later(at))
    assert not Incident.objects.exists()


def test_an_agent_that_the_leader_counts_as_unreachable_was_lost_though_nobody_saw_it_inactive() -> None:
    cluster = fleet()
    gone(cluster)
    follow(cluster.pk, later(92))
    assert not Incident.objects.exists()
    counted = builders.master(at=later(95), metrics={"master/slaves_unreachable": 1.0})
    builders.write_masters(cluster, counted, now=later(95))
    follow(cluster.pk, later(97))
    follow(cluster.pk, later(102))
    incident = the(cluster)
    assert (incident.began_at, incident.last_good_at, incident.declared_at) == (later(90), NOON, later(90))


def test_a_maintenance_makes_the_loss_a_planned_one_that_is_measured_all_the_same() -> None:
    cluster = fleet()
    times = {"created_at": NOON, "begins_at": NOON, "ends_at": later(3600)}
    Silence.objects.create(
        cluster=cluster, kind="maintenance", matcher=f"node:{HOST}", why="new disk", by="m.ruiz", **times
    )
    silent(cluster)
    follow(cluster.pk, later(12))
    back(cluster)
    follow(cluster.pk, later(122))
    incident = the(cluster)
    assert incident.planned and incident.planned_reason == "In the maintenance by m.ruiz: new disk"
    assert (incident.state, incident.ended_at) == ("recovered", later(120))


def test_a_flapping_agent_is_one_incident() -> None:
    cluster = fleet()
    for at in (10, 110, 210):
        silent(cluster, at)
        follow(cluster.pk, later(at + 2))
        back(cluster, at + 50)
        follow(cluster.pk, later(at + 52))
    incident = the(cluster)
    assert (incident.failures, incident.began_at, incident.ended_at) == (3, later(10), later(260))


def test_followed_twice_or_from_the_beginning_nothing_is_made_twice() -> None:
    cluster = fleet()
    silent(cluster)
    gone(cluster)
    back(cluster)
    follow(cluster.pk, later(122))
    links = set(IncidentEvent.objects.values_list("event", flat=True))
    assert follow(cluster.pk, later(122)) == 0
    Watch.objects.update(followed_event_id=0)
    follow(cluster.pk, later(125))
    assert Incident.objects.count() == 1
    assert set(IncidentEvent.objects.values_list("event", flat=True)) == links


def test_tasks_that_run_elsewhere_again_end_the_part_of_rescheduling() -> None:
    cluster = fleet()
    silent(cluster)
    follow(cluster.pk, later(12))
    gone(cluster)
    follow(cluster.pk, later(92))
    assert the(cluster).rescheduled_at is None
    builders.write(cluster, summary(later(110), agent("10.0.0.1", tasks=TaskCounts(running=6))))
    follow(cluster.pk, later(112))
    incident = the(cluster)
    assert incident.rescheduled_at == later(112) and "as many run again" in incident.effect


def test_an_agent_that_never_comes_back_is_ended_after_a_day() -> None:
    cluster = fleet()
    silent(cluster)
    gone(cluster)
    follow(cluster.pk, later(92))
    follow(cluster.pk, later(86_400))
    assert the(cluster).state == "open"
    follow(cluster.pk, later(86_500))
    assert the(cluster).state == "ended"


def test_what_happened_long_before_the_first_look_makes_no_incident() -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON, agent("10.0.0.1"), agent(HOST)))
    silent(cluster)
    assert follow(cluster.pk, later(86_400 * 3)) == 0
    assert not Incident.objects.exists()
    assert Node.objects.get(host=HOST).state == "inactive"
