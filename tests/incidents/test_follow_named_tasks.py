"""Failed tasks of apps from their events to incidents: named once, counted once, and never both."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.incidents.follow import follow
from dashboard.models import App, Cluster, Collection, Event, Incident, IncidentEvent, Watch
from tests import builders
from tests.applications import FRAMEWORK, make_app, make_failed_task, make_marathon
from tests.builders import NOON, later, summary

pytestmark = pytest.mark.django_db
FAILED = "TASK_FAILED REASON_COMMAND_EXECUTOR_FAILED"
LOST = "TASK_FAILED REASON_SLAVE_RESTARTED"


@pytest.fixture
def cluster() -> Cluster:
    cluster = builders.cluster()
    builders.write(cluster, summary(NOON))
    make_app(make_marathon(cluster, NOON), "/web", NOON)
    follow(cluster.pk, NOON)
    return cluster


def listed(cluster: Cluster, seconds: float) -> None:
    """Tasks were listed then."""
    at = later(seconds)
    fields = {"outcome": "ok", "since": NOON, "asked_at": at, "sample_at": at, "last_success_at": at}
    Collection.objects.update_or_create(cluster=cluster, source="tasks", host="", defaults=fields)


def counted(cluster: Cluster, seconds: float, before: int, after: int, framework: str = FRAMEWORK) -> None:
    at = later(seconds)
    words = {"name": "marathon", "before": f"failed {before}", "after": f"failed {after}"}
    Event.objects.create(
        cluster=cluster, kind=Event.Kind.TASKS_FAILED, subject=framework, taken_at=at, seen_at=at, **words
    )


def named(cluster: Cluster, seconds: float, number: int, tasks: int = 1, after: str = FAILED) -> None:
    """So many tasks of /web failed by then, of which the last is told."""
    app, at = App.objects.get(), later(seconds)
    failed = [
        make_failed_task(cluster, 100 * number + one, at - timedelta(seconds=one), app=app) for one in range(tasks)
    ]
    Event.objects.create(
        **{"cluster": cluster, "kind": Event.Kind.TASK_FAILED, "subject": failed[0].task_id, "name": "/web"},
        **{"place": "10.0.0.1", "before": FRAMEWORK, "after": after, "taken_at": at, "seen_at": at},
    )


def found() -> list[tuple[str, int | None]]:
    return [(one.name, one.tasks_failed) for one in Incident.objects.order_by("pk")]


def test_a_crash_loop_of_an_app_is_one_incident_of_the_app_and_none_of_its_framework(cluster: Cluster) -> None:
    for turn in range(1, 6):
        counted(cluster, 60 * turn, 2 * turn - 2, 2 * turn)
        follow(cluster.pk, later(60 * turn + 2))
        named(cluster, 60 * turn + 20, turn, tasks=2)
        listed(cluster, 60 * turn + 30)
        follow(cluster.pk, later(60 * turn + 32))
    assert found() == [("marathon", 2), ("/web", 10)], "the first was counted before tasks were ever listed"
    incident = Incident.objects.get(name="/web")
    assert (incident.kind, incident.subject, incident.state) == ("task", "marathon:/web", "open")
    assert incident.failures == 5
    assert incident.kind_reason.endswith("the last failed: its command failed, on 10.0.0.1")


def test_a_count_waits_for_the_next_list_and_is_then_told_by_name(cluster: Cluster) -> None:
    listed(cluster, 0)
    counted(cluster, 10, 0, 3)
    follow(cluster.pk, later(12))
    assert found() == []
    named(cluster, 9, 1, tasks=3)
    listed(cluster, 30)
    follow(cluster.pk, later(32))
    assert found() == [("/web", 3)]
    follow(cluster.pk, later(40))
    assert found() == [("/web", 3)]


def test_a_count_that_names_explained_stays_theirs_when_their_list_grows_old(cluster: Cluster) -> None:
    listed(cluster, 0)
    counted(cluster, 10, 0, 1)
    named(cluster, 9, 1)
    listed(cluster, 30)
    for seconds in (32, 200, 280):
        follow(cluster.pk, later(seconds))
    assert found() == [("/web", 1)]


def numbers() -> list[tuple[object, ...]]:
    columns = ("subject", "state", "began_at", "ended_at", "failures", "tasks_failed", "last_failed_at")
    return list(Incident.objects.order_by("began_at").values_list(*columns))


def followed_anew(cluster: Cluster, seconds: float) -> list[tuple[object, ...]]:
    """The same events in one go."""
    Incident.objects.all().delete()
    Watch.objects.update(followed_event_id=0)
    follow(cluster.pk, later(seconds))
    return numbers()


def test_a_loop_that_begins_again_counts_the_same_whether_it_is_followed_at_once_or_later(cluster: Cluster) -> None:
    """With each failure that is told there is one before it that no event tells, and one after the first loop."""
    app = App.objects.get()
    for number, (untold, told) in enumerate(((-40, 10), (40, 70), (2900, 3000), (3030, 3060)), start=1):
        make_failed_task(cluster, 900 + number, later(untold), app=app)
        named(cluster, told, number)
        listed(cluster, told + 5)
        follow(cluster.pk, later(told + 6))
        if told == 70:
            make_failed_task(cluster, 990, later(130), app=app)
            listed(cluster, 2000)
            follow(cluster.pk, later(2000))
    at_once = numbers()
    assert [row[1] for row in at_once] == ["recovered", "open"]
    assert followed_anew(cluster, 3120) == at_once


def test_two_that_failed_in_one_moment_are_two_in_whatever_order_they_are_told_and_followed(cluster: Cluster) -> None:
    for number, seconds in enumerate((10, 10, 9), start=1):
        named(cluster, seconds, number)
        listed(cluster, 12 + number)
        follow(cluster.pk, later(12 + number))
    at_once = numbers()
    assert found() == [("/web", 3)] and followed_anew(cluster, 20) == at_once


def late(cluster: Cluster, seconds: float, number: int, **given: Any) -> None:
    """A failure of /web without an event, which a list brings after a later one was followed."""
    make_failed_task(cluster, 900 + number, later(seconds), app=App.objects.get(), **given)


def test_a_failure_listed_after_a_later_one_was_followed_is_counted_with_the_next(cluster: Cluster) -> None:
    for number, (told, unseen) in enumerate(((10, None), (70, 50), (130, 65), (190, 125)), start=1):
        named(cluster, told, number)
        listed(cluster, told + 1)
        follow(cluster.pk, later(told + 2))
        if unseen is not None:
            late(cluster, unseen, number)
    assert found() == [("/web", 6)], "that of 125 is not followed yet"
    named(cluster, 250, 5)
    follow(cluster.pk, later(252))
    at_once = numbers()
    assert found() == [("/web", 8)] and followed_anew(cluster, 260) == at_once


def test_a_failure_listed_after_the_last_was_followed_is_counted_when_it_is_over(cluster: Cluster) -> None:
    for number, told in enumerate((10, 70), start=1):
        named(cluster, told, number)
        listed(cluster, told + 1)
        follow(cluster.pk, later(told + 2))
    late(cluster, 50, 1)
    listed(cluster, 700)
    follow(cluster.pk, later(702))
    incident = Incident.objects.get()
    assert (incident.state, incident.ended_at, incident.tasks_failed) == ("recovered", later(70), 3)
    assert incident.effect.replace("\u00a0", " ") == "3 tasks failed"


def test_what_failed_with_its_agent_is_none_of_the_apps_failures_though_no_event_tells_it(cluster: Cluster) -> None:
    for number, told in enumerate((10, 70), start=1):
        late(cluster, told - 5, number, reason="REASON_SLAVE_RESTARTED")
        named(cluster, told, number)
        listed(cluster, told + 1)
        follow(cluster.pk, later(told + 2))
        late(cluster, told - 4, 10 + number, reason="REASON_AGENT_DISCONNECTED")
    listed(cluster, 700)
    follow(cluster.pk, later(702))
    assert found() == [("/web", 2)]


def test_what_a_closed_incident_counted_is_not_counted_again_by_the_next(cluster: Cluster) -> None:
    late(cluster, 8, 1)
    named(cluster, 10, 1)
    listed(cluster, 11)
    follow(cluster.pk, later(12))
    Incident.objects.update(state="closed", ended_at=later(15))
    for number, told in enumerate((20, 400, 790), start=2):
        named(cluster, told, number)
        listed(cluster, told + 1)
        follow(cluster.pk, later(told + 2))
    assert found() == [("/web", 2), ("/web", 3)]


def test_a_count_that_no_task_of_the_next_list_explains_is_told_as_it_is_and_once(cluster: Cluster) -> None:
    listed(cluster, 0)
    counted(cluster, 10, 0, 3)
    follow(cluster.pk, later(12))
    listed(cluster, 30)
    for seconds in (32, 40, 50):
        follow(cluster.pk, later(seconds))
    assert found() == [("marathon", 3)]


def test_where_tasks_are_not_listed_any_more_counts_lead(cluster: Cluster) -> None:
    listed(cluster, 0)
    counted(cluster, 600, 0, 3)
    follow(cluster.pk, later(602))
    follow(cluster.pk, later(610))
    assert found() == [("marathon", 3)]


def test_tasks_of_other_frameworks_are_counted_and_their_names_stand_with_the_count(cluster: Cluster) -> None:
    listed(cluster, 0)
    counted(cluster, 10, 0, 1, framework="f-spark")
    at = later(11)
    Event.objects.create(
        **{"cluster": cluster, "kind": Event.Kind.TASK_FAILED, "subject": "driver-1", "name": "driver"},
        **{"before": "f-spark", "after": FAILED, "taken_at": at, "seen_at": at},
    )
    follow(cluster.pk, later(12))
    follow(cluster.pk, later(20))
    assert found() == [("marathon", 1)]
    assert sorted(IncidentEvent.objects.values_list("reason", flat=True)) == [
        "1\u00a0task of it failed",
        "driver failed: its command failed",
    ]


def test_a_task_that_failed_with_its_agent_stays_with_the_agent(cluster: Cluster) -> None:
    listed(cluster, 0)
    builders.write(cluster, summary(later(10), builders.agent(active=False)))
    named(cluster, 11, 1, after=LOST)
    follow(cluster.pk, later(12))
    (incident,) = Incident.objects.all()
    assert incident.about == "agent"
    assert {one.event.kind for one in incident.links.all()} == {"agent_state", "task_failed"}


def test_an_app_is_over_with_it_ten_minutes_after_its_last_failure_but_not_while_it_rests(cluster: Cluster) -> None:
    named(cluster, 10, 1)
    listed(cluster, 30)
    follow(cluster.pk, later(32))
    App.objects.update(state=App.State.DELAYED)
    listed(cluster, 900)
    follow(cluster.pk, later(902))
    assert Incident.objects.get().state == "open"
    App.objects.update(state=App.State.RUNNING)
    follow(cluster.pk, later(910))
    incident = Incident.objects.get()
    assert (incident.state, incident.ended_at) == ("recovered", later(10))


def test_while_tasks_are_not_listed_no_app_is_over_with_it(cluster: Cluster) -> None:
    named(cluster, 10, 1)
    listed(cluster, 30)
    follow(cluster.pk, later(32))
    follow(cluster.pk, later(5000))
    assert Incident.objects.get().state == "open"


def test_two_apps_that_fail_are_two_incidents_and_marathons_of_one_app_id_are_told_apart(cluster: Cluster) -> None:
    other = make_marathon(cluster, NOON, key="team/marathon", framework_id="f-2")
    make_app(other, "/web", NOON)
    for number, framework in enumerate((FRAMEWORK, "f-2")):
        at = later(10 + number)
        Event.objects.create(
            **{"cluster": cluster, "kind": Event.Kind.TASK_FAILED, "subject": f"web.{number}", "name": "/web"},
            **{"before": framework, "after": FAILED, "taken_at": at, "seen_at": at},
        )
    listed(cluster, 30)
    follow(cluster.pk, later(32))
    assert {one.subject for one in Incident.objects.all()} == {"marathon:/web", "team/marathon:/web"}
