from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from dashboard.queries import window
from dashboard.queries.rates import rates
from dashboard.queries.readings import loaded
from dashboard.store import readings
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
LAYOUT = ("in_bytes", "sample.age_seconds")


def rated(*told: tuple[float, float | None, float]) -> list[float]:
    """Rates that are known, oldest first, of readings given as (seconds ago, value, age)."""
    subject = readings.subjects(builders.cluster(), {("interface", "h|eth0"): "eth0"}, seen_at=NOON)[
        "interface", "h|eth0"
    ]
    rows = [(int((NOON - timedelta(seconds=ago)).timestamp()), subject, (value, age)) for ago, value, age in told]
    readings.write_many(LAYOUT, rows)
    found = rates(loaded([subject], window.of("1h", NOON)), subject, ["in_bytes"])["in_bytes"]
    return [float(value) for value in found[np.isfinite(found)]]


def test_a_rate_is_the_rise_over_the_time_between() -> None:
    assert rated((120, 1000, 0), (60, 7000, 0), (0, 7000, 0)) == [100, 0]


def test_the_time_between_is_that_of_the_samples_not_of_the_slots() -> None:
    assert rated((60, 0, 0), (0, 6000, 20)) == [150]


def test_a_counter_reset_is_a_gap_not_a_dip() -> None:
    assert rated((180, 5000, 0), (120, 11000, 0), (60, 600, 0), (0, 1200, 0)) == [100, 10]


def test_no_rate_is_made_over_a_time_in_which_nothing_was_read() -> None:
    told = [(600 - 60 * number, 60.0 * number, 0.0) for number in range(4)]
    assert rated(*told, (60, 9000, 0), (0, 9060, 0)) == [1, 1, 1, 1]


def test_a_value_that_was_not_said_makes_no_rate_of_its_own() -> None:
    assert rated((120, 0, 0), (60, None, 0), (0, 1200, 0)) == [10]


def test_one_reading_has_no_rate() -> None:
    assert rated((60, 1000, 0)) == []
