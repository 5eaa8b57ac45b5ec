from __future__ import annotations

import numpy as np
import pytest

from dashboard import decimals


@pytest.mark.parametrize(
    ("column", "code"),
    [([1.0, 2e9], 0), ([0.25, 30.5], 2), ([0.000000001, 1.5], 9), ([0.1 + 0.2, 1.0], decimals.BITS)],
)
def test_a_column_takes_the_smallest_power_of_ten_that_gives_it_back(column: list[float], code: int) -> None:
    numbers, codes = decimals.scaled(np.array([column]), np.array([max(column)]))
    assert codes.tolist() == [code]
    assert decimals.values(numbers[None], codes[None]).tolist() == [[column]]


def test_negative_zero_keeps_its_sign() -> None:
    numbers, codes = decimals.scaled(np.array([[-0.0, 1.0]]), np.array([1.0]))
    assert np.signbit(decimals.values(numbers[None], codes[None])[0, 0, 0])


def test_codes_of_another_release_are_not_known() -> None:
    assert decimals.are_known(np.array([0, 9, decimals.BITS], dtype=np.uint8))
    assert not decimals.are_known(np.array([10], dtype=np.uint8))
