from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from dashboard.queries import window
from dashboard.queries.rates import increases, rates
from dashboard.queries.readings import Loaded, Series, loaded
from dashboard.store import readings
from tests import builders
from tests.builders import NOON

pytestmark = pytest.mark.django_db
LAYOUT = ("in_bytes", "sample.age_seconds", "slave/uptime_secs")


def read(
    *told: tuple[float, float | None, float] | tuple[float, float | None, float, float | None],
) -> tuple[Loaded, int]:
    """Readings given as (seconds ago, value, age, uptime), and whose they are."""
    subject = readings.subjects(builders.cluster(), {("interface", "h|eth0"): "eth0"}, seen_at=NOON)[
        "interface", "h|eth0"
    ]
    rows = [(int((NOON - timedelta(seconds=one[0])).timestamp()), subject, (*one[1:], None)[:3]) for one in told]
    readings.write_many(LAYOUT, rows)
    return loaded([subject], window.of("1h", NOON)), subject


def known(found: Series) -> list[float]:
    values = found["in_bytes"]
    return [float(value) for value in values[np.isfinite(values)]]


def rated(*told: tuple[float, float | None, float] | tuple[float, float | None, float, float | None]) -> list[float]:
    """Rates that are known, oldest first."""
    found, subject = read(*told)
    return known(rates(found, subject, ["in_bytes"]))


def risen(*told: tuple[float, float | None, float] | tuple[float, float | None, float, float | None]) -> list[float]:
    """Increases that are known, oldest first."""
    found, subject = read(*told)
    return known(increases(found, subject, ["in_bytes"]))


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


def test_a_restart_is_a_reset_even_where_the_counter_did_not_fall() -> None:
    assert rated((180, 0, 0, 500), (120, 600, 0, 560), (60, 900, 0, 30), (0, 1500, 0, 90)) == [10, 10]


def test_an_uptime_that_was_not_said_hides_no_restart() -> None:
    assert rated((180, 0, 0, 500), (120, 600, 0, None), (60, 900, 0, 30), (0, 1500, 0, 90)) == [10, 10]


def test_increases_count_the_first_value_after_a_reset_from_zero() -> None:
    assert risen((180, 5000, 0), (120, 11000, 0), (60, 600, 0), (0, 1200, 0)) == [6000, 600, 600]


def test_the_first_value_after_a_restart_counts_from_zero_even_where_it_did_not_fall() -> None:
    assert risen((120, 600, 0, 500), (60, 900, 0, 30), (0, 1000, 0, 90)) == [900, 100]


def test_increases_of_the_steps_add_up_to_that_of_the_whole_over_missed_readings_too() -> None:
    told = [(600 - 60 * number, 60.0 * number, 0.0) for number in range(4)]
    assert risen(*told, (60, 9000, 0), (0, 9060, 0)) == [60, 60, 60, 8820, 60]


def test_a_step_without_two_readings_has_no_increase() -> None:
    assert risen((60, 1000, 0)) == []
