"""The event queues of the leading master over time: how far Mesos is behind with its own work."""

from __future__ import annotations

from datetime import UTC, datetime

from dashboard.charts import lines
from dashboard.charts.lines import Figure, Role
from dashboard.queries.readings import Series

NAMES: dict[str, tuple[str, Role]] = {
    "master/event_queue_messages": ("Messages", "line"),
    "master/event_queue_dispatches": ("Dispatches", "other"),
    "master/event_queue_http_requests": ("HTTP requests", "total"),
}
"""Column → what an operator calls it, and how it is drawn; the messages are what grows first."""


def figure(queues: Series) -> Figure:
    """Events waiting, a line for each queue; a gap is a time without a leader or without an answer."""
    window = queues.window
    drawn = [
        lines.line(
            name,
            queues[column],
            role=role,
            resource="time",
            begins_at=datetime.fromtimestamp(window.first_tick, UTC),
            step_seconds=window.step_seconds,
        )
        for column, (name, role) in NAMES.items()
    ]
    return lines.figure(
        drawn,
        unit="",
        group="masters",
        window=(window.starts_at, window.ends_at),
        gaps=lines.gaps(drawn[0], "no leader, or not asked"),
    )
