from __future__ import annotations

import pytest

from dashboard.pages.limit_values import parsed, typed


@pytest.mark.parametrize(
    ("value", "unit", "field"),
    [
        (0.85, "ratio", "85 %"),
        (0.29, "ratio", "29 %"),
        (97.0, "percent", "97 %"),
        (16 * 1024**3, "bytes", "16 GiB"),
        (1000.0, "bytes", "1000 B"),
        (16 * 1024.0, "MiB", "16 GiB"),
        (600.0, "seconds", "10 min"),
        (0.0, "seconds", "0 s"),
        (1.5, "cores", "1.5"),
        (800.0, "ms", "800 ms"),
        (66.5, "per_second", "66.5 /s"),
        (-3.0, "count", "-3"),
        (0.0, "", "0"),
    ],
)
def test_what_a_field_shows_is_read_back_as_the_same_number(value: float, unit: str, field: str) -> None:
    assert typed(value, unit) == field
    assert parsed(field, unit) == value


def test_no_limit_is_an_empty_field() -> None:
    assert typed(None, "ratio") == typed(float("nan"), "bytes") == ""


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("90", "ratio", 0.9),
        ("1,000", "count", 1000.0),
        ("1 h 30 min", "seconds", 5400.0),
        ("2 GB", "bytes", 2e9),
        ("1.5 s", "ms", 1500.0),
        ("12 tasks", "tasks", 12.0),
        ("3 cores/s", "cores", 3.0),
    ],
)
def test_people_may_write_it_otherwise(text: str, unit: str, value: float) -> None:
    assert parsed(text, unit) == value


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("a lot", "ratio"),
        ("", "ratio"),
        ("1,5", "ratio"),
        ("5 GiB", "ratio"),
        ("1 GiB 2", "bytes"),
        ("nan", ""),
        ("1e9", ""),
    ],
)
def test_what_is_no_limit_is_refused_with_an_example(text: str, unit: str) -> None:
    with pytest.raises(ValueError, match="Give "):
        parsed(text, unit)
