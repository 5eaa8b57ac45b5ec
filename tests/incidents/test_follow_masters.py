"""Masters that fail, from the events of their polls to incidents: a fail-over is one, whatever else happens meanwhile."""

from __future__ import annotations

import pytest

from dashboard.incidents.follow import follow
from dashboard.models import Cluster, Event, Incident
from tests import builders
from tests.builders import NOON, agent, later, master, summary, write_masters

pytestmark = pytest.mark.django_db

A, B, C = "10.0.0.101", "10.0.0.102", "10.0.0.103"
FLAGS = {"zk_session_timeout": "10secs"}


def masters(cluster: Cluster, at: float, *, leader: str = "", silent: tuple[str, ...] = (), **uptime: float) -> None:
    """All three at this time: one leads, some are silent; how long each is up where that is not since before NOON."""
    said = [
        master(host, later(at), elected=host == leader, uptime_seconds=uptime.get(f"up_{host[-1]}", 3600 + at))
        for host in (A, B, C)
        if host not in silent
    ]
    write_masters(cluster, *said, silent=silent, now=later(at))


def agents(cluster: Cluster, at: float, leader: str, *hosts: str) -> None:
    found = [agent(host) for host in hosts or ("10.0.0.1", "10.0.0.2")]
    builders.write(cluster, summary(later(at), *found, leader_hostname=leader))


def ensemble() -> Cluster:
    """Three masters, the first leads; two agents; followed up to NOON."""
    cluster = builders.cluster()
    builders.write(cluster, builders.flags(A, agent_id="", flags=FLAGS))
    masters(cluster, 0, leader=A)
    agents(cluster, 0, A)
    follow(cluster.pk, NOON)
    return cluster


def told() -> list[tuple[str, str, str]]:
    return [(one.kind, one.subject, one.state) for one in Incident.objects.order_by("pk")]


def test_a_fail_over_is_one_incident_that_ends_when_the_agents_are_back() -> None:
    cluster = ensemble()
    masters(cluster, 10, silent=(A,))
    follow(cluster.pk, later(12))
    incident = Incident.objects.get()
    assert (incident.subject, incident.effect) == (A, "No task can start; those that run go on")
    assert (incident.timeout_seconds, incident.declared_at) == (10, None)
    masters(cluster, 20, leader=B, silent=(A,))
    agents(cluster, 21, B, "10.0.0.1")
    follow(cluster.pk, later(22))
    assert told() == [("master", A, "open")]
    agents(cluster, 31, B)
    follow(cluster.pk, later(32))
    incident = Incident.objects.get()
    assert (incident.state, incident.declared_at, incident.ended_at) == ("recovered", later(20), later(31))
    assert incident.kind_reason == f"{B} leads after {A}"
    masters(cluster, 300, leader=B, up_1=5)
    follow(cluster.pk, later(302))
    assert told() == [("master", A, "recovered")] and Incident.objects.get().failures == 1


def test_a_leader_that_restarts_between_two_polls_is_one_incident() -> None:
    cluster = ensemble()
    masters(cluster, 20, leader=A, up_1=4)
    follow(cluster.pk, later(22))
    assert told() == [("master", A, "open")]
    agents(cluster, 31, A)
    follow(cluster.pk, later(32))
    incident = Incident.objects.get()
    assert (incident.state, incident.began_at, incident.declared_at) == ("recovered", later(16), later(20))


def test_a_standby_that_restarts_is_over_when_it_is_known() -> None:
    cluster = ensemble()
    masters(cluster, 20, leader=A, up_2=4)
    follow(cluster.pk, later(22))
    assert told() == [("master", B, "recovered")]


def test_a_standby_that_is_silent_is_open_until_it_answers() -> None:
    cluster = ensemble()
    masters(cluster, 10, leader=A, silent=(C,))
    follow(cluster.pk, later(12))
    incident = Incident.objects.get()
    assert (incident.state, incident.subject, incident.timeout_seconds) == ("open", C, None)
    assert incident.effect.replace("\u00a0", " ") == "2 masters of 3 answer"
    masters(cluster, 50, leader=A)
    follow(cluster.pk, later(52))
    assert Incident.objects.get().ended_at == later(50)


def test_the_last_master_that_answers_stands_in_the_singular() -> None:
    cluster = ensemble()
    for at, silent in ((10, (C,)), (40, (B, C))):
        masters(cluster, at, leader=A, silent=silent)
        follow(cluster.pk, later(at + 2))
    said = Incident.objects.latest("began_at").effect
    assert said.replace("\u00a0", " ") == "1 master of 3 answers"


def test_all_masters_silent_at_once_is_one_incident() -> None:
    cluster = ensemble()
    masters(cluster, 10, silent=(A, B, C))
    follow(cluster.pk, later(12))
    incident = Incident.objects.get()
    assert incident.failures == 3 and incident.effect.startswith("No master answers")
    masters(cluster, 60, leader=A)
    follow(cluster.pk, later(62))
    assert [state for *_, state in told()] == ["recovered"]


def test_agents_that_come_back_to_a_new_leader_are_no_failure_and_one_that_does_not_is_its_effect() -> None:
    cluster = ensemble()
    masters(cluster, 10, silent=(A,))
    masters(cluster, 20, leader=B, silent=(A,))
    agents(cluster, 21, B, "10.0.0.1")
    follow(cluster.pk, later(22))
    assert [kind for kind, *_ in told()] == ["master"]
    agents(cluster, 91, B, "10.0.0.1")
    follow(cluster.pk, later(92))
    lost = Incident.objects.get(about="agent")
    assert (lost.subject, lost.began_at, lost.declared_at) == ("10.0.0.2", later(91), None)
    assert lost.cause == Incident.objects.get(about="master")
    assert lost.cause_reason.startswith(f"the masters were failing over ({A})")


def test_two_leaders_are_a_failure_until_one_yields() -> None:
    cluster = ensemble()
    at = {"cluster": cluster, "kind": Event.Kind.TWO_LEADERS, "subject": f"{A}, {B}", "name": f"{A}, {B}"}
    Event.objects.create(**at, after=f"{A}, {B}", taken_at=later(10), seen_at=later(10))
    follow(cluster.pk, later(12))
    incident = Incident.objects.get()
    assert (incident.kind, incident.name, incident.state) == ("master", f"{A}, {B}", "open")
    Event.objects.create(**at, before=f"{A}, {B}", taken_at=later(40), seen_at=later(40))
    follow(cluster.pk, later(42))
    assert Incident.objects.get().ended_at == later(40)


def test_two_fail_overs_an_hour_apart_followed_at_once_are_two_incidents() -> None:
    cluster = ensemble()
    masters(cluster, 10, silent=(A,))
    masters(cluster, 20, leader=B, silent=(A,))
    masters(cluster, 3610, silent=(A, B))
    masters(cluster, 3620, leader=C, silent=(A, B))
    agents(cluster, 3700, C)
    follow(cluster.pk, later(3900))
    assert told() == [("master", A, "recovered"), ("master", B, "recovered")]
