from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Event, Incident
from dashboard.queries import incident_means, incident_phases, incidents, window
from dashboard.store import incidents as store
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db

NOW = later(3600)
DAY = window.of("24h", NOW)


def incident(cluster: Cluster, subject: str = "10.0.0.1", at: float = 0, **said: Any) -> Incident:
    said = {"about": "agent", "kind": "agent_process", "name": subject, "detected_at": later(at), **said}
    return Incident.objects.create(cluster=cluster, subject=subject, began_at=later(at), **said)


def recovered(cluster: Cluster, subject: str, at: float, seconds: float, **said: Any) -> Incident:
    return incident(cluster, subject, at, state="recovered", ended_at=later(at + seconds), **said)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_listing_has_what_went_on_in_the_window_newest_first_and_counts_all_kinds() -> None:
    cluster = builders.cluster()
    incident(cluster, "10.0.0.1", 10)
    recovered(cluster, "10.0.0.2", 20, 60, kind="host")
    recovered(cluster, "10.0.0.3", -100_000, 60)
    recovered(cluster, "10.0.0.4", -100_000, 99_000)
    incident(cluster, "10.0.0.5", 30, planned=True)
    found = incidents.listing(cluster, DAY, NOW)
    assert [row.subject for row in found.rows] == ["10.0.0.5", "10.0.0.2", "10.0.0.1", "10.0.0.4"]
    assert (found.open, found.planned, found.more) == (1, 1, 0)
    assert found.counts[Incident.Kind.AGENT_PROCESS] == 2 and found.counts[Incident.Kind.HOST] == 1
    assert found.counts[Incident.Kind.TASK] == 0
    only = incidents.listing(cluster, DAY, NOW, ["host"])
    assert [row.subject for row in only.rows] == ["10.0.0.2"] and only.counts == found.counts
    assert [row.mark.word for row in found.rows] == ["Planned", "Recovered", "Open", "Recovered"]


def test_the_listing_costs_two_queries(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    user = User.objects.create_user("m.ruiz")
    for last in range(20):
        incident(cluster, f"10.0.0.{last}", last, taken_by=user)
    with django_assert_num_queries(2):
        assert [row.taken_by for row in incidents.listing(cluster, DAY, NOW).rows] == ["m.ruiz"] * 20


def test_while_it_lasts_the_declaration_is_counted_down() -> None:
    cluster = builders.cluster()
    one = incident(cluster, timeout_seconds=300, timeout_reason="20 pings of 15 s each")
    found = incident_phases.countdown(one, later(130))
    assert found is not None
    assert (plain(found.text), found.left) == ("Mesos declares it lost in 2 min 50 s", timedelta(seconds=170))
    late = incident_phases.countdown(one, later(310))
    assert late is not None and plain(late.text) == "Mesos should have declared it lost 10 s ago"
    one.declared_at = later(302)
    assert incident_phases.countdown(one, later(310)) is None


def test_one_that_fails_again_is_counted_from_its_last_return() -> None:
    one = incident(builders.cluster(), timeout_seconds=75, last_good_at=later(600))
    assert incident_phases.expected_at(one) == later(675)


def test_phases_come_in_their_order_with_what_was_configured() -> None:
    said = {"timeout_seconds": 300, "declared_at": later(302), "rescheduled_at": later(319)}
    one = recovered(builders.cluster(), "10.0.0.1", 0, 364, **said)
    found = incident_phases.phases(one)
    assert [(phase.word, phase.after) for phase in found] == [
        ("Silent", timedelta()),
        ("Declared lost", timedelta(seconds=302)),
        ("As many tasks run as before", timedelta(seconds=319)),
        ("Recovered", timedelta(seconds=364)),
    ]
    assert found[1].configured == timedelta(minutes=5)


def test_a_phase_that_is_to_come_is_expected_and_not_measured() -> None:
    found = incident_phases.phases(incident(builders.cluster(), timeout_seconds=75))
    assert [(phase.word, phase.at, phase.expected_at) for phase in found] == [
        ("Silent", NOON, None),
        ("Declared lost", None, later(75)),
        ("Recovered", None, None),
    ]


def test_one_has_its_tree_its_events_its_notes_and_those_before_it() -> None:
    cluster = builders.cluster()
    recovered(cluster, "10.0.0.1", -7200, 60)
    recovered(cluster, "10.0.0.8", -7100, 60, planned=True)
    master = recovered(cluster, "10.0.0.101", 0, 40, about="master", kind="master")
    agent = incident(cluster, "10.0.0.2", 30, cause=master, cause_reason="the masters were failing over")
    incident(cluster, "10.0.0.3", 34, cause=agent, cause_reason="in the same zone eu-a")
    event = _event(cluster, later(20))
    store.link([(agent, event, "on the same host, 10 s before")])
    store.note(agent, User.objects.create_user("k.lind"), "Disk is full", later(60))
    found = incidents.one(cluster, agent.pk, NOW)
    assert found is not None
    assert (found.tree.row.subject, found.tree.own, found.effects) == ("10.0.0.101", False, 1)
    branch = found.tree.found(agent.pk)
    assert branch is not None and (branch.own, branch.gap) == (True, timedelta(seconds=30))
    assert [effect.row.subject for effect in branch.effects] == ["10.0.0.3"]
    assert found.cause is not None and found.cause.number == master.pk
    assert [(link.reason, link.after) for link in found.links] == [
        ("on the same host, 10 s before", timedelta(seconds=-10))
    ]
    assert [(note.by, note.text) for note in found.notes] == [("k.lind", "Disk is full")]
    assert [row.subject for row in found.earlier] == ["10.0.0.1"]


def test_an_incident_of_another_cluster_is_none_of_this_one() -> None:
    other = incident(builders.cluster("other"))
    assert incidents.one(builders.cluster("prod"), other.pk, NOW) is None


def test_causes_that_go_in_a_circle_end() -> None:
    cluster = builders.cluster()
    first = incident(cluster, "10.0.0.1")
    second = incident(cluster, "10.0.0.2", 5, cause=first)
    Incident.objects.filter(pk=first.pk).update(cause=second)
    found = incidents.one(cluster, first.pk, NOW)
    assert found is not None and found.tree.found(first.pk) is not None


def test_means_are_of_each_kind_and_leave_out_what_was_planned() -> None:
    cluster = builders.cluster()
    recovered(cluster, "10.0.0.1", 0, 100, declared_at=later(75))
    recovered(cluster, "10.0.0.2", 0, 300, declared_at=later(85))
    recovered(cluster, "10.0.0.3", 0, 9000, planned=True)
    incident(cluster, "10.0.0.4", timeout_seconds=75)
    found = {one.kind: one for one in incident_means.means(cluster, DAY)}
    agents = found[Incident.Kind.AGENT_PROCESS]
    assert (agents.count, agents.open, agents.recoveries) == (3, 1, 2)
    assert (agents.detected, agents.recovered) == (timedelta(seconds=80), timedelta(seconds=200))
    assert found[Incident.Kind.HOST].detected is None


def test_the_last_failure_of_all_is_found_however_long_ago() -> None:
    cluster = builders.cluster()
    assert incidents.last(cluster, NOW) is None
    recovered(cluster, "10.0.0.1", -10_000_000, 60)
    incident(cluster, "10.0.0.2", planned=True)
    found = incidents.last(cluster, NOW)
    assert found is not None and found.subject == "10.0.0.1"


def _event(cluster: Cluster, at: datetime) -> Event:
    words = {"subject": "dcos-net.service", "name": "DC/OS Net", "place": "10.0.0.2"}
    return Event.objects.create(
        cluster=cluster, kind="unit_health", before="Healthy", after="Unhealthy", taken_at=at, seen_at=at, **words
    )
