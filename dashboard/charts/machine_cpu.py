"""How busy a machine's cores were, beside how many of its agent's CPUs were allocated."""

from __future__ import annotations

import numpy as np

from dashboard import figures
from dashboard.charts.lines import Figure, Role
from dashboard.charts.machine_lines import PERCENT, band, events, figure, line
from dashboard.charts.scales import Values, latest
from dashboard.queries.machine_history import History

MEANS = {"dcos-metrics": "busy: user and system", "telegraf": "busy: all but idle"}
"""What the two generations count as busy; they cannot be compared."""


def drawn(history: History) -> Figure:
    """Both as percents, each of its own whole; what was not measured at all is left out."""
    known: tuple[tuple[str, Values, Role], ...] = (
        ("Busy", history.cpu_used, "used"),
        ("Allocated", history.cpu_allocated, "allocated"),
    )
    busy = history.cpu_extremes and (history.cpu_extremes[0] * PERCENT, history.cpu_extremes[1] * PERCENT)
    lines = band(history, busy, resource="cpu") + [
        line(history, name, values * PERCENT, role=role, resource="cpu")
        for name, values, role in known
        if np.isfinite(values).any()
    ]
    return figure(history, lines, unit="%", top=PERCENT * 1.02, events=events(history))


def title(history: History) -> str:
    """The latest of both, as a sentence."""
    used, allocated = latest(history.cpu_used), latest(history.cpu_allocated)
    if used is None:
        return f"CPU: {figures.percent(allocated)} allocated, use not measured"
    beside = "" if allocated is None else f", {figures.percent(allocated)} allocated"
    return f"CPU is {figures.percent(used)} busy{beside}"


def basis(cores: float | None, generation: str) -> str:
    """What the percents are of."""
    whole = f"percent of {figures.counted(cores, 'core')}" if cores else "percent of all cores"
    return " · ".join(part for part in (whole, MEANS.get(generation, "")) if part)
