"""One poll from end to end against a cluster on loopback; only the cluster is simulated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from collectors.simulator import Settings, Simulator
from dashboard import polling
from dashboard.models import Cluster, Collection, Master, Node, Poll, Reading, UnitState
from dashboard.store import clusters, slots

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings(with_stories=False)).running() as running:
        yield running


@pytest.fixture
def cluster(simulator: Simulator) -> Cluster:
    wanted = Cluster(name="sim", kind="dcos", url=simulator.router_url)
    return clusters.save(wanted, master_urls=(), token=None, now=timezone.now())


def poll_all(cluster: Cluster) -> dict[str, Poll]:
    return {
        name: polling.poll_now(cluster, name, clock=timezone.now) for name in ("masters", "summary", "component_health")
    }


def test_a_poll_of_each_source_fills_the_store(cluster: Cluster) -> None:
    polls = poll_all(cluster)
    assert {name: poll.outcome for name, poll in polls.items()} == dict.fromkeys(polls, "ok")
    assert Master.objects.count() == 3 and Node.objects.count() == 12
    assert UnitState.objects.values("component").distinct().count() == 52
    assert Cluster.objects.get().leader_host == Master.objects.get(elected=True).host


def test_a_failed_poll_writes_no_number(cluster: Cluster, simulator: Simulator) -> None:
    poll_all(cluster)
    readings, before = Reading.objects.count(), Cluster.objects.get()
    simulator.fault("/mesos/state-summary", "503")
    simulator.fault("/mesos/master/state-summary", "503")
    poll = polling.poll_now(cluster, "summary", clock=timezone.now)
    after = Cluster.objects.get()
    assert poll.outcome in ("server_error", "not_leader")
    assert Reading.objects.count() == readings
    assert (after.cpus_allocated, after.summary_taken_at) == (before.cpus_allocated, before.summary_taken_at)
    standing = Collection.objects.get(source="summary", host="")
    assert (standing.failures_in_row, standing.last_success_at is not None) == (1, True)


def test_two_dispatchers_and_a_repeated_message_cost_no_second_poll(cluster: Cluster) -> None:
    now = timezone.now()
    first, second = polling.due(now), polling.due(now)
    assert {due.pk for due in first} == {due.pk for due in second}
    for due in [*first, *second]:
        polling.run(due.pk, clock=timezone.now)
    assert Poll.objects.count() == 3 and set(Poll.objects.values_list("fence", flat=True)) == {1}


def test_a_worker_killed_mid_poll_costs_one_late_poll(cluster: Cluster) -> None:
    start = timezone.now()
    slots.open_due(start)
    killed = Poll.objects.get(source="summary")
    assert slots.claim(killed.pk, start) is not None  # and then its worker dies
    after = start + slots.LEASE + timedelta(seconds=1)
    polling.due(after)
    newer = Poll.objects.filter(source="summary").order_by("-due_at").first()
    assert newer is not None and newer.pk != killed.pk
    polling.run(newer.pk, clock=lambda: after)
    newer.refresh_from_db()
    assert newer.outcome == "ok"
    polling.due(after)
    killed.refresh_from_db()
    assert killed.outcome == "skipped_overlap"


def test_a_late_worker_that_lost_its_lease_writes_nothing(cluster: Cluster) -> None:
    start = timezone.now()
    slots.open_due(start)
    poll = Poll.objects.get(source="summary")

    def clock() -> datetime:
        # Between this worker's claim and its writing, another worker takes the slot over.
        Poll.objects.filter(pk=poll.pk, fence=1).update(fence=2)
        return start

    polling.run(poll.pk, clock=clock)
    poll.refresh_from_db()
    assert (poll.outcome, Reading.objects.count(), Node.objects.count()) == ("", 0, 0)


def test_a_credential_that_does_not_open_is_an_outcome_not_a_crash(cluster: Cluster) -> None:
    clusters.save(cluster, master_urls=(), token="secret", now=timezone.now())
    cluster.credential.sealed = b"from another key"
    cluster.credential.save()
    poll = polling.poll_now(cluster, "summary", clock=timezone.now)
    assert poll.outcome == "auth" and "credential" in poll.detail


def test_an_error_of_our_own_is_shown_and_ends_the_slot(cluster: Cluster) -> None:
    Cluster.objects.filter(pk=cluster.pk).update(kind="dcos", url="not a url")
    cluster.refresh_from_db()
    poll = polling.poll_now(cluster, "summary", clock=timezone.now)
    assert poll.outcome == "internal_error" and poll.ended_at is not None
