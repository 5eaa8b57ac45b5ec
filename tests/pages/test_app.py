from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.figures import byte_size
from dashboard.models import App, AppVersion, Cluster, Collection, Container, Node
from tests import builders
from tests.applications import make_app, make_failed_task, make_marathon, make_task, make_wait
from tests.builders import NOON
from tests.pages.conftest import said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
PAGE = "/c/prod/apps/marathon/shop/web/"
EVIL = "<script>alert(1)</script>"


def answered(cluster: Cluster, at: datetime = NOON) -> None:
    """Every source of applications answered at that time."""
    for source in ("apps", "queue", "deployments", "tasks"):
        Collection.objects.create(
            cluster=cluster, source=source, outcome="ok", since=at, last_success_at=at, sample_at=at
        )


def an_app(at: datetime = NOON, **given: Any) -> App:
    cluster = builders.cluster()
    answered(cluster, at)
    return make_app(make_marathon(cluster, at), "/shop/web", NOON, **given)


def test_the_page_says_how_it_stands_and_has_dcos_words(viewer: Client) -> None:
    an_app(stats=[{"name": "total", "staged": 0, "running": 2, "healthy": 2, "unhealthy": None}])
    text = said(viewer.get(PAGE))
    assert "Running — 2 of 2 instances run, since" in text
    for words in ("Last Changes", "Last Task Failure", "Task Statistics", "Total 2 2 — 0 —"):
        assert words in text
    assert "was not asked for it yet" in text


def test_task_statistics_of_an_app_that_nobody_checks_have_no_health(viewer: Client) -> None:
    counts = {"staged": 0, "running": 2, "healthy": 0, "unhealthy": 0, "median_life_seconds": 60.0}
    an_app(stats=[{"name": "total", **counts}], has_health_checks=False, healthy=0)
    assert "Total 2 — — 0 1 min" in said(viewer.get(PAGE))


def test_an_app_without_failures_is_told_so_once_marathon_was_asked(viewer: Client) -> None:
    an_app(failure_asked_at=NOON)
    assert "It has had none that Marathon remembers." in said(viewer.get(PAGE))


def test_its_last_failure_is_told_whole_and_escaped(viewer: Client) -> None:
    failure: dict[str, Any] = {
        "failure_task_id": "shop_web.1",
        "failure_host": "10.0.0.9",
        "failure_state": "TASK_FAILED",
    }
    an_app(**failure, failure_message=EVIL, failure_at=NOON - timedelta(minutes=2), failure_asked_at=NOON)
    answer = viewer.get(PAGE)
    text = said(answer)
    assert "Its last task failure was 2 min ago: “" in text
    assert "shop_web.1" in text
    assert "10.0.0.9" in text
    assert EVIL not in answer.content.decode()


def test_a_list_that_is_old_is_not_the_present(viewer: Client) -> None:
    an_app(at=NOON - timedelta(hours=1))
    text = said(viewer.get(PAGE))
    assert "No data — it was last listed as running" in text
    assert "is not the present" in text


def test_an_app_that_is_gone_says_since_when(viewer: Client) -> None:
    an_app(gone_at=NOON - timedelta(hours=1))
    assert "Gone — its Marathon lists it no more since" in said(viewer.get(PAGE))


def test_instances_of_lost_agents_are_at_risk_and_stand_first(viewer: Client) -> None:
    app = an_app()
    make_task(app.cluster, 1, NOON, app=app, healthy=True)
    make_task(app.cluster, 2, NOON, app=app, healthy=True, agent_id="agent-S9", host="10.0.0.99")
    builders.write(app.cluster, builders.summary(NOON, builders.agent("10.0.0.99", agent_id="agent-S9")))
    Node.objects.filter(cluster=app.cluster).update(state=Node.State.INACTIVE)
    text = said(viewer.get(f"{PAGE}?tab=instances"))
    assert "At risk — 2 of 2 instances run" in text
    assert "1 instance on an agent that is lost." in text
    assert text.index("10.0.0.99 At risk") < text.index("10.0.0.21 Running")


def test_used_stands_beside_what_an_instance_was_allocated(viewer: Client) -> None:
    app = an_app()
    make_task(app.cluster, 1, NOON, app=app, container_id="c1", host="10.0.0.1")
    for at in (NOON - timedelta(seconds=60), NOON):
        reading = builders.container_reading("c1", at)
        builders.write_containers(app.cluster, builders.agent_containers("10.0.0.1", reading, at=at), now=at)
    container = Container.objects.get()
    text = said(viewer.get(f"{PAGE}?tab=instances"))
    assert f"1 GiB / {byte_size(container.mem_used_bytes)}".replace("\u00a0", " ") in text


def test_failures_are_told_with_lives_and_a_csv(viewer: Client) -> None:
    app = an_app()
    make_failed_task(app.cluster, 1, NOON, app=app, message=f"=cmd {EVIL}")
    answer = viewer.get(f"{PAGE}?tab=failures")
    text = said(answer)
    assert "1 failed task in 7 d" in text
    assert "Failed: its command failed" in text
    assert "REASON_COMMAND_EXECUTOR_FAILED" in text
    assert EVIL not in answer.content.decode()
    table = viewer.get(f"{PAGE}failures.csv")
    assert isinstance(table, StreamingHttpResponse)
    header, row = b"".join(table).decode().splitlines()
    assert header.startswith("task_id,host,state")
    assert "'=cmd" in row
    assert ",300," in row


def test_more_failures_than_a_page_holds_are_on_the_next(viewer: Client) -> None:
    app = an_app()
    for number in range(101):
        make_failed_task(app.cluster, number, NOON - timedelta(minutes=number), app=app)
    first = viewer.get(f"{PAGE}?tab=failures&range=7d")
    assert "1–100 of 101 failed tasks" in said(first)
    assert "?tab=failures&amp;range=7d&amp;page=2" in first.content.decode()
    second = viewer.get(f"{PAGE}?tab=failures&page=2").content.decode()
    assert f"{100:012d}" in second
    assert f"{99:012d}" not in second


def test_without_failures_that_is_a_fact(viewer: Client) -> None:
    an_app()
    assert "No task of it failed in the last 7 d" in said(viewer.get(f"{PAGE}?tab=failures"))


def test_offers_name_the_nearest_agent_and_what_would_unblock_it(viewer: Client) -> None:
    app = an_app(state=App.State.WAITING)
    make_wait(app, NOON)
    text = said(viewer.get(f"{PAGE}?tab=offers"))
    assert "10.0.0.7 comes nearest: it lacks 512 MiB of memory." in text
    assert "To launch there: ask for 512 MiB less memory" in text
    assert "Memory 1 GiB 512 MiB 50 % 512 MiB" in text
    for words in ("Recent Resource Offers", "Details", "1 instance left to launch", "Memory 0 % 2 declined 0 of 2"):
        assert words in text


def test_an_app_that_waits_for_nothing_says_so(viewer: Client) -> None:
    an_app()
    assert "It waits for nothing" in said(viewer.get(f"{PAGE}?tab=offers"))


def test_configurations_show_what_each_changed(viewer: Client) -> None:
    app = an_app()
    AppVersion.objects.create(app=app, version="a", seen_at=NOON - timedelta(days=1), config={"cpus": "1"})
    AppVersion.objects.create(app=app, version="b", seen_at=NOON, config={"cpus": "2", "env.X": EVIL})
    answer = viewer.get(f"{PAGE}?tab=configurations")
    text = said(answer)
    assert text.index("cpus 1 2") < text.index("The oldest that is known.")
    assert EVIL not in answer.content.decode()


def test_an_unknown_tab_is_the_overview_and_an_unknown_app_is_not_found(viewer: Client) -> None:
    an_app()
    assert "Task Statistics" in said(viewer.get(f"{PAGE}?tab=nonsense"))
    assert viewer.get("/c/prod/apps/marathon/shop/none/").status_code == 404
    assert viewer.get("/c/prod/apps/other/shop/web/").status_code == 404


def test_the_key_of_a_marathon_may_hold_slashes(viewer: Client) -> None:
    cluster = builders.cluster()
    answered(cluster)
    make_app(make_marathon(cluster, NOON, key="lb:8080/team"), "/team/web", NOON)
    assert "/team/web" in said(viewer.get("/c/prod/apps/lb:8080/team/team/web/"))


def test_only_dcos_shows_the_root_marathon_elsewhere(viewer: Client) -> None:
    app = an_app()
    assert "/#/services/detail/%2Fshop%2Fweb" in viewer.get(PAGE).content.decode()
    Cluster.objects.filter(pk=app.cluster_id).update(kind=Cluster.Kind.MESOS)
    assert "Open in Marathon" not in viewer.get(PAGE).content.decode()


@pytest.mark.parametrize("tab", ["overview", "instances", "failures", "offers", "configurations"])
def test_no_tab_asks_more_for_more_rows(
    viewer: Client, tab: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    app = an_app()
    make_wait(app, NOON)
    for number in range(30):
        make_task(app.cluster, number, NOON, app=app)
        make_failed_task(app.cluster, 100 + number, NOON, app=app)
    with django_assert_max_num_queries(26):
        viewer.get(f"{PAGE}?tab={tab}")
