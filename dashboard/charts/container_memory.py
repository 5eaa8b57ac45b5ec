"""What a container's memory was used for, under its limit."""

from __future__ import annotations

from dashboard import figures
from dashboard.charts import scales
from dashboard.charts.container_lines import figure
from dashboard.charts.lines import Figure
from dashboard.charts.machine_lines import line
from dashboard.charts.scales import latest
from dashboard.queries.container_history import History, known

HEADROOM = 1.06


def drawn(history: History) -> Figure:
    """In use, in use with file cache where that is told, and the limit, in the unit that suits the highest."""
    most = scales.highest(history.memory_limit, history.memory_used + history.memory_cached, history.memory_used)
    unit, divisor = scales.of_bytes(most)
    digits = scales.digits(most / divisor)
    limit = latest(history.memory_limit)
    lines = [line(history, "In use", history.memory_used / divisor, role="used", resource="mem", digits=digits + 2)]
    if known(history.memory_used + history.memory_cached):
        cached = (history.memory_used + history.memory_cached) / divisor
        lines.append(line(history, "+ cache", cached, role="other", resource="mem", digits=digits + 2))
    if limit is not None:
        name, values = f"Limit {figures.byte_size(limit)}", history.memory_limit / divisor
        lines.append(line(history, name, values, role="limit", resource="mem", digits=digits + 2))
    return figure(history, lines, unit=unit, digits=digits, top=most / divisor * HEADROOM or None)


def title(history: History) -> str:
    used, limit = latest(history.memory_used), latest(history.memory_limit)
    of = "" if limit is None else f" of {figures.byte_size(limit)}"
    return f"Memory: {figures.byte_size(used)}{of} in use"


def basis(history: History) -> str:
    limit = "; above the limit it is killed" if known(history.memory_limit) else "; no limit is told"
    return f"without file cache, which can be had back{limit}"
