from __future__ import annotations

import pytest

from dashboard.models import Cluster, Event, Master, Subject
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
    write_masters(cluster, master("10.0.0.101"), master("10.0.0.102", elected=False))
    write_masters(cluster, master("10.0.0.102", elected=False, at=later(10)), silent=("10.0.0.101",), now=later(10))
    write_masters(cluster, master("10.0.0.102", elected=True, at=later(20)), silent=("10.0.0.101",), now=later(20))
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
