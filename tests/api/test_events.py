from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Event, Task
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.applications import FRAMEWORK, make_app, make_failed_task, make_marathon

EVENTS = f"{PROD}events/"
HOSTILE = '=HYPERLINK("http://evil")<script>\u202e'


@pytest.fixture
def cluster(db: None) -> Cluster:
    return builders.cluster()


def happened(cluster: Cluster, at: datetime, **columns: str) -> Event:
    columns = {"kind": "agent_state", "subject": "10.0.0.1", "name": "10.0.0.1", "after": "inactive", **columns}
    return Event.objects.create(cluster=cluster, taken_at=at, seen_at=at + timedelta(seconds=3), **columns)


def test_a_change_is_told_as_a_sentence_and_as_it_was_written(cluster: Cluster, asked: Ask, now: datetime) -> None:
    made = happened(cluster, now - timedelta(seconds=20), before="active")
    (row,) = asked(EVENTS)["results"]
    assert row["text"] == "10.0.0.1 lost its connection to Mesos"
    assert (row["id"], row["kind"], row["before"], row["after"]) == (made.pk, "agent_state", "active", "inactive")
    assert datetime.fromisoformat(row["seen_at"]) - datetime.fromisoformat(row["taken_at"]) == timedelta(seconds=3)
    assert 20 <= row["age_seconds"] < 60
    assert (row["poll"], row["alert"], row["by"], row["place"]) == (None, None, None, None)


def test_a_failure_without_a_reason_says_so_until_a_list_brings_one(
    cluster: Cluster, asked: Ask, now: datetime
) -> None:
    app = make_app(make_marathon(cluster, now), "/web", now)
    task = make_failed_task(cluster, 1, now, app=app, reason="")
    said = {"subject": task.task_id, "name": "/web", "place": "", "before": FRAMEWORK, "after": "TASK_FAILED"}
    happened(cluster, now, kind="task_failed", **said)
    first = asked(EVENTS)["results"][0]
    Task.objects.update(reason="REASON_COMMAND_EXECUTOR_FAILED")
    second = asked(EVENTS)["results"][0]
    assert first["text"] == "A task of /web failed, and no reason was given"
    assert (second["text"], second["after"]) == ("A task of /web failed: its command failed", "TASK_FAILED")


def test_changes_are_found_by_kind_subject_and_time(cluster: Cluster, asked: Ask, now: datetime) -> None:
    old, new = now - timedelta(hours=2), now - timedelta(minutes=1)
    happened(cluster, old)
    happened(cluster, new, subject="10.0.0.2")
    happened(cluster, new, kind="rule", subject="R20", name="Memory", by="olga")
    happened(builders.cluster("edge"), new, kind="rule", subject="R20")
    found = {
        name: [row["subject"] for row in asked(EVENTS, **query)["results"]]
        for name, query in {
            "kind": {"kind": "rule"},
            "subject": {"subject": "10.0.0.2"},
            "since": {"since": (now - timedelta(hours=1)).isoformat()},
            "until": {"until": new.isoformat()},
        }.items()
    }
    assert found == {
        "kind": ["R20"],
        "subject": ["10.0.0.2"],
        "since": ["R20", "10.0.0.2"],
        "until": ["10.0.0.1"],
    }


def test_pages_hold_each_change_once_while_others_are_written(cluster: Cluster, asked: Ask, now: datetime) -> None:
    # Five of each moment, so that a page ends within one.
    ids = [happened(cluster, now - timedelta(seconds=10 * (n // 5))).pk for n in range(20)]
    page = asked(EVENTS, limit=3)
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        happened(cluster, now + timedelta(seconds=len(seen)))
        page = asked(page["next"])
        seen += [row["id"] for row in page["results"]]
    assert sorted(seen) == sorted(ids)
    assert len(set(seen)) == 20


@pytest.mark.parametrize("after", ["WyIxIl0=", "WyJ4IiwiMSJd", "WyIyMDI2LTExLTIyIiwiMSJd"])
def test_a_cursor_of_our_own_making_only(cluster: Cluster, asked: Ask, after: str) -> None:
    assert asked(EVENTS, status=400, after=after)["parameter"] == "after"


def test_what_a_cluster_says_is_no_formula_in_a_csv(cluster: Cluster, key: str, now: datetime) -> None:
    happened(cluster, now, kind="version", name=HOSTILE, subject=HOSTILE, before="1.13", after="2.2")
    answer = Client().get(EVENTS, {"format": "csv"}, headers={"Authorization": f"Token {key}"})
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2
    assert lines[0].startswith("taken_at,age_seconds,id,kind,text")
    assert ",'=HYPERLINK" in lines[1].replace('"', "") and ",=HYPERLINK" not in lines[1].replace('"', "")


def test_the_price_is_the_same_for_any_number(
    cluster: Cluster, asked: Ask, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        happened(cluster, now - timedelta(seconds=number))
    asked(EVENTS)
    with django_assert_num_queries(4):  # key, role; cluster, events
        assert len(asked(EVENTS, limit=50)["results"]) == 50
