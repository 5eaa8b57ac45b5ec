from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pytest_django import Settings

from dashboard.queries import window
from dashboard.tiers import Tier
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
    ("name", "step", "tier"),
    [
        ("1h", 10, Tier.RAW),
        ("24h", 120, Tier.RAW),
        ("48h", 240, Tier.RAW),
        ("7d", 900, Tier.FIVE_MINUTES),
        ("30d", 3600, Tier.HOURS),
        ("90d", 10_800, Tier.HOURS),
        ("1y", 43_200, Tier.HOURS),
        ("2y", 86_400, Tier.HOURS),
    ],
)
@pytest.mark.django_db
def test_a_range_is_read_from_the_tier_that_its_steps_need(name: str, step: int, tier: Tier) -> None:
    asked = window.fitted(window.of(name, later(7.5), ranges=window.ALL_RANGES))
    assert (asked.step_seconds, asked.tier) == (step, tier)
    assert asked.steps <= 750


def test_a_long_range_is_offered_only_where_it_is_meant() -> None:
    assert window.of("90d", NOON).name == window.DEFAULT


@pytest.mark.django_db
def test_the_week_before_is_as_coarse_as_it_is_kept() -> None:
    hour = window.fitted(window.before(window.of("1h", NOON, ranges=window.LONG_RANGES), timedelta(days=7)))
    assert (hour.step_seconds, hour.tier) == (300, Tier.FIVE_MINUTES)
    assert hour.ends_at == NOON - timedelta(days=7)
    month_ago = window.before(window.of("24h", NOON, ranges=window.LONG_RANGES), timedelta(days=31))
    assert window.fitted(month_ago).step_seconds == 3600


@pytest.mark.django_db
def test_where_less_is_kept_the_steps_are_wider(settings: Settings) -> None:
    settings.READINGS_KEPT_HOURS, settings.FIVE_MINUTES_KEPT_DAYS = 6, 3
    assert window.fitted(window.of("24h", NOON, ranges=window.LONG_RANGES)).step_seconds == 300
    assert window.fitted(window.of("7d", NOON, ranges=window.LONG_RANGES)).step_seconds == 3600


def test_a_point_says_what_it_is_the_mean_of() -> None:
    asked = window.of("90d", NOON, ranges=window.LONG_RANGES)
    assert asked.point.replace("\u00a0", " ") == "a point is the mean of 3 h"
    assert (
        replace(asked, tier=Tier.HOURS).point.replace("\u00a0", " ")
        == "a point is the mean of 3 h, out of means of 1 h"
    )
