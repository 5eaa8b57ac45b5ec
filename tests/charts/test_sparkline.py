from __future__ import annotations

import math

from dashboard.charts.sparkline import sparkline


def test_values_are_spread_over_the_whole_width_with_zero_at_the_bottom() -> None:
    assert sparkline([0, 5, 10]).line == "M0.00 40.00 L50.00 20.00 L100.00 0.00"


def test_a_missing_value_is_a_gap_and_never_zero() -> None:
    assert sparkline([10, 10, None, math.nan, 5, 10]).line == "M0.00 0.00 L20.00 0.00 M80.00 20.00 L100.00 0.00"


def test_a_lone_value_between_gaps_can_be_seen() -> None:
    assert sparkline([None, 10, None]).line == "M49.70 0.00H50.30"


def test_nothing_measured_draws_nothing() -> None:
    spark = sparkline([None, None], area=[None, None])
    assert (spark.line, spark.area, spark.limit_y) == ("", "", "")


def test_all_zeros_lie_on_the_bottom() -> None:
    assert sparkline([0, 0]).line == "M0.00 40.00 L100.00 40.00"


def test_an_area_is_closed_down_to_zero_for_each_stretch() -> None:
    spark = sparkline([], top=1.0, area=[0.5, 0.5, None, 1.0, 1.0])
    assert spark.area == "M0.00 20.00 L25.00 20.00 V40 H0.00Z M75.00 0.00 L100.00 0.00 V40 H75.00Z"


def test_a_limit_is_drawn_on_the_scale_of_the_values() -> None:
    assert sparkline([0.5, 0.6], top=1.0, limit=0.9).limit_y == "4.00"


def test_a_limit_above_the_top_is_left_out() -> None:
    assert sparkline([0.5], top=1.0, limit=1.5).limit_y == ""
