"""Every kind of event as the sentence an operator reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from dashboard.models import Cluster, Event
from dashboard.queries import happenings, task_reasons
from dashboard.queries.happenings import SENTENCES, Link
from tests import builders
from tests.builders import NOON, later, master, write_masters

Kind = Event.Kind
HOST, NET = "10.0.0.1", "dcos-net.service"
WEB, APP = "team/marathon:/shop/web", ("app", "team/marathon", "shop/web")
NODE: Link = ("node", HOST)
UNIT: Link = ("unit_on_node", NET, HOST)

TOLD: list[tuple[Kind, dict[str, Any], str, str, Link]] = [
    (Kind.AGENT_STATE, {"after": "active"}, "note", "a1 joined", NODE),
    (Kind.AGENT_STATE, {"before": "inactive", "after": "active"}, "good", "a1 is back", NODE),
    (Kind.AGENT_STATE, {"before": "active", "after": "inactive"}, "bad", "a1 lost its connection to Mesos", NODE),
    (
        Kind.AGENT_STATE,
        {"before": "active", "after": "unregistered"},
        "mute",
        "a1 is no longer registered with Mesos",
        NODE,
    ),
    (Kind.AGENT_STATE, {"before": "active", "after": "deactivated"}, "mute", "a1 was deactivated", NODE),
    (Kind.AGENT_STATE, {"before": "active", "after": "draining"}, "mute", "a1 is draining", NODE),
    (Kind.AGENT_ID, {"before": "S1", "after": "S2"}, "note", "a1 registered under a new agent id", NODE),
    (Kind.AGENT_RESTART, {}, "warn", "The agent process on a1 restarted", NODE),
    (Kind.AGENT_REGISTERED, {"after": "registered"}, "good", "The agent on a1 says that it is registered again", NODE),
    (
        Kind.AGENT_REGISTERED,
        {"before": "registered", "after": "not registered"},
        "bad",
        "The agent on a1 says that it is not registered with a master",
        NODE,
    ),
    (Kind.FRAMEWORK_STATE, {"after": "active"}, "note", "Framework a1 registered", ()),
    (Kind.FRAMEWORK_STATE, {"before": "active", "after": "disconnected"}, "bad", "Framework a1 is disconnected", ()),
    (Kind.LEADER, {"before": "m1", "after": ""}, "bad", "No master leads any more; m1 led", ("masters",)),
    (Kind.LEADER, {"before": "m1", "after": "m2"}, "warn", "m2 leads, after m1", ("masters",)),
    (Kind.LEADER, {"before": "", "after": "m2"}, "warn", "m2 leads", ("masters",)),
    (Kind.MASTER_RESTART, {}, "warn", "Master a1 restarted", ("masters",)),
    (Kind.MASTER_ANSWER, {"before": "refused", "after": "ok"}, "good", "Master a1 answers again", ("masters",)),
    (
        Kind.MASTER_ANSWER,
        {"before": "ok", "after": "dns"},
        "bad",
        "Master a1 stopped answering: name does not resolve",
        ("masters",),
    ),
    (Kind.UNIT_HEALTH, {"before": "Healthy", "after": "Unhealthy"}, "bad", f"a1 unhealthy on {HOST}", UNIT),
    (Kind.UNIT_HEALTH, {"before": "Unhealthy", "after": "Healthy"}, "good", f"a1 healthy on {HOST}", UNIT),
    (Kind.UNIT_HEALTH, {"before": "Healthy", "after": "N/A"}, "unk", f"a1 N/A on {HOST}", UNIT),
    (Kind.UNIT_HEALTH, {"after": "Healthy"}, "note", f"a1 healthy on {HOST}", UNIT),
    (Kind.NODE_HEALTH, {"before": "Healthy", "after": "No data"}, "unk", "No component data from a1", ("components",)),
    (
        Kind.NODE_HEALTH,
        {"before": "No data", "after": "Healthy"},
        "good",
        "Component data from a1 again",
        ("components",),
    ),
    (Kind.VERSION, {"before": "1.11", "after": "1.12"}, "note", "a1 went from 1.11 to 1.12", ()),
    (
        Kind.AGENT_STATE,
        {"before": "unregistered", "after": "unreachable"},
        "bad",
        "a1 is unreachable: Mesos gave up waiting for it",
        NODE,
    ),
    (Kind.AGENT_STATE, {"before": "active", "after": "gone"}, "mute", "a1 was marked gone by an operator", NODE),
    (Kind.TASKS_FAILED, {"before": "failed 3", "after": "failed 5, error 1"}, "warn", "3\u00a0tasks of a1 failed", ()),
    (Kind.TASKS_FAILED, {"before": "failed 0", "after": "failed 1"}, "warn", "1\u00a0task of a1 failed", ()),
    (Kind.TWO_LEADERS, {"after": "m1, m2"}, "bad", "More than one master claims to lead: m1, m2", ("masters",)),
    (
        Kind.TWO_LEADERS,
        {"before": "m1, m2", "after": ""},
        "good",
        "One master leads again; m1, m2 had claimed to",
        ("masters",),
    ),
    (Kind.MAINTENANCE, {"after": "scheduled"}, "note", "Maintenance of a1 is scheduled", NODE),
    (
        Kind.MAINTENANCE,
        {"before": "scheduled", "after": "draining"},
        "note",
        "Maintenance of a1 is due: frameworks are asked to leave it",
        NODE,
    ),
    (Kind.MAINTENANCE, {"before": "scheduled", "after": ""}, "note", "Maintenance of a1 is off", NODE),
    (Kind.MAINTENANCE, {"before": "draining", "after": "down"}, "mute", "a1 was taken down for maintenance", NODE),
    (Kind.MAINTENANCE, {"before": "down", "after": ""}, "good", "a1 is up again after maintenance", NODE),
    (Kind.ALERT, {"before": "Pending", "after": "Firing"}, "warn", "Firing: a1", ("alerts",)),
    (Kind.ALERT, {"before": "Firing", "after": "Resolved"}, "good", "Resolved: a1", ("alerts",)),
    (Kind.ALERT, {"before": "", "after": "Pending", "alert_id": 7}, "note", "Pending: a1", ("alert", "7")),
    (
        Kind.RULE,
        {"subject": "R38", "before": "critical limit 90 %", "after": "critical limit 85 %", "by": "eva"},
        "note",
        "Rule a1: critical limit 85 % (before: critical limit 90 %), by eva",
        ("rule", "R38"),
    ),
    (Kind.RULE, {"subject": "own-3", "after": "made", "by": "eva"}, "note", "Rule a1: made, by eva", ("rules",)),
    (
        Kind.SILENCE,
        {"subject": "5", "place": "Maintenance", "before": "Planned", "after": "Active"},
        "note",
        "Maintenance of a1: active",
        ("silences",),
    ),
    (
        Kind.SILENCE,
        {"place": "Silence", "after": "Ended", "by": "eva"},
        "note",
        "Silence of a1: ended, by eva",
        ("silences",),
    ),
    (Kind.APP_STATE, {"subject": WEB, "after": "running"}, "note", "App a1 is new", APP),
    (Kind.APP_STATE, {"subject": WEB, "before": "running", "after": "gone"}, "note", "App a1 was removed", ()),
    (Kind.APP_STATE, {"subject": WEB, "before": "gone", "after": "running"}, "note", "App a1 is back", APP),
    (Kind.APP_STATE, {"subject": WEB, "before": "deploying", "after": "running"}, "good", "App a1 runs", APP),
    (Kind.APP_STATE, {"subject": WEB, "before": "degraded", "after": "running"}, "good", "App a1 runs again", APP),
    (
        Kind.APP_STATE,
        {"subject": WEB, "before": "running", "after": "waiting"},
        "warn",
        "App a1 waits for an offer that fits",
        APP,
    ),
    (Kind.APP_SCALED, {"subject": WEB, "before": "2", "after": "5"}, "note", "App a1 was scaled from 2 to 5", APP),
    (
        Kind.APP_VERSION,
        {"subject": WEB, "before": "v1", "after": "v2"},
        "note",
        "App a1 has a new configuration, of v2",
        APP,
    ),
    (
        Kind.TASK_FAILED,
        {"subject": "web.1", "place": HOST, "before": "f-1", "after": "TASK_FAILED REASON_CONTAINER_LIMITATION_MEMORY"},
        "warn",
        "A task of a1 on 10.0.0.1 failed: it was killed at its memory limit",
        ("task", "f-1", "web.1"),
    ),
    (Kind.DEPLOYMENT, {"after": "running"}, "note", "Deployment of a1 began", ()),
    (Kind.DEPLOYMENT, {"before": "running", "after": "ended"}, "note", "Deployment of a1 is over", ()),
    (
        Kind.MARATHON_LEADER,
        {"subject": "marathon", "before": "m1", "after": "m2"},
        "warn",
        "m2 leads Marathon marathon, after m1",
        (),
    ),
    (
        Kind.MARATHON_LEADER,
        {"subject": "marathon", "before": "m1", "after": ""},
        "bad",
        "No instance of Marathon marathon leads any more; m1 led",
        (),
    ),
]


@pytest.mark.parametrize(("kind", "columns", "mark", "text", "link"), TOLD)
def test_a_change_in_a_sentence(kind: Kind, columns: dict[str, Any], mark: str, text: str, link: Link) -> None:
    place = {"subject": NET, "place": HOST} if kind is Kind.UNIT_HEALTH else {"subject": HOST}
    told = happenings.told(Event(kind=kind, name="a1", taken_at=NOON, **{**place, **columns}))
    assert (told.mark, told.text, told.link) == (mark, text, link)


@pytest.mark.parametrize(
    ("place", "before", "after", "mark", "text"),
    [
        ("", "ok", "timeout_body", "warn", "Component health: the answer was too slow"),
        ("", "timeout_body", "partial", "good", "Component health: collected again"),
        (
            "component_health",
            "ok",
            "refused",
            "warn",
            "Component health of 10.0.0.1: connection refused",
        ),
    ],
)
def test_a_source_that_fails_and_returns(place: str, before: str, after: str, mark: str, text: str) -> None:
    subject = HOST if place else "component_health"
    event = Event(kind=Kind.COLLECTION, subject=subject, place=place, before=before, after=after, taken_at=NOON)
    told = happenings.told(event)
    assert (told.mark, told.text, told.link) == (mark, text, ("collection",))


@pytest.mark.parametrize(
    ("role", "before", "after", "text", "link"),
    [
        ("agent", "a", "b", "Flag isolation of agent 10.0.0.1 went from a to b", NODE),
        ("agent", "", "b", "Flag isolation of agent 10.0.0.1 is set: b", NODE),
        ("master", "a", "", "Flag isolation of master 10.0.0.1 is set no longer; it was a", ("masters",)),
        ("agent", "", "x" * 61, f"Flag isolation of agent 10.0.0.1 is set: {'x' * 59}…", NODE),
    ],
)
def test_a_flag_that_changed(role: str, before: str, after: str, text: str, link: Link) -> None:
    subject = f"{role}/isolation"
    event = Event(
        kind=Kind.FLAG, subject=subject, name="isolation", place=HOST, before=before, after=after, taken_at=NOON
    )
    told = happenings.told(event)
    assert (told.mark, told.text, told.link) == ("note", text, link)


@pytest.mark.parametrize(("before", "after", "mark"), [("10", "20", "warn"), ("20", "10", "note")])
def test_a_source_that_is_asked_in_another_period(before: str, after: str, mark: str) -> None:
    event = Event(kind=Kind.PACE, subject="masters", name="for a reason", before=before, after=after, taken_at=NOON)
    told = happenings.told(event)
    text = f"Mesos masters: asked every {after}\u00a0s, for a reason"
    assert (told.mark, told.text, told.link) == (mark, text, ("collection",))


def test_every_kind_of_event_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Kind)
    assert {kind for kind, *_ in TOLD} | {Kind.COLLECTION, Kind.FLAG, Kind.PACE} == set(Kind)


@pytest.mark.django_db
def test_the_latest_changes_come_first_and_old_ones_stay_away(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    cluster = builders.cluster()
    for seconds in (-4000, -20, -10):
        Event.objects.create(
            cluster=cluster, kind=Kind.MASTER_RESTART, subject="m", name=f"m{seconds}", taken_at=later(seconds), seen_at=NOON
        )  # fmt: skip
    with django_assert_num_queries(1):
        found = happenings.recent(cluster, NOON, within=timedelta(hours=1), limit=5)
    assert [one.text for one in found] == ["Master m-10 restarted", "Master m-20 restarted"]
    assert len(happenings.recent(cluster, NOON, within=timedelta(hours=2), limit=1)) == 1


@pytest.mark.django_db
def test_a_leader_that_restarted_leads_again() -> None:
    cluster = builders.cluster()
    write_masters(cluster, master("10.0.0.101"))
    write_masters(cluster, master("10.0.0.101", at=later(10), uptime_seconds=3), now=later(10))
    told = [happening.text for happening in happenings.recent(cluster, later(20), within=timedelta(hours=1), limit=9)]
    assert told == ["10.0.0.101 leads again after its restart", "Master 10.0.0.101 restarted"]


@pytest.mark.django_db
def test_a_crash_loop_and_alerts_are_listed_on_pages_of_their_own_and_hide_no_change() -> None:
    cluster = builders.cluster()
    failures = {"subject": "f", "name": "marathon", "before": "failed 0", "after": "failed 1", "seen_at": NOON}
    Event.objects.create(
        cluster=cluster, kind=Kind.MASTER_RESTART, subject="m", name="m1", taken_at=later(-99), seen_at=NOON
    )
    for seconds in range(-20, 0):
        Event.objects.create(cluster=cluster, kind=Kind.TASKS_FAILED, taken_at=later(seconds), **failures)
        Event.objects.create(cluster=cluster, kind=Kind.ALERT, taken_at=later(seconds), **failures)
    found = happenings.recent(cluster, NOON, within=timedelta(hours=1), limit=5)
    assert [one.text for one in found] == ["Master m1 restarted"]
    last = happenings.last(cluster)
    assert last is not None and last.text == "Master m1 restarted"
    only = happenings.recent(cluster, NOON, within=timedelta(hours=1), limit=5, kinds=[Kind.TASKS_FAILED])
    assert len(only) == 5 and only[0].text == "1\u00a0task of marathon failed"


def app_event(kind: Kind, seconds: float, before: str, after: str, app: str = "/web") -> None:
    cluster = Cluster.objects.get()
    key, at = f"marathon:{app}", later(seconds)
    words = {"name": app, "before": before, "after": after}
    Event.objects.create(cluster=cluster, kind=kind, subject=key, taken_at=at, seen_at=at, **words)


@pytest.mark.django_db
def test_an_app_that_is_scaled_and_deployed_every_minute_does_not_hide_what_else_changed() -> None:
    cluster = builders.cluster()
    app_event(Kind.APP_STATE, -3000, "running", "unhealthy", "/other")
    for seconds in range(-2900, -10, 60):
        app_event(Kind.APP_SCALED, seconds, "2", "3")
        app_event(Kind.APP_STATE, seconds, "running", "deploying")
        app_event(Kind.APP_STATE, seconds + 9, "deploying", "running")
        app_event(Kind.DEPLOYMENT, seconds, "", "running")
    found = happenings.recent(cluster, NOON, within=timedelta(hours=1), limit=8)
    assert [one.text for one in found] == ["App /other is unhealthy: no instance runs, or none is healthy"]


@pytest.mark.django_db
def test_of_an_app_that_goes_from_state_to_state_the_latest_is_told() -> None:
    cluster = builders.cluster()
    app_event(Kind.APP_STATE, -3000, "running", "waiting", "/other")
    for seconds in range(-2900, -10, 60):
        app_event(Kind.APP_STATE, seconds, "running", "delayed")
        app_event(Kind.APP_STATE, seconds + 9, "delayed", "running")
    found = happenings.recent(cluster, NOON, within=timedelta(hours=1), limit=8)
    assert [one.text for one in found] == ["App /web runs again", "App /other waits for an offer that fits"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("TASK_FAILED REASON_COMMAND_EXECUTOR_FAILED", "failed: its command failed"),
        ("TASK_FAILED", "failed"),
        ("TASK_ERROR REASON_SLAVE_UNKNOWN", "was refused: its agent is not known to the master"),
        ("TASK_ODD REASON_NEW_IN_TWO", "is odd: new in two"),
    ],
)
def test_why_a_task_ended_is_told_in_words(told: str, words: str) -> None:
    assert task_reasons.told(told) == words
    assert task_reasons.shown(told) == (words if " " in told else f"{words}, and no reason was given")
