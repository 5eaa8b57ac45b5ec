"""A cluster that changes while it is polled: an agent goes between list and question, a leader dies in mid-poll."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from collectors.simulator import Settings, Simulator
from collectors.simulator.incidents import Timing
from dashboard import polling
from dashboard.models import Cluster, Collection, Event, Node, Poll, Reading
from dashboard.store import clusters, members, slots
from tests.slow_clock import SlowClock

pytestmark = pytest.mark.django_db(transaction=True)
QUICK = Timing(ping_timeout_seconds=1.0, election_seconds=1.0, reregister_seconds=0.5)
CLOCK = SlowClock()


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    CLOCK.rules(monkeypatch)
    with Simulator(Settings(with_stories=False, timing=QUICK, clock=CLOCK.seconds)).running() as running:
        yield running


@pytest.fixture
def cluster(simulator: Simulator) -> Cluster:
    wanted = Cluster(name="sim", kind="dcos", url=simulator.router_url)
    return clusters.save(wanted, master_urls=(), token=None, now=CLOCK.now())


def poll(cluster: Cluster, *sources: str) -> list[Poll]:
    return [polling.poll_now(cluster, source, clock=CLOCK.now) for source in sources]


def asked(cluster: Cluster) -> set[str]:
    return {agent.host for agent in members.of(slots.open_now(cluster, "agents", CLOCK.now())).asked}


def test_an_agent_that_goes_between_list_and_question_costs_its_own_answer_only(
    cluster: Cluster, simulator: Simulator
) -> None:
    poll(cluster, "summary", "agents")
    gone = Node.objects.order_by("host")[0].host
    readings = Reading.objects.filter(subject__key__contains=gone).count()
    simulator.cue("kill_node", host=gone)
    (said,) = poll(cluster, "agents")
    assert (said.outcome, said.detail.partition(":")[0]) == ("partial", "1 of 12 did not answer")
    assert Collection.objects.get(source="agents", host=gone).failures_in_row == 1
    assert Node.objects.get(host=gone).state == Node.State.ACTIVE  # so Mesos has it: one silence is no loss
    CLOCK.pass_seconds(simulator, QUICK.ping_timeout_seconds + 0.5)
    poll(cluster, "summary")
    left = Node.objects.get(host=gone)
    assert left.state != Node.State.ACTIVE and gone not in asked(cluster) and len(asked(cluster)) == 11
    assert Event.objects.filter(kind="agent_state", subject=gone, before="active").count() == 1
    # What was known of it stays, and so does its row.
    assert Reading.objects.filter(subject__key__contains=gone).count() >= readings > 0


def test_a_leader_that_dies_loses_no_agent_and_at_most_two_slots(cluster: Cluster, simulator: Simulator) -> None:
    poll(cluster, "masters", "summary")
    before = Cluster.objects.get().leader_host
    simulator.cue("kill_leader")
    lost = poll(cluster, "summary")[0]
    assert lost.outcome not in ("ok", "partial") and Node.objects.filter(state="active").count() == 12
    CLOCK.pass_seconds(simulator, QUICK.election_seconds + 0.2)
    ends = [poll(cluster, "masters", "summary") for _ in range(2)]
    assert [one.outcome for one in ends[-1]][1] == "ok"
    after = Cluster.objects.get().leader_host
    assert after and after != before
    assert Event.objects.filter(kind="leader", before=before, after=after).exists()
    states = set(Node.objects.values_list("state", flat=True))
    assert Node.objects.count() == 12 and states <= {"active", "reregistering"}
    assert not Event.objects.filter(kind="agent_state", after="unregistered").exists()
    assert Poll.objects.filter(source="summary", started_at__gt=CLOCK.now() - timedelta(minutes=1)).count() == 4
