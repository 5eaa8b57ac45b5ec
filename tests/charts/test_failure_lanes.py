from __future__ import annotations

from datetime import timedelta

from dashboard.charts.failure_lanes import FOLDS, MOST_BARS, Lane, Moment, Row, Stretch, drawn
from dashboard.charts.lane_labels import Thing, placed
from tests.builders import NOON, later

HOUR = timedelta(hours=1)
BEGINS = NOON - HOUR


def stretch(begins: float, ends: float, look: str = "bad", **said: object) -> Stretch:
    said = {"says": f"{look} from {begins}", **said}
    return Stretch(look=look, begins_at=later(begins), ends_at=later(ends), **said)  # type: ignore[arg-type]


def lane(*stretches: Stretch, moments: tuple[Moment, ...] = (), until: float = 0) -> Lane:
    row = Row(name="Agents", stretches=stretches, moments=moments)
    (found,) = drawn([row], BEGINS, later(until), NOON).lanes
    return found


def test_a_bar_is_a_share_of_the_window() -> None:
    (bar,) = lane(stretch(-1800, -900)).bars
    assert (bar.look, bar.x, bar.width, bar.y, bar.height) == ("bad", "50.00%", "25.00%", 8, 14)


def test_what_reaches_out_of_the_window_is_cut_and_what_lies_outside_is_left_out() -> None:
    (bar,) = lane(stretch(-7200, -1800), stretch(-9000, -8000)).bars
    assert (bar.x, bar.width) == ("0.00%", "50.00%")


def test_overlapping_bars_lie_one_above_the_other_and_never_on_more_than_three_tracks() -> None:
    two = lane(stretch(-3000, -1000), stretch(-2000, -500)).bars
    assert [(bar.y, bar.height) for bar in two] == [(3, 9), (16, 9)]
    four = lane(*(stretch(-3000 + each, -1000) for each in range(4))).bars
    assert len(four) == 4 and len({bar.y for bar in four}) == 3


def test_bars_after_one_another_share_a_track() -> None:
    assert {bar.y for bar in lane(stretch(-3000, -2000), stretch(-2000, -1000)).bars} == {8}


def test_a_failure_of_a_second_is_still_seen_even_at_the_right_edge() -> None:
    (bar,) = lane(stretch(-1, 0)).bars
    assert float(bar.width[:-1]) > 0.3 and float(bar.x[:-1]) + float(bar.width[:-1]) <= 100


def test_a_state_is_a_height_too_the_worse_the_higher() -> None:
    heights = [lane(stretch(-1800, 0, look)).bars[0].height for look in ("good", "mute", "warn", "bad")]
    assert heights == sorted(heights) and len(set(heights)) == 4


def test_ten_thousand_bars_are_folded_and_say_of_how_many_they_are() -> None:
    found = lane(*(stretch(-3600 + each * 0.3, -3600 + each * 0.3 + 0.1) for each in range(10_000)))
    assert len(found.bars) <= FOLDS
    assert found.bars[0].says.endswith("together")


def test_bars_of_different_looks_are_never_folded_into_one() -> None:
    crowd = [stretch(-3600 + each, -3500 + each, "mute" if each % 2 else "bad") for each in range(MOST_BARS + 20)]
    assert {bar.look for bar in lane(*crowd).bars} == {"bad", "mute"}


def test_ten_thousand_marks_are_folded_too() -> None:
    moments = tuple(Moment(look="bad", at=later(-3600 + each * 0.36), says="failed") for each in range(10_000))
    points = lane(moments=moments).points
    assert len(points) <= FOLDS + 1 and "times" in points[0].says


def test_a_lane_tells_its_latest_bars_and_how_many_more_there_are() -> None:
    told = lane(*(stretch(-3600 + 300 * each, -3500 + 300 * each) for each in range(9))).label
    assert told.startswith("Agents: bad from -2700") and told.endswith("and 3 more, see the table")


def test_an_empty_lane_says_so() -> None:
    assert lane().label == "Agents: nothing in this time"


def test_now_stands_where_it_is_when_the_drawing_goes_on_behind_it() -> None:
    assert drawn([], BEGINS, NOON, NOON).now_x == "100.00%"
    ahead = drawn([], BEGINS, later(1200), NOON)
    assert (ahead.now_x, ahead.ends_now) == ("75.00%", False)


def test_words_stand_beside_a_bar_where_there_is_room() -> None:
    early, late = Thing("10.0.0.1", 10, 12, 8, 14), Thing("10.0.0.2", 95, 96, 8, 14)
    words = {label.text: label for label in placed([early, late])}
    assert (words["10.0.0.1"].anchor, words["10.0.0.1"].x) == ("start", "12.00%")
    assert (words["10.0.0.2"].anchor, words["10.0.0.2"].x) == ("end", "95.00%")


def test_words_that_would_lie_over_a_bar_are_left_out() -> None:
    crowd = [Thing("10.0.0.1", 3.0 * each, 3.0 * each + 1, 8, 14) for each in range(33)]
    assert len(list(placed(crowd))) <= 1


def test_words_stand_in_a_bar_only_when_they_fit() -> None:
    (inside,) = placed([Thing("10.0.0.1 leads", 10, 60, 8, 14, inside=True)])
    (beside,) = placed([Thing("10.0.0.1 leads", 10, 12, 8, 14, inside=True)])
    assert (inside.css, beside.css) == ("on", "lbl")


def test_long_words_are_cut() -> None:
    (label,) = placed([Thing("x" * 500, 10, 12, 8, 14)])
    assert len(label.text) <= 34 and label.text.endswith("…")
