"""The Metrics tab of an app, and the metrics of applications on the pages of a container and a task."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.models import App, Cluster, Container, MetricSet, Task
from tests import builders
from tests.app_sets import asked, asked_all, contained, told_set
from tests.applications import make_app, make_marathon, make_task
from tests.builders import NOON, later
from tests.pages.conftest import said

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
PAGE = "/c/prod/apps/marathon/shop/web/"
TAB = {"tab": "metrics", "range": "1h"}
EVIL = "<script>alert(1)</script>\u202e"
MOST_QUERIES = 40
"""Of the page with its frame, whatever the number of instances and sets."""


def instances(number: int = 2, kind: str = "dcos") -> list[Task]:
    cluster = builders.cluster(kind=kind)
    app = make_app(make_marathon(cluster, NOON), "/shop/web", NOON)
    tasks = [
        make_task(cluster, n, NOON, app=app, host=f"10.0.0.{20 + n}", agent_id=f"agent-S{n}")
        for n in range(1, number + 1)
    ]
    asked_all(cluster, NOON)
    for task in tasks:
        contained(task, later(-120), later(-60), NOON)
    return tasks


def container(task: Task) -> Container:
    return Container.objects.get(container_id=task.container_id)


def test_what_all_instances_use_together_and_each_of_them(viewer: Client) -> None:
    instances()
    text = said(viewer.get(PAGE, TAB))
    assert "CPU: 1 of 4 cores" in text and "Memory: 200 MiB of 2 GiB in use" in text
    assert "Held back in 10 % of periods" in text and "of all instances that run now" in text
    each = text.partition("What each instance uses")[2]
    assert each.count("0.5 cores") == 2 and each.count("100 MiB") == 2


def test_an_instance_whose_container_nobody_lists_leaves_no_sum(viewer: Client) -> None:
    first, *_ = instances()
    make_task(first.cluster, 9, NOON, app=first.app, container_id="unlisted")
    text = said(viewer.get(PAGE, TAB))
    assert "There is no sum: 2 of 3 instances are read here." in text and "CPU: " not in text


def test_every_metric_is_listed_with_its_tags_value_and_way_to_explore(viewer: Client) -> None:
    one, other = instances()
    told_set(container(one), one, NOON, {"path": "/cart"}, {"http.requests": 12.0, "heap_bytes": 7.5 * 2**20})
    told_set(container(other), other, NOON, {}, {"http.requests": 30.0}, number=2)
    answer = viewer.get(PAGE, TAB)
    text = said(answer)
    assert "2 metrics of its application as it said them" in text
    assert f"http.requests path=/cart {one.container_id} 10.0.0.21 12 <1 s ago" in text
    assert f"http.requests — {other.container_id} 10.0.0.22 30" in text
    assert "heap_bytes path=/cart container-1 10.0.0.21 7.50 MiB" in text
    href = answer.content.decode().partition('href="/c/prod/explore/?')[2].partition('"')[0]
    assert parse_qs(href.replace("&amp;", "&")) == {
        "q": ["heap_bytes{kind=app_metrics, app=/shop/web}"],
        "range": ["1h"],
    }


def test_words_find_metrics_by_name_tag_and_container(viewer: Client) -> None:
    one, other = instances()
    told_set(container(one), one, NOON, {"path": "/cart"}, {"requests": 12.0, "errors": 1.0})
    told_set(container(other), other, NOON, {"path": "/pay"}, {"requests": 30.0}, number=2)
    found = said(viewer.get(PAGE, {**TAB, "find": "REQ pay"})).partition("application told them")[2]
    assert "requests path=/pay" in found and "/cart" not in found and "errors" not in found
    nothing = said(viewer.get(PAGE, {**TAB, "find": "nope"}))
    assert "No metric matches" in nothing


def test_a_value_that_is_old_is_not_the_present(viewer: Client) -> None:
    task, *_ = instances(1)
    told_set(container(task), task, NOON - timedelta(minutes=30), {}, {"requests": 12.0})
    row = said(viewer.get(PAGE, TAB)).partition("application told them")[2]
    assert "requests — container-1 10.0.0.21 — 30 min ago" in row


def test_a_container_that_ended_is_listed_as_ended(viewer: Client) -> None:
    task, *_ = instances(1)
    told_set(container(task), task, NOON, {}, {"requests": 12.0})
    Container.objects.update(ended_at=NOON)
    assert "10.0.0.21 — <1 s ago , ended" in said(viewer.get(PAGE, TAB))
    Container.objects.all().delete()
    assert "requests — forgotten —" in said(viewer.get(PAGE, TAB))


def test_hostile_names_and_tags_are_only_text(viewer: Client) -> None:
    task, *_ = instances(1)
    told_set(container(task), task, NOON, {EVIL: EVIL}, {EVIL: 1.0})
    for path in (PAGE, f"/c/prod/nodes/10.0.0.21/containers/{task.container_id}/"):
        html = viewer.get(path, TAB).content.decode()
        assert "<script>alert" not in html and "\u202e" not in html


def test_none_is_told_with_its_reason(viewer: Client) -> None:
    tasks = instances()
    assert "Not asked yet A container is asked after its first minute." in said(viewer.get(PAGE, TAB))
    for task in tasks:
        asked(container(task), NOON, told=False)
    text = said(viewer.get(PAGE, TAB))
    assert "Its application tells none 2 containers answered that there is none." in text
    assert "containers of the Docker engine cannot. They are asked again within the hour, next at 12:59:00 UTC." in text


def test_an_app_of_which_nothing_runs_waits_for_no_answer(viewer: Client) -> None:
    instances(0)
    text = said(viewer.get(PAGE, TAB))
    assert "No container to ask" in text
    assert "Not asked yet" not in text


def test_plain_mesos_has_none(viewer: Client) -> None:
    instances(kind="mesos")
    assert "dcos-metrics, which plain Mesos does not have" in said(viewer.get(PAGE, TAB))


def test_a_tag_that_takes_ever_new_values_is_named_where_it_fills_what_is_kept(viewer: Client) -> None:
    task, *_ = instances(1)
    own = container(task)
    asked(own, NOON, told=True, refused=40)
    for number in range(12):
        told_set(own, task, NOON, {"request_id": f"<{number}>", "path": "/buy"}, {"hits": 1.0}, number=number + 1)
    told = said(viewer.get(PAGE, TAB))
    assert "40 more are past what is kept of a container, an agent or the cluster: each new value" in told
    assert "of the tag request_id is a set of its own, 12 values in 12 sets of one container" in told


def test_where_no_tag_stands_out_none_is_named(viewer: Client) -> None:
    task, *_ = instances(1)
    own = container(task)
    asked(own, NOON, told=True, refused=40)
    for number in range(9):
        told_set(own, task, NOON, {"worker": str(number)}, {"hits": 1.0}, number=number + 1)
    assert "is a set of its own" not in said(viewer.get(PAGE, TAB))


def test_what_was_refused_is_counted(viewer: Client) -> None:
    task, *_ = instances(1)
    told_set(container(task), task, NOON, {}, {"requests": 12.0})
    asked(container(task), NOON, told=True, refused=40)
    assert "40 more are past what is kept" in said(viewer.get(PAGE, TAB))


def test_the_csv_has_every_step_that_was_told(viewer: Client) -> None:
    task, *_ = instances(1)
    told_set(container(task), task, NOON, {"a": "b"}, {"requests": 12.0, "errors": 1.0})
    answer = viewer.get(f"{PAGE}metrics.csv", {"range": "1h", "metric": "requests"})
    assert isinstance(answer, StreamingHttpResponse)
    header, *rows = csv.reader(io.StringIO(b"".join(answer).decode()))
    assert header == ["begins_at", "metric", "unit", "host", "container_id", "tags", "value"]
    who = ["requests", "", "10.0.0.21", "container-1", "a=b"]
    assert rows == [["2026-11-22T11:59:00Z", *who, "11"], ["2026-11-22T12:00:00Z", *who, "12"]]


def test_a_container_and_its_task_list_them_too(viewer: Client) -> None:
    task, *_ = instances(1)
    told_set(container(task), task, NOON, {"path": "/cart"}, {"requests": 12.0})
    for path in (
        f"/c/prod/nodes/10.0.0.21/containers/{task.container_id}/",
        f"/c/prod/tasks/{task.framework_id}/{task.task_id}/",
    ):
        text = said(viewer.get(path))
        assert "Metrics of its application 1 name, as it said them" in text
        assert "requests path=/cart 12" in text


def test_the_task_page_has_what_the_command_line_prints(viewer: Client) -> None:
    task, *_ = instances(1)
    text = said(viewer.get(f"/c/prod/tasks/{task.framework_id}/{task.task_id}/")).partition("What the dcos CLI prints")[
        2
    ]
    assert f"dcos task metrics summary {task.task_id}" in text
    assert "CPU 1800.00 (100.00%)" in text and "0.5 cores used, 100 % of 0.5 cores allocated" in text
    assert "cpus.limit 2" in text


def test_plain_mesos_has_no_command_line(viewer: Client) -> None:
    task, *_ = instances(1, kind="mesos")
    text = said(viewer.get(f"/c/prod/tasks/{task.framework_id}/{task.task_id}/"))
    assert "dcos CLI" not in text


def test_the_price_does_not_grow(viewer: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    tasks = instances(6)
    for number, task in enumerate(tasks):
        told_set(container(task), task, NOON, {"n": str(number)}, {"requests": 1.0, "errors": 2.0}, number=number)
    with django_assert_max_num_queries(MOST_QUERIES):
        viewer.get(PAGE, TAB)
    assert MetricSet.objects.count() == 6 and Cluster.objects.count() == 1 and App.objects.count() == 1
