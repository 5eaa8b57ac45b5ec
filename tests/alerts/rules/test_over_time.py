"""The masters' and agents' rules judged by the engine while a cluster lives through something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import NodeOutcome, Resources
from dashboard.alerts.evaluate import evaluate
from dashboard.alerts.rules import agents, capacity, frameworks, master_load, masters, tasks
from dashboard.models import Alert, Cluster, Rule, Watch
from dashboard.store import ingest
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import GIB, agent, later, master, summary, write, write_masters

pytestmark = pytest.mark.django_db
A, B, C = "10.0.0.101", "10.0.0.102", "10.0.0.103"
HOSTS = tuple(f"10.0.0.{number}" for number in range(1, 21))
LEADS = {
    "master/slaves_active": 20.0,
    "master/slaves_unreachable": 0.0,
    "master/slave_removals": 0.0,
    "master/slave_removals/reason_unregistered": 0.0,
    "master/slave_removals/reason_registered": 0.0,
    "master/tasks_running": 60.0,
    "master/tasks_staging": 0.0,
    **{f"master/tasks_{end}": 0.0 for end in ("finished", "failed", "killed", "error", "lost")},
}
RULES = tuple(rule for module in (masters, agents, tasks, capacity, frameworks, master_load) for rule in module.RULES)
STANDS_BY = dict.fromkeys(LEADS, 0.0)


class Living:
    """A cluster of three masters and twenty agents: polled and judged at each moment that a test names."""

    def __init__(self) -> None:
        self.cluster = builders.cluster()
        self.uptimes = dict.fromkeys((A, B, C), 86_400.0)
        self.at = 0.0

    def moves(self, seconds: float) -> None:
        self.at += seconds
        self.uptimes = {host: uptime + seconds for host, uptime in self.uptimes.items()}

    def polled(
        self,
        *,
        leader: str = A,
        said: Mapping[str, float] | None = None,
        hosts: tuple[str, ...] = HOSTS,
        dead: tuple[str, ...] = (),
        cpus: float = 1,
    ) -> None:
        """The masters answer but for the dead, and the leader lists these agents."""
        answering = [
            master(
                host,
                later(self.at),
                elected=host == leader,
                uptime_seconds=self.uptimes[host],
                metrics={**LEADS, **(said or {})} if host == leader else STANDS_BY,
            )
            for host in (A, B, C)
            if host not in dead
        ]
        write_masters(self.cluster, *answering, silent=dead, now=later(self.at))
        if leader:
            allocated = Resources(cpus=cpus, mem_bytes=2 * GIB, disk_bytes=10 * GIB)
            listed = [agent(host, allocated=allocated) for host in hosts]
            write(self.cluster, summary(later(self.at), *listed, leader_hostname=leader))

    def silent(self) -> None:
        """No master answers."""
        nodes = tuple(
            NodeOutcome(host=host, port=5050, outcome=Outcome.TIMEOUT_CONNECT, detail="silent") for host in (A, B, C)
        )
        error = PollError(Outcome.TIMEOUT_CONNECT, "no connection within 5 s", nodes=nodes)
        fresh = Cluster.objects.get()
        writing = Writing(cluster=fresh, tick=int(later(self.at).timestamp()) // 10 * 10, now=later(self.at))
        for source in ("masters", "summary"):
            ingest.failure(writing, source, error, duration_seconds=5.0)

    def judged(self) -> None:
        evaluate(self.cluster.pk, later(self.at), rules=RULES)


@pytest.fixture
def living() -> Iterator[Living]:
    living = Living()
    living.polled()
    living.judged()
    yield living
    assert not Rule.objects.exclude(error=""), "a rule broke"


def fired() -> list[tuple[str, str, str]]:
    found = Alert.objects.exclude(fired_at=None).order_by("fired_at", "pk")
    return list(found.values_list("rule__key", "subject", "severity"))


def test_an_hour_with_standbys_that_count_nothing_fires_nothing(living: Living) -> None:
    for _ in range(20):
        living.moves(180)
        living.polled()
        living.judged()
    assert fired() == []
    assert Rule.objects.get(key="R4").closest_value == 1


def test_a_fail_over_with_counters_that_begin_anew_is_no_loss_of_tasks(living: Living) -> None:
    for _ in range(12):
        living.moves(60)
        living.polled(said={"master/tasks_lost": 500.0})
    living.judged()
    living.moves(20)
    living.polled(leader="", dead=(A,))
    living.judged()
    for minute in range(20):
        living.moves(60)
        living.polled(leader=B, dead=(A,), said={"master/tasks_lost": min(2.0, minute)})
        living.judged()
    assert [key for key, *_ in fired()] == ["R5"], "A is missing, and nothing else is wrong"
    assert Rule.objects.get(key="R14").closest_value == 0


def test_when_all_masters_are_silent_for_twenty_minutes_one_alert_says_so(living: Living) -> None:
    for _ in range(40):
        living.moves(30)
        living.silent()
        living.judged()
    unmuted = Alert.objects.exclude(fired_at=None).filter(inhibited_by="").values_list("rule__key", "severity")
    assert list(unmuted) == [("R2", "critical")]
    assert not [key for key, *_ in fired() if key.startswith("R4")]
    assert Alert.objects.get(rule__key="R2").fired_at == later(210)
    for _ in range(8):
        living.moves(15)
        living.polled()
        living.judged()
    assert Alert.objects.get(rule__key="R2").state == "resolved"


def test_no_leader_is_told_after_two_minutes_and_mutes_what_it_explains(living: Living) -> None:
    for _ in range(24):
        living.moves(15)
        living.polled(leader="", dead=(A,))
        living.judged()
    assert fired() == [("R4", "", "critical"), ("R5", "", "warning")]
    assert Alert.objects.get(rule__key="R4").fired_at == later(135)
    assert Alert.objects.get(rule__key="R5").inhibited_by.startswith("No leader: no master leads")


def test_a_master_that_restarts_twice_in_ten_minutes_flaps(living: Living) -> None:
    for uptime in (30, 90, 30, 90):
        living.moves(60)
        living.uptimes[B] = uptime
        living.polled()
        living.judged()
    assert ("R3", B, "warning") in fired()


def test_a_master_that_restarts_once_has_restarted_and_does_not_flap(living: Living) -> None:
    for uptime in (30, 90, 150):
        living.moves(60)
        living.uptimes[B] = uptime
        living.polled()
        living.judged()
    assert fired() == [("R3b", B, "warning")]


def test_agents_that_come_back_to_a_new_leader_for_nine_minutes_are_no_alert(living: Living) -> None:
    living.moves(15)
    living.polled(leader="", dead=(A,))
    living.judged()
    for step in range(18):
        living.moves(30)
        back = HOSTS[: step * 20 // 18]
        living.polled(leader=B, hosts=back, said={"master/slaves_active": float(len(back))})
        living.judged()
    for _ in range(10):
        living.moves(60)
        living.polled(leader=B)
        living.judged()
    assert fired() == []


def test_agents_that_do_not_come_back_are_told_when_the_hold_is_over(living: Living) -> None:
    for _ in range(12):
        living.moves(300)
        living.polled()
    living.moves(15)
    living.polled(leader="", dead=(A,))
    living.judged()
    for _ in range(32):
        living.moves(30)
        living.polled(leader=B, hosts=HOSTS[:15], said={"master/slaves_active": 15.0, "master/slaves_unreachable": 5.0})
        living.judged()
    rules = {key for key, *_ in fired()}
    assert {"R6", "R8"} <= rules
    assert {subject for key, subject, _ in fired() if key == "R8"} == set(HOSTS[15:])
    assert min(alert.fired_at for alert in Alert.objects.filter(rule__key="R8") if alert.fired_at) >= later(
        3600 + 30 + 600
    )


def test_allocation_that_swings_about_the_limit_fires_once_at_most(living: Living) -> None:
    for minute in range(60):
        living.moves(60)
        living.polled(cpus=3.64 if minute % 2 else 3.56)
        living.judged()
    assert len(fired()) <= 1


def test_allocation_above_the_limit_fires_after_a_quarter_of_an_hour_and_ends_below_the_clear_value(
    living: Living,
) -> None:
    for cpus, minutes in ((3.7, 16), (3.54, 20)):
        for _ in range(minutes):
            living.moves(60)
            living.polled(cpus=cpus)
            living.judged()
    alert = Alert.objects.get(rule__key="R19")
    assert (alert.state, alert.fired_at) == ("firing", later(960))
    for _ in range(16):
        living.moves(60)
        living.polled(cpus=3.4)
        living.judged()
    alert.refresh_from_db()
    assert alert.state == "resolved"
    assert fired() == [("R19", "", "critical")]


def test_what_an_old_mesos_does_not_tell_is_unknown_and_breaks_nothing(living: Living) -> None:
    living.moves(15)
    living.polled()
    living.judged()
    slow = Rule.objects.get(key="R26")
    assert (slow.judged_at, slow.error) == (None, "")
    assert Watch.objects.get().rules_unknown > 0
    assert Rule.objects.get(key="R19").judged_at == later(15)
    assert fired() == []
