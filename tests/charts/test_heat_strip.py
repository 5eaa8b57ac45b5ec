"""One line of a heat map."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest

from dashboard.charts import heat_strip
from dashboard.charts.heat_strip import LEGEND, LEVELS, Axis, cells, level, peak, told
from tests.builders import NOON

NAN = math.nan


def axis(steps: int) -> Axis:
    return Axis([NOON + timedelta(minutes=10 * step) for step in range(steps)])


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_each_figure_is_a_cell_and_says_when_and_how_much() -> None:
    drawn = cells(np.array([0.05, 0.5]), axis(2))
    assert [(cell.look, cell.x, cell.width) for cell in drawn] == [
        ("h0", "0.00%", "50.00%"),
        ("h3", "50.00%", "50.00%"),
    ]
    assert [plain(cell.says) for cell in drawn] == ["22 Nov 12:00 5.0 %", "22 Nov 12:10 50 %"]


def test_a_gap_is_one_hatched_cell_however_long() -> None:
    drawn = cells(np.array([NAN, 0.2, NAN, NAN]), axis(4))
    assert [(cell.look, cell.x, cell.width) for cell in drawn] == [
        (heat_strip.HATCHED, "0.00%", "25.00%"),
        ("h1", "25.00%", "25.00%"),
        (heat_strip.HATCHED, "50.00%", "50.00%"),
    ]
    assert drawn[-1].says == "22 Nov 12:20 to 22 Nov 12:30 not measured"


def test_the_step_that_still_waits_for_its_figure_stays_open() -> None:
    assert [cell.look for cell in cells(np.array([0.2, NAN]), axis(2), waiting=True)] == ["h1"]
    assert [cell.look for cell in cells(np.array([0.2, NAN, NAN]), axis(3), waiting=True)] == ["h1", heat_strip.HATCHED]


@pytest.mark.parametrize(("share", "look"), [(0, "h0"), (0.0999, "h0"), (0.1, "h1"), (0.9, "h5"), (1.4, "h5")])
def test_the_darker_the_higher(share: float, look: str) -> None:
    assert level(share) == look


def test_the_legend_names_every_level() -> None:
    assert [look for look, _ in LEGEND] == list(heat_strip.LOOKS) and len(LEGEND) == len(LEVELS) + 1


def test_the_peak_is_the_latest_of_the_highest() -> None:
    times = axis(3).steps
    assert peak(np.array([0.8, 0.8, NAN]), times) == (0.8, times[1])
    assert peak(np.array([NAN, NAN, NAN]), times) is None


def test_a_line_is_told_in_words() -> None:
    assert plain(told(np.array([0.1, NAN, 0.62]))) == "10 % to 62 %, 1 of 3 steps not measured"
    assert told(np.array([NAN])) == "not measured"
