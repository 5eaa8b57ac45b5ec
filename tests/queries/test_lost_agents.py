"""What the verdict says of agents that are away: by their incidents, where there are any."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.models import Cluster, Incident, Node, Watch
from dashboard.queries import verdict
from dashboard.queries.verdict import Verdict
from tests import builders
from tests.builders import NOON, agent, later, master, summary, write, write_masters

pytestmark = pytest.mark.django_db
Kind, State = Incident.Kind, Incident.State


def silent(*hosts: str) -> Cluster:
    """Plain Mesos with three agents, of which these fell silent ten seconds after noon; it is a quarter past."""
    cluster = builders.cluster(kind="mesos")
    every = ("10.0.0.1", "10.0.0.2", "10.0.0.3")
    write(cluster, summary(NOON, *map(agent, every)))
    write(cluster, summary(later(10), *(agent(host, active=host not in hosts) for host in every)))
    write_masters(cluster, master(at=later(10)), now=later(10))
    Watch.objects.create(cluster=cluster, evaluated_at=later(15))
    return cluster


def incident(cluster: Cluster, host: str, **columns: Any) -> Incident:
    usual = {
        "about": Incident.About.AGENT,
        "kind": Kind.AGENT_OR_HOST,
        "began_at": later(10),
        "detected_at": later(11),
        "effect": "3 tasks at risk",
        "timeout_seconds": 75.0,
    }
    return Incident.objects.create(cluster=cluster, subject=host, name=host, **{**usual, **columns})


def judged(cluster: Cluster) -> Verdict:
    return verdict.judge(verdict.gather(Cluster.objects.get(pk=cluster.pk), later(15)), later(15))


def said(cluster: Cluster) -> str:
    return judged(cluster).text.replace("\u00a0", " ")


def test_it_is_told_when_mesos_declares_the_loss_and_where_to_look() -> None:
    cluster = silent("10.0.0.2")
    one = incident(cluster, "10.0.0.2")
    assert said(cluster) == "agent 10.0.0.2 silent for 5 s, 3 tasks at risk; Mesos declares it lost in 1 min 10 s"
    assert judged(cluster).link == ("incident", str(one.pk))


@pytest.mark.parametrize(
    ("kind", "words"), [(Kind.HOST, "its host is silent too"), (Kind.AGENT_PROCESS, "its host answers")]
)
def test_the_host_is_told_from_the_process_once_it_is_known(kind: Incident.Kind, words: str) -> None:
    cluster = silent("10.0.0.2")
    incident(cluster, "10.0.0.2", kind=kind)
    assert f"3 tasks at risk; {words}; Mesos declares it lost in" in said(cluster)


def test_a_loss_that_is_overdue_is_not_promised_for_later() -> None:
    cluster = silent("10.0.0.2")
    incident(cluster, "10.0.0.2", timeout_seconds=3.0)
    assert said(cluster).endswith("; Mesos should have declared it lost 2 s ago")


def test_of_one_that_mesos_gave_up_it_is_told_what_became_of_its_tasks() -> None:
    cluster = silent("10.0.0.2")
    effect = "3 tasks given up when Mesos declared it lost; as many run again as before"
    incident(cluster, "10.0.0.2", declared_at=later(12), effect=effect)
    assert said(cluster) == f"agent 10.0.0.2 silent for 5 s, {effect}"


def test_of_several_the_first_countdown_is_told_and_which_hosts_are_silent() -> None:
    cluster = silent("10.0.0.2", "10.0.0.3")
    incident(cluster, "10.0.0.2", kind=Kind.HOST)
    incident(cluster, "10.0.0.3", kind=Kind.AGENT_PROCESS, timeout_seconds=300.0)
    assert said(cluster) == (
        "2 agents: 10.0.0.2 and 10.0.0.3 silent for 5 s, 6 tasks at risk; "
        "1 of their hosts is silent too, 1 answer; Mesos declares the first of them lost in 1 min 10 s"
    )
    assert judged(cluster).link == ("failures",)


def test_a_planned_absence_is_an_aside_and_no_failure() -> None:
    cluster = silent("10.0.0.2")
    one = incident(cluster, "10.0.0.2", planned=True, planned_reason="In the maintenance by vera: new kernel")
    found = judged(cluster)
    assert (found.mark, found.word) == ("good", "All well")
    (aside,) = found.others
    assert (aside.mark, aside.word, aside.link) == ("mute", "Planned", ("incident", str(one.pk)))
    assert aside.text.replace("\u00a0", " ") == (
        "agent 10.0.0.2 away for 5 s, as planned: in the maintenance by vera: new kernel"
    )


def test_an_agent_that_left_the_list_is_lost_where_its_incident_says_so() -> None:
    cluster = silent()
    Node.objects.filter(host="10.0.0.2").update(state=Node.State.UNREGISTERED, state_since=later(10))
    assert judged(cluster).word == "All well"
    incident(cluster, "10.0.0.2")
    assert said(cluster).startswith("agent 10.0.0.2 gone for 5 s, 3 tasks at risk")


def test_old_figures_accuse_no_agent_whatever_its_incident_says() -> None:
    cluster = silent("10.0.0.2")
    incident(cluster, "10.0.0.2")
    now = later(15) + timedelta(hours=1)
    Watch.objects.update(evaluated_at=now)
    write_masters(cluster, master(at=now), now=now)
    found = verdict.judge(verdict.gather(Cluster.objects.get(), now), now)
    assert found.word == "Partly blind" and not any("10.0.0.2" in other.text for other in found.others)
