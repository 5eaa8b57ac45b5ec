"""In what share of the periods it ran in a container was held back by its CPU limit."""

from __future__ import annotations

from dashboard import figures
from dashboard.charts.container_lines import figure
from dashboard.charts.lines import Figure
from dashboard.charts.machine_lines import PERCENT, line
from dashboard.charts.scales import highest, latest
from dashboard.queries.container_history import History

LEAST_TOP = 10.0
BASIS = "percent of the scheduling periods it ran in"


def drawn(history: History) -> Figure:
    values = history.throttled * PERCENT
    top = max(highest(values) * 1.1, LEAST_TOP)
    return figure(
        history, [line(history, "Held back", values, role="line", resource="cpu")], unit="%", digits=1, top=top
    )


def title(history: History) -> str:
    """What is worst: how it is now, and how it was at most."""
    most, now = highest(history.throttled), latest(history.throttled)
    if most == 0:
        return "Never held back by its CPU limit"
    return f"Held back in {figures.percent(now)} of periods, {figures.percent(most)} at most"
