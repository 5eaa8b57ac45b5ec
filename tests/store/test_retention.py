from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from dashboard.models import (
    AgentProcess,
    Alert,
    AlertGroup,
    Cluster,
    Collection,
    Container,
    Framework,
    Incident,
    Master,
    Node,
    NodeHealth,
    Notice,
    Poll,
    ProcessFlags,
    Role,
    Silence,
    Subject,
)
from dashboard.store import compaction, retention, roll_up
from tests import builders, notices_owed
from tests.builders import (
    NOON,
    agent,
    agent_containers,
    agent_snapshot,
    container_reading,
    flags,
    later,
    master,
    node_health,
    report,
    summary,
    write,
    write_masters,
)
from tests.history import checked

pytestmark = pytest.mark.django_db
DAY = 86_400


def compact(cluster: Cluster, seconds: float) -> None:
    """Everything becomes chunks and is rolled up, so long after NOON and a day."""
    compaction.run(cluster.pk, lambda: later(seconds))
    roll_up.run(cluster.pk, lambda: later(seconds))
    checked()


def test_a_role_that_lists_leave_out_goes_after_a_week_and_its_history_stays() -> None:
    cluster = builders.cluster()
    write(cluster, builders.roles(NOON, builders.role("*"), builders.role("dev")))
    write(cluster, builders.roles(later(8 * DAY), builders.role("*")))
    retention.prune(later(8 * DAY))
    assert Role.objects.get().name == "*"
    assert set(Subject.objects.values_list("name", flat=True)) == {"*", "dev"}


def test_what_later_answers_leave_out_goes_after_a_week() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, agent("10.0.0.1"), agent("10.0.0.2"), agent("10.0.0.3")))
    for seconds in (10, 8 * DAY):
        write(cluster, summary(later(seconds), agent("10.0.0.1"), agent("10.0.0.2"), frameworks=()))
    retention.prune(later(8 * DAY))
    assert set(Node.objects.values_list("host", flat=True)) == {"10.0.0.1", "10.0.0.2"}
    assert not Framework.objects.exists()


def test_a_paused_cluster_keeps_everything_it_had() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON))
    write(cluster, report(NOON))
    write_masters(cluster, master())
    retention.prune(later(30 * DAY))
    kept = [model.objects.count() for model in (Node, Framework, NodeHealth, Master)]
    assert kept == [1, 1, 1, 1]


def test_a_node_that_reports_leave_out_is_dark_for_a_day_then_forgotten() -> None:
    cluster = builders.cluster()
    write(cluster, report(NOON, node_health("10.0.0.1"), node_health("10.0.0.2")))
    write(cluster, report(later(DAY), node_health("10.0.0.1")))
    assert retention.prune(later(DAY))["nodes"] == 0
    retention.prune(later(DAY + 60))
    assert NodeHealth.objects.get().host == "10.0.0.1"


def test_a_replaced_master_is_forgotten_with_what_asking_it_brought() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"), silent=("10.0.0.102",))
    write_masters(cluster, master("10.0.0.101", at=later(8 * DAY)), now=later(8 * DAY))
    retention.prune(later(8 * DAY))
    assert Master.objects.get().host == "10.0.0.101"
    assert set(Collection.objects.values_list("host", flat=True)) == {"", "10.0.0.101"}


def test_a_container_that_ended_stays_two_days_and_its_figures_longer() -> None:
    cluster = builders.cluster()
    write(cluster, agent_containers("10.0.0.1", container_reading("c1"), container_reading("c2")))
    write(cluster, agent_containers("10.0.0.1", container_reading("c2", later(60))))
    retention.prune(later(2 * DAY + 60))
    assert Container.objects.count() == 2
    write(cluster, agent_containers("10.0.0.1", container_reading("c2", later(3 * DAY))), now=later(3 * DAY))
    assert retention.prune(later(3 * DAY))["ended containers"] == 1
    assert Container.objects.get().container_id == "c2"
    assert set(Subject.objects.filter(kind="container").values_list("key", flat=True)) == {"10.0.0.1/c1", "10.0.0.1/c2"}


def test_a_subject_goes_with_the_last_of_its_figures() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON))
    write(cluster, agent_containers("10.0.0.1", container_reading("c1")))
    compact(cluster, DAY)
    retention.prune(later(31 * DAY - 1))
    assert Subject.objects.filter(kind="container").exists()
    compact(cluster, 31 * DAY)
    retention.prune(later(32 * DAY))
    assert not Subject.objects.filter(kind="container").exists()
    assert Subject.objects.filter(kind__in=["cluster", "node", "zone"]).count() == 3
    retention.prune(later(770 * DAY))  # of PostgreSQL's partitions the whole month must be past
    assert not Subject.objects.exists()


def test_a_subject_that_still_has_figures_stays_whatever_its_age() -> None:
    cluster = builders.cluster()
    write(cluster, agent_containers("10.0.0.1", container_reading("c1")))
    retention.prune(later(732 * DAY))
    assert Subject.objects.filter(kind="container").exists(), "its readings are no chunks yet: nobody compacted them"


def test_what_a_lost_agent_ran_is_forgotten_after_a_week_in_which_others_answered() -> None:
    cluster = builders.cluster()
    for host in ("10.0.0.1", "10.0.0.2"):
        write(cluster, agent_containers(host, container_reading()))
    retention.prune(later(30 * DAY))
    assert Container.objects.count() == 2  # nobody was asked since
    write(cluster, agent_containers("10.0.0.2", container_reading(at=later(8 * DAY))))
    assert retention.prune(later(8 * DAY))["containers"] == 1
    assert Container.objects.get().host == "10.0.0.2"


def test_the_processes_of_a_replaced_agent_are_forgotten() -> None:
    cluster = builders.cluster()
    for host in ("10.0.0.1", "10.0.0.2"):
        write(cluster, agent_snapshot(host))
        write(cluster, flags(host))
    retention.prune(later(30 * DAY))
    assert (AgentProcess.objects.count(), ProcessFlags.objects.count()) == (2, 2)
    write(cluster, agent_snapshot("10.0.0.2", later(8 * DAY)))
    write(cluster, flags("10.0.0.2", later(8 * DAY)))
    retention.prune(later(8 * DAY))
    assert [AgentProcess.objects.get().host, ProcessFlags.objects.get().host] == ["10.0.0.2"] * 2


def test_polls_stay_two_days() -> None:
    cluster = builders.cluster()
    for seconds in (0, 60):
        ended = later(seconds) + timedelta(seconds=1)
        Poll.objects.create(cluster=cluster, source="summary", due_at=later(seconds), ended_at=ended, outcome="ok")
    retention.prune(later(2 * DAY + 30))
    assert Poll.objects.get().due_at == later(60)


def test_what_people_were_told_goes_with_the_events_and_what_is_open_stays(settings: Settings) -> None:
    settings.EVENTS_KEPT_DAYS = 30
    notices_owed.channel()
    closed, open_ = notices_owed.group(), notices_owed.group(reason="open")
    [sent, owed] = [notices_owed.owe(group)[0] for group in (closed, open_)]
    Notice.objects.filter(pk=sent.pk).update(sent_at=NOON)
    AlertGroup.objects.filter(pk=closed.pk).update(closed_at=NOON)
    Alert.objects.filter(group=closed).update(state=Alert.State.RESOLVED, ended_at=NOON)
    kept = later(29 * DAY)
    retention.prune(kept)
    assert (Notice.objects.count(), Alert.objects.count(), AlertGroup.objects.count()) == (2, 2, 2)
    retention.prune(later(31 * DAY))
    assert list(Notice.objects.values_list("pk", flat=True)) == [owed.pk]
    assert Alert.objects.get().group == AlertGroup.objects.get() == open_


def test_incidents_and_silences_go_when_they_have_been_over_for_as_long(settings: Settings) -> None:
    settings.EVENTS_KEPT_DAYS = 30
    cluster = builders.cluster()
    for name, ended_at in (("over", NOON), ("open", None)):
        Incident.objects.create(
            cluster=cluster,
            about=Incident.About.AGENT,
            kind=Incident.Kind.HOST,
            subject=name,
            name=name,
            began_at=NOON,
            detected_at=NOON,
            ended_at=ended_at,
        )
        ends_at = ended_at or later(60 * DAY)
        Silence.objects.create(
            cluster=cluster, matcher="node:x", why=name, by="ada", created_at=NOON, begins_at=NOON, ends_at=ends_at
        )
    retention.prune(later(31 * DAY))
    assert [Incident.objects.get().subject, Silence.objects.get().why] == ["open", "open"]
