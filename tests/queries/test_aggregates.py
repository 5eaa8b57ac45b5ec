from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from dashboard.queries.aggregates import Values, expected, together
from dashboard.queries.formula import Aggregate

NAN = np.nan
SERIES: Values = np.array([[1.0, 2.0, NAN], [3.0, NAN, NAN], [8.0, 4.0, NAN]])
ALL = np.ones(SERIES.shape, dtype=bool)


@pytest.mark.parametrize(
    ("how", "values"),
    [
        ("sum", [12, 6, NAN]),
        ("mean", [4, 3, NAN]),
        ("max", [8, 4, NAN]),
        ("min", [1, 2, NAN]),
        ("count", [3, 2, NAN]),
        ("p95", [7.5, 3.9, NAN]),
    ],
)
def test_a_step_is_of_those_that_have_a_value_and_of_none_it_is_a_gap(how: Aggregate, values: list[float]) -> None:
    found = together(how, SERIES, ALL)
    np.testing.assert_allclose(found.values, values)
    assert (found.told.tolist(), found.expected.tolist()) == ([3, 2, 0], [3, 3, 3])


def test_p95_is_that_of_numpy_whatever_is_missing() -> None:
    values = np.random.default_rng(1).normal(size=(40, 25))
    values[np.random.default_rng(2).random(values.shape) < 0.3] = NAN
    np.testing.assert_allclose(
        together("p95", values, np.isfinite(values)).values, np.nanpercentile(values, 95, axis=0)
    )


def test_a_series_is_expected_from_its_first_value_to_its_end() -> None:
    values = np.array([[NAN, 1, NAN, NAN], [1, NAN, 1, NAN], [1, 1, NAN, NAN], [NAN, NAN, NAN, NAN]])
    inside = expected(values, np.array([3, 3, 2, 3]), np.array([False, True, False, False]))
    assert_array_equal(inside, [[0, 1, 1, 1], [1, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]])
