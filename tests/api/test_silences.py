from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Event, Silence
from tests.api.conftest import PROD, Ask, Do
from tests.pages.alerting import alert, silence, watched

SILENCES = f"{PROD}silences/"
PREVIEW = f"{SILENCES}preview/"
HOUR = timedelta(hours=1)
HOSTILE = "=1+1<script>\u202e"


@pytest.fixture
def cluster(db: None) -> Cluster:
    return watched()


def sent(**said: Any) -> dict[str, Any]:
    ends_at = (timezone.now() + HOUR).isoformat()
    return {"matcher": "node:10.0.0.9", "why": "disk ordered", "ends_at": ends_at, **said}


def test_a_silence_is_made_and_ended(cluster: Cluster, asked: Ask, done: Do) -> None:
    made = done(SILENCES, status=201, **sent(why=HOSTILE))
    assert (made["phase"], made["by"], made["why"], made["ended_at"]) == ("active", "olga", HOSTILE, None)
    assert [row["id"] for row in asked(SILENCES, phase="active")["results"]] == [made["id"]]
    ended = done(f"{SILENCES}{made['id']}/end/")
    assert (ended["phase"], ended["ended_by"]) == ("ended", "olga")
    # Ending it twice is no error and no second event.
    assert done(f"{SILENCES}{made['id']}/end/")["ended_at"] == ended["ended_at"]
    assert [event.after for event in Event.objects.filter(kind="silence").order_by("pk")] == ["Active", "Ended"]


def test_maintenance_may_be_planned(cluster: Cluster, done: Do) -> None:
    begins_at = (timezone.now() + HOUR / 2).isoformat()
    made = done(SILENCES, status=201, **sent(kind="maintenance", begins_at=begins_at, tell_at_end=False))
    assert (made["phase"], made["kind"], made["tell_at_end"]) == ("planned", "maintenance", False)


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"matcher": "host:10.0.0.9"}, 422, "is no word that alerts are matched with"),
        ({"matcher": "rule:R1", "kind": "maintenance"}, 422, "Maintenance is of nodes"),
        ({"why": "  "}, 422, "Say why"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, 422, "over already"),
        ({"ends_at": "2190-01-01T00:00:00Z"}, 422, "over a year"),
        ({"ends_at": "tomorrow"}, 400, "ends_at"),
        ({"ends_at": 5}, 400, "ends_at"),
        ({"matcher": 501 * "x"}, 400, "matcher"),
        ({"kind": "holiday"}, 400, "kind"),
        ({"tell_at_end": 1}, 400, "tell_at_end"),
    ],
)
def test_what_cannot_be_kept_is_told_by_field(
    cluster: Cluster, done: Do, wrong: dict[str, Any], status: int, words: str
) -> None:
    problem = done(SILENCES, status=status, **sent(**wrong))
    assert words in problem["detail"]
    assert set(problem["errors"]) <= set(wrong)
    assert not Silence.objects.exists()


def test_they_are_found_by_phase_and_kind_newest_first(cluster: Cluster, asked: Ask) -> None:
    over = silence(cluster, "node:10.0.0.1", begins=-2 * HOUR, ends=-HOUR)
    active = silence(cluster, "node:10.0.0.2", kind="maintenance")
    planned = silence(cluster, "node:10.0.0.3", begins=HOUR, ends=2 * HOUR)
    silence(watched("edge"), "node:10.1.0.1")
    assert [row["id"] for row in asked(SILENCES)["results"]] == [planned.pk, active.pk, over.pk]
    assert [row["id"] for row in asked(SILENCES, phase="ended")["results"]] == [over.pk]
    assert [row["id"] for row in asked(SILENCES, kind="maintenance")["results"]] == [active.pk]
    (row,) = asked(SILENCES, phase="ended")["results"]
    assert datetime.fromisoformat(row["ended_at"]) == over.ends_at


def test_pages_hold_each_once_while_more_are_made(
    cluster: Cluster, asked: Ask, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [silence(cluster, "node:10.0.0.1").pk for _ in range(15)]
    page = asked(SILENCES, limit=4)
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        silence(cluster, "node:10.0.0.2")
        with django_assert_num_queries(4):  # key, role; cluster, silences
            page = asked(page["next"])
        seen += [row["id"] for row in page["results"]]
    assert seen == sorted(ids, reverse=True)


def test_a_preview_tells_what_it_would_cover_and_writes_nothing(
    cluster: Cluster, asked: Ask, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    quiet = silence(cluster, "rule:R39")
    covered, _ = alert(cluster, "R38", "10.0.0.9"), alert(cluster, "R39", "10.0.0.9", silence=quiet)
    other = alert(cluster, "R38", "10.0.0.1", sentence=HOSTILE)
    asked(PREVIEW, matcher="rule:R1")
    with django_assert_num_queries(6):  # key, role; cluster, zones, alerts, those that are shown
        found = asked(PREVIEW, matcher="node:10.0.0.9")
    assert (found["firing"], found["silent"], found["already"]) == (2, 1, 1)
    assert [one["id"] for one in found["covered"]] == [covered.pk]
    assert [(one["id"], one["sentence"]) for one in found["others"]] == [(other.pk, HOSTILE)]
    assert Silence.objects.count() == 1


def test_a_preview_of_words_that_cannot_be_read_says_what_to_write(cluster: Cluster, asked: Ask) -> None:
    problem = asked(PREVIEW, status=400, matcher="10.0.0.9")
    assert problem["parameter"] == "matcher"
    assert "write it as node:10.0.0.9" in problem["detail"]
    assert asked(PREVIEW, status=400)["parameter"] == "matcher"


def test_a_silence_of_another_cluster_is_out_of_reach(cluster: Cluster, done: Do) -> None:
    other = silence(watched("edge"), "node:10.0.0.1")
    assert "There is no silence" in done(f"{SILENCES}{other.pk}/end/", status=404)["detail"]
    other.refresh_from_db()
    assert other.ended_at is None


def test_silences_as_csv(cluster: Cluster, key: str) -> None:
    silence(cluster, "node:10.0.0.1", why=HOSTILE)
    answer = Client().get(SILENCES, {"format": "csv"}, headers={"Authorization": f"Token {key}"})
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 2
    assert f"'{HOSTILE}" in lines[1]
