"""Tasks: rows of those that run and ended, events of those that failed; only what changed is written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collectors.errors import Outcome
from collectors.records import ClusterTasks, Resources, TaskRecord
from dashboard.models import Cluster, Collection, Event, Task
from dashboard.store import retention, tasks
from dashboard.store.writing import Writing
from tests import applications, builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db
UUID = "06ce1970-31a3-4adc-b418-{:012d}"


def record(number: int = 1, **given: Any) -> TaskRecord:
    said: dict[str, Any] = {
        "task_id": f"shop_web.{UUID.format(number)}",
        "framework_id": applications.FRAMEWORK,
        "executor_id": "",
        "agent_id": "agent-S0",
        "container_id": f"container-{number}",
        "name": "web.shop",
        "role": "*",
        "state": "TASK_RUNNING",
        "healthy": None,
        "reason": "",
        "message": "",
        "source": "SOURCE_EXECUTOR",
        "allocated": Resources(cpus=0.5, mem_bytes=applications.GIB),
        "cpus_limit": None,
        "mem_limit_bytes": None,
        "first_status_at": NOON,
        "running_at": NOON,
        "last_status_at": NOON,
        "is_active": True,
    }
    return TaskRecord(**(said | given))


def failed(number: int, at: datetime, **given: Any) -> TaskRecord:
    ended = {
        "state": "TASK_FAILED",
        "reason": "REASON_COMMAND_EXECUTOR_FAILED",
        "message": "Command exited with status 1",
    }
    return record(number, is_active=False, last_status_at=at, **(ended | given))


def write(cluster: Cluster, *listed: TaskRecord, now: datetime = NOON, whole: bool = True) -> int:
    """One poll of the tasks, and that it was one."""
    kept = tasks.write(
        Writing(cluster=cluster, tick=int(now.timestamp()), now=now),
        ClusterTasks(taken_at=now, tasks=listed, whole=whole),
    )
    Collection.objects.update_or_create(
        cluster=cluster, source="tasks", host="", defaults={"outcome": Outcome.OK, "since": now, "sample_at": now}
    )
    return kept


def events() -> list[tuple[str, str, str, str]]:
    told = Event.objects.filter(kind=Event.Kind.TASK_FAILED).order_by("pk")
    return list(told.values_list("subject", "name", "place", "after"))


@pytest.fixture
def cluster() -> Cluster:
    found = builders.cluster()
    builders.write(found, builders.summary(NOON, builders.agent("10.0.0.21", agent_id="agent-S0")))
    return found


def test_a_running_task_has_a_row_with_its_app_its_agent_and_what_it_was_given(cluster: Cluster) -> None:
    marathon = applications.make_marathon(cluster, NOON)
    app = applications.make_app(marathon, "/shop/web", NOON)
    assert write(cluster, record()) == 1
    row = Task.objects.get()
    assert row.app == app and row.host == "10.0.0.21" and row.is_active and row.ended_at is None
    assert (row.state, row.cpus_allocated, row.mem_allocated_bytes) == ("TASK_RUNNING", 0.5, applications.GIB)


def test_tasks_that_did_not_change_are_not_written_again(cluster: Cluster) -> None:
    write(cluster, *(record(number) for number in range(50)))
    with CaptureQueriesContext(connection) as captured:
        write(cluster, *(record(number) for number in range(50)), now=later(30))
    statements = [query["sql"] for query in captured if "dashboard_task" in query["sql"]]
    assert all(statement.lstrip().startswith("SELECT") for statement in statements)


def test_what_had_failed_before_the_first_look_is_kept_and_not_told(cluster: Cluster) -> None:
    write(cluster, failed(1, NOON - timedelta(hours=2)), failed(2, NOON - timedelta(days=3)))
    assert [row.task_id[-1] for row in Task.objects.all()] == ["1"]
    assert events() == []


def test_a_task_that_failed_is_one_event_with_its_app_and_reason(cluster: Cluster) -> None:
    app = applications.make_app(applications.make_marathon(cluster, NOON), "/shop/web", NOON)
    write(cluster, record(1))
    for seconds in (30, 60):
        write(cluster, failed(1, later(20)), now=later(seconds))
    assert events() == [
        (record(1).task_id, "/shop/web", "10.0.0.21", "TASK_FAILED REASON_COMMAND_EXECUTOR_FAILED"),
    ]
    app.refresh_from_db()
    assert app.task_lost_at == later(30)
    row = Task.objects.get()
    assert (row.ended_at, row.message, row.is_active) == (later(20), "Command exited with status 1", False)


def test_a_task_that_failed_between_two_looks_is_told_too(cluster: Cluster) -> None:
    write(cluster, record(1))
    write(cluster, record(1), failed(2, later(15)), now=later(30))
    assert [event[0] for event in events()] == [record(2).task_id]


def test_a_crash_loop_is_one_event_a_look_and_a_row_for_each_failure(cluster: Cluster) -> None:
    applications.make_app(applications.make_marathon(cluster, NOON), "/shop/web", NOON)
    write(cluster)
    write(cluster, *(failed(number, later(number)) for number in range(1, 9)), now=later(30))
    assert [event[0] for event in events()] == [record(8).task_id]
    assert Task.objects.filter(state="TASK_FAILED").count() == 8


def test_however_many_jobs_fail_at_once_twenty_are_told(cluster: Cluster) -> None:
    write(cluster)
    jobs = [failed(number, later(number), task_id=f"job-{number}", name=f"job-{number}") for number in range(1, 31)]
    write(cluster, *jobs, now=later(40))
    assert [name for _, name, *_ in events()] == [f"job-{number}" for number in range(11, 31)]


def test_of_more_apps_than_are_told_one_event_says_how_many(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MOST_APPS_TOLD", 3)
    write(cluster)
    each = [failed(number, later(number), task_id=f"a{number}.{UUID.format(number)}") for number in range(1, 8)]
    write(cluster, *each, now=later(40))
    assert [name for _, name, *_ in events()] == ["/a5", "/a6", "/a7", "each of 4 more apps"]


def test_a_task_that_was_killed_or_finished_or_lost_with_its_agent_is_no_failure_of_its_own(cluster: Cluster) -> None:
    write(cluster, *(record(number) for number in range(1, 5)))
    ended = [
        failed(n, later(9), state=state) for n, state in enumerate(("TASK_KILLED", "TASK_FINISHED", "TASK_LOST"), 1)
    ]
    write(cluster, *ended, record(4, state="TASK_UNREACHABLE", last_status_at=later(9)), now=later(30))
    assert events() == []
    assert Task.objects.get(task_id=record(4).task_id).ended_at is None


def test_a_task_in_no_list_any_more_has_ended_unseen(cluster: Cluster) -> None:
    write(cluster, record(1), record(2))
    write(cluster, record(1), now=later(30))
    gone = Task.objects.get(task_id=record(2).task_id)
    assert (gone.ended_at, gone.is_active, gone.state) == (later(30), False, "TASK_RUNNING")


def test_a_list_that_is_not_whole_ends_nothing(cluster: Cluster) -> None:
    write(cluster, record(1), record(2))
    write(cluster, record(1), now=later(30), whole=False)
    assert Task.objects.filter(ended_at=None).count() == 2


def test_a_new_leader_ends_no_task_for_a_minute(cluster: Cluster) -> None:
    write(cluster, record(1), record(2))
    cluster.reregistering_until = later(60)
    cluster.save()
    write(cluster, now=later(30))
    assert Task.objects.filter(ended_at=None).count() == 2
    write(cluster, record(1), now=later(90))
    assert Task.objects.filter(ended_at=None).count() == 1


def test_the_same_list_again_changes_nothing(cluster: Cluster) -> None:
    for _ in range(2):
        write(cluster, record(1), failed(2, later(5)), now=later(30))
    assert Task.objects.count() == 2 and events() == []


def test_health_that_turned_is_written(cluster: Cluster) -> None:
    write(cluster, record(1, healthy=True))
    write(cluster, record(1, healthy=False, last_status_at=later(20)), now=later(30))
    assert Task.objects.get().healthy is False


def test_texts_that_are_too_long_are_cut_to_their_columns(cluster: Cluster) -> None:
    long = failed(1, later(1), task_id="j" * 400, name="n" * 900, message="m" * 9_000, reason="R" * 90, role="r" * 400)
    write(cluster)
    write(cluster, long, now=later(30))
    assert len(Task.objects.get().message) == 4_000


def test_ended_tasks_go_after_a_week_and_past_the_most_before(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, age in ((1, 8), (2, 2), (3, 1)):
        applications.make_failed_task(cluster, number, NOON - timedelta(days=age))
    applications.make_task(cluster, 4, NOON)
    retention.prune(NOON)
    assert Task.objects.count() == 3
    monkeypatch.setattr(tasks, "MOST_ENDED", 1)
    retention.prune(NOON)
    assert Task.objects.filter(ended_at__isnull=False).count() == 1
    assert Task.objects.filter(ended_at=None).count() == 1


def test_a_task_that_was_listed_before_its_agent_has_a_host_with_the_next_list() -> None:
    cluster = builders.cluster()
    write(cluster, record(1), record(2, agent_id="agent-S9"))
    assert set(Task.objects.values_list("host", flat=True)) == {""}
    builders.write(cluster, builders.summary(later(1), builders.agent("10.0.0.1", agent_id="agent-S0")))
    write(cluster, record(1), record(2, agent_id="agent-S9"), now=later(30))
    assert dict(Task.objects.values_list("agent_id", "host")) == {"agent-S0": "10.0.0.1", "agent-S9": ""}
