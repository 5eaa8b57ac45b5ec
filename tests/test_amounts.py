from __future__ import annotations

import math

import pytest

from dashboard.amounts import amount


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.93, "ratio", "93 %"),
        (93, "percent", "93 %"),
        (2 * 1024**3, "bytes", "2 GiB"),
        (2048, "MiB", "2 GiB"),
        (302, "s", "5 min 02 s"),
        (1, "cores", "1 core"),
        (12_000, "count", "12,000"),
        (40, "per_second", "40/s"),
        (250, "ms", "250 ms"),
        (7, "", "7"),
        (None, "bytes", "—"),
        (math.nan, "bytes", "—"),
    ],
)
def test_a_number_is_told_in_its_unit_and_none_as_absent(value: float | None, unit: str, text: str) -> None:
    assert amount(value, unit).replace("\u00a0", " ") == text


@pytest.mark.parametrize(("unit", "text"), [("bytes", "1 MiB/s"), ("s", "1,048,576 s/s"), ("count", "1,048,576/s")])
def test_a_rate_says_per_second(unit: str, text: str) -> None:
    assert amount(1024**2, unit, rate=True).replace("\u00a0", " ") == text
