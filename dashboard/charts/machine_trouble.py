"""What a machine's network lost: packets dropped and broken."""

from __future__ import annotations

import numpy as np

from dashboard import figures
from dashboard.charts import scales
from dashboard.charts.lines import Figure, Role
from dashboard.charts.machine_lines import events, figure, line
from dashboard.charts.scales import Values, latest
from dashboard.queries.machine_history import History


def drawn(history: History) -> Figure:
    """Packets per second over all interfaces, in and out together; a reset of a counter is a gap."""
    known: tuple[tuple[str, Values, Role], ...] = (
        ("Dropped", history.dropped, "line"),
        ("Errors", history.errors, "other"),
    )
    lines = [
        line(history, name, values, role=role, resource="net", digits=4)
        for name, values, role in known
        if np.isfinite(values).any()
    ]
    digits = scales.digits(scales.highest(history.dropped, history.errors))
    return figure(history, lines, unit="/s", digits=digits, events=events(history))


def title(history: History) -> str:
    """Whether any were lost in the time, and how many are now."""
    return f"Packets: {_told(history.dropped)} dropped, {_told(history.errors)} broken"


def _told(values: Values) -> str:
    """None is said only of what was measured."""
    if not np.isfinite(values).any():
        return "not known how many"
    return f"{_rate(latest(values))} now" if scales.highest(values) else "none"


def _rate(value: float | None) -> str:
    """At three digits: a packet in two minutes is none in a second, and not none."""
    if value is None:
        return figures.ABSENT
    text = f"{value:,.{scales.digits(value)}f}" if value >= 0.01 or value == 0 else "<0.01"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text}/s"


BASIS = "packets per second over all interfaces"
