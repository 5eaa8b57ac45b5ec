"""One poll from end to end against a cluster on loopback; only the cluster is simulated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collectors.simulator import Settings, Simulator
from collectors.sources import SOURCES, SOURCES_BY_NAME
from dashboard import patience, polling
from dashboard.models import (
    Cluster,
    Collection,
    Filesystem,
    Interface,
    Machine,
    Master,
    Node,
    Poll,
    Reading,
    Subject,
    UnitState,
)
from dashboard.store import clusters, members, slots

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
    whole = [source.name for source in SOURCES if not source.agents_per_shard]
    assert Poll.objects.count() == len(whole) and set(Poll.objects.values_list("fence", flat=True)) == {1}


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


def test_an_operators_poll_waits_for_the_clocks_and_is_done_then(cluster: Cluster) -> None:
    slots.open_due(timezone.now())
    running = slots.claim(Poll.objects.get(source="summary").pk, timezone.now())
    assert running is not None
    ends = timezone.now() + timedelta(seconds=1)

    def clock() -> datetime:
        now = timezone.now()
        if now > ends:
            Poll.objects.filter(pk=running.pk, ended_at=None).update(ended_at=now, outcome="ok")
        return now

    poll = polling.poll_now(cluster, "summary", clock=clock)
    assert poll.outcome == "ok" and poll.due_at > ends


class Locked:
    """A database that refuses the first `times` statements on a table, as one that restarts does."""

    def __init__(self, table: str, times: int, verb: str = "INSERT INTO") -> None:
        self.refused, self.left = f'{verb} "{table}"', times

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.left and sql.startswith(self.refused):
            self.left -= 1
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many tries as ever, without the waiting between them."""
    monkeypatch.setattr(patience, "RETRY_SECONDS", [0.0] * len(patience.RETRY_SECONDS))


@pytest.mark.parametrize(("refusals", "outcome", "agents"), [(1, "ok", 12), (4, "ok", 12), (99, "", 0)])
def test_what_was_collected_is_written_again_when_the_database_was_away(
    cluster: Cluster, in_a_hurry: None, refusals: int, outcome: str, agents: int
) -> None:
    slots.open_due(timezone.now())
    poll = Poll.objects.get(source="summary")
    with connection.execute_wrapper(Locked("dashboard_node", refusals)):
        polling.run(poll.pk, clock=timezone.now)
    poll.refresh_from_db()
    assert (poll.outcome, Node.objects.count()) == (outcome, agents)


def test_a_slot_is_claimed_when_the_database_is_back(cluster: Cluster, in_a_hurry: None) -> None:
    slots.open_due(timezone.now())
    poll = Poll.objects.get(source="summary")
    with connection.execute_wrapper(Locked("dashboard_poll", 4, verb="UPDATE")):
        polling.run(poll.pk, clock=timezone.now)
    poll.refresh_from_db()
    assert (poll.outcome, poll.fence) == ("ok", 1)


@pytest.mark.parametrize(("refusals", "outcome"), [(4, "ok"), (99, "")])
@pytest.mark.parametrize("table", ["dashboard_credential", "dashboard_master", "dashboard_node"])
def test_a_database_that_is_away_before_the_cluster_is_asked_is_no_failure_of_the_source(
    cluster: Cluster, in_a_hurry: None, table: str, refusals: int, outcome: str
) -> None:
    polling.poll_now(cluster, "summary", clock=timezone.now)
    poll = slots.open_now(cluster, "nodes", timezone.now())
    with connection.execute_wrapper(Locked(table, refusals, verb="SELECT")):
        polling.run(poll.pk, clock=timezone.now)
    poll.refresh_from_db()
    assert (poll.outcome, poll.fence) == (outcome, 1)
    assert not Collection.objects.exclude(outcome__in=("ok", "partial")).exists()


def test_a_database_that_takes_nothing_leaves_the_slot_open_and_the_worker_alive(
    cluster: Cluster, in_a_hurry: None
) -> None:
    slots.open_due(timezone.now())
    poll = Poll.objects.get(source="summary")
    with connection.execute_wrapper(Locked("dashboard_collection", 99)):
        polling.run(poll.pk, clock=timezone.now)
    poll.refresh_from_db()
    assert (poll.outcome, poll.fence) == ("", 1)


def test_a_cluster_removed_while_it_is_polled_stays_removed(cluster: Cluster) -> None:
    slots.open_due(timezone.now())
    poll = Poll.objects.get(source="summary")
    claimed = False

    def clock() -> datetime:
        nonlocal claimed
        if claimed:
            clusters.remove(Cluster.objects.get())
        claimed = True
        return timezone.now()

    polling.run(poll.pk, clock=clock)
    assert not Cluster.objects.exists() and not Node.objects.exists() and not Poll.objects.exists()


def test_only_masters_that_answered_of_late_are_asked_as_known_ones(cluster: Cluster) -> None:
    now = timezone.now()
    for host, answered in (("10.0.0.1", timedelta(minutes=5)), ("10.0.0.2", timedelta(hours=2))):
        Master.objects.create(
            cluster=cluster, host=host, first_seen=now, last_seen=now, taken_at=now - answered, elected=False
        )
    poll = slots.open_now(cluster, "summary", now)
    for name in ("masters", "summary"):
        assert polling._turn(SOURCES_BY_NAME[name], poll).known_masters == ("10.0.0.1",)


def measure(cluster: Cluster) -> list[Poll]:
    """Read who is there, then every machine, as a first slot would."""
    polling.poll_now(cluster, "summary", clock=timezone.now)
    return polling.poll_all_now(cluster, "nodes", clock=timezone.now)


def test_every_machine_is_measured_and_the_whole_is_told(cluster: Cluster) -> None:
    polls = measure(cluster)
    assert [poll.outcome for poll in polls] == ["ok"]
    machines = Machine.objects.filter(role="agent")
    assert machines.count() == 12 and Filesystem.objects.filter(machine__in=machines).count() >= 12
    assert all(machine.cores and machine.mem_used_bytes for machine in machines)
    assert (
        Interface.objects.exists()
        and polls[0].kept
        == Reading.objects.exclude(subject__kind__in=["cluster", "node", "zone", "framework", "use"]).count()
    )
    whole = Cluster.objects.get()
    assert (whole.agents_measured, whole.agents_expected) == (12, 12)
    assert whole.cpus_measured == whole.cpus_total and 0 < (whole.cpus_used or 0) < (whole.cpus_total or 0)
    assert Subject.objects.filter(kind="use", key__startswith="zone:").count() == 3


def test_a_machine_that_is_off_is_missing_from_the_total_not_zero_in_it(cluster: Cluster, simulator: Simulator) -> None:
    polling.poll_now(cluster, "summary", clock=timezone.now)
    dead = Node.objects.order_by("host")[0]
    simulator.cue("kill_node", host=dead.host)
    poll = polling.poll_now(cluster, "nodes", clock=timezone.now)
    whole = Cluster.objects.get()
    assert (poll.outcome, whole.agents_measured, whole.agents_expected) == ("partial", 11, 12)
    assert whole.cpus_measured == (whole.cpus_total or 0) - (dead.cpus_total or 0)
    assert Collection.objects.get(source="nodes", host=dead.host).failures_in_row == 1


def test_shards_of_a_source_ask_every_agent_once_between_them(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = replace(SOURCES_BY_NAME["nodes"], agents_per_shard=5)
    monkeypatch.setitem(SOURCES_BY_NAME, "nodes", small)
    polls = measure(cluster)
    assert [(poll.shard, poll.shards, poll.outcome) for poll in polls] == [(0, 3, "ok"), (1, 3, "ok"), (2, 3, "ok")]
    assert sum(poll.requests for poll in polls) == 12 + 2  # and the leading and the answering master
    standing = Collection.objects.get(source="nodes", host="")
    assert (standing.outcome, standing.requests) == ("ok", 14)
    assert Cluster.objects.get().agents_measured == 12


def test_the_price_of_a_turn_does_not_depend_on_the_source_being_in_shards(
    cluster: Cluster, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    polling.poll_now(cluster, "summary", clock=timezone.now)
    slot = slots.open_now(cluster, "nodes", timezone.now())
    with django_assert_num_queries(2):
        asked = members.of(slot).asked
        turn = polling._turn(SOURCES_BY_NAME["nodes"], slot, asked)
    assert len(turn.agents) == 12
