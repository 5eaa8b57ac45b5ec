from __future__ import annotations

import math

import numpy as np

from dashboard import gaps


def test_what_was_not_measured_takes_the_value_before_and_is_marked() -> None:
    columns = np.array([[1.0, 2.0, 3.0], [math.nan, 5.0, math.nan]])
    marks = gaps.carried(columns)
    assert columns.tolist() == [[1.0, 2.0, 3.0], [0.0, 5.0, 5.0]]
    assert marks == {1: bytes([0b10100000])}


def test_columns_without_gaps_stay_as_they_are() -> None:
    columns = np.array([[1.0, -0.0]])
    assert gaps.carried(columns) == {} and columns.tobytes() == np.array([[1.0, -0.0]]).tobytes()
