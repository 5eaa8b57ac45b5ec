"""Failed tasks of frameworks: once, exactly where somebody counts exactly, and never because a count began again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collectors.records import TaskCounts
from dashboard.models import Cluster, Event, TaskFailures
from tests import builders
from tests.builders import NOON, framework, later, master, summary, write, write_masters

pytestmark = pytest.mark.django_db
ID = "id-of-marathon"
NEXT = "10.0.0.102"


def list_tasks(cluster: Cluster, seconds: float, *, leader: str = "10.0.0.101", **counts: int) -> None:
    listed = framework("marathon", tasks=TaskCounts(running=3, **counts))
    write(cluster, summary(later(seconds), frameworks=(listed,), leader_hostname=leader))


def count_tasks(
    cluster: Cluster, seconds: float, *, host: str = "10.0.0.101", uptime: float = 3600, **counts: float
) -> None:
    begin = f"master/frameworks/mara%20thon/{ID}/tasks/terminal/task_"
    said = {f"{begin}{state}": count for state, count in counts.items()}
    up = uptime + seconds
    snapshot = master(host, at=later(seconds), elected=True, uptime_seconds=up, metrics=said)
    write_masters(cluster, snapshot, now=later(seconds))


def told() -> list[tuple[str, str, str, str]]:
    rows = Event.objects.filter(kind=Event.Kind.TASKS_FAILED).order_by("id")
    return [(row.subject, row.name, row.before, row.after) for row in rows]


def test_a_rise_of_the_leaders_own_count_is_told_once_with_its_time_though_the_summary_shows_it_too() -> None:
    cluster = builders.cluster()
    list_tasks(cluster, 0, failed=2)
    count_tasks(cluster, 1, failed=2, error=0)
    count_tasks(cluster, 11, failed=4, error=1)
    list_tasks(cluster, 12, failed=4, error=1)
    count_tasks(cluster, 21, failed=4, error=1)
    assert told() == [(ID, "marathon", "failed 2", "failed 4, error 1")]
    assert Event.objects.get(kind=Event.Kind.TASKS_FAILED).taken_at == later(11)


def test_what_had_failed_before_the_first_look_is_not_told() -> None:
    cluster = builders.cluster()
    list_tasks(cluster, 0, failed=900)
    count_tasks(cluster, 1, failed=1900)
    list_tasks(cluster, 10, failed=900)
    assert told() == []


def test_a_new_leader_counts_from_zero_and_what_it_says_first_is_no_failure() -> None:
    cluster = builders.cluster()
    list_tasks(cluster, 0, failed=5)
    count_tasks(cluster, 1, failed=5)
    count_tasks(cluster, 11, host=NEXT, uptime=30, failed=3)
    list_tasks(cluster, 12, leader=NEXT, failed=3)
    count_tasks(cluster, 21, host=NEXT, uptime=30, failed=7)
    assert told() == [(ID, "marathon", "failed 3", "failed 7")]


def test_a_leader_that_restarted_is_another_one() -> None:
    cluster = builders.cluster()
    list_tasks(cluster, 0)
    count_tasks(cluster, 1, failed=5)
    count_tasks(cluster, 101, uptime=-80, failed=9)
    assert told() == []


def test_of_a_crash_loop_a_minute_is_one_event_in_the_end_and_no_failure_is_left_out() -> None:
    cluster = builders.cluster()
    list_tasks(cluster, 0)
    for turn in range(20):
        count_tasks(cluster, 1 + 10 * turn, failed=3 * min(turn, 14))
    assert told() == [
        *((ID, "marathon", f"failed {count}", f"failed {count + 3}") for count in (0, 3, 6, 9, 12)),
        (ID, "marathon", "failed 15", "failed 33"),
        (ID, "marathon", "failed 33", "failed 42"),
    ]


def test_a_framework_that_came_back_is_counted_anew() -> None:
    cluster = builders.cluster()
    list_tasks(cluster, 0)
    for seconds, failed in ((1, 5), (11, 2)):
        count_tasks(cluster, seconds, failed=failed)
    assert told() == [(ID, "marathon", "failed 0", "failed 2")]


def test_where_no_master_counts_the_summary_does() -> None:
    cluster = builders.cluster()
    list_tasks(cluster, 0, failed=3, error=1)
    write_masters(cluster, master(), now=later(1))
    list_tasks(cluster, 10, failed=5, error=1)
    assert told() == [(ID, "marathon", "failed 3, error 1", "failed 5, error 1")]


def test_a_summarys_count_that_falls_made_room_and_is_no_failure() -> None:
    cluster = builders.cluster()
    for seconds, failed in ((0, 900), (10, 850), (20, 850), (30, 851)):
        list_tasks(cluster, seconds, failed=failed)
    assert told() == [(ID, "marathon", "failed 850", "failed 851")]


def test_a_summary_of_a_new_leader_is_no_failure_while_it_settles() -> None:
    cluster = builders.cluster()
    list_tasks(cluster, 0, failed=0)
    list_tasks(cluster, 10, leader=NEXT, failed=4)
    list_tasks(cluster, 80, leader=NEXT, failed=4)
    assert told() == []


def test_tasks_that_were_lost_with_their_agent_did_not_fail() -> None:
    cluster = builders.cluster()
    list_tasks(cluster, 0)
    count_tasks(cluster, 1, failed=0, lost=0)
    list_tasks(cluster, 10, lost=9, unreachable=4, killed=2)
    count_tasks(cluster, 11, failed=0, lost=9, killed=2, gone=1)
    assert told() == []


@pytest.mark.parametrize("count", [float(2**63), -1.0])
def test_a_count_that_is_none_is_passed_over(count: float) -> None:
    cluster = builders.cluster()
    list_tasks(cluster, 0)
    count_tasks(cluster, 1, failed=1)
    count_tasks(cluster, 11, failed=count)
    assert told() == []


@pytest.mark.parametrize("counts", [TaskFailures(), TaskFailures(7), TaskFailures(0, 2), TaskFailures(7, 2)])
def test_counts_are_read_back_as_they_were_written(counts: TaskFailures) -> None:
    assert TaskFailures.read(str(counts)) == counts
    assert TaskFailures.between(str(TaskFailures()), str(counts)) == counts.total


def test_words_of_an_event_of_another_kind_are_no_counts() -> None:
    assert TaskFailures.read("unregistered failed many, error of 3") == TaskFailures()
    assert TaskFailures.between("failed 5", "failed 3") == 0


def test_frameworks_cost_no_query_each() -> None:
    counts = []
    for size, name in ((2, "a"), (200, "b")):
        cluster = builders.cluster(name)
        frameworks = tuple(framework(f"f{number}") for number in range(size))
        write(cluster, summary(NOON, frameworks=frameworks))
        keys = {f"master/frameworks/f/id-of-f{number}/tasks/terminal/task_failed": 1.0 for number in range(size)}
        write_masters(cluster, master(metrics=keys), now=NOON)
        with CaptureQueriesContext(connection) as captured:
            write_masters(cluster, master(at=later(10), metrics=keys), now=later(10))
        counts.append(len(captured))
    assert counts[0] == counts[1]
