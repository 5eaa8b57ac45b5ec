"""What an app was allocated and used, and how many of its instances ran, with its deploys and failures marked."""

from __future__ import annotations

from typing import Any

import numpy as np

from dashboard import figures
from dashboard.charts import allocated_used, lines, machine_lines, scales
from dashboard.charts.lines import Figure
from dashboard.charts.scales import latest
from dashboard.hostile_text import visible
from dashboard.queries.app_history import History


def drawn(history: History, resource: lines.Resource) -> Figure:
    """Allocated and used, with what befell the app."""
    return allocated_used.drawn(history, resource, marked(history))


def measured(history: History, resource: lines.Resource) -> bool:
    """Whether there is anything to draw."""
    return bool(np.isfinite(history.allocated[resource]).any() or np.isfinite(history.used[resource]).any())


def instances(history: History) -> Figure:
    """Wanted as a limit, those that ran, and those that were unhealthy where any was."""
    counts = history.counts
    most = scales.highest(counts["instances"], counts["running"])
    drawn_lines = [
        machine_lines.line(history, "Wanted", counts["instances"], role="allocated", resource="time"),
        machine_lines.line(history, "Running", counts["running"], role="used", resource="time"),
    ]
    if scales.highest(counts["unhealthy"]) > 0:
        drawn_lines.append(machine_lines.line(history, "Unhealthy", counts["unhealthy"], role="other", resource="time"))
    return machine_lines.figure(
        history, drawn_lines, unit="", top=most * allocated_used.HEADROOM or None, events=marked(history)
    )


def instances_title(history: History) -> str:
    wanted, running = latest(history.counts["instances"]), latest(history.counts["running"])
    return f"Instances: {figures.count(running)} of {figures.count(wanted)} run"


def marked(history: History) -> list[dict[str, Any]]:
    """Deploys and scalings are deploys, failed tasks failures, the rest as they are marked."""
    return [lines.event(one.taken_at, _kind(one.mark), visible(one.text, one_line=True)) for one in history.happenings]


def _kind(mark: str) -> Any:
    return {"bad": "failure", "warn": "failure", "note": "deploy"}.get(mark, "note")
