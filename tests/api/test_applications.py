"""Apps, their deployments, queues and Marathons, tasks and frameworks, as the API tells them."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.models import App, AppVersion, Cluster, Marathon, Task
from dashboard.store import apps, launch_waits, marathons, readings
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.applications import (
    FRAMEWORK,
    listed_at,
    make_app,
    make_deployment,
    make_failed_task,
    make_marathon,
    make_task,
    make_wait,
)
from tests.builders import GIB, agent, role, roles, summary

pytestmark = pytest.mark.django_db
USER_MARATHON = "team/marathon-user"


@pytest.fixture
def running(now: datetime) -> Cluster:
    """/web runs twice, /data/etl waits; a Marathon with a slash in its key has a /web too."""
    cluster = builders.cluster()
    builders.write(cluster, summary(now, agent("10.0.0.21", agent_id="agent-S0")))
    marathon, other = make_marathon(cluster, now), make_marathon(cluster, now, key=USER_MARATHON, framework_id="f-0002")
    web = make_app(marathon, "/web", now, role="web", used_at=now, cpus_used=0.3, mem_used_bytes=GIB)
    make_wait(make_app(marathon, "/data/etl", now, state="waiting"), now)
    make_app(other, "/web", now, kind="pod")
    make_app(marathon, "/gone", now, gone_at=now)
    make_task(cluster, 1, now, app=web, healthy=True)
    make_failed_task(cluster, 2, now, app=web)
    make_deployment(marathon, now, "/web")
    make_deployment(marathon, now - timedelta(hours=2), "/data/etl", ended_at=now - timedelta(hours=1))
    for source in ("apps", "tasks", "deployments", "queue", "marathon", "containers"):
        listed_at(cluster, now, source)
    return cluster


def ids(found: dict[str, Any], name: str = "id") -> list[str]:
    return [row[name] for row in found["results"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["/data/etl", "/web", "/web"]),
        ({"marathon": USER_MARATHON}, ["/web"]),
        ({"state": "waiting"}, ["/data/etl"]),
        ({"kind": "pod"}, ["/web"]),
        ({"role": "web"}, ["/web"]),
        ({"q": "ETL"}, ["/data/etl"]),
        ({"gone": "true"}, ["/gone"]),
    ],
)
def test_apps_are_filtered(running: Cluster, asked: Ask, query: dict[str, str], found: list[str]) -> None:
    answer = asked(f"{PROD}apps/", **query)
    assert (ids(answer), answer["count"]) == (found, len(found))
    assert answer["freshness"] == "fresh"


def test_pages_of_apps_hold_each_once(running: Cluster, asked: Ask) -> None:
    answer, seen = asked(f"{PROD}apps/", limit=1), []
    while True:
        seen += [(row["marathon"], row["id"]) for row in answer["results"]]
        if answer["next"] is None:
            break
        answer = asked(answer["next"])
    assert sorted(seen) == [("marathon", "/data/etl"), ("marathon", "/web"), (USER_MARATHON, "/web")]


def test_the_use_of_an_app_is_of_its_own_time_and_nothing_once_that_is_old(
    running: Cluster, asked: Ask, now: datetime
) -> None:
    web = f"{PROD}apps/marathon/web/"
    assert (asked(web)["cpus_used"], asked(web)["cpus_used_p95"]) == (0.3, None)
    App.objects.update(used_at=now - timedelta(hours=1))
    old = asked(web)
    assert (old["cpus_used"], old["mem_used_bytes"], old["freshness"]) == (None, None, "fresh")
    Marathon.objects.update(apps_taken_at=now - timedelta(hours=1))
    assert asked(web)["freshness"] == "no_data"


def test_health_that_nobody_checks_is_null_and_not_0(running: Cluster, asked: Ask) -> None:
    counts = {"staged": 0, "running": 2, "healthy": 0, "unhealthy": 0}
    web = App.objects.filter(app_id="/web", marathon__key="marathon")
    web.update(healthy=0, stats=[{"name": "total", **counts, "median_life_seconds": None}])
    checked = asked(f"{PROD}apps/marathon/web/")
    web.update(has_health_checks=False)
    one = asked(f"{PROD}apps/marathon/web/")
    assert (checked["healthy"], checked["statistics"][0]["healthy"]) == (0, 0)
    for told in (one, one["statistics"][0]):
        assert (told["healthy"], told["unhealthy"], told["running"]) == (None, None, 2)


def test_one_app_tells_its_failure_statistics_wait_and_versions(running: Cluster, asked: Ask, now: datetime) -> None:
    etl = App.objects.get(app_id="/data/etl")
    etl.failure_task_id, etl.failure_state, etl.failure_at = "etl.1", "TASK_FAILED", now
    etl.stats = [
        {"name": "total", "staged": 0, "running": 1, "healthy": None, "unhealthy": None, "median_life_seconds": 9.5}
    ]
    etl.save()
    for hours, version in ((2, "a"), (1, "b")):
        AppVersion.objects.create(app=etl, version=version, seen_at=now - timedelta(hours=hours), config={"cmd": "set"})
    answer = asked(f"{PROD}apps/marathon/data/etl/")
    assert answer["last_failure"]["task_id"] == "etl.1" and answer["last_failure"]["host"] is None
    assert answer["statistics"][0]["median_life_seconds"] == 9.5
    assert answer["wait"]["nearest"][0]["reasons"] == ["InsufficientMemory"] and answer["is_waiting"] is True
    assert [one["version"] for one in answer["versions"]] == ["b", "a"]
    web = asked(f"{PROD}apps/marathon/web/")
    assert (web["last_failure"], web["wait"], web["subject"]) == (None, None, "marathon:/web")


def test_an_app_is_found_by_a_marathon_whose_key_has_a_slash(running: Cluster, asked: Ask) -> None:
    assert asked(f"{PROD}apps/{USER_MARATHON}/web/")["kind"] == "pod"
    for nobody in ("marathon/nope", "marathon", "nope/web", "marathon-user/web"):
        assert asked(f"{PROD}apps/{nobody}/", status=404)["detail"].startswith("There is no app")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["2", "1"]),
        ({"show": "active"}, ["1"]),
        ({"show": "failed"}, ["2"]),
        ({"state": "failed"}, ["2"]),
        ({"app": "/web"}, ["2", "1"]),
        ({"app": "/other"}, []),
        ({"host": "10.0.0.21"}, ["2", "1"]),
        ({"framework": FRAMEWORK, "reason": "*executor*"}, ["2"]),
        ({"q": "health:healthy"}, ["1"]),
    ],
)
def test_tasks_are_filtered(running: Cluster, asked: Ask, query: dict[str, str], found: list[str]) -> None:
    answer = asked(f"{PROD}tasks/", **query)
    assert [row["container_id"][-1] for row in answer["results"]] == found and answer["count"] == len(found)


def test_a_task_that_runs_is_as_old_as_its_list_and_one_that_ended_as_its_end(
    running: Cluster, asked: Ask, now: datetime
) -> None:
    listed_at(running, now - timedelta(hours=1))
    failed, active = asked(f"{PROD}tasks/")["results"]
    assert (active["state"], active["shown"]["word"], failed["shown"]["word"]) == ("TASK_RUNNING", "No data", "Failed")
    assert active["age_seconds"] > 3599 and failed["age_seconds"] < 60
    assert (failed["why"], failed["marathon"], failed["app"]) == ("its command failed", "marathon", "/web")


@pytest.mark.parametrize("show", ["active", "ended", "failed"])
def test_pages_of_tasks_hold_each_once(running: Cluster, asked: Ask, now: datetime, show: str) -> None:
    for number in range(10, 14):
        (make_task if show == "active" else make_failed_task)(running, number, now)
    answer, seen = asked(f"{PROD}tasks/", limit=2, show=show), []
    while answer["next"]:
        seen += ids(answer, "task_id")
        answer = asked(answer["next"])
    seen += ids(answer, "task_id")
    assert len(seen) == len(set(seen)) == answer["count"] == 5


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("tasks/", {"q": "zone:a"}),
        ("tasks/", {"show": "all"}),
        ("tasks/", {"after": "x"}),
        ("apps/", {"state": "nice"}),
        ("apps/", {"after": "WyJhIl0="}),
        ("deployments/", {"after": "WyJhIl0="}),
        ("queue/", {"color": "red"}),
    ],
)
def test_what_cannot_be_understood_is_refused(running: Cluster, asked: Ask, path: str, query: dict[str, str]) -> None:
    asked(f"{PROD}{path}", status=400, **query)


def test_deployments_stand_latest_first_and_say_no_more_of_their_end_than_is_known(
    running: Cluster, asked: Ask
) -> None:
    now_on, over = asked(f"{PROD}deployments/")["results"]
    assert (now_on["apps"], now_on["step"], now_on["steps"], now_on["ended_at"]) == (["/web"], 1, 2, None)
    assert over["ended_at"] is not None and over["taken_at"] == over["ended_at"]
    assert asked(f"{PROD}deployments/", ended="false")["count"] == 1
    first = asked(f"{PROD}deployments/", limit=1)
    assert ids(asked(first["next"]), "deployment_id") == [over["deployment_id"]]


def test_the_queue_tells_who_waits_and_for_what(running: Cluster, asked: Ask) -> None:
    (one,) = asked(f"{PROD}queue/", overdue="true")["results"]
    assert (one["app"], one["marathon"], one["count"]) == ("/data/etl", "marathon", 1)
    assert one["last_offers"][1] == {"reason": "InsufficientMemory", "declined": 2, "processed": 2}
    assert asked(f"{PROD}queue/", overdue="false")["results"] == []


def test_a_marathon_tells_its_own_metrics_while_they_are_the_present(
    running: Cluster, asked: Ask, now: datetime
) -> None:
    tick, name = int(now.timestamp()), marathons.LAYOUT[0]
    at = readings.subjects(running, {("marathon", "marathon"): "marathon"}, seen_at=now)["marathon", "marathon"]
    readings.write(tick, marathons.LAYOUT, [(at, [7.0, *[None] * (len(marathons.LAYOUT) - 2), 0.0])])
    root, user = asked(f"{PROD}marathons/")["results"]
    assert root["metrics"] == {name: 7.0} and user["metrics"] == {}
    assert (root["key"], root["leader"], root["apps_freshness"]) == ("marathon", "10.0.0.2:8080", "fresh")
    told = asked(f"{PROD}readings/", subject="marathon:marathon", metric=name)
    assert 7.0 in told["values"] and told["basis"].startswith("what the leading instance")


@pytest.mark.parametrize(
    ("kind", "layout", "metric", "unit"),
    [
        ("app", apps.LAYOUT, "mem_allocated_bytes", "bytes"),
        ("queue", launch_waits.LAYOUT, "declined.InsufficientMemory", "offers"),
    ],
)
def test_readings_of_apps_and_queues_are_told_by_name(
    running: Cluster, asked: Ask, now: datetime, kind: str, layout: tuple[str, ...], metric: str, unit: str
) -> None:
    key = "marathon:/web"
    at = readings.subjects(running, {(kind, key): "/web"}, seen_at=now)[kind, key]
    readings.write(int(now.timestamp()), layout, [(at, [3.0] * (len(layout) - 1) + [0.0])])
    told = asked(f"{PROD}readings/", subject=f"{kind}:{key}", metric=metric)
    assert 3.0 in told["values"] and told["unit"] == unit and told["name"] == "/web"
    (row,) = asked(f"{PROD}readings/latest/", kind=kind, metric=metric)["results"]
    assert (row["key"], row["values"]) == (key, [3.0])


def test_a_framework_tells_what_it_holds_its_roles_and_who_runs_it(running: Cluster, asked: Ask, now: datetime) -> None:
    builders.write(running, roles(now, role("data", frameworks=("id-of-marathon",))))
    App.objects.filter(app_id="/data/etl").update(labels={"DCOS_PACKAGE_FRAMEWORK_NAME": "marathon"})
    (one,) = asked(f"{PROD}frameworks/", state="active", q="MARA")["results"]
    assert (one["cpus_allocated"], one["cpus_used"], one["failures_24h"]) == (1.0, None, None)
    assert (one["roles"][0]["name"], one["roles"][0]["cpus_limit"]) == ("data", None)
    assert (one["marathon"], one["app"], one["shown"]["word"]) == ("marathon", "/data/etl", "Active")
    assert asked(f"{PROD}frameworks/", state="completed")["count"] == 0


@pytest.mark.parametrize(("path", "rows"), [("apps/", 3), ("tasks/", 2), ("frameworks/", 1)])
def test_lists_are_told_as_csv_too(running: Cluster, key: str, path: str, rows: int) -> None:
    answer = Client().get(f"{PROD}{path}", {"format": "csv"}, headers={"Authorization": f"Token {key}"})
    assert isinstance(answer, StreamingHttpResponse)
    header, *lines = csv.reader(io.StringIO(b"".join(answer).decode()))
    assert len(lines) == rows and all(len(line) == len(header) for line in lines)


@pytest.mark.parametrize(
    ("path", "queries"), [("apps/", 7), ("tasks/", 8), ("deployments/", 7), ("queue/", 6), ("frameworks/", 11)]
)
def test_the_price_does_not_grow_with_the_cluster(
    running: Cluster,
    asked: Ask,
    now: datetime,
    path: str,
    queries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    marathon = Marathon.objects.get(key="marathon")
    for number in range(20):
        app = make_app(marathon, f"/more/{number}", now)
        make_wait(app, now)
        make_task(running, 100 + number, now, app=app)
        make_deployment(marathon, now, app.app_id)
    assert Task.objects.count() == 22
    # Three of them sign in.
    with django_assert_num_queries(queries):
        asked(f"{PROD}{path}")
