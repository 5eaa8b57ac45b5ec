"""Schedulers and tasks from their events to incidents, what odd events cost, and what a turn costs."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from collectors.records import TaskCounts
from dashboard.incidents.follow import FIRST_LOOK_BACK, follow
from dashboard.models import Cluster, Event, Incident, IncidentEvent, Watch
from tests import builders
from tests.builders import NOON, agent, framework, later, summary

pytestmark = pytest.mark.django_db

MARATHON = "id-of-marathon"


def followed() -> Cluster:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON))
    follow(cluster.pk, NOON)
    return cluster


def frameworks(cluster: Cluster, at: float, *found: Any) -> None:
    builders.write(cluster, summary(later(at), frameworks=found))


def failed(cluster: Cluster, at: float, before: int, after: int) -> Event:
    words = {"before": f"failed {before}", "after": f"failed {after}"}
    return event(cluster, Event.Kind.TASKS_FAILED, MARATHON, at, name="marathon", **words)


def event(cluster: Cluster, kind: Event.Kind, subject: str, at: float, **said: str) -> Event:
    moment = later(at)
    return Event.objects.create(cluster=cluster, kind=kind, subject=subject, taken_at=moment, seen_at=moment, **said)


def test_a_disconnected_scheduler_is_a_failure_until_it_registers_again() -> None:
    cluster = followed()
    frameworks(cluster, 10, framework(connected=False, active=False))
    follow(cluster.pk, later(12))
    incident = Incident.objects.get()
    assert (incident.kind, incident.name, incident.state) == ("scheduler", "marathon", "open")
    assert incident.effect.replace("\u00a0", " ").endswith("its 3 running tasks go on")
    frameworks(cluster, 40, framework())
    follow(cluster.pk, later(42))
    assert (Incident.objects.get().state, Incident.objects.get().ended_at) == ("recovered", later(40))


def test_one_task_that_runs_without_its_scheduler_stands_in_the_singular() -> None:
    cluster = followed()
    frameworks(cluster, 10, framework(tasks=TaskCounts(running=1)))
    frameworks(cluster, 20, framework(tasks=TaskCounts(running=1), connected=False, active=False))
    follow(cluster.pk, later(22))
    assert Incident.objects.get().effect.replace("\u00a0", " ").endswith("its 1 running task goes on")


def test_a_disconnected_scheduler_that_mesos_ends_will_not_come_back() -> None:
    cluster = followed()
    frameworks(cluster, 10, framework(connected=False, active=False), framework("metronome"))
    frameworks(cluster, 100, framework("metronome"))
    follow(cluster.pk, later(102))
    incident = Incident.objects.get()
    assert (incident.state, incident.declared_at, incident.ended_at) == ("ended", later(100), later(100))


def test_a_scheduler_that_was_torn_down_is_no_failure() -> None:
    cluster = followed()
    frameworks(cluster, 10, framework("metronome"))
    follow(cluster.pk, later(12))
    assert Event.objects.filter(kind="framework_state", after="completed").exists()
    assert not Incident.objects.exists()


def test_failures_of_one_framework_are_one_incident_from_the_first_to_the_last() -> None:
    cluster = followed()
    failed(cluster, 10, 0, 2)
    follow(cluster.pk, later(12))
    failed(cluster, 300, 2, 5)
    follow(cluster.pk, later(302))
    incident = Incident.objects.get()
    assert (incident.kind, incident.failures, incident.tasks_failed, incident.state) == ("task", 2, 5, "open")
    follow(cluster.pk, later(895))
    assert Incident.objects.get().state == "open"
    builders.write(cluster, summary(later(902)))
    follow(cluster.pk, later(905))
    incident = Incident.objects.get()
    assert (incident.state, incident.began_at, incident.ended_at) == ("recovered", later(10), later(300))


def test_tasks_that_failed_when_it_was_last_looked_have_not_recovered_because_nobody_looks() -> None:
    cluster = followed()
    failed(cluster, 10, 0, 2)
    for at in (12, 895, 20_000):
        follow(cluster.pk, later(at))
    assert Incident.objects.get().state == "open"


def test_a_failure_long_after_the_last_is_another_incident_though_both_are_followed_at_once() -> None:
    cluster = followed()
    failed(cluster, 10, 0, 1)
    failed(cluster, 3000, 1, 2)
    follow(cluster.pk, later(3002))
    assert [one.began_at for one in Incident.objects.order_by("pk")] == [later(10), later(3000)]
    assert [one.state for one in Incident.objects.order_by("pk")] == ["recovered", "open"]


def test_tasks_lost_with_their_agent_are_counted_with_the_agent_only() -> None:
    cluster = followed()
    builders.write(cluster, summary(later(10), agent(active=False, tasks=TaskCounts(running=3, unreachable=3))))
    follow(cluster.pk, later(12))
    assert [one.about for one in Incident.objects.all()] == ["agent"]


def test_an_event_that_cannot_be_read_costs_no_other_and_is_passed_by() -> None:
    cluster = followed()
    frameworks(cluster, 10, framework(connected=False, active=False))
    odd = event(cluster, Event.Kind.AGENT_STATE, "10.0.0.9", 11, before="active", after="no such state")
    Incident.objects.create(
        **{"cluster": cluster, "about": "agent", "kind": "host", "subject": "10.0.0.9", "name": "10.0.0.9"},
        began_at=NOON,
        detected_at=NOON,
    )
    failed(cluster, 12, 0, 1)
    follow(cluster.pk, later(13))
    assert {one.kind for one in Incident.objects.all()} == {"host", "scheduler", "task"}
    assert Watch.objects.get().followed_event_id > odd.pk
    assert follow(cluster.pk, later(14)) == 0


def test_what_else_changed_on_the_host_is_linked_with_its_reason() -> None:
    cluster = followed()
    words = {"name": "DC/OS Net", "place": "10.0.0.1", "before": "Healthy", "after": "Unhealthy"}
    before = event(cluster, Event.Kind.UNIT_HEALTH, "dcos-net.service", -240, **words)
    event(cluster, Event.Kind.UNIT_HEALTH, "dcos-net.service", -1200, **words)
    event(cluster, Event.Kind.UNIT_HEALTH, "dcos-net.service", 5, **{**words, "place": "10.0.0.7"})
    builders.write(cluster, summary(later(10), agent(active=False)))
    follow(cluster.pk, later(12))
    during = event(cluster, Event.Kind.COLLECTION, "10.0.0.1", 30, place="nodes", before="ok", after="refused")
    follow(cluster.pk, later(32))
    links = {link.event_id: link.reason.replace("\u00a0", " ") for link in IncidentEvent.objects.all()}
    assert links.pop(before.pk) == "on the same host, 4 min 10 s before"
    assert links.pop(during.pk) == "on the same host, 20 s after"
    assert list(links.values()) == ["Mesos lost it"]


def test_an_incident_has_a_bounded_number_of_links() -> None:
    cluster = followed()
    builders.write(cluster, summary(later(10), agent(active=False)))
    follow(cluster.pk, later(12))
    for second in range(60):
        words = {"place": "10.0.0.1", "before": "Healthy", "after": "Unhealthy"}
        event(cluster, Event.Kind.UNIT_HEALTH, "dcos-net.service", 20 + second, **words)
        if second % 25 == 0:
            follow(cluster.pk, later(20 + second))
    follow(cluster.pk, later(100))
    assert IncidentEvent.objects.count() == 40


def test_a_framework_that_fails_for_ever_keeps_its_first_failures_and_counts_all() -> None:
    cluster = followed()
    for turn in range(6):
        for count in range(turn * 30, turn * 30 + 30):
            failed(cluster, 10 + count, count, count + 1)
        follow(cluster.pk, later(10 + turn * 30 + 30))
    assert Incident.objects.get().tasks_failed == 180
    assert IncidentEvent.objects.count() == 120


def test_agents_of_one_zone_that_fall_silent_together_hang_together() -> None:
    cluster = builders.cluster()
    hosts = {"10.0.0.1": "eu-a", "10.0.0.2": "eu-a", "10.0.0.3": "eu-b"}
    builders.write(cluster, summary(NOON, *(agent(host, zone=zone) for host, zone in hosts.items())))
    follow(cluster.pk, NOON)
    builders.write(cluster, summary(later(10), *(agent(host, zone=zone, active=False) for host, zone in hosts.items())))
    follow(cluster.pk, later(12))
    found = {one.subject: one for one in Incident.objects.all()}
    assert found["10.0.0.2"].cause == found["10.0.0.1"]
    assert found["10.0.0.2"].cause_reason == "in the same zone eu-a, at the same moment"
    assert found["10.0.0.1"].cause is None and found["10.0.0.3"].cause is None


@pytest.mark.django_db(transaction=True)
def test_a_turn_in_which_nothing_happened_costs_five_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    cluster = followed()
    with django_assert_num_queries(5 + 2):  # BEGIN and COMMIT are counted too
        assert follow(cluster.pk, later(30)) == 0


@pytest.mark.django_db(transaction=True)
def test_what_a_turn_costs_does_not_grow_with_the_cluster(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for count in (3, 60):
        cluster = builders.cluster(f"c{count}")
        hosts = [f"10.0.{count}.{last}" for last in range(1, count + 1)]
        builders.write(cluster, summary(NOON, *(agent(host) for host in hosts)))
        follow(cluster.pk, NOON)
        builders.write(cluster, summary(later(10), *(agent(host, active=False) for host in hosts)))
        with django_assert_max_num_queries(32):
            assert follow(cluster.pk, later(12)) == count
    assert Incident.objects.count() == 63


def test_the_first_look_goes_back_a_day_and_no_further() -> None:
    cluster = builders.cluster()
    failed(cluster, -FIRST_LOOK_BACK.total_seconds() - 60, 0, 1)
    failed(cluster, -FIRST_LOOK_BACK.total_seconds() + 60, 1, 4)
    follow(cluster.pk, NOON)
    assert [(one.tasks_failed, one.state) for one in Incident.objects.all()] == [(3, "recovered")]


def test_a_cluster_that_was_removed_is_passed_by() -> None:
    assert follow(4711, NOON) == 0
