"""What operators and schedulers do to a cluster while it is polled: told once, of the right subject, and no loss of an agent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from collectors.simulator import Settings, Simulator
from collectors.simulator.incidents import Timing
from dashboard import polling
from dashboard.models import Cluster, Event, Framework, Node, TaskFailures
from dashboard.queries import now
from dashboard.store import clusters
from tests.slow_clock import SlowClock

pytestmark = pytest.mark.django_db(transaction=True)
QUICK = Timing(ping_timeout_seconds=1.0, election_seconds=1.0, reregister_seconds=0.5)
CLOCK = SlowClock()
Kind = Event.Kind


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    CLOCK.rules(monkeypatch)
    with Simulator(Settings(with_stories=False, timing=QUICK, clock=CLOCK.seconds)).running() as running:
        yield running


@pytest.fixture(params=["dcos", "mesos"])
def cluster(request: pytest.FixtureRequest, simulator: Simulator) -> Cluster:
    urls = [simulator.router_url] if request.param == "dcos" else simulator.master_urls
    wanted = Cluster(name="sim", kind=request.param, url=urls[0])
    made = clusters.save(wanted, master_urls=urls[1:], token=None, now=CLOCK.now())
    look(made)
    look(made)
    return made


def look(cluster: Cluster) -> None:
    for source in ("masters", "summary", "registry"):
        assert polling.poll_now(cluster, source, clock=CLOCK.now).outcome == "ok"


def told(*kinds: Event.Kind) -> list[tuple[str, str, str]]:
    events = Event.objects.filter(kind__in=kinds).exclude(before="", kind=Kind.AGENT_STATE).order_by("id")
    return [(event.name, event.before, event.after) for event in events]


def lost() -> list[str]:
    said = now.now(Cluster.objects.get(), CLOCK.now())
    return [agent.node.host for agent in said.nodes.agents if agent.lost]


def a_host() -> str:
    return Node.objects.order_by("host")[0].host


def test_an_agent_that_dies_is_unreachable_since_the_moment_that_mesos_gave_it_up(
    cluster: Cluster, simulator: Simulator
) -> None:
    host, killed_at = a_host(), CLOCK.now()
    simulator.cue("kill_agent", host=host)
    look(cluster)
    CLOCK.pass_seconds(simulator, QUICK.ping_timeout_seconds + 0.5)
    look(cluster)
    assert told(Kind.AGENT_STATE) == [
        (host, "active", "inactive"),
        (host, "inactive", "unregistered"),
        (host, "unregistered", "unreachable"),
    ]
    declared = Event.objects.get(after="unreachable").taken_at
    assert abs(declared - killed_at - timedelta(seconds=QUICK.ping_timeout_seconds)) < timedelta(seconds=0.5)
    assert lost() == [host] and told(Kind.TASKS_FAILED) == []
    simulator.cue("restart_agent", host=host)
    CLOCK.pass_seconds(simulator, QUICK.reregister_seconds + 0.5)
    look(cluster)
    assert told(Kind.AGENT_STATE)[-1] == (host, "unreachable", "active") and lost() == []


def test_an_agent_that_an_operator_marks_gone_is_no_loss(cluster: Cluster, simulator: Simulator) -> None:
    host = a_host()
    simulator.cue("mark_agent_gone", host=host)
    look(cluster)
    look(cluster)
    assert told(Kind.AGENT_STATE) == [(host, "active", "unregistered"), (host, "unregistered", "gone")]
    assert lost() == [] and told(Kind.TASKS_FAILED) == []


def test_an_agent_that_is_drained_and_taken_up_again_is_no_loss(cluster: Cluster, simulator: Simulator) -> None:
    host = a_host()
    for cue in ("drain_agent", "reactivate_agent", "deactivate_agent"):
        simulator.cue(cue, host=host)
        look(cluster)
    assert told(Kind.AGENT_STATE) == [
        (host, "active", "draining"),
        (host, "draining", "active"),
        (host, "active", "deactivated"),
    ]
    assert lost() == []


def test_maintenance_is_told_from_the_schedule_to_the_end_and_its_agent_is_no_loss(
    cluster: Cluster, simulator: Simulator
) -> None:
    host = a_host()
    simulator.cue("schedule_maintenance", host=host, in_seconds="0.8", seconds="60")
    look(cluster)
    assert Node.objects.get(host=host).maintenance == "scheduled"
    CLOCK.pass_seconds(simulator, 1)
    look(cluster)
    simulator.cue("start_maintenance", host=host)
    look(cluster)
    CLOCK.pass_seconds(simulator, QUICK.ping_timeout_seconds + 0.5)
    look(cluster)
    assert lost() == []
    simulator.cue("end_maintenance", host=host)
    CLOCK.pass_seconds(simulator, QUICK.reregister_seconds + 0.5)
    look(cluster)
    assert told(Kind.MAINTENANCE) == [
        (host, "", "scheduled"),
        (host, "scheduled", "draining"),
        (host, "draining", "down"),
        (host, "down", ""),
    ]
    assert told(Kind.AGENT_STATE) == [(host, "active", "unregistered"), (host, "unregistered", "active")]


def test_tasks_that_fail_are_told_of_their_framework_once_a_look(cluster: Cluster, simulator: Simulator) -> None:
    simulator.cue("fail_tasks", name="cassandra", per_hour="36000")
    CLOCK.pass_seconds(simulator, 1)
    look(cluster)
    simulator.cue("stop_failing_tasks", name="cassandra")
    look(cluster)
    look(cluster)
    events = Event.objects.filter(kind=Kind.TASKS_FAILED).order_by("id")
    assert {event.subject for event in events} == {Framework.objects.get(name="cassandra").framework_id}
    failed = sum(TaskFailures.between(event.before, event.after) for event in events)
    assert len(events) <= 2 and failed >= 10


def test_a_scheduler_that_goes_and_returns_and_one_that_completes_are_told_apart(
    cluster: Cluster, simulator: Simulator
) -> None:
    for cue in ("disconnect_framework", "reconnect_framework", "tear_down_framework"):
        simulator.cue(cue, name="kafka")
        look(cluster)
    assert told(Kind.FRAMEWORK_STATE)[-3:] == [
        ("kafka", "active", "disconnected"),
        ("kafka", "disconnected", "active"),
        ("kafka", "active", "completed"),
    ]


def test_a_failover_is_told_of_the_masters_and_of_nobody_else(cluster: Cluster, simulator: Simulator) -> None:
    simulator.cue("kill_leader")
    CLOCK.pass_seconds(simulator, QUICK.election_seconds + 0.1)
    for _ in range(4):
        for source in ("masters", "summary", "registry"):
            polling.poll_now(cluster, source, clock=CLOCK.now)
        CLOCK.pass_seconds(simulator, 0.3)
    assert told(Kind.LEADER)
    assert told(Kind.AGENT_STATE, Kind.TASKS_FAILED, Kind.TWO_LEADERS, Kind.MAINTENANCE) == []
    assert [row for row in told(Kind.FRAMEWORK_STATE) if row[1]] == []
