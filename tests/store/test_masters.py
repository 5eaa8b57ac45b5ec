from __future__ import annotations

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import NodeOutcome
from dashboard.models import Cluster, Event, Master, Subject
from dashboard.store import ingest
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import NOON, later, master, write_masters

pytestmark = pytest.mark.django_db


def told(kind: Event.Kind) -> list[tuple[str, str]]:
    return list(Event.objects.filter(kind=kind).order_by("id").values_list("before", "after"))


def test_the_first_leader_seen_is_no_change_of_leader() -> None:
    write_masters(builders.cluster(), master("10.0.0.101"), master("10.0.0.102", elected=False))
    cluster = Cluster.objects.get()
    assert (cluster.leader_host, cluster.leader_since, cluster.mesos_version) == ("10.0.0.101", NOON, "1.11.0")
    assert told(Event.Kind.LEADER) == []


def test_a_killed_leader_leaves_none_then_another_leads() -> None:
    cluster = builders.cluster()
    others = ("10.0.0.102", "10.0.0.103")
    write_masters(cluster, master("10.0.0.101"), *(master(host, elected=False) for host in others))
    for seconds, leader in ((10, ""), (20, "10.0.0.102")):
        answers = [master(host, later(seconds), elected=host == leader) for host in others]
        write_masters(cluster, *answers, silent=("10.0.0.101",), now=later(seconds))
    assert told(Event.Kind.LEADER) == [("10.0.0.101", ""), ("", "10.0.0.102")]
    assert told(Event.Kind.MASTER_ANSWER) == [("ok", "refused")]
    assert Master.objects.get(host="10.0.0.101").elected is None


def test_while_two_claim_to_lead_the_known_leader_stays() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.102", elected=True))
    both = (master("10.0.0.101", at=later(10)), master("10.0.0.102", elected=True, at=later(10)))
    write_masters(cluster, *both, now=later(10))
    assert Cluster.objects.get().leader_host == "10.0.0.102"
    assert Master.objects.filter(elected=True).count() == 2


def test_a_restart_is_another_life_with_its_own_readings() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master(uptime_seconds=3600))
    write_masters(cluster, master(at=later(10), uptime_seconds=3610), now=later(10))
    write_masters(cluster, master(at=later(60), uptime_seconds=20), now=later(60))
    assert len(told(Event.Kind.MASTER_RESTART)) == 1
    lives = Subject.objects.filter(kind=Subject.Kind.MASTER).values_list("key", flat=True)
    assert len(lives) == 2 and all(key.startswith("10.0.0.101:5050@") for key in lives)


def test_a_wavering_uptime_is_not_a_restart() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master(uptime_seconds=3600))
    write_masters(cluster, master(at=later(10), uptime_seconds=3607), now=later(10))
    assert told(Event.Kind.MASTER_RESTART) == []


def test_a_master_that_cannot_be_asked_is_known_without_figures() -> None:
    write_masters(builders.cluster(), master("10.0.0.101"), silent=("10.0.0.103",))
    row = Master.objects.get(host="10.0.0.103")
    assert (row.taken_at, row.elected, row.event_queue_messages) == (None, None, None)


def test_when_no_master_answers_the_last_leader_is_not_called_deposed() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"))
    error = PollError(Outcome.REFUSED, "refused", nodes=(NodeOutcome(host="10.0.0.101", outcome=Outcome.REFUSED),))
    writing = Writing(cluster=Cluster.objects.get(), tick=10, now=later(10))
    ingest.failure(writing, "masters", error, duration_seconds=0.1)
    write_masters(cluster, master("10.0.0.101", at=later(20)), now=later(20))
    assert told(Event.Kind.LEADER) == []
    assert (Cluster.objects.get().leader_host, Cluster.objects.get().leader_since) == ("10.0.0.101", NOON)


def test_a_leader_that_is_asked_no_more_does_not_lead_for_ever() -> None:
    cluster = builders.cluster(kind="mesos")
    write_masters(cluster, master("10.0.0.101"), master("10.0.0.102", elected=False))
    # The unregistered leader is asked only while no registered master leads.
    write_masters(cluster, master("10.0.0.102", elected=True, at=later(10)), now=later(10))
    assert Cluster.objects.get().leader_host == "10.0.0.102"
    assert Master.objects.get(host="10.0.0.101").elected is None


def test_a_leader_that_restarts_leads_since_then_and_waits_for_its_agents() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master(uptime_seconds=3600))
    write_masters(cluster, master(at=later(10), uptime_seconds=4), now=later(10))
    write_masters(cluster, master(at=later(20), uptime_seconds=14), now=later(20))
    row = Cluster.objects.get()
    assert (row.leader_since, row.reregistering_until) == (later(10), later(70))
    assert told(Event.Kind.LEADER) == [("10.0.0.101", "10.0.0.101")]


def test_clocks_that_drift_or_jump_are_no_restart() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master(uptime_seconds=36_000))
    for seconds, uptime in ((10, 36_002), (3610, 36_010), (3620, 39_000)):
        write_masters(cluster, master(at=later(seconds), uptime_seconds=uptime), now=later(seconds))
    assert told(Event.Kind.MASTER_RESTART) == []
    assert Subject.objects.filter(kind=Subject.Kind.MASTER).count() == 1


def test_a_number_past_any_column_costs_the_others_nothing() -> None:
    absurd = {"master/slaves_active": 1e300, "system/cpus_total": 4.0}
    write_masters(builders.cluster(), master(uptime_seconds=1e300, metrics=absurd))
    row = Master.objects.get()
    assert (row.agents_active, row.cpus_total, row.started_at) == (None, 4.0, None)


def test_while_most_masters_are_silent_the_known_leader_may_lead_on() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"), master("10.0.0.102"), master("10.0.0.103"))
    seen = master("10.0.0.102", later(10), elected=False)
    write_masters(cluster, seen, silent=("10.0.0.101", "10.0.0.103"), now=later(10))
    assert Cluster.objects.get().leader_host == "10.0.0.101"
    assert told(Event.Kind.LEADER) == []
