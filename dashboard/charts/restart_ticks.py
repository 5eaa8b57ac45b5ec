"""The ticks of what restarted: as many as can be told apart, however often it did."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from dashboard.charts.ticks import Tick, ticks

SLOTS = 300
"""Ticks closer together than this part of the strip would be one line."""


def drawn(moments: Iterable[datetime], state: str, begins_at: datetime, ends_at: datetime) -> list[Tick]:
    """One tick for each slot in which it restarted, at the last restart of it; `state` is the mark of the thing."""
    slot = (ends_at - begins_at) / SLOTS
    last = {(moment - begins_at) // slot: moment for moment in sorted(moments)}
    return ticks([(moment, state) for moment in last.values()], begins_at, ends_at)
