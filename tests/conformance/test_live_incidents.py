"""Recorded failures of a real cluster played in turn: each becomes one incident of the right kind, with the right times."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from dashboard import polling
from dashboard.incidents.follow import follow
from dashboard.models import Cluster, Incident
from tests.conformance import replaying

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not replaying.EXPECTED, reason="the recordings beside the repository are not here"),
]


def play(*steps: str) -> list[datetime]:
    """Poll one cluster through the steps, every source that tells of failures, and follow; when each step was polled."""
    cluster, times = replaying.connect(steps[0]), []
    for step in steps:
        times.append(timezone.now())
        with replaying.playing(step):
            poll(cluster)
        follow(cluster.pk, timezone.now())
    return times


def poll(cluster: Cluster) -> None:
    """Agents are asked before the summary is, which would tell that some are gone, and after it."""
    of_hosts = ["agents", "nodes", "component_health"] if cluster.kind == "dcos" else ["agents"]
    for name in [*of_hosts, "masters", "summary", "registry", "flags", *of_hosts, "masters"]:
        polling.poll_now(cluster, name, clock=timezone.now)


def told(**columns: object) -> list[tuple[str, str, str]]:
    rows = Incident.objects.filter(**columns).order_by("began_at", "subject")
    return [(row.kind, row.subject, row.state) for row in rows]


def test_a_killed_agent_is_one_incident_from_its_silence_to_its_return() -> None:
    times = play("04-task-killed-and-flapping", "05a-agent3-killed-1s", "05b-agent3-unreachable", "06-agent3-back")
    assert told(about="agent") == [("agent_process", "127.0.0.23", "recovered")]
    assert told(about="master") == told(about="scheduler") == []
    incident = Incident.objects.get(about="agent")
    assert incident.last_good_at is not None and incident.declared_at is not None and incident.ended_at is not None
    assert times[0] < incident.last_good_at < times[1] < incident.began_at < times[2]
    assert times[3] < incident.ended_at
    assert incident.began_at <= incident.declared_at < times[3]
    # The recorded masters ran with 3 s × 5, a zk session of 8 s.
    assert incident.timeout_seconds == 15
    assert incident.tasks_at_risk and incident.tasks_at_risk > 0


def test_a_killed_leader_is_one_incident_and_none_is_born_of_it() -> None:
    times = play(*replaying.FAIL_OVER)
    assert told(about__in=["master", "agent", "scheduler"]) == [("master", "127.0.0.11", "recovered")]
    # An app fails all the time; of its failures only those that the new leader counted are new.
    flapper = Incident.objects.get(about="tasks")
    assert (flapper.name, flapper.tasks_failed, flapper.cause) == ("marathon", 7, None)
    incident = Incident.objects.get(about="master")
    assert incident.failures == 1 and incident.declared_at is not None
    assert times[1] < incident.began_at < times[2] and times[3] < incident.declared_at < times[4]
    assert (incident.timeout_seconds, incident.kind_reason) == (8, "127.0.0.13 leads after 127.0.0.11")


def test_a_scheduler_that_lost_its_connection_fails_and_one_that_was_torn_down_does_not() -> None:
    play("08-old-leader-back-as-follower", "09-framework-disconnected", "10-framework-torn-down")
    found = Incident.objects.filter(about="scheduler")
    assert [(one.name, one.state) for one in found] == [("metronome", "open")]
    assert told(about="agent") == told(about="master") == []


def test_an_agent_marked_gone_by_an_operator_is_no_failure() -> None:
    play("10-framework-torn-down", "12-agent3-gone")
    assert told(about__in=["agent", "master", "scheduler"]) == []
    follow(Cluster.objects.get().pk, timezone.now() + timedelta(minutes=2))
    assert told(about="agent") == []


def test_a_hung_agent_is_a_failed_process_on_a_living_host() -> None:
    """As it is after the resumption it was before the hang; the steps before have another agent, which left meanwhile."""
    play("15-agent1-resumed", "14-agent1-hung", "15-agent1-resumed")
    assert told(about__in=["agent", "master"]) == [("agent_process", "127.0.0.21", "recovered")]
    incident = Incident.objects.get(about="agent")
    # Its port fell silent before Mesos, which had listed it all the time, declared it lost.
    assert incident.last_good_at is not None and incident.declared_at is not None
    assert incident.last_good_at < incident.began_at < incident.declared_at
    assert "takes connections but gives no good answer" in incident.kind_reason


def test_a_hung_zookeeper_is_one_failure_of_the_masters() -> None:
    play("15-agent1-resumed", "16a-zookeeper-hung-5s", "16b-zookeeper-hung-20s", "16c-zookeeper-back")
    assert told() == [("master", "127.0.0.13", "recovered")]


def test_an_agent_that_systemd_restarts_is_a_failed_process() -> None:
    play("41-dcos-nodes-running", "42a-dcos-a1-agent-killed", "42b-dcos-a1-agent-restarted")
    assert told(about="agent") == [("agent_process", "127.0.0.21", "recovered")]


def test_a_stopped_agent_and_a_dead_node_are_told_apart() -> None:
    play(
        "41-dcos-nodes-running",
        "43-dcos-p1-agent-stopped-a2-diag-stopped",
        "44-dcos-a1-diag-hung",
        "45-dcos-a1-node-dead",
    )
    incidents = {one.subject: one for one in Incident.objects.filter(about="agent")}
    assert set(incidents) == {"127.0.0.21", "127.0.0.31"}
    assert incidents["127.0.0.21"].kind == "host" and incidents["127.0.0.31"].kind == "agent_process"


def test_a_stopped_master_is_one_failure_and_makes_no_agent_fail() -> None:
    play("41-dcos-nodes-running", "46-dcos-m1-master-stopped")
    assert told() == [("master", "127.0.0.11", "open")]
