"""How many cores a container used, of how many it may."""

from __future__ import annotations

import numpy as np

from dashboard import figures
from dashboard.charts import scales
from dashboard.charts.container_lines import figure
from dashboard.charts.lines import Figure
from dashboard.charts.machine_lines import line
from dashboard.charts.scales import latest
from dashboard.queries.container_history import History

HEADROOM = 1.06
UNIT = "cores"


def drawn(history: History) -> Figure:
    """Used, requested where that is another amount than the limit, and the limit where there is one."""
    limit, requested = latest(history.cpus_limit), latest(history.cpus_requested)
    lines = [line(history, "Used", history.cpus_used, role="used", resource="cpu", digits=4)]
    if requested is not None and requested != limit:
        lines.append(line(history, "Requested", history.cpus_requested, role="allocated", resource="cpu", digits=4))
    if limit is not None:
        name = f"Limit {figures.cores(limit)}"
        lines.append(line(history, name, history.cpus_limit, role="limit", resource="cpu", digits=4))
    most = scales.highest(history.cpus_used, history.cpus_limit, history.cpus_requested)
    return figure(history, lines, unit=UNIT, digits=scales.digits(most), top=most * HEADROOM or None)


def title(history: History) -> str:
    """The latest of use and of what it is held against, as a sentence."""
    used, limit, requested = latest(history.cpus_used), latest(history.cpus_limit), latest(history.cpus_requested)
    if limit is not None:
        return f"CPU: {figures.cores(used)} of {figures.counted_cores(limit)}"
    if requested is not None:
        return f"CPU: {figures.counted_cores(used)}, {figures.cores(requested)} requested"
    return f"CPU: {figures.counted_cores(used)}"


def basis(history: History) -> str:
    rate = "cores, rate of user and system seconds"
    if np.isfinite(history.cpus_limit).any():
        return rate
    return f"{rate}; no limit is told"
