from __future__ import annotations

from datetime import timedelta

from dashboard.charts.restart_ticks import SLOTS, drawn
from tests.builders import NOON, later

DAY = timedelta(hours=24)


def test_a_tick_for_each_restart_in_the_order_of_time() -> None:
    found = drawn([later(-3600), later(-7200)], "bad", NOON - DAY, NOON)
    assert [(tick.state, tick.x) for tick in found] == [("bad", "91.67%"), ("bad", "95.83%")]


def test_restarts_that_could_not_be_told_apart_are_one_tick() -> None:
    assert len(drawn([later(-10 - each) for each in range(60)], "bad", NOON - DAY, NOON)) == 1


def test_ten_thousand_restarts_are_no_more_ticks_than_can_be_seen() -> None:
    found = drawn([later(-8.64 * each) for each in range(10_000)], "warn", NOON - DAY, NOON)
    assert SLOTS - 1 <= len(found) <= SLOTS + 1
