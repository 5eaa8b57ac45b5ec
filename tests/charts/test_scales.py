from __future__ import annotations

import numpy as np
import pytest

from dashboard.charts import scales


@pytest.mark.parametrize(
    ("most", "unit", "divisor"), [(0, "B", 1), (1023, "B", 1), (1024, "KiB", 1024), (3 * 1024**3, "GiB", 1024**3)]
)
def test_bytes_are_counted_in_the_unit_that_suits_the_most(most: float, unit: str, divisor: float) -> None:
    assert scales.of_bytes(most) == (unit, divisor)


def test_three_digits_of_the_most_are_told() -> None:
    assert [scales.digits(most) for most in (9.9, 99, 1000)] == [2, 1, 0]


def test_what_was_not_measured_is_neither_highest_nor_latest() -> None:
    nothing = np.array([np.nan, np.nan])
    assert scales.highest(nothing, np.array([1.0, np.nan])) == 1.0
    assert scales.highest(nothing) == 0.0
    assert (scales.latest(nothing), scales.latest(np.array([1.0, 2.0, np.nan]))) == (None, 2.0)
