from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dashboard.charts import incident_lanes
from dashboard.charts.failure_lanes import Lane, Lanes
from dashboard.models import Incident, Severity
from dashboard.queries.failures_beside import Beside, What
from dashboard.queries.failures_present import Present
from dashboard.queries.incident_rows import Row, row
from dashboard.queries.incident_tree import Branch
from dashboard.queries.incidents import Detail
from dashboard.queries.marks import SEVERITY
from dashboard.queries.masters import Leadership
from dashboard.queries.window import Window
from tests.builders import NOON, later

About, Kind, State = Incident.About, Incident.Kind, Incident.State
HOUR = Window("1h", later(-3600), NOON, 60)
NOTHING = Present(agents="", schedulers="", components="", alerts="")


def failed(kind: Incident.Kind, seconds: float, *, about: Incident.About = About.AGENT, **said: Any) -> Row:
    columns = {"name": "10.0.0.1", "began_at": later(seconds), "detected_at": later(seconds), "pk": 1, **said}
    return row(Incident(about=about, kind=kind, **columns), NOON)


def over(seconds: float) -> dict[str, Any]:
    return {"state": State.RECOVERED, "ended_at": later(seconds)}


def lanes(*rows: Row, spans: tuple[Leadership, ...] = (), beside: tuple[Beside, ...] = ()) -> dict[str, Lane]:
    found = incident_lanes.timeline(rows, spans, beside, NOTHING, HOUR, NOON)
    return {lane.name: lane for lane in found.lanes}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Kind.AGENT_PROCESS, "Agents"),
        (Kind.AGENT_OR_HOST, "Agents"),
        (Kind.HOST, "Hosts"),
        (Kind.SCHEDULER, "Schedulers"),
        (Kind.TASK, "Tasks"),
    ],
)
def test_each_kind_is_drawn_in_its_lane(kind: Incident.Kind, name: str) -> None:
    found = lanes(failed(kind, -600))
    assert [lane for lane, drawn in found.items() if drawn.bars] == ["Masters", name]


def test_a_masters_failure_is_a_mark_on_who_led() -> None:
    led = (Leadership("10.0.0.101", later(-3600), later(-900)), Leadership("10.0.0.102", later(-890), NOON))
    lane = lanes(failed(Kind.MASTER, -900, about=About.MASTER, **over(-890)), spans=led)["Masters"]
    assert [bar.look for bar in lane.bars] == ["lead", "unk", "lead2"]
    assert [(point.look, point.x) for point in lane.points] == [("bad", "75.00%")]


def test_who_led_before_anything_was_known_is_hatched_and_never_drawn_as_well() -> None:
    lane = lanes(spans=(Leadership("10.0.0.101", later(-1800), later(-600)),))["Masters"]
    assert [bar.look for bar in lane.bars] == ["unk", "lead", "unk"]


@pytest.mark.parametrize(
    ("said", "look"),
    [
        ({}, "bad"),
        ({"planned": True}, "mute"),
        (over(-60), "warn"),
        ({**over(-60), "declared_at": later(-300)}, "bad"),
        ({**over(-60), "about": About.TASKS}, "bad"),
    ],
)
def test_the_look_says_what_it_cost(said: dict[str, Any], look: str) -> None:
    assert incident_lanes.look(failed(Kind.HOST, -600, **said)) == look


def test_what_stood_beside_is_drawn_in_lanes_of_its_own() -> None:
    every = tuple(replace(unhealthy(-60), what=what) for what in What)
    found = lanes(beside=every)
    assert (len(found["Components"].bars), len(found["Alerts, notes"].bars)) == (1, 1)
    assert [point.look for point in found["Alerts, notes"].points] == ["note"]


def detail(tree: Branch) -> Detail:
    nothing: dict[str, Any] = dict.fromkeys(
        ("cause", "countdown", "last_good_at", "rescheduled_at", "timeout", "taken_at")
    )
    words: dict[str, Any] = dict.fromkeys(("kind_reason", "cause_reason", "timeout_reason"), "")
    return Detail(row=tree.row, tree=tree, effects=0, phases=(), links=(), notes=(), earlier=(), **nothing, **words)


def branch(told: Row, *effects: Branch, own: bool = False) -> Branch:
    return Branch(row=told, reason="", gap=None, own=own, effects=effects)


def order(tree: Branch, expected: float | None = None) -> Lanes:
    return incident_lanes.order(detail(tree), (), None if expected is None else later(expected), NOON)


def test_what_is_expected_lies_right_of_now() -> None:
    found = order(branch(failed(Kind.HOST, -100), own=True), expected=200)
    now = float(found.now_x[:-1])
    (lane,) = found.lanes
    assert [bar.look for bar in lane.bars] == ["bad", "unk", "plan"]
    assert all(float(bar.x[:-1]) >= now - 0.01 for bar in lane.bars[1:])


def test_without_an_expectation_the_drawing_ends_now() -> None:
    assert order(branch(failed(Kind.HOST, -100), own=True)).ends_now


def test_one_that_is_over_shows_no_now() -> None:
    found = order(branch(failed(Kind.HOST, -9_000, **over(-8_000)), own=True))
    assert (found.shows_now, found.ends_now) == (False, False)


def test_more_effects_than_lanes_share_one() -> None:
    effects = [branch(failed(Kind.TASK, -60, name=str(number))) for number in range(30)]
    found = order(branch(failed(Kind.HOST, -100), *effects, own=True))
    assert len(found.lanes) == incident_lanes.MOST_BRANCHES + 1
    assert (found.lanes[-1].name, found.lanes[-1].sub) == ("More effects", "25")


def test_a_long_name_is_cut() -> None:
    (lane,) = order(branch(failed(Kind.HOST, -100, name="x" * 500), own=True)).lanes
    assert len(lane.name) == incident_lanes.LONGEST_NAME


def unhealthy(seconds: float) -> Beside:
    mark = SEVERITY[Severity.CRITICAL]
    return Beside(what=What.COMPONENT, mark=mark, name="n", host="", short="n", begins_at=later(seconds), ends_at=None)


@pytest.mark.parametrize(("seconds", "begins_inside"), [(-700, True), (-9_000, False)])
def test_it_begins_early_enough_to_show_what_came_just_before(seconds: float, begins_inside: bool) -> None:
    tree = branch(failed(Kind.HOST, -100), own=True)
    found = incident_lanes.order(detail(tree), (unhealthy(seconds),), None, NOON)
    assert (float(found.lanes[-1].bars[0].x[:-1]) > 0) is begins_inside


def test_bars_never_leave_the_drawing() -> None:
    tree = branch(failed(Kind.HOST, -100), own=True)
    for lane in order(tree, expected=50).lanes:
        for bar in lane.bars:
            assert float(bar.x[:-1]) >= 0 and float(bar.x[:-1]) + float(bar.width[:-1]) <= 100.01


def test_a_failure_ahead_of_our_clock_breaks_nothing() -> None:
    ahead = failed(Kind.HOST, 30)
    assert ahead.lasted == timedelta()
    assert order(branch(ahead, own=True)).lanes[0].bars == ()
