"""What the charts of one machine share: their group, their window, and where the machine told nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dashboard.charts import lines
from dashboard.charts.lines import Figure
from dashboard.charts.scales import Values
from dashboard.queries.machine_history import History

PERCENT = 100.0


def line(
    history: History, name: str, values: Values, *, role: lines.Role, resource: lines.Resource, digits: int = 2
) -> dict[str, Any]:
    """One line on the steps of the history."""
    return lines.line(
        name,
        values.round(digits).tolist(),
        role=role,
        resource=resource,
        begins_at=history.window.moment(0),
        step_seconds=history.window.step_seconds,
    )


def figure(
    history: History, drawn: Sequence[dict[str, Any]], *, unit: str, digits: int = 0, top: float | None = None
) -> Figure:
    """The lines under one window; hatched where the first of them, which the machine itself measured, has no value."""
    window = history.window
    found = lines.gaps(drawn[0])
    if found and drawn[0]["y"][-1] is None:
        # The last step waits for its answer: whether that is overdue is said by the page, not by a hatch of one step.
        step = window.step_seconds * 1000
        found = [gap for gap in found if gap["to"] - gap["from"] > 2 * step]
    return lines.figure(
        drawn,
        unit=unit,
        digits=digits,
        top=top,
        group="machine",
        window=(window.starts_at, window.ends_at),
        gaps=found,
    )
