from __future__ import annotations

from datetime import timedelta

import pytest

from dashboard.charts.lanes import Interval, bars, times
from tests.builders import NOON, later

DAY = timedelta(hours=24)


def test_a_bar_is_a_share_of_the_window() -> None:
    (bar,) = bars([Interval("lead", later(-6 * 3600), NOON, "led")], NOON - DAY, NOON)
    assert (bar.look, bar.x, bar.width, bar.says) == ("lead", "75.00%", "25.00%", "led")


def test_bars_are_cut_at_the_edges_of_the_window() -> None:
    (bar,) = bars([Interval("lead", NOON - 2 * DAY, NOON + DAY)], NOON - DAY, NOON)
    assert (bar.x, bar.width) == ("0.00%", "100.00%")


def test_what_lies_outside_or_has_no_length_is_not_drawn() -> None:
    outside = Interval("lead", NOON - 3 * DAY, NOON - 2 * DAY)
    backwards = Interval("lead", NOON, NOON - DAY / 2)
    assert bars([outside, backwards, Interval("lead", NOON - DAY / 2, NOON - DAY / 2)], NOON - DAY, NOON) == ()


def test_bars_are_in_the_order_of_time() -> None:
    first, second = Interval("lead", later(-7200), later(-3600), "1"), Interval("lead2", later(-3600), NOON, "2")
    assert [bar.says for bar in bars([second, first], later(-7200), NOON)] == ["1", "2"]


@pytest.mark.parametrize(
    ("hours", "labels"),
    [
        (24, ["16:00", "20:00", "00:00", "04:00", "08:00"]),
        (6, ["07:00", "08:00", "09:00", "10:00", "11:00"]),
        (1, ["11:10", "11:20", "11:30", "11:40", "11:50"]),
    ],
)
def test_times_are_round_and_at_most_six(hours: int, labels: list[str]) -> None:
    found = times(NOON - timedelta(hours=hours), NOON)
    assert [time.label for time in found] == labels


def test_a_label_too_near_to_an_edge_is_left_out_and_its_line_stays() -> None:
    found = times(later(-24 * 3600 - 600), later(-600))
    assert (found[0].label, found[0].x) == ("", "0.69%")


@pytest.mark.parametrize(("days", "labels"), [(5, ["18 Nov", "19 Nov", "20 Nov", "21 Nov"]), (30, ["28 Oct", "2 Nov"])])
def test_over_days_the_axis_names_days(days: int, labels: list[str]) -> None:
    found = times(NOON - days * DAY, NOON)
    assert [time.label for time in found if time.label][: len(labels)] == labels
    assert len(found) <= 6
