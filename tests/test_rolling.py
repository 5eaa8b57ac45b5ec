from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import rolling
from tests.history import rows_of

DAY = 1_795_305_600
GAUGES = ("cpu.total",)
NAN = float("nan")


def rolled(layout: tuple[str, ...], rows: rolling.Rows, step: int, since: int = 0) -> dict[int, dict[str, float]]:
    """Seconds after the beginning of the day → what is kept of the first value, of one subject."""
    names = [column.kept for column in rolling.columns(layout) if column.name == layout[0]]
    (found,) = rolling.rolled(layout, rows, [step], since=since)
    first = [place for place, column in enumerate(rolling.columns(layout)) if column.name == layout[0]]
    return {
        tick - DAY: dict(zip(names, row, strict=True))
        for tick, row in zip(found.ticks.tolist(), found.values[:, first].tolist(), strict=True)
    }


def of_gauge(*said: tuple[int, float]) -> rolling.Rows:
    return rows_of(1, [DAY + second for second, _ in said], [[value] for _, value in said])


def test_of_a_gauge_least_most_sum_count_and_last_are_kept() -> None:
    found = rolled(GAUGES, of_gauge((0, 3.0), (60, 1.0), (240, 2.0), (300, 9.0)), 300)
    assert found == {
        0: {"min": 1.0, "max": 3.0, "sum": 6.0, "count": 3.0, "last": 2.0},
        300: {"min": 9.0, "max": 9.0, "sum": 9.0, "count": 1.0, "last": 9.0},
    }


def test_what_was_not_measured_does_not_count() -> None:
    found = rolled(GAUGES, of_gauge((0, 3.0), (60, NAN)), 300)[0]
    assert found == {"min": 3.0, "max": 3.0, "sum": 3.0, "count": 1.0, "last": 3.0}


def test_a_step_in_which_nothing_was_measured_is_absent_not_zero() -> None:
    found = rolled(GAUGES, of_gauge((0, NAN), (300, 1.0)), 300)[0]
    assert all(math.isnan(found[kept]) for kept in ("min", "max", "last"))
    assert (found["sum"], found["count"]) == (0.0, 0.0)


def test_a_step_without_a_reading_has_no_row() -> None:
    assert list(rolled(GAUGES, of_gauge((0, 1.0), (900, 1.0)), 300)) == [0, 900]


def test_sums_of_decimal_numbers_are_decimal_numbers() -> None:
    assert rolled(GAUGES, of_gauge((0, 0.1), (60, 0.2), (120, 0.3)), 300)[0]["sum"] == 0.6


def test_a_sum_that_is_no_decimal_number_stays_as_it_is() -> None:
    assert rolled(GAUGES, of_gauge((0, 1 / 3), (60, 1 / 7)), 300)[0]["sum"] == 1 / 3 + 1 / 7


def test_of_a_counter_what_it_rose_by_and_over_which_seconds_is_kept() -> None:
    rows = rows_of(1, [DAY + 60 * minute for minute in range(7)], [[10.0 * minute] for minute in range(7)])
    found = rolled(("in_bytes",), rows, 300)
    assert found[0] == {"last": 40.0, "increase": 40.0, "rise": 40.0, "seconds": 240.0}
    assert found[300] == {"last": 60.0, "increase": 20.0, "rise": 20.0, "seconds": 120.0}


def test_of_a_single_reading_of_a_counter_no_increase_is_known() -> None:
    found = rolled(("in_bytes",), rows_of(1, [DAY], [[5.0]]), 300)[0]
    assert math.isnan(found["increase"]) and (found["rise"], found["seconds"], found["last"]) == (0.0, 0.0, 5.0)


def test_what_came_before_only_tells_what_a_counter_rose_from() -> None:
    rows = rows_of(1, [DAY - 60, DAY, DAY + 60], [[5.0], [7.0], [8.0]])
    found = rolled(("in_bytes",), rows, 300, since=DAY)
    assert found == {0: {"last": 8.0, "increase": 3.0, "rise": 3.0, "seconds": 120.0}}


def test_a_chunk_begins_with_its_first_reading_not_with_its_step() -> None:
    rows = rows_of(1, [DAY + 70, DAY + 130, DAY + 400], [[1.0]] * 3)
    five, hours = rolling.rolled(GAUGES, rows, [300, 3600])
    assert (five.ticks - DAY).tolist() == [0, 300]
    assert (five.begins - DAY).tolist() == [70, 400]
    assert (hours.begins - DAY).tolist() == [70]


def test_every_layout_of_the_store_has_its_columns_in_their_order() -> None:
    columns = rolling.columns(("cpu.total", "in_bytes"))
    assert [tuple(column) for column in columns] == [
        *(("cpu.total", kept) for kept in ("min", "max", "sum", "count", "last")),
        *(("in_bytes", kept) for kept in ("last", "increase", "rise", "seconds")),
    ]


VALUES = st.one_of(st.just(NAN), st.integers(-(10**6), 10**6).map(lambda whole: whole / 100))
COUNTS = st.one_of(st.just(NAN), st.integers(0, 10**9).map(float))


@settings(max_examples=120, deadline=None)
@given(st.dictionaries(st.integers(0, 7200), st.tuples(VALUES, COUNTS), min_size=1, max_size=40), st.integers(1, 3))
def test_the_sum_over_steps_is_the_sum_over_readings(said: dict[int, tuple[float, float]], subjects: int) -> None:
    seconds = sorted(said)
    one = rows_of(1, [DAY + second for second in seconds], [list(said[second]) for second in seconds])
    rows = rolling.Rows(
        np.repeat(np.arange(subjects), len(seconds)),
        np.tile(one.ticks, subjects),
        np.tile(one.values, (subjects, 1)),
        np.tile(one.begins, subjects),
    )
    layout = ("cpu.total", "in_bytes")
    names = [tuple(column) for column in rolling.columns(layout)]
    gauges = [gauge for second in seconds if not math.isnan(gauge := said[second][0])]
    counts = [count for second in seconds if not math.isnan(count := said[second][1])]
    for found in rolling.rolled(layout, rows, [300, 3600]):
        for subject in range(subjects):
            mine = dict(zip(names, found.values[found.subjects == subject].T, strict=True))
            assert mine["cpu.total", "count"].sum() == len(gauges)
            exact = float(sum(Fraction(round(gauge * 100), 100) for gauge in gauges))
            assert mine["cpu.total", "sum"].sum() == pytest.approx(exact, abs=1e-6)
            if gauges:
                assert np.nanmin(mine["cpu.total", "min"]) == min(gauges)
                assert np.nanmax(mine["cpu.total", "max"]) == max(gauges)
            rose = sum(after if after < before else after - before for before, after in pairwise(counts))
            assert np.nansum(mine["in_bytes", "increase"]) == rose
            last = mine["in_bytes", "last"][~np.isnan(mine["in_bytes", "last"])]
            assert last[-1:].tolist() == counts[-1:]
