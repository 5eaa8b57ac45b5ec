"""The load of a machine for each of its cores: above 1 processes wait for a core."""

from __future__ import annotations

import numpy as np

from dashboard import figures
from dashboard.charts.lines import Figure
from dashboard.charts.machine_lines import band, events, figure, line
from dashboard.charts.scales import highest, latest
from dashboard.queries.machine_history import History

ONE = 1.0


def drawn(history: History, cores: float | None) -> Figure:
    """Load over one minute by cores, under the limit of 1; where the cores are not known the load as it is."""
    of = history.load_extremes and (
        history.load_extremes[0] / (cores or ONE),
        history.load_extremes[1] / (cores or ONE),
    )
    least_most = band(history, of, resource="time")
    if not cores:
        alone = line(history, "Load", history.load, role="line", resource="time")
        return figure(history, [*least_most, alone], unit="", digits=2, events=events(history))
    load = history.load / cores
    lines = [
        *least_most,
        line(history, "Load", load, role="line", resource="time"),
        line(history, "1 per core", np.where(np.isnan(load), np.nan, ONE), role="limit", resource="time"),
    ]
    top = max(highest(load, *of or ()) * 1.1, 1.25)
    return figure(history, lines, unit="", digits=2, top=top, events=events(history))


def title(history: History, cores: float | None) -> str:
    load = latest(history.load)
    if not cores or load is None:
        return f"Load is {figures.cores(load)}"
    return f"Load is {figures.cores(load / cores)} per core"


def basis(cores: float | None) -> str:
    return f"load over 1 minute ÷ {figures.counted(cores, 'core')}" if cores else "load over 1 minute, in processes"
