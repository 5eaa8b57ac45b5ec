from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dashboard.charts.strip import Block, Span, strip

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=4)


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def test_a_state_is_a_height_as_well_as_a_hue() -> None:
    blocks = strip([Span("good", at(0), at(2)), Span("bad", at(2), at(4))], NOON, LATER)
    assert blocks == [Block("good", "0.00%", "56%", "50.00%", "44%"), Block("bad", "50.00%", "0%", "50.00%", "100%")]


def test_what_no_span_covers_was_not_measured() -> None:
    assert [block.state for block in strip([Span("good", at(1), at(2))], NOON, LATER)] == ["unk", "good", "unk"]


def test_spans_are_cut_to_the_window() -> None:
    (block,) = strip([Span("warn", at(-9), at(9))], NOON, LATER)
    assert (block.x, block.width) == ("0.00%", "100.00%")


def test_a_span_outside_of_the_window_is_not_drawn() -> None:
    assert [block.state for block in strip([Span("bad", at(-2), at(-1))], NOON, LATER)] == ["unk"]


def test_where_spans_overlap_the_earlier_one_stays() -> None:
    blocks = strip([Span("bad", at(0), at(3)), Span("good", at(1), at(4))], NOON, LATER)
    assert [(block.state, block.width) for block in blocks] == [("bad", "75.00%"), ("good", "25.00%")]
