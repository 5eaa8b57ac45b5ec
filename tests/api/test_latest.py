from __future__ import annotations

import csv
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from collectors.records import AppMetricsReading, Harvest, MetricSetReading
from dashboard.models import Cluster, Subject
from dashboard.store import readings
from dashboard.store.tokens import make
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.builders import agent, agent_containers, container_reading, host_metrics, summary, write_containers

LATEST, TOP = f"{PROD}readings/latest/", f"{PROD}readings/top/"
A, B = "10.0.0.1", "10.0.0.2"
WAIT = "cpu.wait"


@pytest.fixture
def cluster(db: None, now: datetime) -> Cluster:
    return watched(now)


def watched(until: datetime) -> Cluster:
    """Two machines, of which one was silent at the last minute and the other did not tell how long its CPU waited."""
    cluster = builders.cluster()
    for minute in (2, 1, 0):
        at = until - timedelta(minutes=minute)
        told = [host_metrics(A, at, metrics={WAIT: float(minute)} if minute else {WAIT: float("nan")})]
        told += [host_metrics(B, at, metrics={WAIT: 7.0})] if minute else []
        builders.write_machines(cluster, *told, now=at)
        jobs = [container_reading(f"c{place}", at, metrics=burns(place, minute)) for place in range(3)]
        write_containers(cluster, agent_containers(A, *jobs, at=at), now=at)
    return cluster


def test_what_applications_say_is_told_side_by_side_with_how_much_is_known_of_it(
    cluster: Cluster, asked: Ask, now: datetime
) -> None:
    said = MetricSetReading(tags={"route": "/a"}, taken_at=now, values={"hits": 3.0})
    told = AppMetricsReading(host=A, agent_id=f"id-of-{A}", container_id="c1", taken_at=now, labels={}, sets=(said,))
    builders.write_harvest(cluster, "app_metrics", Harvest(records=(told,)), now=now)
    found = asked(f"{LATEST}?kind=app_metrics&metric=hits")
    ((key, row),) = rows(found).items()
    assert (row["name"], row["values"]) == ("route=/a", [3])
    assert found["basis"].startswith("as the application said it; Day Two cannot know")
    assert found["metrics"] == [{"metric": "hits", "unit": "", "counts": False}]
    over = asked(f"{PROD}readings/?subject=app_metrics:{quote(key)}&metric=hits")
    assert [value for value in over["values"] if value is not None] == [3]


def burns(place: int, minute: int) -> dict[str, float]:
    return {"cpus_user_time_secs": 1000.0 - 60 * place * minute}


def rows(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in found["results"]}


def test_each_subject_has_its_latest_figures_in_the_order_asked_for(cluster: Cluster, asked: Ask) -> None:
    found = asked(LATEST, kind="host", metric=["load.1min", "cpu.total"])
    assert [one["metric"] for one in found["metrics"]] == ["load.1min", "cpu.total"]
    assert [(row["key"], row["name"], row["values"]) for row in found["results"]] == [
        (A, A, [1.5, 25.0]),
        (B, B, [1.5, 25.0]),
    ]
    assert (found["count"], found["more"], found["kind"]) == (2, False, "host")
    assert (found["freshness"], found["period_seconds"]) == ("fresh", 60)
    assert found["metrics"][0] == {"metric": "load.1min", "unit": "processes", "counts": False}
    assert found["basis"].startswith("use")


def test_a_value_that_the_newest_reading_lacks_is_told_with_its_own_age(cluster: Cluster, asked: Ask) -> None:
    row = rows(asked(LATEST, kind="host", metric=["cpu.total", WAIT]))[A]
    assert row["values"] == [25.0, 1.0] and row["age_seconds"] < 60
    assert row["older_seconds"].keys() == {WAIT} and 60 <= row["older_seconds"][WAIT] < 120


def test_late_figures_say_so(now: datetime, db: None, asked: Ask) -> None:
    """Containers are asked for every 60 s: they are late after 120 s, no data after 180 s."""
    watched(now - timedelta(seconds=130))
    query = {"kind": "container", "metric": "cpus_user_time_secs"}
    (row, *_) = asked(LATEST, **query)["results"]
    assert (row["freshness"], row["values"]) == ("late", [1000.0])
    assert row["age_seconds"] == pytest.approx(130, abs=10)
    (first, *_) = asked(TOP, **query)["results"]
    assert (first["freshness"], first["value"]) == ("late", 1000.0)


def test_what_is_too_old_to_be_the_present_is_not_told(now: datetime, db: None, asked: Ask) -> None:
    watched(now - timedelta(seconds=285))
    found = asked(LATEST, kind="host", metric="cpu.total")
    assert [(row["key"], row["freshness"], row["values"]) for row in found["results"]] == [
        (A, "no_data", [None]),
        (B, "no_data", [None]),
    ]


def test_zero_is_told_and_absent_is_null(cluster: Cluster, asked: Ask) -> None:
    found = asked(LATEST, kind="host", metric=["swap.used", "load.5min"])
    assert [row["values"] for row in found["results"]] == [[0.0, None]] * 2


def test_the_csv_has_the_same_rows_with_a_column_for_each_metric(cluster: Cluster, key: str) -> None:
    query = {"kind": "host", "metric": ["cpu.total", WAIT], "format": "csv"}
    response = Client().get(LATEST, query, headers={"Authorization": f"Token {key}"})
    table = list(csv.DictReader(StringIO(b"".join(response).decode())))
    assert [(row["key"], row["cpu.total"], row[WAIT], row["freshness"]) for row in table] == [
        (A, "25", "1", "fresh"),
        (B, "25", "7", "fresh"),
    ]
    assert WAIT in table[0]["older_seconds"] and table[1]["older_seconds"] == ""


@pytest.mark.parametrize("path", [LATEST, TOP])
@pytest.mark.parametrize(
    ("query", "parameter", "allowed"),
    [
        ({"kind": "password", "metric": "cpu.total"}, "kind", "host"),
        ({"kind": "host", "metric": "password"}, "metric", "cpu.total"),
        # It is one of agents.
        ({"kind": "host", "metric": "slave/uptime_secs"}, "metric", "cpu.total"),
        ({"kind": "host"}, "metric", None),
        ({"kind": "host", "metric": ""}, "metric", None),
        ({"kind": "host", "metric": "x" * 201}, "metric", None),
    ],
)
def test_what_is_unknown_is_refused_and_told_what_there_is(
    cluster: Cluster, asked: Ask, path: str, query: dict[str, str], parameter: str, allowed: str | None
) -> None:
    problem = asked(path, status=400, **query)
    assert problem["parameter"] == parameter
    assert allowed is None or allowed in problem["allowed"]


def test_a_kind_of_which_nothing_was_ever_measured_is_an_empty_answer(cluster: Cluster, asked: Ask) -> None:
    found = asked(LATEST, kind="role", metric="cpus_allocated")
    assert (found["count"], found["results"], found["freshness"]) == (0, [], "never")
    assert asked(TOP, kind="role", metric="cpus_allocated")["results"] == []


def test_agents_allocation_is_judged_by_how_often_it_is_kept(db: None, asked: Ask, now: datetime) -> None:
    builders.write(builders.cluster(), summary(now, agent(A)), now=now.replace(second=0, microsecond=0))
    found = asked(LATEST, kind="node", metric="cpus_allocated")
    assert found["period_seconds"] == 60
    assert [(row["key"], row["values"], row["freshness"]) for row in found["results"]] == [
        (f"{A}:5051", [1.0], "fresh")
    ]


def test_top_ranks_by_rate_and_says_among_how_many(cluster: Cluster, asked: Ask) -> None:
    query = {"kind": "container", "metric": "cpus_user_time_secs", "as": "rate"}
    found = asked(TOP, **query, limit="2")
    assert [(row["key"], row["value"]) for row in found["results"]] == [
        (f"{A}/c2", pytest.approx(2)),
        (f"{A}/c1", pytest.approx(1)),
    ]
    assert (found["unit"], found["count"], found["unknown"]) == ("s/s", 3, 0)
    assert found["results"][0]["freshness"] == "fresh" and found["results"][0]["age_seconds"] < 60
    least = asked(TOP, **query, order="least", limit="1")
    assert [row["key"] for row in least["results"]] == [f"{A}/c0"]


def test_the_ranks_are_a_csv_too(cluster: Cluster, key: str) -> None:
    query = {"kind": "container", "metric": "cpus_user_time_secs", "as": "rate", "limit": "2", "format": "csv"}
    response = Client().get(TOP, query, headers={"Authorization": f"Token {key}"})
    assert response.headers["Content-Disposition"] == 'attachment; filename="prod-top-container.csv"'
    table = list(csv.DictReader(StringIO(b"".join(response).decode())))
    assert [row["key"] for row in table] == [f"{A}/c2", f"{A}/c1"]
    assert float(table[0]["cpus_user_time_secs (s/s)"]) == pytest.approx(2)
    assert table[0]["freshness"] == "fresh"
    assert datetime.fromisoformat(table[0]["taken_at"]).utcoffset() == timedelta(0)


def test_containers_are_found_by_their_readings_and_not_among_all_that_ended(cluster: Cluster, asked: Ask) -> None:
    ended = [Subject(cluster=cluster, kind="container", key=f"{A}/e{place}") for place in range(50)]
    for one in ended:
        one.first_seen = one.last_seen = Subject.objects.latest("last_seen").last_seen
    Subject.objects.bulk_create(ended)
    with CaptureQueriesContext(connection) as asked_for:
        found = asked(LATEST, kind="container", metric="cpus_user_time_secs")
    assert [row["key"] for row in found["results"]] == [f"{A}/c{place}" for place in range(3)]
    walked = [one["sql"] for one in asked_for if "dashboard_subject" in one["sql"] and '"kind" =' in one["sql"]]
    assert not walked


def test_a_gauge_has_no_rate(cluster: Cluster, asked: Ask) -> None:
    problem = asked(TOP, status=400, kind="host", metric="cpu.total", **{"as": "rate"})
    assert (problem["parameter"], problem["allowed"]) == ("as", ["raw"])


@pytest.mark.parametrize("limit", ["0", "201", "all"])
def test_no_more_than_two_hundred_are_ranked(cluster: Cluster, asked: Ask, limit: str) -> None:
    assert asked(TOP, status=400, kind="host", metric="cpu.total", limit=limit)["parameter"] == "limit"


def test_many_cost_as_many_queries_as_few(
    cluster: Cluster, now: datetime, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    many = {(Subject.Kind.HOST.value, f"10.1.0.{place}"): "" for place in range(250)}
    ids = readings.subjects(cluster, many, seen_at=now)
    readings.write(int(now.timestamp()), ("cpu.total", "sample.age_seconds"), [(pk, [1.0, 0.0]) for pk in ids.values()])
    signed = {"Authorization": f"Token {make(User.objects.create_superuser('root'), 'tests', now=now)}"}
    Client().get(f"{PROD}", headers=signed)
    for path, cost in ((LATEST, 7), (TOP, 7)):
        with django_assert_num_queries(cost):
            found = Client().get(path, {"kind": "host", "metric": "cpu.total"}, headers=signed).json()
        assert found["count"] >= 250
