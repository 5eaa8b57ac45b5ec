"""What applications tell of themselves, as the API tells it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.app_sets import asked_all, contained, told_set
from tests.applications import make_app, make_marathon, make_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def telling(now: datetime) -> Cluster:
    """/web tells three metrics in two sets, a task without an app one."""
    cluster = builders.cluster()
    web = make_app(make_marathon(cluster, now), "/web", now)
    asked_all(cluster, now)
    for number, app in ((1, web), (2, None)):
        task = make_task(cluster, number, now, app=app, host=f"10.0.0.{20 + number}", agent_id=f"agent-S{number}")
        own = contained(task, now - timedelta(minutes=1), now)
        if app is None:
            told_set(own, task, now, {}, {"jobs": 4.0}, number=3)
        else:
            told_set(own, task, now, {"path": "/"}, {"errors": 0.0, "took.ms": 3.5}, number=1)
            told_set(own, task, now, {"path": "/pay"}, {"errors": 2.0}, number=2)
    return cluster


def test_each_metric_says_whose_it_is_and_when_it_was_true(asked: Ask, telling: Cluster) -> None:
    answer = asked(f"{PROD}app-metrics/")
    assert answer["count"] == 4 and answer["freshness"] == "fresh" and answer["next"] is None
    first = answer["results"][0]
    assert (first["name"], first["tags"], first["value"], first["unit"]) == ("errors", {"path": "/"}, 0.0, None)
    assert (first["app"], first["marathon"], first["container_id"]) == ("/web", "marathon", "container-1")
    assert first["subject"] == "10.0.0.21/container-1|1" and first["freshness"] == "fresh"
    assert 0 <= first["age_seconds"] < 120 and first["basis"].startswith("as the application said it")
    jobs = next(one for one in answer["results"] if one["name"] == "jobs")
    assert (jobs["app"], jobs["marathon"], jobs["value"]) == (None, None, 4.0)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"app": "/web"}, 3),
        ({"app": "/nope"}, 0),
        ({"marathon": "marathon"}, 3),
        ({"container_id": "container-2"}, 1),
        ({"host": "10.0.0.21"}, 3),
        ({"name": "errors"}, 2),
        ({"name": ""}, 4),
        ({"q": "ERR pay"}, 1),
    ],
)
def test_filters(asked: Ask, telling: Cluster, query: dict[str, str], count: int) -> None:
    assert asked(f"{PROD}app-metrics/", **query)["count"] == count


def test_pages_follow_each_other(asked: Ask, telling: Cluster) -> None:
    first = asked(f"{PROD}app-metrics/", limit=3)
    rest = asked(first["next"])
    assert [one["name"] for one in (*first["results"], *rest["results"])] == ["errors", "errors", "jobs", "took.ms"]


def test_plain_mesos_has_none(asked: Ask) -> None:
    builders.cluster(kind="mesos")
    answer = asked(f"{PROD}app-metrics/")
    assert (answer["results"], answer["freshness"], answer["taken_at"]) == ([], "never", None)
