"""What a machine's memory was used for, beside what was allocated to Mesos' tasks."""

from __future__ import annotations

import numpy as np

from dashboard import figures
from dashboard.charts import scales
from dashboard.charts.lines import Figure, Role
from dashboard.charts.machine_lines import events, figure, line
from dashboard.charts.scales import Values, latest
from dashboard.queries.machine_history import History

HEADROOM = 1.06


def drawn(history: History) -> Figure:
    """In use, in use with caches, allocated and the machine's total, in the unit that suits the total."""
    most = scales.highest(history.memory_total, history.memory_used, history.memory_allocated)
    unit, divisor = scales.of_bytes(most)
    digits = scales.digits(most / divisor)
    known: tuple[tuple[str, Values, Role], ...] = (
        ("In use", history.memory_used, "used"),
        ("+ cache", history.memory_used + history.memory_cached, "other"),
        ("Allocated", history.memory_allocated, "allocated"),
        ("Total", history.memory_total, "total"),
    )
    lines = [
        line(history, name, values / divisor, role=role, resource="mem", digits=digits + 2)
        for name, values, role in known
        if np.isfinite(values).any()
    ]
    top = most / divisor * HEADROOM or None
    return figure(history, lines, unit=unit, digits=digits, top=top, events=events(history))


def title(history: History) -> str:
    """The latest of use and allocation, as a sentence."""
    used, allocated = latest(history.memory_used), latest(history.memory_allocated)
    if used is None:
        return f"Memory: {figures.byte_size(allocated)} allocated, use not measured"
    beside = "" if allocated is None else f", {figures.byte_size(allocated)} allocated"
    return f"Memory: {figures.byte_size(used)} in use{beside}"


def basis(history: History) -> str:
    total = latest(history.memory_total)
    whole = "" if total is None else f"of {figures.byte_size(total)}; "
    return f"{whole}caches can be had back"
