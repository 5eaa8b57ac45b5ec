from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from dashboard.alerts import lifecycle, replay
from dashboard.alerts.conditions import limits_of
from dashboard.alerts.definition import Measured
from dashboard.alerts.replay import Episode, Values
from dashboard.alerts.transitions import Looking
from dashboard.models import Rule
from tests.builders import NOON, later

MINUTE = 60
NAN = float("nan")


def rule(**columns: Any) -> Rule:
    return Rule(key="own-1", own=True, **{"warning": 0.9, "warning_on": True, **columns})


def played(asked: Rule, *values: float, step_seconds: int = MINUTE, inclusive: bool = False) -> list[Episode]:
    moments = NOON.timestamp() + step_seconds * np.arange(len(values), dtype=np.float64)
    found, _ = replay.episodes(asked, inclusive=inclusive, subject="it", moments=moments, values=np.array(values))
    return found


def times(found: list[Episode]) -> list[tuple[float, float | None]]:
    """When each began and ended, in minutes since noon."""
    return [
        (
            (one.began_at - NOON).total_seconds() / MINUTE,
            None if one.ended_at is None else (one.ended_at - NOON).total_seconds() / MINUTE,
        )
        for one in found
    ]


def test_it_fires_when_the_limit_was_passed_for_as_long_as_it_says() -> None:
    found = played(rule(for_seconds=180), 0.8, 0.95, 0.95, 0.95, 0.96, 0.97, 0.95, 0.95, 0.95, 0.95, 0.95, 0.5, 0.5)
    assert times(found) == [(4, 11)]
    assert found[0].worst == 0.97


def test_a_shorter_excursion_fires_nothing() -> None:
    assert played(rule(for_seconds=180), 0.8, 0.95, 0.95, 0.8, 0.95, 0.95, 0.8) == []


def test_a_gap_begins_the_waiting_anew_and_ends_nothing_that_fires() -> None:
    waiting = played(rule(for_seconds=180), 0.95, 0.95, NAN, 0.95, 0.95, 0.95, 0.95)
    assert times(waiting) == [(6, None)]
    firing = played(rule(), 0.95, *[NAN] * 30, 0.95, 0.5)
    assert times(firing) == [(0, 32)]


def test_between_limit_and_clear_value_it_goes_on() -> None:
    found = played(rule(warning_clear=0.8), 0.95, *[0.85] * 20, 0.95, *[0.85] * 20, 0.79)
    assert times(found) == [(0, 42)]


def test_values_about_the_limit_fire_once_at_most() -> None:
    assert len(played(rule(warning_clear=0.88), *[0.91, 0.89] * 30)) == 1


def test_one_that_fires_again_within_half_an_hour_is_the_same_alert() -> None:
    soon = played(rule(), 0.95, *[0.5] * 20, 0.98, *[0.5] * 20)
    assert (times(soon), soon[0].worst) == ([(0, 26)], 0.98)
    assert len(played(rule(), 0.95, *[0.5] * 50, 0.95, *[0.5] * 20)) == 2


def test_the_worst_severity_is_kept_and_below_counts_downwards() -> None:
    below = rule(comparison="below", warning=0.1, critical=0.05, critical_on=True)
    found = played(below, 0.5, 0.08, 0.04, 0.08, *[0.08] * 8, 0.5)
    assert [(one.severity, one.worst) for one in found] == [("critical", 0.04)]


def test_the_limit_itself_breaks_an_inclusive_rule_alone() -> None:
    assert played(rule(), 0.9, 0.9) == []
    assert times(played(rule(), 0.9, 0.9, inclusive=True)) == [(0, None)]


def each_step(asked: Rule, values: Values) -> list[tuple[int, int | None]]:
    """When it fired and ended by the engine's own life cycle, asked at every step; alerts are not joined."""
    looking = [
        Looking(now=later(MINUTE * at), rule=asked, limits=limits_of(asked, inclusive=False))
        for at in range(len(values))
    ]
    found: list[tuple[int, int | None]] = []
    alert, fired = None, None
    for at, value in enumerate(values.tolist()):
        told = Measured(value=None if value != value else value, why="gap")
        if alert is None and told.value is not None:
            alert, fired = lifecycle.begin(told, looking[at]), None
        if alert is None:
            continue
        lifecycle.judge(alert, told, looking[at])
        fired = at if fired is None and alert.fired_at else fired
        if alert.ended_at is not None:
            found += [] if fired is None else [(fired, at)]
            alert = None
    return found if alert is None or fired is None else [*found, (fired, None)]


@pytest.mark.parametrize("seed", range(5))
def test_what_is_jumped_over_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    walk = 0.85 + 0.12 * np.sin(np.arange(3000) / 40) + rng.normal(0, 0.02, 3000)
    walk[rng.random(3000) < 0.05] = NAN
    asked = rule(warning_clear=0.88, for_seconds=120, critical=0.97, critical_on=True, clear_seconds=300)
    expected = each_step(asked, walk)
    assert len(expected) > 5
    assert times(played(asked, *walk.tolist())) == joined(expected)


def joined(found: list[tuple[int, int | None]]) -> list[tuple[float, float | None]]:
    """Those that began within half an hour of the end before are one."""
    kept: list[tuple[float, float | None]] = []
    for began, ended in found:
        before = kept[-1][1] if kept else None
        if before is not None and began - before <= 30:
            kept[-1] = (kept[-1][0], ended)
        else:
            kept.append((began, ended))
    return kept
