from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.charts import incident_bar
from dashboard.models import Incident
from dashboard.queries.failures_earlier import Past
from dashboard.queries.incident_phases import phases
from dashboard.queries.incident_rows import row
from dashboard.queries.incident_tree import Branch
from dashboard.queries.incidents import Detail
from tests.builders import NOON, later

About, Kind, State = Incident.About, Incident.Kind, Incident.State
NO_PAST = Past(shown=(), count=0, to_rescheduled=None, rescheduled=0, to_recovered=None, recovered=0)
PAST = Past(
    shown=(),
    count=3,
    to_rescheduled=timedelta(seconds=20),
    rescheduled=3,
    to_recovered=timedelta(seconds=40),
    recovered=3,
)


def detail(**said: Any) -> Detail:
    columns = {"about": About.AGENT, "kind": Kind.HOST, "began_at": NOON, "detected_at": NOON, "pk": 1, **said}
    incident = Incident(**columns)
    told = row(incident, later(60))
    nothing: dict[str, Any] = dict.fromkeys(
        ("cause", "countdown", "last_good_at", "rescheduled_at", "timeout", "taken_at")
    )
    words: dict[str, Any] = dict.fromkeys(("kind_reason", "cause_reason", "timeout_reason"), "")
    tree = Branch(row=told, reason="", gap=None, own=True, effects=())
    return Detail(
        row=told, tree=tree, effects=0, phases=phases(incident), links=(), notes=(), earlier=(), **nothing, **words
    )


def looks(found: Detail, past: Past = NO_PAST) -> list[str]:
    drawn = incident_bar.bar(found, past, later(60))
    return [part.look for part in drawn.parts] if drawn else []


def test_after_the_flags_the_medians_say_what_to_expect() -> None:
    coming = list(incident_bar.expected(detail(timeout_seconds=300.0), PAST))
    assert [(step.word, step.at) for step in coming] == [
        ("declared lost", later(300)),
        ("rescheduled", later(320)),
        ("recovered", later(360)),
    ]
    assert looks(detail(timeout_seconds=300.0), PAST) == ["past", "todo", "plan", "plan"]


def test_without_known_flags_nothing_is_expected() -> None:
    assert list(incident_bar.expected(detail(), PAST)) == []
    assert looks(detail(), PAST) == ["past"]


@pytest.mark.parametrize(
    ("state", "word"), [(State.RECOVERED, "recovered"), (State.ENDED, "ended"), (State.CLOSED, "closed")]
)
def test_the_end_is_called_what_it_was(state: Incident.State, word: str) -> None:
    drawn = incident_bar.bar(detail(state=state, ended_at=later(30)), NO_PAST, later(60))
    assert drawn is not None and drawn.ticks[-1].below == word


def test_each_part_that_was_measured_has_its_look_and_a_planned_one_is_calm() -> None:
    ended = {"state": State.RECOVERED, "ended_at": later(50)}
    measured = {"declared_at": later(30), "rescheduled_at": later(40), **ended}
    assert looks(detail(**measured)) == ["past", "moved", "back"]
    assert looks(detail(planned=True, **ended)) == ["calm"]


def test_a_master_is_expected_to_have_a_successor_and_no_more() -> None:
    found = detail(about=About.MASTER, kind=Kind.MASTER, timeout_seconds=90.0)
    assert [step.word for step in incident_bar.expected(found, PAST)] == ["new leader"]
