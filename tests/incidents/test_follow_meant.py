"""What an operator meant, closed or took away makes no failure, whichever source tells the end of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from collectors.records import ClusterRegistry
from dashboard.incidents import follow as following
from dashboard.incidents.follow import follow
from dashboard.models import Cluster, Collection, Event, Incident
from dashboard.store import incidents
from tests import builders
from tests.builders import NOON, agent, later, summary

pytestmark = pytest.mark.django_db

HOST, HOST_ID = "10.0.0.2", "id-of-10.0.0.2"


def registry(cluster: Cluster, at: float, **said: Any) -> None:
    said = {"admitted": ("id-of-10.0.0.1",), "unreachable": {}, "gone": {}, "machines": (), **said}
    builders.write(cluster, ClusterRegistry(taken_at=later(at), **said), source="registry")


def lists(cluster: Cluster, at: float, **said: Any) -> None:
    builders.write(cluster, summary(later(at), agent("10.0.0.1"), agent(HOST, **said)))


def lists_no_more(cluster: Cluster, at: float) -> None:
    builders.write(cluster, summary(later(at), agent("10.0.0.1")))


def fleet() -> Cluster:
    """Two agents that are well, in a cluster whose registry was read before."""
    cluster = builders.cluster()
    lists(cluster, 0)
    registry(cluster, 1, admitted=("id-of-10.0.0.1", HOST_ID))
    follow(cluster.pk, NOON)
    return cluster


@pytest.mark.parametrize("set_aside", [{"draining": True}, {"deactivated": True}])
def test_a_drained_agent_that_is_switched_off_is_planned_though_the_registry_calls_it_unreachable(
    set_aside: dict[str, bool],
) -> None:
    cluster = fleet()
    lists(cluster, 10, active=False, **set_aside)
    lists_no_more(cluster, 100)
    follow(cluster.pk, later(102))
    registry(cluster, 130, unreachable={HOST_ID: later(98)})
    follow(cluster.pk, later(132))
    assert [one.planned for one in Incident.objects.all()] == [True]
    assert Incident.objects.get().planned_reason.endswith("before")


def test_an_agent_whose_loss_an_operator_closed_is_not_lost_again_when_mesos_declares_it() -> None:
    cluster = fleet()
    lists(cluster, 10, active=False)
    follow(cluster.pk, later(12))
    incidents.close(Incident.objects.get(), User.objects.create(username="m.ruiz"), later(20))
    lists_no_more(cluster, 90)
    builders.write_masters(
        cluster, builders.master(at=later(95), metrics={"master/slaves_unreachable": 1.0}), now=later(95)
    )
    follow(cluster.pk, later(97))
    registry(cluster, 700, unreachable={HOST_ID: later(85)})
    follow(cluster.pk, later(702))
    assert [one.state for one in Incident.objects.all()] == ["closed"]


def test_an_agent_that_came_back_after_its_loss_was_closed_can_be_lost_anew() -> None:
    cluster = fleet()
    lists(cluster, 10, active=False)
    follow(cluster.pk, later(12))
    incidents.close(Incident.objects.get(), User.objects.create(username="m.ruiz"), later(20))
    lists(cluster, 60)
    lists_no_more(cluster, 1200)
    registry(cluster, 1230, unreachable={HOST_ID: later(1195)})
    follow(cluster.pk, later(1232))
    assert [one.state for one in Incident.objects.order_by("pk")] == ["closed", "open"]


def test_each_of_many_that_are_lost_at_once_waits_for_the_tasks_of_all() -> None:
    cluster = builders.cluster()
    hosts = [f"10.0.0.{last}" for last in range(1, 5)]
    builders.write(cluster, summary(NOON, *(agent(host) for host in hosts)))
    follow(cluster.pk, NOON)
    builders.write(cluster, summary(later(10), *(agent(host, active=host == hosts[0]) for host in hosts)))
    follow(cluster.pk, later(12))
    assert {one.tasks_running_before for one in Incident.objects.all()} == {12}


def test_agents_that_left_before_by_the_thousand_hide_nothing_that_happens_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(following, "MOST_EVENTS", 3)
    cluster = builders.cluster()
    hosts = [f"10.0.0.{last}" for last in range(1, 12)]
    builders.write(cluster, summary(NOON, *(agent(host) for host in hosts)))
    for _ in range(5):
        follow(cluster.pk, NOON)
    builders.write(cluster, summary(later(10), *(agent(host) for host in hosts[5:])))
    for _ in range(2):
        follow(cluster.pk, later(12))
    builders.write(cluster, summary(later(20), *(agent(host, active=host != hosts[9]) for host in hosts[5:])))
    follow(cluster.pk, later(22))
    assert [one.subject for one in Incident.objects.all()] == [hosts[9]]


def test_an_old_time_told_late_does_not_hide_what_was_seen_just_before_the_first_look() -> None:
    cluster = builders.cluster()
    lists(cluster, 0)
    lists(cluster, 10, active=False)
    old = {"taken_at": NOON - timedelta(days=3), "seen_at": later(20)}
    Event.objects.create(cluster=cluster, kind="agent_state", subject="10.0.0.9", after="unregistered", **old)
    follow(cluster.pk, later(30))
    assert [one.subject for one in Incident.objects.all()] == [HOST]


def test_most_of_a_fleet_that_is_scaled_down_at_once_has_not_failed() -> None:
    cluster = builders.cluster()
    left = [agent(f"10.0.0.{last}") for last in range(1, 4)]
    masters(cluster, 0, "10.0.0.101")
    builders.write(cluster, summary(NOON, *left, *(agent(f"10.0.1.{last}") for last in range(1, 9))))
    follow(cluster.pk, NOON)
    for at in (600, 650, 670, 700):
        builders.write(cluster, summary(later(at), *left))
        follow(cluster.pk, later(at + 2))
    assert Event.objects.filter(kind="agent_state", after="unregistered").count() == 8
    assert not Incident.objects.exists()


def test_a_master_that_is_asked_no_more_has_not_failed_for_ever() -> None:
    cluster = builders.cluster()
    places = ("10.0.0.101", "10.0.0.102")
    masters(cluster, 0, *places)
    follow(cluster.pk, NOON)
    masters(cluster, 10, "10.0.0.101", silent=("10.0.0.102",))
    follow(cluster.pk, later(12))
    assert Incident.objects.get().state == "open"
    Collection.objects.filter(host="10.0.0.102").delete()  # as retention does, a day after it was asked last
    follow(cluster.pk, later(90_000))
    assert (Incident.objects.get().state, Incident.objects.get().ended_at) == ("ended", later(90_000))


def masters(cluster: Cluster, at: float, *places: str, silent: tuple[str, ...] = ()) -> None:
    said = [builders.master(place, at=later(at), elected=place == places[0]) for place in places]
    builders.write_masters(cluster, *said, silent=silent, now=later(at))
