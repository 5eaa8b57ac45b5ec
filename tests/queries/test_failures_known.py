from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dashboard.models import Cluster, Incident
from dashboard.queries import failures_known
from dashboard.queries.incident_rows import Row, row
from tests import builders
from tests.builders import (
    NOON,
    agent,
    host_metrics,
    later,
    master,
    node_health,
    report,
    summary,
    write,
    write_machines,
    write_masters,
)

pytestmark = pytest.mark.django_db

HOST = "10.0.0.1"
Kind, About = Incident.Kind, Incident.About


def failed(cluster: Cluster, about: Incident.About = About.AGENT, subject: str = HOST, **said: Any) -> Row:
    columns = {"kind": Kind.HOST, "name": subject, "began_at": NOON, "detected_at": NOON, **said}
    return row(Incident.objects.create(cluster=cluster, about=about, subject=subject, **columns), NOON)


def test_who_does_not_answer_comes_first_with_the_reason_and_when_it_last_did() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent(HOST, active=True)))
    write(cluster, summary(later(10), agent(HOST, active=False)))
    write_machines(cluster, host_metrics(HOST, NOON), now=NOON)
    write_machines(cluster, host_metrics("10.0.0.2", later(60)), silent=(HOST,), now=later(60))
    write(cluster, report(later(60), node_health(HOST)))
    found = failures_known.witnesses(cluster, failed(cluster))
    assert [(one.who, one.mark.word) for one in found] == [
        ("Mesos, of the agent", "Silent"),
        ("Machines", "Does not answer"),
        ("Component health", "Answers"),
    ]
    assert found[1].says.startswith("connection refused") and found[1].at == NOON


def test_a_dark_node_does_not_answer_diagnostics() -> None:
    cluster = builders.cluster()
    write(cluster, report(NOON, node_health(HOST, dark=True)))
    (one,) = failures_known.witnesses(cluster, failed(cluster))
    assert (one.who, one.mark.mark) == ("Component health", "bad")


def test_of_a_master_its_own_answer_counts() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"), silent=("10.0.0.102",))
    told = {
        place: failures_known.witnesses(cluster, failed(cluster, About.MASTER, place))[0].mark.word
        for place in ("10.0.0.101", "10.0.0.102")
    }
    assert told == {"10.0.0.101": "Answers", "10.0.0.102": "Does not answer"}


def test_of_a_scheduler_mesos_says_how_it_stands() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON))
    (one,) = failures_known.witnesses(cluster, failed(cluster, About.SCHEDULER, "id-of-marathon"))
    assert one.mark.word == "Active"


def test_of_tasks_and_of_nobody_leading_there_is_nobody_to_ask() -> None:
    cluster = builders.cluster()
    nobody = failed(cluster, About.MASTER, "")
    assert failures_known.witnesses(cluster, nobody) == []
    assert failures_known.witnesses(cluster, replace(nobody, about=About.TASKS, subject="x")) == []


def test_an_agents_id_is_told_only_where_there_is_one_agent() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2"), agent("10.0.0.2", port=5052, agent_id="b")))
    told = [failures_known.agent_id(cluster, host) for host in ("10.0.0.1", "10.0.0.2", "10.0.0.3")]
    assert told == ["id-of-10.0.0.1", "", ""]


def test_what_answered_before_it_failed_says_nothing_of_now() -> None:
    cluster = builders.cluster()
    write_machines(cluster, host_metrics(HOST, NOON), now=NOON)
    later_failed = failed(cluster, began_at=later(30), detected_at=later(40))
    (one,) = failures_known.witnesses(cluster, later_failed)
    assert (one.who, one.mark.mark, one.mark.word, one.at) == ("Machines", "unk", "Not asked since", NOON)
