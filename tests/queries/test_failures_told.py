"""Failures that were told without a reason, and what is told of them once a list has brought one."""

from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Event, Task
from dashboard.queries import failures_told, happenings
from tests import builders
from tests.applications import FRAMEWORK, make_app, make_failed_task, make_marathon
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed() -> Task:
    """As a Marathon's stream told it: without a reason."""
    cluster = builders.cluster()
    app = make_app(make_marathon(cluster, NOON), "/web", NOON)
    return make_failed_task(cluster, 1, NOON, app=app, reason="", message="")


def told(task: Task, after: str = "TASK_FAILED", framework: str = FRAMEWORK) -> Event:
    return Event.objects.create(
        cluster=task.cluster,
        kind=Event.Kind.TASK_FAILED,
        subject=task.task_id,
        name="/web",
        place="10.0.0.21",
        before=framework,
        after=after,
        taken_at=NOON,
        seen_at=later(1),
    )


def sentence(event: Event) -> str:
    (found,) = failures_told.whole([event])
    return happenings.told(found).text


def test_a_failure_without_a_reason_says_that_none_was_given(failed: Task) -> None:
    assert sentence(told(failed)) == "A task of /web on 10.0.0.21 failed, and no reason was given"


def test_the_reason_that_a_list_brought_later_is_told_and_the_event_stays_as_it_was(failed: Task) -> None:
    event = told(failed)
    failed.reason = "REASON_COMMAND_EXECUTOR_FAILED"
    failed.save()
    assert sentence(event) == "A task of /web on 10.0.0.21 failed: its command failed"
    assert event.after == "TASK_FAILED" and Event.objects.get().after == "TASK_FAILED"


def test_only_the_reason_of_the_same_end_of_the_same_task_is_taken(failed: Task) -> None:
    failed.reason = "REASON_COMMAND_EXECUTOR_FAILED"
    failed.save()
    other = Task.objects.get()
    other.pk, other.cluster = None, builders.cluster("other")
    other.save()
    assert sentence(told(failed, after="TASK_ERROR")).endswith("was refused, and no reason was given")
    assert sentence(told(failed, framework="f-0009")).endswith("failed, and no reason was given")
    Task.objects.filter(cluster=failed.cluster).delete()
    assert sentence(told(failed)).endswith("failed, and no reason was given")


def test_one_event_that_stands_for_many_apps_does_not_speak_of_their_reasons(failed: Task) -> None:
    assert sentence(told(failed, framework="")) == "A task of /web on 10.0.0.21 failed"


def test_the_price(failed: Task, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with_reason, without = told(failed, "TASK_FAILED REASON_COMMAND_EXECUTOR_FAILED"), told(failed)
    with django_assert_num_queries(0):
        failures_told.whole([with_reason, with_reason])
    with django_assert_num_queries(1):
        failures_told.whole([without, with_reason, without])


def test_a_long_file_is_read_in_parts(failed: Task, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    event = told(failed)
    events = [event] * (failures_told.AT_ONCE + 1)
    with django_assert_num_queries(2):
        assert [one for one, _ in failures_told.every(iter(events))] == events
