from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Event, Incident, IncidentEvent, IncidentNote
from dashboard.store import incidents
from tests import builders
from tests.api.conftest import PROD, Ask, Do
from tests.pages.failing import TIMEOUT, Kind, ago, failed

INCIDENTS = f"{PROD}incidents/"
HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture
def cluster(db: None) -> Cluster:
    return builders.cluster()


@pytest.fixture
def silent(cluster: Cluster) -> Incident:
    """An agent that has been silent for two minutes, of five that Mesos waits."""
    return failed(cluster, Kind.AGENT_PROCESS, "10.0.0.9", 120, tasks_at_risk=18, **TIMEOUT)


def address(incident: Incident, deed: str = "") -> str:
    return f"{INCIDENTS}{incident.pk}/{deed}"


def test_the_latest_comes_first_with_how_long_it_lasts(cluster: Cluster, silent: Incident, asked: Ask) -> None:
    failed(cluster, Kind.MASTER, "10.0.0.101", 7_200, lasted=17, declared_after=9)
    newest, older = asked(INCIDENTS)["results"]
    assert (newest["id"], newest["state"], newest["state_shown"]["word"]) == (silent.pk, "open", "Open")
    assert 120 <= newest["lasted_seconds"] < 180
    assert (newest["ended_at"], newest["recovered_in_seconds"], newest["detected_in_seconds"]) == (None, None, None)
    assert newest["countdown"]["text"].startswith("Mesos declares it lost in")
    assert 120 < newest["countdown"]["left_seconds"] <= 180
    assert (older["lasted_seconds"], older["detected_in_seconds"], older["recovered_in_seconds"]) == (17, 9, 17)


def test_they_are_found_by_state_kind_plan_and_time(cluster: Cluster, silent: Incident, asked: Ask) -> None:
    failed(cluster, Kind.HOST, "10.0.0.37", 9_000, lasted=1_800, planned=True)
    failed(cluster, Kind.MASTER, "10.0.0.101", 86_400, lasted=17)
    failed(builders.cluster("edge"), Kind.HOST, "10.1.0.1", 60)
    found = {
        name: [row["subject"] for row in asked(INCIDENTS, **{name: value})["results"]]
        for name, value in {"state": "open", "kind": "master", "planned": "1", "since": ago(10_000).isoformat()}.items()
    }
    assert found == {
        "state": ["10.0.0.9"],
        "kind": ["10.0.0.101"],
        "planned": ["10.0.0.37"],
        "since": ["10.0.0.9", "10.0.0.37"],
    }


def test_pages_hold_each_once_while_more_fails(cluster: Cluster, asked: Ask) -> None:
    ids = [failed(cluster, Kind.HOST, f"10.0.0.{n}", 60 * n).pk for n in range(1, 21)]
    page = asked(INCIDENTS, limit=7)
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        failed(cluster, Kind.HOST, f"10.1.0.{len(seen)}", 1)
        page = asked(page["next"])
        seen += [row["id"] for row in page["results"]]
    assert seen == ids


def test_one_tells_cause_effects_phases_events_and_notes(cluster: Cluster, silent: Incident, asked: Ask) -> None:
    effect = failed(cluster, Kind.TASK, "id-of-etl", 60, name=HOSTILE, cause=silent, cause_reason="its tasks ran there")
    said = {"kind": "agent_state", "subject": "10.0.0.9", "name": "10.0.0.9", "after": "inactive"}
    event = Event.objects.create(cluster=cluster, taken_at=ago(130), seen_at=ago(125), **said)
    IncidentEvent.objects.create(incident=silent, event=event, reason="on the same host")
    IncidentNote.objects.create(incident=silent, at=ago(10), by="olga", text=HOSTILE)
    one = asked(address(silent))
    assert [phase["step"] for phase in one["phases"]] == ["silent", "declared", "ended"]
    assert one["phases"][1]["configured_seconds"] == one["timeout_seconds"] == 300
    assert one["cause"] is None
    (below,) = one["effects"]
    assert (below["id"], below["cause"], below["name"]) == (effect.pk, silent.pk, HOSTILE)
    assert below["reason"] == "its tasks ran there"
    assert below["gap_seconds"] == pytest.approx(60, abs=5)
    (link,) = one["links"]
    assert (link["event"], link["reason"]) == (event.pk, "on the same host")
    assert link["after_seconds"] == pytest.approx(-10, abs=5)
    assert [(note["by"], note["text"]) for note in one["notes"]] == [("olga", HOSTILE)]
    assert asked(address(effect))["cause"]["id"] == silent.pk


def test_taking_it_twice_is_no_error_and_writes_nothing_new(silent: Incident, done: Do) -> None:
    taken = done(address(silent, "take/"))
    assert taken["taken_by"] == "olga"
    assert done(address(silent, "take/"))["taken_at"] == taken["taken_at"]
    assert IncidentNote.objects.count() == 1
    assert done(address(silent, "give-back/"))["taken_by"] is None
    assert done(address(silent, "give-back/"))["taken_by"] is None
    assert [note.text for note in IncidentNote.objects.order_by("pk")] == ["Taken", "Given back"]


def test_one_takes_it_over_from_another(silent: Incident, done: Do, now: datetime) -> None:
    incidents.take(silent, User.objects.create_user("vera"), now - timedelta(minutes=1))
    assert done(address(silent, "take/"))["taken_by"] == "olga"


def test_a_closed_one_stays_closed_and_cannot_be_taken(silent: Incident, done: Do) -> None:
    closed = done(address(silent, "close/"))
    assert (closed["state"], closed["countdown"]) == ("closed", None)
    assert done(address(silent, "close/"))["ended_at"] == closed["ended_at"]
    refused = done(address(silent, "take/"), status=422)
    assert (refused["title"], refused["detail"]) == ("Unprocessable Entity", "It is over already.")


def test_a_note_is_kept_as_it_was_written(silent: Incident, done: Do) -> None:
    answer = done(address(silent, "notes/"), status=201, text=HOSTILE)
    assert (answer["notes"][0]["by"], answer["notes"][0]["text"]) == ("olga", HOSTILE)
    assert "Write something" in done(address(silent, "notes/"), status=422, text="   ")["detail"]
    assert "text" in done(address(silent, "notes/"), status=400)["errors"]
    assert "text" in done(address(silent, "notes/"), status=400, text=1001 * "x")["errors"]


@pytest.mark.parametrize("deed", ["take/", "give-back/", "close/", "notes/"])
def test_an_incident_of_another_cluster_is_out_of_reach(db: None, done: Do, deed: str) -> None:
    builders.cluster()
    other = failed(builders.cluster("edge"), Kind.HOST, "10.1.0.1", 60)
    sent = {"text": "x"} if deed == "notes/" else {}
    assert "There is no incident" in done(address(other, deed), status=404, **sent)["detail"]
    other.refresh_from_db()
    assert other.taken_by is None and other.ended_at is None and not other.notes.exists()


def test_the_list_as_csv_has_a_row_for_each(cluster: Cluster, silent: Incident, key: str) -> None:
    failed(cluster, Kind.TASK, "id", 60, name="=1+1")
    answer = Client().get(INCIDENTS, {"format": "csv"}, headers={"Authorization": f"Token {key}"})
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 3
    assert "'=1+1" in lines[1]


def test_the_price_is_the_same_for_any_number(
    cluster: Cluster, silent: Incident, asked: Ask, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        failed(cluster, Kind.TASK, f"id{number}", 60, cause=silent)
    asked(INCIDENTS)
    with django_assert_num_queries(4):  # key, role; cluster, incidents
        asked(INCIDENTS)
    with django_assert_num_queries(
        9
    ):  # key, role; cluster, incident, two levels of effects, events, notes, earlier ones
        assert len(asked(address(silent))["effects"]) == 40
