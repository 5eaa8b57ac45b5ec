"""Where a rule would have fired: the value that was nearest to its limits, the limits, and a mark for each alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import numpy as np

from dashboard import figures
from dashboard.charts import lines, scales
from dashboard.charts.lines import Figure, Resource
from dashboard.charts.scales import Values
from dashboard.hostile_text import visible
from dashboard.queries.window import Window

MOST_MARKS = 100
"""So many alerts are marked, the newest: more of them say no more than that it fires all the time."""
HEADROOM = 1.1
LIMIT_NAMES = {"warning": "Warning", "critical": "Critical"}


class Fired(Protocol):
    """An alert that would have fired."""

    @property
    def subject(self) -> str: ...
    @property
    def began_at(self) -> datetime: ...


class Tested(Protocol):
    """What a back-test found."""

    @property
    def window(self) -> Window: ...
    @property
    def values(self) -> Values: ...
    @property
    def unit(self) -> str: ...
    @property
    def limits(self) -> Sequence[tuple[str, float]]: ...
    @property
    def episodes(self) -> Sequence[Fired]: ...


def figure(tested: Tested, name: str, *, resource: Resource = "time") -> Figure:
    """`name` is what the line is of: "Fullest zone". A gap is a time in which nothing was measured."""
    unit, divisor = scale(tested)
    values = tested.values / divisor
    limits = [(severity, limit / divisor) for severity, limit in tested.limits]
    digits = scales.digits(max([scales.highest(values), *(limit for _, limit in limits)]))
    window = tested.window
    drawn = [
        lines.line(
            visible(name, one_line=True),
            values.round(digits + 2).tolist(),
            role="line",
            resource=resource,
            begins_at=window.moment(0),
            step_seconds=window.step_seconds,
        ),
        *(_limit(tested, severity, limit, unit, digits, resource) for severity, limit in limits),
    ]
    return lines.figure(
        drawn,
        unit=unit,
        digits=digits,
        top=max(scales.highest(values), *(limit for _, limit in limits), 0.0) * HEADROOM or None,
        group="backtest",
        window=(window.starts_at, window.ends_at),
        gaps=lines.gaps(drawn[0]),
        events=[
            lines.event(one.began_at, "alert", f"{visible(one.subject, one_line=True)} would have fired")
            for one in tested.episodes[:MOST_MARKS]
        ],
    )


def _limit(
    tested: Tested, severity: str, limit: float, unit: str, digits: int, resource: Resource
) -> dict[str, object]:
    window = tested.window
    return lines.line(
        f"{LIMIT_NAMES.get(severity, severity)} {limit:,.{digits}f}{figures.NO_BREAK}{unit}".strip(),
        [limit] * window.steps,
        role="limit",
        resource=resource,
        begins_at=window.moment(0),
        step_seconds=window.step_seconds,
    )


def scale(tested: Tested) -> tuple[str, float]:
    """The unit of the axis, and what to divide by."""
    match tested.unit:
        case "ratio":
            return "%", 0.01
        case "percent":
            return "%", 1.0
        case "bytes":
            return scales.of_bytes(max([scales.highest(tested.values), *(limit for _, limit in tested.limits)]))
        case "seconds":
            return "s", 1.0
        case "count":
            return "", 1.0
        case unit:
            return unit, 1.0


def basis(tested: Tested) -> str:
    """What a point of the line is."""
    known = int(np.isfinite(tested.values).sum())
    unit, _ = scale(tested)
    parts = [unit, f"worst of {figures.duration(tested.window.step_seconds)}", "▲ would have fired"]
    return " · ".join(part for part in parts if part) if known else "nothing was measured"
