from __future__ import annotations

import math

import pytest

from dashboard.charts.bars import double_bar


def test_both_bars_are_shares_of_one_track() -> None:
    bar = double_bar(0.832, 0.45)
    assert (bar.allocated_width, bar.used_width, bar.over) == ("83.2%", "45.0%", False)


def test_what_was_not_measured_has_no_bar() -> None:
    assert double_bar(0.5, None).used_width == ""
    assert double_bar(math.nan, 0.5).allocated_width == ""


def test_a_share_above_all_is_cut_and_its_figure_is_not() -> None:
    bar = double_bar(1.25, 0.1)
    assert (bar.allocated_width, bar.allocated) == ("100.0%", 1.25)


@pytest.mark.parametrize(("allocated", "used", "over"), [(0.9, 0.1, True), (0.1, 0.95, True), (0.89, 0.89, False)])
def test_from_ninety_percent_on_a_bar_is_marked(allocated: float, used: float, over: bool) -> None:
    assert double_bar(allocated, used).over is over
