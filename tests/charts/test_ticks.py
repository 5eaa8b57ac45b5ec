from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dashboard.charts.ticks import Tick, ticks

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_each_moment_of_the_window_is_a_tick_in_the_order_of_time() -> None:
    moments = [(NOON + HOUR, "bad"), (NOON, "warn"), (NOON + 3 * HOUR, "bad"), (NOON - HOUR, "bad")]
    assert ticks(moments, NOON, NOON + 2 * HOUR) == [Tick("warn", "0.00%"), Tick("bad", "50.00%")]
