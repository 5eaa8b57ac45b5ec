from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard import rises

AGE, UPTIME = rises.AGE, rises.UPTIME
NAN = float("nan")


def found(
    *rows: tuple[float, ...], layout: tuple[str, ...] = ("in_bytes",), subjects: list[int] | None = None
) -> rises.Rises:
    """Of the first column, in rows of tick and values."""
    values = np.array([row[1:] for row in rows], dtype=np.float64)
    ticks = np.array([row[0] for row in rows], dtype=np.int64)
    return rises.of(layout, np.array(subjects or [1] * len(rows)), ticks, values, [0])


def told(found: rises.Rises) -> list[tuple[float, float, float]]:
    """Increase, rise and seconds, -1 where the increase is not known."""
    columns = (np.nan_to_num(found.increase, nan=-1.0), found.rise, found.seconds)
    return list(zip(*(column[:, 0].tolist() for column in columns), strict=True))


def test_each_reading_rose_from_the_one_before_it_and_the_first_from_nothing_known() -> None:
    assert told(found((0, 10), (60, 70), (120, 70))) == [(-1, 0, 0), (60, 60, 60), (0, 0, 60)]


def test_after_a_reset_it_counts_from_zero_and_there_is_no_rate() -> None:
    assert told(found((0, 100), (60, 30), (120, 40)))[1:] == [(30, 0, 0), (10, 10, 60)]


def test_a_fall_of_the_uptime_is_a_reset_of_counters_that_did_not_fall() -> None:
    rows = ((0, 5, 900), (60, 7, 960), (120, 9, 30), (180, 10, 90))
    assert told(found(*rows, layout=("slave/tasks_lost", UPTIME)))[1:] == [(2, 2, 60), (9, 0, 0), (1, 1, 60)]


def test_seconds_are_those_between_the_samples_not_between_the_ticks() -> None:
    rows = ((60, 0, 10.0), (120, 50, 20.0), (180, 120, 10.0))
    assert [seconds for *_, seconds in told(found(*rows, layout=("in_bytes", AGE)))] == [0, 50, 70]


def test_over_more_than_two_usual_distances_there_is_an_increase_and_no_rate() -> None:
    rows = [(60 * minute, minute) for minute in range(20) if minute not in (8, 15, 16)]
    steps = {row[0]: told_ for row, told_ in zip(rows, told(found(*rows)), strict=True)}
    assert steps[540] == (2, 2, 120), "one was missed"
    assert steps[1020] == (3, 0, 0), "two were missed"


def test_what_was_not_measured_is_passed_over() -> None:
    rows = ((0, 10), (60, NAN), (120, 30), (180, 40))
    assert told(found(*rows)) == [(-1, 0, 0), (-1, 0, 0), (20, 20, 120), (10, 10, 60)]


def test_one_subject_never_rises_from_another() -> None:
    rows = ((0, 10), (60, 20), (0, 500), (60, 501))
    assert told(found(*rows, subjects=[1, 1, 2, 2])) == [(-1, 0, 0), (10, 10, 60), (-1, 0, 0), (1, 1, 60)]


def test_a_clock_that_stood_still_gives_no_rate() -> None:
    rows = ((0, 10, 0), (60, 20, 60), (120, 30, 0))
    assert told(found(*rows, layout=("in_bytes", AGE))) == [(-1, 0, 0), (10, 0, 0), (10, 10, 120)]


def test_of_no_readings_nothing_is_told() -> None:
    empty = rises.of(("in_bytes",), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 1)), [0])
    assert empty.increase.shape == (0, 1)


DISTANCES = st.lists(st.sampled_from([10, 30, 60, 60, 60, 120, 300, 600, 3600]), min_size=1, max_size=30)


@settings(max_examples=100, deadline=None)
@given(st.lists(DISTANCES, min_size=1, max_size=5))
def test_what_is_usual_of_many_subjects_is_what_is_usual_of_each(apart: list[list[int]]) -> None:
    """Nine of ten keep to it, or three in a row if that is longer; nothing beyond ten minutes."""

    def usual(of: list[int]) -> int:
        nine = sorted(of)[(len(of) - 1) * 9 // 10]
        row = [of[at] for at in range(2, len(of)) if of[at] == of[at - 1] == of[at - 2] and of[at] <= 600]
        return min(max([nine, *row]), 600)

    subjects = np.repeat(np.arange(len(apart)), [len(one) for one in apart])
    together = rises.usual_spacing(subjects, np.concatenate(apart))
    assert together.tolist() == [usual(one) for one in apart for _ in one]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_together_subjects_and_columns_rise_as_they_do_alone(data: st.DataObject) -> None:
    layout = ("in_bytes", "out_bytes", UPTIME, AGE)
    value = st.one_of(st.just(NAN), st.integers(0, 9).map(float))
    numbers = data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    subjects = np.repeat(np.arange(len(numbers)), numbers)
    ticks = np.concatenate([np.arange(count) * 60 for count in numbers])
    values = np.array(data.draw(st.lists(st.tuples(*[value] * 4), min_size=len(ticks), max_size=len(ticks))))
    together = rises.of(layout, subjects, ticks, values, [0, 1])
    for subject in range(len(numbers)):
        mine = subjects == subject
        for column in (0, 1):
            alone = rises.of(layout, subjects[mine], ticks[mine], values[mine], [column])
            for name in ("increase", "rise", "seconds"):
                whole, part = getattr(together, name)[mine, column], getattr(alone, name)[:, 0]
                assert whole.tolist() == pytest.approx(part.tolist(), nan_ok=True, abs=0), name
