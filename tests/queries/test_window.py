from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import Settings

from dashboard.queries import window
from tests.builders import NOON, later


def test_an_unknown_range_is_the_default() -> None:
    assert window.of("1 OR 1=1", NOON).name == window.DEFAULT
    assert window.of(None, NOON).name == window.DEFAULT


@pytest.mark.parametrize("name", window.RANGES)
def test_no_range_has_more_points_than_a_line_may_have(name: str) -> None:
    asked = window.of(name, later(7.5))
    assert asked.steps <= 750
    assert asked.step_seconds % 10 == 0


def test_the_last_step_holds_the_end() -> None:
    asked = window.of("1h", later(7.5))
    assert asked.moment(asked.steps - 1) <= asked.ends_at < asked.moment(asked.steps)


def test_the_first_step_holds_the_beginning() -> None:
    asked = window.of("3h", later(7.5))
    assert asked.moment(0) <= asked.ends_at - timedelta(hours=3) < asked.moment(1)


def test_a_day_is_called_24_hours() -> None:
    assert window.of("24h", NOON).words == "24\u00a0h"


@pytest.mark.parametrize(
    ("name", "step", "sample"),
    [("1h", 10, 0), ("6h", 30, 0), ("24h", 120, 120), ("7d", 900, 300), ("30d", 3600, 3600), ("90d", 10_800, 3600)],
)
def test_a_long_range_of_totals_has_steps_no_finer_than_what_is_kept(name: str, step: int, sample: int) -> None:
    asked = window.of(name, later(7.5), ranges=window.LONG_RANGES)
    assert (asked.step_seconds, asked.sample_seconds) == (step, sample)
    assert asked.steps <= 750


def test_a_long_range_is_of_totals_only() -> None:
    assert window.of("90d", NOON).name == window.DEFAULT
    assert window.of("24h", NOON).sample_seconds == 0


def test_the_week_before_is_as_coarse_as_it_is_kept() -> None:
    hour = window.before(window.of("1h", NOON, ranges=window.LONG_RANGES), timedelta(days=7))
    assert (hour.step_seconds, hour.sample_seconds) == (300, 300)
    assert hour.ends_at == NOON - timedelta(days=7)
    month_ago = window.before(window.of("24h", NOON, ranges=window.LONG_RANGES), timedelta(days=31))
    assert month_ago.step_seconds == 3600


def test_where_less_is_kept_the_steps_are_wider(settings: Settings) -> None:
    settings.READINGS_KEPT_HOURS, settings.TOTALS_FINE_DAYS = 6, 3
    assert window.of("24h", NOON, ranges=window.LONG_RANGES).step_seconds == 300
    assert window.of("7d", NOON, ranges=window.LONG_RANGES).step_seconds == 3600
