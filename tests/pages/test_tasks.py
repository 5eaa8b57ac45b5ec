from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from collectors.errors import Outcome
from dashboard.models import App, Collection, Task
from dashboard.pages import task_rows
from tests import builders
from tests.applications import listed_at, make_app, make_failed_task, make_marathon, make_task
from tests.builders import agent, summary
from tests.pages.conftest import said

pytestmark = pytest.mark.django_db
PAGE = "/c/prod/tasks/"
QUERIES = 11
"""Session, user, role, cluster, freshness, two counts, tasks, names of frameworks, switcher, age in the bar."""
EVIL = "<script>alert(1)</script>\u202e"


@pytest.fixture
def web() -> App:
    """Two instances of /web run and one failed on an agent that is there."""
    cluster, now = builders.cluster(), timezone.now()
    builders.write(cluster, summary(now, agent("10.0.0.21", agent_id="agent-S0")))
    app = make_app(make_marathon(cluster, now), "/web", now)
    make_task(cluster, 1, now, app=app, healthy=True)
    make_task(cluster, 2, now, app=app, healthy=False)
    make_failed_task(cluster, 3, now, app=app)
    listed_at(cluster, now)
    return app


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def test_a_row_says_state_health_allocation_and_where_it_runs(viewer: Client, web: App) -> None:
    page = said(viewer.get(PAGE))
    assert page.startswith("2 tasks Of every framework, the newest first")
    assert "Active 2 Ended 1 Failed Show" in page
    row = "Running Unhealthy f-0000 /web 10.0.0.21 0.5 1 GiB 1 h ago n/a"
    assert row in page and "Failed n/a" not in page
    answer = viewer.get(PAGE).content.decode()
    assert '<a href="/c/prod/nodes/10.0.0.21/">' in answer and '<a href="/c/prod/apps/marathon/web/">' in answer


def test_those_that_failed_tell_why_in_words_beside_mesos_own(viewer: Client, web: App) -> None:
    page = said(viewer.get(PAGE, {"show": "failed"}))
    assert "Its command failed REASON_COMMAND_EXECUTOR_FAILED Command exited with status 1" in page
    assert "5 min ago" in page and page.startswith("1 task ")


def test_a_filter_names_what_it_hides_and_what_it_cannot_read(viewer: Client, web: App) -> None:
    page = said(viewer.get(PAGE, {"q": "health:healthy zone:a"}))
    assert page.startswith("Showing 1 of 2 tasks (Clear)")
    assert "zone:a begins with a word that is none" in page
    assert "No task matches" in said(viewer.get(PAGE, {"q": "app:/nothing"}))


def test_a_list_that_is_too_old_is_said_to_be_and_nothing_runs_in_it(viewer: Client, web: App) -> None:
    listed_at(web.cluster, ago(minutes=10))
    Collection.objects.filter(source="tasks").update(outcome=Outcome.AUTH)
    page = said(viewer.get(PAGE))
    assert "Stale These tasks were listed at" in page and "sign-in refused" in page
    assert "Running" not in page and page.count("No data") == 2


def test_before_the_first_list_nothing_is_known(viewer: Client) -> None:
    builders.cluster()
    page = said(viewer.get(PAGE))
    assert "Learning No task is known yet" in page and "lists none" not in page


def test_a_cluster_without_tasks_says_so(viewer: Client) -> None:
    listed_at(builders.cluster(), timezone.now())
    assert "No task is known The leading master answered, and lists none." in said(viewer.get(PAGE))


@pytest.mark.parametrize("show", ["", "ended"])
def test_pages_follow_each_other_by_the_last_row(viewer: Client, web: App, show: str) -> None:
    make = make_failed_task if show else make_task
    for number in range(10, 10 + task_rows.MOST_ROWS):
        make(web.cluster, number, ago(minutes=number))
    first = viewer.get(PAGE, {"show": show})
    following = first.context["following"]
    second = viewer.get(f"{PAGE}{following}")
    ids = [row.task.pk for answer in (first, second) for row in answer.context["rows"]]
    assert len(ids) == len(set(ids)) == Task.objects.filter(is_active=not show).count()
    assert second.context["following"] == "" and "First page" in said(second)


@pytest.mark.parametrize("after", ["x", "_", "2026_1", "-1", "9" * 30, "2026-01-01T00:00:00_5"])
def test_a_place_that_is_none_is_the_first_page(viewer: Client, web: App, after: str) -> None:
    assert len(viewer.get(PAGE, {"after": after}).context["rows"]) == 2


def test_what_a_cluster_wrote_is_text(viewer: Client, web: App) -> None:
    make_failed_task(web.cluster, 9, timezone.now(), name=EVIL, message=EVIL, task_id="a/b?<c>", host="")
    answer = viewer.get(PAGE, {"show": "failed"}).content.decode()
    assert "<script>alert" not in answer and "\u202e" not in answer


def test_the_csv_holds_every_row_of_the_filter_and_no_formula(viewer: Client, web: App) -> None:
    make_task(web.cluster, 9, timezone.now(), name="=HYPERLINK()")
    answer = viewer.get(f"{PAGE}tasks.csv", {"q": "-health:unhealthy"})
    assert isinstance(answer, StreamingHttpResponse)
    header, *rows = csv.reader(io.StringIO(b"".join(answer).decode()))
    table = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["name"] for row in table] == ["'=HYPERLINK()", "web"]
    assert (table[1]["app_id"], table[1]["marathon"], table[1]["cpus_allocated"], table[1]["ended_at"]) == (
        "/web",
        "marathon",
        "0.5",
        "",
    )


def test_the_price_does_not_grow_with_the_tasks(
    viewer: Client, web: App, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10, 60):
        make_task(web.cluster, number, timezone.now(), app=web)
    with django_assert_num_queries(QUERIES):
        viewer.get(PAGE)


def test_a_task_tells_its_life_its_last_status_and_its_neighbours(viewer: Client, web: App) -> None:
    failed = Task.objects.get(state="TASK_FAILED")
    page = said(viewer.get(f"{PAGE}{failed.framework_id}/{failed.task_id}/"))
    assert "Failed — " in page and "after 5 min: its command failed" in page
    assert "State TASK_FAILED" in page and "REASON_COMMAND_EXECUTOR_FAILED" in page
    assert "Command exited with status 1" in page and "Other tasks of its app" in page
    assert page.count("Running") >= 2
    assert "Agent now Active" in page and "no change from before its end is kept" in page


def test_a_message_is_told_whole_and_as_text(viewer: Client, web: App) -> None:
    long = "x" * 3000 + EVIL
    failed = make_failed_task(web.cluster, 9, timezone.now(), message=long)
    answer = viewer.get(f"{PAGE}{failed.framework_id}/{failed.task_id}/").content.decode()
    assert "x" * 3000 in answer and "<script>alert" not in answer


@pytest.mark.parametrize(
    ("columns", "verdict"),
    [
        ({"healthy": False}, "Unhealthy — it runs, and its health check fails"),
        ({}, "Running — for 1 h"),
        ({"ended_at": True, "is_active": False}, "Ended unseen — it was first listed no more"),
    ],
)
def test_the_verdict_of_a_task_says_how_it_is(
    viewer: Client, web: App, columns: dict[str, object], verdict: str
) -> None:
    given: dict[str, Any] = {name: timezone.now() if value is True else value for name, value in columns.items()}
    one = make_task(web.cluster, 9, timezone.now(), **given)
    assert verdict in said(viewer.get(f"{PAGE}{one.framework_id}/{one.task_id}/"))


def test_one_on_a_silent_agent_is_at_risk(viewer: Client, web: App) -> None:
    now = timezone.now()
    builders.write(web.cluster, summary(now, agent("10.0.0.21", agent_id="agent-S0", active=False)))
    one = Task.objects.filter(healthy=True).get()
    page = said(viewer.get(f"{PAGE}{one.framework_id}/{one.task_id}/"))
    assert "At risk — its agent 10.0.0.21 is silent; Mesos says that it runs" in page


def test_a_task_nobody_knows_is_a_404(viewer: Client, web: App) -> None:
    assert viewer.get(f"{PAGE}f-0000/nope/").status_code == 404
    assert viewer.get("/c/nowhere/tasks/").status_code == 404


def test_the_page_of_a_node_lists_its_tasks(viewer: Client, web: App) -> None:
    page = said(viewer.get("/c/prod/nodes/10.0.0.21/"))
    assert "Tasks 2 active, then the latest to end; listed by the leading master" in page
    assert "Ended lately" in page and "Its command failed" in page


def test_a_node_does_not_say_that_nothing_runs_while_the_list_is_old(viewer: Client) -> None:
    cluster = builders.cluster()
    builders.write(cluster, summary(timezone.now(), agent("10.0.0.21")))
    assert "The tasks have not been listed yet." in said(viewer.get("/c/prod/nodes/10.0.0.21/"))
    listed_at(cluster, ago(minutes=10))
    assert "the list of tasks is too old" in said(viewer.get("/c/prod/nodes/10.0.0.21/"))
    listed_at(cluster, timezone.now())
    assert "The leading master lists none on this agent." in said(viewer.get("/c/prod/nodes/10.0.0.21/"))


def test_the_menu_stands_at_apps_whose_tasks_these_are(viewer: Client, web: App) -> None:
    html = viewer.get(PAGE).content.decode()
    current = [part for part in html.split("<a ") if 'aria-current="page"' in part]
    assert any('href="/c/prod/apps/"' in part for part in current)
    assert not any('href="/c/prod/"' in part for part in current)
