"""What the charts of one container share: nothing is missing before it was first seen, nor after it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.charts import machine_lines
from dashboard.charts.lines import Figure, milliseconds
from dashboard.queries.container_history import History


def figure(
    history: History, drawn: Sequence[dict[str, Any]], *, unit: str, digits: int = 0, top: float | None = None
) -> Figure:
    """The lines under one window; hatched where the first of them has no value while the container lived."""
    gaps = lived(history, machine_lines.unmeasured(history, drawn[0]))
    return machine_lines.figure(history, drawn, unit=unit, digits=digits, top=top, gaps=gaps)


def lived(history: History, gaps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The gaps cut to the container's life; what is left of one at either end is its first rate, or its last."""
    born, step = milliseconds(history.begins_at), history.window.step_seconds * 1000
    died = milliseconds(history.ended_at or history.window.ends_at)
    cut = [{**gap, "from": max(gap["from"], born), "to": min(gap["to"], died)} for gap in gaps]
    return [now for before, now in zip(gaps, cut, strict=True) if now == before or now["to"] - now["from"] > 2 * step]
