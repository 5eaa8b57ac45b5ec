from __future__ import annotations

import pytest

from collectors.errors import Outcome
from collectors.sources import SOURCES, Source
from dashboard import pace
from dashboard.pace import Took
from dashboard.queries.spacing import MOST_SPACING_SECONDS


def test_a_longer_period_is_at_least_twice_as_long_and_at_most_ten_minutes() -> None:
    assert [pace.longer(step) for step in pace.LADDER] == [20, 60, 60, 120, 300, 360, 600, 600, 600]
    assert pace.longer(3600) == 3600


def test_a_shorter_one_is_at_most_half_and_never_below_the_operators() -> None:
    assert [pace.shorter(step, 10) for step in (600, 360, 300, 180, 120, 60, 20)] == [300, 180, 180, 120, 60, 30, 10]
    assert pace.shorter(120, 120) == 120


@pytest.mark.parametrize("step", pace.LADDER)
def test_what_was_quick_in_a_long_period_is_not_slow_in_the_shorter_one(step: int) -> None:
    quick = pace.QUICK_RATIO * step
    assert quick <= pace.SLOW_RATIO * pace.shorter(step, 10)


@pytest.mark.parametrize("step", pace.LADDER)
def test_every_step_fits_whole_minutes_and_charts(step: int) -> None:
    assert step % 60 == 0 or 60 % step == 0
    assert step <= MOST_SPACING_SECONDS


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_every_multiple_of_every_source_has_its_ticks_on_whole_minutes(source: Source) -> None:
    periods = [source.period_seconds * factor for factor in pace.factors(source.period_seconds)]
    assert all(period % 60 == 0 or 60 % period == 0 for period in periods)
    assert periods[0] == source.period_seconds and len(periods) >= 3


def test_slow_is_three_in_a_row_over_six_tenths() -> None:
    assert pace.too_slow([Took(7, 10), Took(6.1, 10), Took(9, 10)])
    assert not pace.too_slow([Took(7, 10), Took(6.0, 10), Took(9, 10)])
    assert not pace.too_slow([Took(7, 10), Took(7, 10)])


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 60), (4, 60), (5, 120), (6, 240), (7, 480), (8, 600), (400, 600)]
)
def test_a_silent_agent_is_asked_every_second_then_fourth_slot_up_to_ten_minutes(failures: int, seconds: int) -> None:
    assert pace.rest_seconds(Outcome.TIMEOUT_HEADERS, failures, 60) == seconds


def test_a_rest_is_whole_periods_and_never_shorter_than_one() -> None:
    assert pace.rest_seconds(Outcome.TIMEOUT_BODY, 50, 180) == 540
    assert pace.rest_seconds(Outcome.TIMEOUT_BODY, 50, 3600) == 3600


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.SERVER_ERROR, Outcome.AUTH, Outcome.NOT_FOUND])
def test_who_fails_at_once_costs_nothing_and_is_asked_every_time(outcome: Outcome) -> None:
    assert pace.rest_seconds(outcome, 100, 60) == 60
