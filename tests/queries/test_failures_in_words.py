from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.models import Cluster, Incident
from dashboard.queries import failures_earlier, failures_in_words, incident_means, incidents
from dashboard.queries.incident_rows import row
from dashboard.queries.window import Window
from tests import builders
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db

About, Kind, State = Incident.About, Incident.Kind, Incident.State
OVER = Window("24h", NOON - timedelta(hours=24), NOON, 120)


def made(cluster: Cluster, seconds: float, **said: Any) -> Incident:
    at = later(seconds)
    columns = {
        "about": About.AGENT,
        "kind": Kind.HOST,
        "subject": str(seconds),
        "name": "10.0.0.1",
        "began_at": at,
        "detected_at": at + timedelta(seconds=10),
        **said,
    }
    return Incident.objects.create(cluster=cluster, **columns)


def over(seconds: float, state: Incident.State = State.RECOVERED) -> dict[str, Any]:
    return {"state": state, "ended_at": later(seconds)}


def headline(cluster: Cluster) -> failures_in_words.Headline:
    listing = incidents.listing(cluster, OVER, NOON)
    means = incident_means.means(cluster, OVER)
    return failures_in_words.headline(listing, means, failures_earlier.configured(cluster), OVER.words)


def test_all_that_is_told_sums_up_and_planned_ones_stand_apart() -> None:
    cluster = builders.cluster()
    made(cluster, -60)
    made(cluster, -600, **over(-500))
    made(cluster, -700, **over(-600), failures=3)
    made(cluster, -800, **over(-700, State.CLOSED))
    made(cluster, -900, planned=True)
    assert headline(cluster).counted == (
        "In the last 24\u00a0h: 1 open, 1 repeating, 1 recovered, 1 ended or closed, 1 planned."
    )


def test_without_any_there_is_no_failure_and_nothing_is_said_of_detection() -> None:
    told = headline(builders.cluster())
    assert (told.counted, told.detection) == ("In the last 24\u00a0h: no failure.", "")


def test_measured_detection_stands_beside_what_is_configured() -> None:
    cluster = builders.cluster()
    made(cluster, -900, **over(-500), declared_at=later(-600), timeout_seconds=300.0)
    made(cluster, -400, about=About.MASTER, kind=Kind.MASTER, **over(-380))
    assert headline(cluster).detection == (
        "Detection took 5\u00a0min for a host and 10\u00a0s for a master on the mean."
        " As configured, Mesos takes 5\u00a0min for an agent."
    )


def test_what_failed_more_than_once_and_is_over_repeats_and_what_was_planned_never_does() -> None:
    cluster = builders.cluster()
    marks = [
        failures_in_words.mark(row(made(cluster, number, failures=2, **said), NOON))
        for number, said in enumerate(({}, over(5), {**over(5), "planned": True}, {"planned": True}))
    ]
    assert [(mark.mark, mark.word) for mark in marks] == [
        ("bad", "Open"),
        ("warn", "Repeating"),
        ("mute", "Planned, recovered"),
        ("mute", "Planned"),
    ]


def test_the_last_one_is_told_when_a_range_is_empty() -> None:
    last = row(made(builders.cluster(), -3 * 86_400 - 4 * 3_600, **over(-86_400)), NOON)
    assert failures_in_words.nothing(last, NOON) == "Last one: 3\u00a0d\u00a04\u00a0h\u00a0ago, host, 10.0.0.1."
    assert failures_in_words.nothing(None, NOON) == "Day Two has seen none since it began to watch."


def test_an_effect_and_a_kind_that_are_not_known_leave_no_hole_in_the_sentence() -> None:
    cluster = builders.cluster()
    incident = made(cluster, -90)
    detail = incidents.one(cluster, incident.pk, NOON)
    assert detail is not None
    assert failures_in_words.say(detail) == "for 1\u00a0min\u00a030\u00a0s — host 10.0.0.1"
    assert failures_in_words.why(detail) == ["Kind: host."]


def test_an_effect_is_part_of_the_sentence_and_a_name_in_it_keeps_its_letters() -> None:
    cluster = builders.cluster()
    told = []
    for number, effect in enumerate(("No task can start", "DC/OS Net is down", "18 tasks at risk")):
        detail = incidents.one(cluster, made(cluster, -90 - number, effect=effect).pk, NOON)
        assert detail is not None
        told.append(failures_in_words.say(detail).partition(", ")[2])
    assert told == ["no task can start", "DC/OS Net is down", "18 tasks at risk"]


def test_what_is_expected_rests_on_flags_and_then_on_earlier_ones() -> None:
    cluster = builders.cluster()
    for days in (1, 2):
        at = NOON - timedelta(days=days)
        after = {name: at + timedelta(seconds=s) for name, s in (("declared_at", 300), ("rescheduled_at", 320))}
        made(cluster, -days * 86_400, **over(-days * 86_400 + 400), **after)
    incident = made(cluster, -60, timeout_seconds=300.0, timeout_reason="20 pings", last_good_at=later(-70))
    detail = incidents.one(cluster, incident.pk, NOON)
    assert detail is not None
    past = failures_earlier.past(cluster, Kind.HOST, incident.began_at)
    assert failures_in_words.parts(detail, past, NOON) == [
        ("Last heard of", "11:58:50"),
        ("Silent", "11:59:00"),
        ("Declared lost", "≈\u00a012:04:00, configured 5\u00a0min (20 pings)"),
        ("As many tasks run as before", "≈\u00a020\u00a0s after the loss, the median of 2 earlier"),
        ("Recovered", "≈\u00a01\u00a0min\u00a020\u00a0s after that, the median of 2 earlier"),
    ]
