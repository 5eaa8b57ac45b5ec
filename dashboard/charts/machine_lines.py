"""What the charts of one machine share: their group, their window, and where the machine told nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from dashboard.charts import lines
from dashboard.charts.allocation import EVENT_KINDS
from dashboard.charts.lines import Figure
from dashboard.charts.scales import Values
from dashboard.hostile_text import visible
from dashboard.queries.extremes import Extremes
from dashboard.queries.happenings import Happening
from dashboard.queries.window import Window

PERCENT = 100.0


class Windowed(Protocol):
    """A history: lines on the steps of one window."""

    @property
    def window(self) -> Window: ...


class Marked(Windowed, Protocol):
    """A history with what happened meanwhile."""

    @property
    def happenings(self) -> Sequence[Happening]: ...


def line(
    history: Windowed, name: str, values: Values, *, role: lines.Role, resource: lines.Resource, digits: int = 2
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


def band(
    history: Windowed, extremes: Extremes | None, *, resource: lines.Resource, digits: int = 2
) -> list[dict[str, Any]]:
    """The least and the most within each of its steps, where that is known."""
    window = history.window
    return lines.band(
        extremes, digits=digits, resource=resource, begins_at=window.moment(0), step_seconds=window.step_seconds
    )


def figure(
    history: Windowed,
    drawn: Sequence[dict[str, Any]],
    *,
    unit: str,
    digits: int = 0,
    top: float | None = None,
    gaps: Sequence[dict[str, Any]] | None = None,
    events: Sequence[dict[str, Any]] = (),
) -> Figure:
    """The lines under one window; hatched where the first of them, which was measured, has no value, or as told."""
    window = history.window
    return lines.figure(
        drawn,
        unit=unit,
        digits=digits,
        top=top,
        group="machine",
        window=(window.starts_at, window.ends_at),
        gaps=unmeasured(history, drawn[0]) if gaps is None else gaps,
        events=events,
    )


def events(history: Marked) -> list[dict[str, Any]]:
    """What happened meanwhile, to be marked."""
    return [
        lines.event(one.taken_at, EVENT_KINDS.get(one.mark, "note"), visible(one.text, one_line=True))
        for one in history.happenings
    ]


def unmeasured(history: Windowed, drawn: dict[str, Any]) -> list[dict[str, Any]]:
    """The gaps of a line, to be hatched."""
    found = lines.gaps(drawn)
    if found and drawn["y"][-1] is None:
        # The last step waits for its answer: whether that is overdue is said by the page, not by a hatch of one step.
        step = history.window.step_seconds * 1000
        found = [gap for gap in found if gap["to"] - gap["from"] > 2 * step]
    return found
