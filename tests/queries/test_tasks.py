from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Framework, Task
from dashboard.queries import freshness, task_query, tasks
from dashboard.queries.tasks import Show, TaskRow, Wanted
from tests import builders
from tests.applications import listed_at, make_app, make_failed_task, make_marathon, make_task
from tests.builders import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def prod() -> Cluster:
    """Two instances of /web and one of /etl run, one of /etl failed, and a job was killed before that."""
    cluster = builders.cluster()
    marathon = make_marathon(cluster, NOON)
    web, etl = make_app(marathon, "/web", NOON), make_app(marathon, "/data/etl", NOON)
    make_task(cluster, 1, NOON, app=web, healthy=True)
    make_task(cluster, 2, NOON, app=web, healthy=False, host="10.0.0.7")
    make_task(cluster, 3, NOON, app=etl, role="data")
    make_failed_task(cluster, 4, NOON, app=etl, reason="REASON_CONTAINER_LIMITATION_MEMORY")
    earlier = NOON - timedelta(hours=1)
    make_failed_task(cluster, 5, earlier, state="TASK_KILLED", reason="", message="", framework_id="f-jobs")
    builders.write(cluster, builders.summary(NOON, frameworks=(builders.framework("jobs", framework_id="f-jobs"),)))
    listed_at(cluster, NOON)
    return cluster


def listed(cluster: Cluster, line: str = "", show: Show | None = Show.ACTIVE) -> list[TaskRow]:
    source, wanted = freshness.of(cluster, NOON)[tasks.SOURCE], Wanted(show=show, query=task_query.parse(line))
    return tasks.page(cluster, wanted, source, after=None, limit=100)


def numbers(rows: list[TaskRow]) -> list[int]:
    """By the ends of their ids, or of their containers."""
    return [int(row.task.container_id.removeprefix("container-")) for row in rows]


@pytest.mark.parametrize(
    ("show", "found"), [(Show.ACTIVE, [3, 2, 1]), (Show.ENDED, [4, 5]), (Show.FAILED, [4]), (None, [5, 4, 3, 2, 1])]
)
def test_those_that_run_stand_newest_first_and_those_that_ended_latest_first(
    prod: Cluster, show: Show | None, found: list[int]
) -> None:
    assert numbers(listed(prod, show=show)) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("app:/web", [2, 1]),
        ("app:data/etl", [4, 3]),
        ("app:/data/*", [4, 3]),
        ("-app:/web", [5, 4, 3]),
        ("state:running", [3, 2, 1]),
        ("state:TASK_FAILED,killed", [5, 4]),
        ("host:10.0.0.7", [2]),
        ("reason:*memory", [4]),
        ("reason:container_limitation_memory", [4]),
        ("framework:jobs", [5]),
        ("framework:f-jobs", [5]),
        ("-framework:jobs", [4, 3, 2, 1]),
        ("role:data", [3]),
        ("health:unhealthy", [2]),
        ("health:unchecked", [5, 4, 3]),
        ("-health:healthy", [5, 4, 3, 2]),
        ("EXITED status", [4]),
        ("app:/web host:10.0.0.7", [2]),
    ],
)
def test_each_word_of_the_filter_finds_what_it_says(prod: Cluster, line: str, found: list[int]) -> None:
    assert numbers(listed(prod, line, show=None)) == found


def test_a_word_is_no_pattern_of_the_database(prod: Cluster) -> None:
    assert listed(prod, "app:%", show=None) == listed(prod, "_web", show=None) == []


@pytest.mark.parametrize("show", [Show.ACTIVE, Show.ENDED, None])
def test_pages_hold_each_task_once(prod: Cluster, show: Show | None) -> None:
    source, wanted = freshness.of(prod, NOON)[tasks.SOURCE], Wanted(show=show)
    seen: list[int] = []
    after = None
    while rows := tasks.page(prod, wanted, source, after=after, limit=1):
        seen, after = [*seen, *numbers(rows)], rows[-1].place
    assert seen == numbers(tasks.page(prod, wanted, source, after=None, limit=100))


def test_tasks_that_ended_at_one_moment_are_not_skipped(prod: Cluster) -> None:
    for number in (11, 12, 13):
        make_failed_task(prod, number, NOON)
    source, wanted = freshness.of(prod, NOON)[tasks.SOURCE], Wanted(show=Show.FAILED)
    first = tasks.page(prod, wanted, source, after=None, limit=2)
    rest = tasks.page(prod, wanted, source, after=first[-1].place, limit=9)
    assert numbers([*first, *rest]) == [13, 12, 11, 4]


def test_what_ran_in_a_list_that_is_too_old_is_not_said_to_run(prod: Cluster) -> None:
    listed_at(prod, NOON - timedelta(minutes=5))
    running, *_ = listed(prod)
    failed, *_ = listed(prod, show=Show.FAILED)
    assert (running.state.word, running.health) == ("No data", None)
    assert failed.state.word == "Failed"


def test_one_that_is_listed_no_more_ended_and_nobody_saw_how(prod: Cluster) -> None:
    Task.objects.filter(container_id="container-1").update(ended_at=NOON, is_active=False)
    row = next(row for row in listed(prod, show=Show.ENDED) if row.task.container_id == "container-1")
    assert (row.state.mark, row.state.word) == ("unk", "Ended unseen")
    assert row not in listed(prod, show=Show.FAILED)


def test_counts_are_of_the_whole_cluster(prod: Cluster) -> None:
    make_task(builders.cluster("other"), 9, NOON)
    assert tasks.counts(prod, Show.ACTIVE) == {Show.ACTIVE: 3, Show.ENDED: 2}
    assert tasks.counts(prod, Show.FAILED) == {Show.ACTIVE: 3, Show.ENDED: 2, Show.FAILED: 1}


def test_a_page_costs_two_queries_however_many_tasks_there_are(
    prod: Cluster, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    source = freshness.of(prod, NOON)[tasks.SOURCE]
    for number in range(20, 40):
        make_task(prod, number, NOON)
    with django_assert_num_queries(2):
        rows = tasks.page(prod, Wanted(), source, after=None, limit=100)
        assert [row.app.marathon.key for row in rows if row.app]
    assert Framework.objects.exists()


def test_the_tasks_of_one_host(prod: Cluster) -> None:
    source = freshness.of(prod, NOON)[tasks.SOURCE]
    here = tasks.on_host(prod, "10.0.0.7", source)
    assert (numbers(list(here.running)), here.more, here.ended) == ([2], False, ())
    for number in range(20, 20 + tasks.MOST_RUNNING):
        make_task(prod, number, NOON, host="10.0.0.7")
    here = tasks.on_host(prod, "10.0.0.7", source)
    assert (len(here.running), here.more) == (tasks.MOST_RUNNING, True)
