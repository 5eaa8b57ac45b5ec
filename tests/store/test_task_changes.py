"""Streams beside polls: whatever comes first, late, twice or not at all, the rows are the same and a failure is told once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from collectors.records import ClusterTasks, StreamOpened, StreamRecord, TaskAdded, TaskChange, TaskRecord, WorthALook
from dashboard.models import Cluster, Event, Stream, Task
from dashboard.store import task_changes
from dashboard.store.task_changes import Applied
from dashboard.store.writing import Writing
from tests import applications, builders
from tests.builders import NOON, later
from tests.store.test_tasks import events, failed, record, write

pytestmark = pytest.mark.django_db
EXITED = "REASON_COMMAND_EXECUTOR_FAILED"


def change(number: int = 1, state: str = "TASK_FAILED", at: datetime | None = None, **given: Any) -> TaskChange:
    """As Mesos tells it; `marathon` as a Marathon would: without what it does not know."""
    by_marathon = given.pop("marathon", False)
    said: dict[str, Any] = {
        "framework_id": "" if by_marathon else applications.FRAMEWORK,
        "task_id": record(number).task_id,
        "executor_id": "",
        "agent_id": "agent-S0",
        "container_id": "",
        "state": state,
        "reason": EXITED if state == "TASK_FAILED" and not by_marathon else "",
        "message": "Command exited with status 1" if state == "TASK_FAILED" else "",
        "source": "" if by_marathon else "SOURCE_EXECUTOR",
        "healthy": None,
        "status_at": at,
        "is_active": state in ("TASK_STAGING", "TASK_RUNNING", "TASK_UNREACHABLE"),
    }
    return TaskChange(**(said | given))


def apply(cluster: Cluster, *records: StreamRecord, now: datetime, kind: str = Stream.Kind.MESOS) -> Applied:
    key = "marathon" if kind == Stream.Kind.MARATHON else ""
    stream = Stream.objects.get_or_create(cluster=cluster, kind=kind, key=key)[0]
    return task_changes.apply(Writing(cluster=cluster, tick=int(now.timestamp()), now=now), stream, records)


def by_marathon(cluster: Cluster, *records: StreamRecord, now: datetime) -> Applied:
    return apply(cluster, *records, now=now, kind=Stream.Kind.MARATHON)


@pytest.fixture
def cluster() -> Cluster:
    found = builders.cluster()
    builders.write(found, builders.summary(NOON, builders.agent("10.0.0.21", agent_id="agent-S0")))
    applications.make_marathon(found, NOON)
    return found


def test_a_failure_of_a_known_task_is_its_row_and_one_event_at_once(cluster: Cluster) -> None:
    write(cluster, record(1))
    done = apply(cluster, change(at=later(10)), now=later(11))
    row = Task.objects.get()
    assert (row.state, row.reason, row.is_active) == ("TASK_FAILED", EXITED, False)
    assert (row.last_status_at, row.ended_at, row.running_at) == (later(10), later(10), NOON)
    assert done.told == 1 and not done.looks
    assert events() == [(record(1).task_id, "/shop/web", "10.0.0.21", f"TASK_FAILED {EXITED}")]


def test_the_poll_after_the_stream_changes_nothing_and_tells_nothing(cluster: Cluster) -> None:
    write(cluster, record(1))
    apply(cluster, change(at=later(10)), now=later(11))
    before = Task.objects.values().get()
    write(cluster, failed(1, later(10)), now=later(30))
    assert Task.objects.values().get() == before and len(events()) == 1


def test_a_stream_after_the_poll_changes_nothing_and_tells_nothing(cluster: Cluster) -> None:
    write(cluster, record(1))
    write(cluster, failed(1, later(10)), now=later(30))
    before = Task.objects.values().get()
    assert apply(cluster, change(at=later(10)), now=later(31)).told == 0
    assert Task.objects.values().get() == before and len(events()) == 1


def test_a_poll_whose_answer_is_older_turns_nothing_back(cluster: Cluster) -> None:
    write(cluster, record(1))
    apply(cluster, change(at=later(10)), now=later(11))
    write(cluster, record(1, healthy=True, last_status_at=later(5)), now=later(12))
    assert Task.objects.get().state == "TASK_FAILED"


def test_of_one_moment_the_end_holds(cluster: Cluster) -> None:
    write(cluster, record(1))
    apply(cluster, change(at=NOON), now=later(11))
    write(cluster, record(1, last_status_at=NOON), now=later(12))
    assert Task.objects.get().state == "TASK_FAILED"


def test_a_task_that_began_after_a_list_was_asked_for_is_not_ended_by_it(cluster: Cluster) -> None:
    write(cluster)
    apply(cluster, TaskAdded(task=record(1, state="TASK_STAGING")), now=later(28))
    write(cluster, now=later(30))
    assert Task.objects.get().ended_at is None
    write(cluster, now=later(60))
    assert Task.objects.get().ended_at == later(60)


def test_a_task_that_is_added_has_all_that_is_said_of_it(cluster: Cluster) -> None:
    app = applications.make_app(cluster.marathons.get(), "/shop/web", NOON)
    added = TaskAdded(task=record(1, state="TASK_STAGING", running_at=None, last_status_at=None))
    apply(cluster, added, change(state="TASK_RUNNING", at=later(4)), now=later(5))
    row = Task.objects.get()
    assert (row.app, row.host, row.state, row.running_at) == (app, "10.0.0.21", "TASK_RUNNING", later(4))
    assert (row.first_seen, row.cpus_allocated) == (later(5), 0.5)


def test_the_same_failure_told_by_mesos_and_by_marathon_is_one_event_whoever_is_first(cluster: Cluster) -> None:
    write(cluster, record(1), record(2))
    apply(cluster, change(1, at=later(10)), now=later(11))
    by_marathon(cluster, change(1, at=later(11), marathon=True), now=later(12))
    by_marathon(cluster, change(2, at=later(11), marathon=True), now=later(12))
    apply(cluster, change(2, at=later(10)), now=later(13))
    assert len(events()) == 2
    told = [(row.state, row.reason, row.last_status_at, row.ended_at) for row in Task.objects.all()]
    assert told == [("TASK_FAILED", EXITED, later(10), later(10))] * 2


def test_a_poll_that_knows_the_reason_adds_it_without_a_second_event(cluster: Cluster) -> None:
    write(cluster, record(1))
    by_marathon(cluster, change(at=later(11), marathon=True), now=later(12))
    assert Task.objects.get().reason == ""
    write(cluster, failed(1, later(10)), now=later(30))
    row = Task.objects.get()
    assert (row.reason, row.last_status_at, row.ended_at) == (EXITED, later(10), later(10))
    assert len(events()) == 1


def test_a_marathon_with_another_clock_neither_revives_nor_hides_anything(cluster: Cluster) -> None:
    write(cluster, record(1))
    by_marathon(cluster, change(at=NOON - timedelta(hours=2), marathon=True), now=later(12))
    by_marathon(cluster, change(state="TASK_RUNNING", at=later(7200), marathon=True), now=later(13))
    write(cluster, record(1), now=later(14))
    assert Task.objects.get().state == "TASK_FAILED" and len(events()) == 1


def test_a_task_that_nobody_knows_is_looked_up(cluster: Cluster) -> None:
    assert apply(cluster, change(7, at=later(1)), now=later(2)).looks == {"tasks"}
    assert Task.objects.count() == 0 and events() == []


def test_a_stream_of_another_marathon_changes_none_of_this_ones_tasks(cluster: Cluster) -> None:
    write(cluster, record(1))
    applications.make_marathon(cluster, NOON, key="team", framework_id="f-0001")
    stream = Stream.objects.create(cluster=cluster, kind=Stream.Kind.MARATHON, key="team")
    writing = Writing(cluster=cluster, tick=0, now=later(3))
    assert task_changes.apply(writing, stream, [change(at=later(2), marathon=True)]).looks == {"tasks"}
    assert Task.objects.get().state == "TASK_RUNNING"


def test_an_unreachable_task_is_back_when_a_later_list_says_so_though_its_status_is_older(cluster: Cluster) -> None:
    write(cluster, record(1))
    apply(cluster, change(state="TASK_UNREACHABLE", at=later(20)), now=later(21))
    write(cluster, record(1), now=later(15))
    assert Task.objects.get().state == "TASK_UNREACHABLE"
    write(cluster, record(1), now=later(50))
    assert Task.objects.get().state == "TASK_RUNNING"


def test_an_id_that_is_used_again_is_another_task(cluster: Cluster) -> None:
    write(cluster, record(1))
    apply(cluster, change(at=later(10)), now=later(11))
    done = apply(cluster, TaskAdded(task=record(1, state="TASK_STAGING", first_status_at=None)), now=later(20))
    assert done.looks == {"tasks"}
    again = record(1, first_status_at=later(21), running_at=later(21), last_status_at=later(21))
    write(cluster, again, failed(1, later(10)), now=later(30))
    assert (Task.objects.get().state, Task.objects.get().ended_at) == ("TASK_RUNNING", None)
    apply(cluster, change(at=later(40)), now=later(41))
    assert len(events()) == 2


def test_what_happened_while_nobody_read_is_in_the_list_that_begins_the_stream(cluster: Cluster) -> None:
    write(cluster, record(1), record(2))
    listed = listing(failed(1, later(10)), record(2), now=later(20))
    apply(cluster, StreamOpened(taken_at=later(20), heartbeat_seconds=15.0, tasks=listed), now=later(20))
    assert [event[0] for event in events()] == [record(1).task_id]


def test_what_a_stream_saw_running_and_the_first_poll_finds_failed_is_told(cluster: Cluster) -> None:
    listed = listing(record(1), now=NOON)
    apply(cluster, StreamOpened(taken_at=NOON, heartbeat_seconds=15.0, tasks=listed), now=NOON)
    write(cluster, failed(1, later(10)), failed(2, later(11)), now=later(30))
    assert [event[0] for event in events()] == [record(1).task_id]


def test_a_stream_that_begins_without_a_list_asks_for_one(cluster: Cluster) -> None:
    opened = StreamOpened(taken_at=NOON, heartbeat_seconds=None, tasks=None)
    looks = by_marathon(cluster, opened, WorthALook(sources=("apps", "queue")), now=NOON).looks
    assert looks == {"tasks", "apps", "queue"}


def test_a_crash_loop_that_a_stream_tells_is_one_event_a_minute(cluster: Cluster) -> None:
    write(cluster)
    for number in range(30):
        at = later(number * 4)
        apply(cluster, TaskAdded(task=record(number)), change(number, at=at), now=at)
    assert Task.objects.filter(state="TASK_FAILED").count() == 30
    told = Event.objects.filter(kind=Event.Kind.TASK_FAILED).order_by("pk").values_list("taken_at", flat=True)
    assert list(told) == [later(0), later(4), later(8), later(12), later(16), later(76)]


def test_texts_that_are_too_long_are_cut_to_their_columns(cluster: Cluster) -> None:
    write(cluster, record(1, task_id="j" * 300))
    apply(cluster, change(at=later(5), task_id="j" * 300, reason="R" * 90, message="m" * 9_000), now=later(6))
    assert Task.objects.get().state == "TASK_FAILED" and len(Task.objects.get().message) == 4_000


def listing(*listed: TaskRecord, now: datetime) -> ClusterTasks:

    return ClusterTasks(taken_at=now, tasks=listed, whole=True)
