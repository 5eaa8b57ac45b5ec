"""How many processes a machine ran."""

from __future__ import annotations

from dashboard import figures
from dashboard.charts.lines import Figure
from dashboard.charts.machine_lines import events, figure, line
from dashboard.charts.scales import latest
from dashboard.queries.machine_history import History


def drawn(history: History) -> Figure:
    count = line(history, "Processes", history.processes, role="line", resource="time", digits=1)
    return figure(history, [count], unit="", events=events(history))


def title(history: History) -> str:
    count = latest(history.processes)
    return f"{figures.counted(None if count is None else round(count), 'process', 'processes')} on the machine"


BASIS = "those in containers too"
