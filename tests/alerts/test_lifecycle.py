"""The life of one alert, without a database: what is known, where it stands, how long, and what becomes of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.alerts import lifecycle
from dashboard.alerts.conditions import limits_of
from dashboard.alerts.definition import Measured
from dashboard.alerts.transitions import Looking
from dashboard.models import Alert, Cluster, Rule
from tests.builders import NOON

State = Alert.State
BROKEN, BETWEEN, CLEAR, UNKNOWN = 0.95, 0.88, 0.5, None
Value = float | None


def rule(**said: float | int | str | None) -> Rule:
    limits = {"critical": 0.9, "critical_clear": 0.85, "critical_on": True, "for_seconds": 300, "clear_seconds": 600}
    return Rule(pk=1, cluster=Cluster(pk=1), key="T1", name="rule", **{**limits, **said})


def looking(minutes: float, watched: Rule, *, interrupted: bool = False) -> Looking:
    limits = limits_of(watched, inclusive=False)
    return Looking(now=at(minutes), rule=watched, limits=limits, interrupted=interrupted)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def found(value: Value, why: str = "nothing new") -> Measured:
    return Measured(value=value, says="it is", why="" if value is not None else why)


def alert(state: State, since_minutes: float, *, watched: Rule | None = None, **columns: object) -> Alert:
    """One that has been in its state for so long at noon."""
    since = at(-since_minutes)
    fired = None if state == State.PENDING else at(-60)
    one = Alert(
        rule=watched or rule(),
        state=state,
        severity="critical",
        limit=0.9,
        value=BROKEN,
        pending_since=since if state == State.PENDING else at(-65),
        critical_at=since if state == State.PENDING else at(-65),
        fired_at=fired,
        recovering_since=since if state == State.RECOVERING else None,
        changed_at=since if state == State.FIRING else at(-60),
        sentence="it was",
    )
    for name, value in columns.items():
        setattr(one, name, value)
    return one


@pytest.mark.parametrize(
    ("state", "for_minutes", "value", "interrupted", "becomes"),
    [
        (State.PENDING, 4, BROKEN, False, State.PENDING),
        (State.PENDING, 5, BROKEN, False, State.FIRING),
        (State.PENDING, 5, BROKEN, True, State.PENDING),
        (State.PENDING, 5, BETWEEN, False, State.RESOLVED),
        (State.PENDING, 5, CLEAR, False, State.RESOLVED),
        (State.PENDING, 5, UNKNOWN, False, State.RESOLVED),
        (State.PENDING, 5, UNKNOWN, True, State.RESOLVED),
        (State.FIRING, 30, BROKEN, False, State.FIRING),
        (State.FIRING, 30, BROKEN, True, State.FIRING),
        (State.FIRING, 30, BETWEEN, False, State.FIRING),
        (State.FIRING, 30, CLEAR, False, State.RECOVERING),
        (State.FIRING, 30, CLEAR, True, State.RECOVERING),
        (State.FIRING, 30, UNKNOWN, False, State.FIRING),
        (State.FIRING, 30, UNKNOWN, True, State.FIRING),
        (State.RECOVERING, 9, CLEAR, False, State.RECOVERING),
        (State.RECOVERING, 10, CLEAR, False, State.RESOLVED),
        (State.RECOVERING, 10, CLEAR, True, State.RECOVERING),
        (State.RECOVERING, 10, BETWEEN, False, State.FIRING),
        (State.RECOVERING, 10, BROKEN, False, State.FIRING),
        (State.RECOVERING, 10, UNKNOWN, False, State.FIRING),
        (State.RECOVERING, 10, UNKNOWN, True, State.FIRING),
    ],
)
def test_what_becomes_of_an_alert(
    state: State, for_minutes: float, value: Value, interrupted: bool, becomes: State
) -> None:
    one = alert(state, for_minutes)
    lifecycle.judge(one, found(value), looking(0, one.rule, interrupted=interrupted))
    assert one.state == becomes
    assert (one.ended_at is not None) == (becomes == State.RESOLVED)


@pytest.mark.parametrize("value", [BETWEEN, CLEAR, 0.9])
def test_nothing_begins_within_the_limit(value: float) -> None:
    assert lifecycle.begin(found(value), looking(0, rule())) is None


def test_an_alert_that_fired_a_moment_ago_goes_on_for_five_minutes() -> None:
    one = alert(State.FIRING, 1, watched=rule(clear_seconds=0))
    for minute in range(4):
        lifecycle.judge(one, found(CLEAR), looking(minute, one.rule))
        assert one.state == State.RECOVERING
    lifecycle.judge(one, found(CLEAR), looking(4, one.rule))
    assert one.state == State.RESOLVED


def test_what_comes_back_from_recovering_has_to_be_clear_for_the_whole_time_again() -> None:
    one = alert(State.RECOVERING, 9)
    lifecycle.judge(one, found(BROKEN), looking(0, one.rule))
    lifecycle.judge(one, found(CLEAR), looking(1, one.rule))
    lifecycle.judge(one, found(CLEAR), looking(10, one.rule))
    assert one.state == State.RECOVERING
    lifecycle.judge(one, found(CLEAR), looking(11, one.rule))
    assert one.state == State.RESOLVED


def test_data_that_went_missing_while_it_recovered_start_the_recovery_anew() -> None:
    one = alert(State.RECOVERING, 9)
    lifecycle.judge(one, found(UNKNOWN), looking(0, one.rule))
    turns = lifecycle.judge(one, found(CLEAR), looking(1, one.rule))
    assert [(turn.before, turn.after) for turn in turns] == [("No data", "Firing")]
    assert (one.state, one.recovering_since) == (State.RECOVERING, at(1))


def test_the_worst_value_is_kept_while_the_last_one_is_shown() -> None:
    one = alert(State.FIRING, 30)
    for minute, value in enumerate((0.93, 0.99, 0.91)):
        lifecycle.judge(one, found(value), looking(minute, one.rule))
    assert (one.value, one.worst) == (0.91, 0.99)


def test_a_critical_alert_without_data_whose_limit_is_switched_off_is_a_warning() -> None:
    watched = rule(warning=0.8, warning_on=True, critical_on=False)
    one = alert(State.FIRING, 30, watched=watched)
    lifecycle.judge(one, found(UNKNOWN), looking(0, watched))
    assert (one.state, one.severity, one.limit) == (State.FIRING, "warning", 0.8)


def test_a_lower_limit_makes_a_warning_critical_by_the_usual_way() -> None:
    watched = rule(warning=0.5, warning_on=True, critical=0.7, critical_clear=None)
    one = alert(State.FIRING, 30, watched=watched, severity="warning", limit=0.5, critical_at=None)
    lifecycle.judge(one, found(0.75), looking(0, watched))
    assert one.severity == "warning"
    lifecycle.judge(one, found(0.75), looking(5, watched))
    assert one.severity == "critical"


def test_times_ahead_of_a_clock_that_was_set_back_are_now() -> None:
    one = alert(State.FIRING, 0, changed_at=at(60), unknown_since=at(50))
    lifecycle.judge(one, found(UNKNOWN), looking(0, one.rule, interrupted=True))
    assert (one.changed_at, one.unknown_since) == (at(0), at(0))


VALUES = st.sampled_from([BROKEN, BETWEEN, CLEAR, UNKNOWN])
STEPS = st.lists(st.tuples(VALUES, st.floats(0.2, 60)), min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(STEPS, st.integers(0, 900), st.integers(0, 900), st.sampled_from([None, 0.85]))
def test_an_alert_is_never_resolved_by_unknown(
    steps: list[tuple[Value, float]], held: int, clear: int, clear_value: float | None
) -> None:
    watched = rule(for_seconds=held, clear_seconds=clear, critical_clear=clear_value)
    minutes, one = 0.0, None
    for value, step in steps:
        minutes += step
        this = looking(minutes, watched, interrupted=step > 5)
        fired = one is not None and one.fired_at is not None
        if one is None:
            one = lifecycle.begin(found(value), this) if value is not None else None
        if one is None:
            continue
        lifecycle.judge(one, found(value), this)
        if value is None and fired:
            assert one.state == State.FIRING
            assert one.unknown_since is not None
        if one.ended_at is not None:
            assert not fired or value in (BETWEEN, CLEAR)
            one = None


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_nothing_fires_before_it_was_broken_for_its_whole_time(steps: list[tuple[Value, float]]) -> None:
    watched, one, minutes = rule(), None, 0.0
    broken_since: float | None = None
    for value, step in steps:
        minutes += step
        this = looking(minutes, watched, interrupted=step > 5)
        if value != BROKEN or broken_since is None or step > 5:
            broken_since = minutes if value == BROKEN else None
        if one is None:
            one = lifecycle.begin(found(value), this) if value is not None else None
        if one is None:
            continue
        was = one.fired_at
        lifecycle.judge(one, found(value), this)
        if one.fired_at is not None and was is None:
            assert broken_since is not None
            assert minutes - broken_since >= 4.999
        one = None if one.ended_at is not None else one
