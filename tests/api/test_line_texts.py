from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest

from dashboard.api import line_texts

NAN = float("nan")


@pytest.mark.parametrize("values", [[], [1.5], [NAN, 2.0], [1.0, NAN, 3.0], [0.1, 1e300, NAN, -0.0, 5.0]])
def test_the_text_is_that_of_all_values_the_first_time_and_again(values: list[float]) -> None:
    line_texts.REMEMBERED.forget()
    expected = [None if value != value else value for value in values]
    for _ in range(2):
        assert json.loads(msgspec.json.encode(line_texts.told(np.array(values)))) == expected


def test_the_steps_that_still_change_and_those_that_were_made_anew_are_told_as_they_are() -> None:
    line_texts.REMEMBERED.forget()
    values = np.arange(100.0)
    for place in (-1, -2, 0, 50):
        bytes(line_texts.told(values))
        values[place] += 1
        assert json.loads(bytes(line_texts.told(values))) == values.tolist()


def test_a_column_of_a_matrix_is_told_like_any_other_line() -> None:
    matrix = np.arange(20.0).reshape(5, 4)
    assert json.loads(bytes(line_texts.told(matrix[:, 1]))) == [1, 5, 9, 13, 17]
