from __future__ import annotations

from dashboard.charts.lifetimes import WORDS, drawn


def test_each_life_falls_into_one_bin_and_a_bins_lower_edge_belongs_to_it() -> None:
    found = drawn([5, 10, 59.9, 60, 86_400])
    assert [one.count for one in found.bins] == [1, 2, 1, 0, 0, 0, 0, 1]
    assert found.total == 5


def test_the_fullest_bin_is_named_and_is_the_highest() -> None:
    found = drawn([20, 20, 20, 4000])
    assert found.mostly == "10–60\u00a0s"
    assert (found.bins[1].y, found.bins[1].height) == (20, 80)
    assert found.bins[5].height == 26.7


def test_without_a_whole_life_there_is_nothing_to_name() -> None:
    found = drawn([])
    assert (found.mostly, found.total, found.says) == ("", 0, "no life has ended yet")
    assert {one.height for one in found.bins} == {0}


def test_bins_lie_side_by_side_over_the_whole_width() -> None:
    found = drawn([1])
    assert len(found.bins) == len(WORDS)
    assert float(found.bins[-1].x[:-1]) + float(found.bins[-1].width[:-1]) < 100
