"""Recorded steps of one real failure played in turn: the right events, verdicts and ages, and no false ones."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.models import Cluster, Event, Node, NodeHealth, Subject, UnitState
from dashboard.models.components import Health
from dashboard.queries import now
from dashboard.queries.now import Now
from tests.conformance import replaying

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not replaying.EXPECTED, reason="the recordings beside the repository are not here"),
]
Kind = Event.Kind


def play(*steps: str) -> list[Now]:
    """Poll one cluster through the steps; what the Now page says after each."""
    cluster, said = replaying.connect(steps[0]), []
    for step in steps:
        with replaying.playing(step):
            replaying.poll(cluster)
        said.append(now.now(Cluster.objects.get(), timezone.now()))
    return said


def told(*kinds: Event.Kind) -> list[tuple[str, str, str]]:
    events = Event.objects.filter(kind__in=kinds).order_by("id")
    return [(event.subject, event.before, event.after) for event in events]


def test_an_agent_that_is_killed_is_silent_then_unreachable_then_back() -> None:
    _, killed, unreachable, back = play(
        "04-task-killed-and-flapping", "05a-agent3-killed-1s", "05b-agent3-unreachable", "06-agent3-back"
    )
    assert told(Kind.AGENT_STATE) == [
        ("127.0.0.23", "active", "inactive"),
        ("127.0.0.23", "inactive", "unregistered"),
        ("127.0.0.23", "unregistered", "active"),
    ]
    assert killed.verdict.text.startswith("agent 127.0.0.23 silent for") and "at risk" in killed.verdict.text
    assert unreachable.verdict.text.startswith("agent 127.0.0.23 unreachable for")
    assert back.verdict.mark == "good" and back.nodes.counts == {"Active": 4}


def test_an_agent_marked_gone_is_gone_and_not_unreachable() -> None:
    _, gone = play("10-framework-torn-down", "12-agent3-gone")
    assert [agent.node.host for agent in gone.nodes.agents] == ["127.0.0.21", "127.0.0.22", "127.0.0.31"]
    assert Node.objects.get(host="127.0.0.23").state == Node.State.UNREGISTERED
    assert "127.0.0.23" not in gone.verdict.text


def test_a_killed_leader_is_followed_by_the_new_one_and_no_agent_is_called_lost() -> None:
    said = play(*replaying.FAIL_OVER)
    assert told(Kind.LEADER) == [("127.0.0.11", "127.0.0.11", ""), ("127.0.0.13", "", "127.0.0.13")]
    assert told(Kind.AGENT_STATE) == []
    assert told(Kind.MASTER_ANSWER) == [("127.0.0.11", "ok", "refused"), ("127.0.0.11", "refused", "ok")]
    assert "no master leads" in said[1].verdict.text and said[1].verdict.mark == "bad"
    assert "127.0.0.11 does not answer" in said[4].verdict.text
    assert [row.leads for row in said[5].masters.rows] == [True, False, False]


def test_counters_of_a_new_leader_are_no_negative_rate() -> None:
    said = play("06-agent3-back", "07c-new-leader-just-elected", "07d-new-leader-settled")
    rises = [answer.tasks.failed for answer in said]
    assert all(rise is None or rise.amount >= 0 for rise in rises)
    # The old leader had counted 21, the new one counts from 0: its readings are of another subject.
    assert Subject.objects.filter(kind=Subject.Kind.MASTER).count() == 3


def test_stopped_and_hung_diagnostics_make_their_nodes_dark_never_green() -> None:
    running, stopped, hung = play(
        "41-dcos-nodes-running", "43-dcos-p1-agent-stopped-a2-diag-stopped", "44-dcos-a1-diag-hung"
    )
    assert running.components is not None and running.components.dark_nodes == ()
    assert stopped.components is not None and hung.components is not None
    assert [node.host for node in stopped.components.dark_nodes] == ["127.0.0.22"]
    assert [node.host for node in hung.components.dark_nodes] == ["127.0.0.21", "127.0.0.22"]
    dark = UnitState.objects.filter(node__host="127.0.0.22").values_list("health", flat=True)
    assert set(dark) == {Health.NO_DATA}
    assert told(Kind.NODE_HEALTH) == [("127.0.0.22", "Unhealthy", "No data"), ("127.0.0.21", "Healthy", "No data")]


def test_a_dead_node_is_a_silent_agent_and_a_dark_host() -> None:
    said = play("41-dcos-nodes-running", "45-dcos-a1-node-dead")[-1]
    # The public agent had been stopped before, and stays in the recording.
    assert said.verdict.text.startswith("2 agents: 127.0.0.21 and 127.0.0.31 silent for")
    assert any("no component data from 127.0.0.21" in other.text for other in said.verdict.others)


def test_with_the_master_stopped_nothing_old_is_called_current() -> None:
    play("45-dcos-a1-node-dead", "46-dcos-m1-master-stopped")
    cluster = Cluster.objects.get()
    dark = NodeHealth.objects.filter(health=Health.NO_DATA).values_list("host", flat=True)
    assert set(dark) == {"127.0.0.21", "127.0.0.22", "127.0.0.31"}
    assert set(UnitState.objects.filter(node__host="127.0.0.31").values_list("health", flat=True)) == {Health.NO_DATA}
    later = now.now(cluster, timezone.now() + timedelta(minutes=3))
    assert (later.verdict.mark, later.verdict.word) == ("unk", "Unknown")
    assert later.verdict.text.startswith("no answer from any master for")


def test_a_disconnected_framework_and_a_torn_down_one_are_told_apart() -> None:
    play("08-old-leader-back-as-follower", "09-framework-disconnected", "10-framework-torn-down")
    named = Event.objects.filter(kind=Kind.FRAMEWORK_STATE).order_by("id").values_list("name", "after")
    assert ("metronome", "disconnected") in named and ("marathon-lb", "completed") in named
