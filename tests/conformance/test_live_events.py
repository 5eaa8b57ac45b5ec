"""Recorded steps played in turn: each failure is told once, of the right subject and with its own time, and no other is.

The registry was not recorded, which is a case of its own: a cluster that does not serve it is no worse for it.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.utils import timezone

from collectors.errors import Outcome
from dashboard import polling
from dashboard.models import Cluster, Event, Framework, Node, TaskFailures
from dashboard.queries import now
from tests.conformance import replaying

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not replaying.EXPECTED, reason="the recordings beside the repository are not here"),
]
Kind = Event.Kind
LEADERS = dict.fromkeys(("07c", "07d", "08", "09", "10", "12", "14", "15"), "127.0.0.13-5050")


def play(*steps: str) -> list[tuple[datetime, datetime]]:
    """Poll one cluster through the steps, the registry too; when each step began and ended.

    The first step is polled twice: a framework's failures are counted from the first look at it on.
    """
    cluster, spans = replaying.connect(steps[0]), []
    for number, step in enumerate(steps):
        began = timezone.now()
        with replaying.playing(step):
            for _ in range(1 if number else 2):
                replaying.poll(cluster)
            polling.poll_now(cluster, "registry", clock=timezone.now)
        spans.append((began, timezone.now()))
    return spans


def told(*kinds: Event.Kind) -> list[tuple[str, str, str]]:
    events = Event.objects.filter(kind__in=kinds).order_by("id")
    return [(event.name, event.before, event.after) for event in events]


def failures(step: str, name: str) -> TaskFailures:
    """What the step's leader had counted of a framework, out of its metrics."""
    leader = LEADERS.get(step.partition("-")[0], "127.0.0.11-5050")
    path = replaying.SHARED / "live" / step / leader / "metrics_snapshot.json"
    said: dict[str, Any] = json.loads(path.read_text())
    begin, end = f"master/frameworks/{name}/", "/tasks/terminal/task_"
    counts = {
        state: value
        for key, value in said.items()
        for state in ("failed", "error")
        if key.startswith(begin) and key.endswith(f"{end}{state}")
    }
    return TaskFailures(**{state: int(count) for state, count in counts.items()})


def test_what_failed_between_two_looks_is_told_once_with_the_leaders_own_counts() -> None:
    _, (began, ended) = play("03-tasks-running", "04-task-killed-and-flapping")
    (event,) = Event.objects.filter(kind=Kind.TASKS_FAILED)
    before, after = failures("03-tasks-running", "marathon"), failures("04-task-killed-and-flapping", "marathon")
    assert (event.name, event.before, event.after) == ("marathon", str(before), str(after))
    assert event.subject == Framework.objects.get(name="marathon").framework_id
    assert TaskFailures.between(event.before, event.after) == 6
    assert began <= event.taken_at <= ended


def test_an_agents_death_is_told_of_the_agent_and_its_tasks_did_not_fail_for_it() -> None:
    steps = ("04-task-killed-and-flapping", "05a-agent3-killed-1s", "05b-agent3-unreachable", "06-agent3-back")
    spans = play(*steps)
    assert told(Kind.AGENT_STATE) == [
        ("127.0.0.23", "active", "inactive"),
        ("127.0.0.23", "inactive", "unregistered"),
        ("127.0.0.23", "unregistered", "active"),
    ]
    moments = Event.objects.filter(kind=Kind.AGENT_STATE).order_by("id").values_list("taken_at", flat=True)
    assert all(began <= at <= ended for at, (began, ended) in zip(moments, spans[1:], strict=True))
    # What failed meanwhile is the flapper, which is why its framework's count rose: never by what was on the agent.
    counts = [failures(step, "marathon") for step in steps]
    rises = [(str(a), str(b)) for a, b in pairwise(counts) if b.total > a.total]
    assert [row[1:] for row in told(Kind.TASKS_FAILED)] == rises
    assert told(Kind.FRAMEWORK_STATE, Kind.TWO_LEADERS, Kind.MAINTENANCE, Kind.LEADER) == []


def test_a_failover_is_told_of_the_masters_alone() -> None:
    play(*replaying.FAIL_OVER)
    assert told(Kind.LEADER) == [("127.0.0.11", "127.0.0.11", ""), ("127.0.0.13", "", "127.0.0.13")]
    # mesos-execute never came back to the new leader: for a minute that is no failure of it.
    assert told(Kind.AGENT_STATE, Kind.FRAMEWORK_STATE, Kind.TWO_LEADERS, Kind.MAINTENANCE) == []
    assert Framework.objects.get(name="mesos-execute instance").state == Framework.State.REREGISTERING
    # The old leader had counted 18 of marathon, the new one begins again: only what it counted itself has failed.
    after = [failures(step, "marathon") for step in ("07c-new-leader-just-elected", "07d-new-leader-settled")]
    assert told(Kind.TASKS_FAILED)[0] == ("marathon", str(after[0]), str(after[1]))


def test_a_framework_that_did_not_come_back_is_told_when_its_minute_is_over() -> None:
    play("06-agent3-back", "07c-new-leader-just-elected")
    Cluster.objects.update(reregistering_until=timezone.now() - timedelta(seconds=1))
    cluster = Cluster.objects.get()
    with replaying.playing("07d-new-leader-settled"):
        replaying.poll(cluster)
    assert told(Kind.FRAMEWORK_STATE) == [("mesos-execute instance", "reregistering", "disconnected")]


def test_an_agent_marked_gone_leaves_and_neither_it_nor_its_tasks_failed() -> None:
    play("10-framework-torn-down", "12-agent3-gone")
    assert told(Kind.AGENT_STATE) == [("127.0.0.23", "active", "unregistered")]
    before, after = failures("10-framework-torn-down", "marathon"), failures("12-agent3-gone", "marathon")
    assert told(Kind.TASKS_FAILED) == [("marathon", str(before), str(after))]
    assert not [agent for agent in now.now(Cluster.objects.get(), timezone.now()).nodes.agents if agent.lost]


def test_a_hung_agent_and_its_return_are_told_once_each() -> None:
    # Between 12 and 14 other agents left that no step shows, so what came after stands for what was before.
    _, *spans = play("15-agent1-resumed", "14-agent1-hung", "15-agent1-resumed")
    assert told(Kind.AGENT_STATE) == [
        ("127.0.0.21", "active", "unregistered"),
        ("127.0.0.21", "unregistered", "active"),
    ]
    moments = Event.objects.filter(kind=Kind.AGENT_STATE).order_by("id").values_list("taken_at", flat=True)
    assert all(began <= at <= ended for at, (began, ended) in zip(moments, spans, strict=True))


def test_a_cluster_that_does_not_serve_its_registry_is_no_worse_for_it() -> None:
    cluster = replaying.connect("03-tasks-running")
    with replaying.playing("03-tasks-running"):
        replaying.poll(cluster)
        poll = polling.poll_now(cluster, "registry", clock=timezone.now)
    assert poll.outcome == Outcome.NOT_FOUND
    verdict = now.now(Cluster.objects.get(), timezone.now()).verdict
    assert (verdict.mark, verdict.others) == ("good", ())
    assert Node.objects.exclude(state=Node.State.ACTIVE).count() == 0
