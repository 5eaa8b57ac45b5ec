"""Building blocks of a time chart: lines, gaps and figures as the plain dicts that plotly.js and go.Figure take.

A line says in its `meta` what it means (role, resource), never how it looks: static/js/charts*.js draws roles in the
reader's theme. Times are UTC milliseconds since 1970, as plotly.js counts them; a missing value is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Literal

import numpy as np

from dashboard import figures
from dashboard.charts.scales import Values
from dashboard.queries.extremes import Extremes

Role = Literal[
    "used",
    "allocated",
    "total",
    "line",
    "dashed",
    "dotted",
    "other",
    "compare",
    "forecast",
    "limit",
    "band_low",
    "band_high",
    "stacked",
    "stacked_other",
]
Resource = Literal["cpu", "mem", "disk", "gpu", "net", "time"]
Figure = dict[str, Any]


def line(
    name: str,
    values: Iterable[float | None],
    *,
    role: Role,
    resource: Resource,
    begins_at: datetime,
    step_seconds: float,
) -> dict[str, Any]:
    """One line of evenly spaced values, oldest first; NaN becomes None, which is drawn as a gap."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x0": milliseconds(begins_at),
        "dx": round(step_seconds * 1000),
        # Only NaN is not itself: asked so, four charts are ready a millisecond sooner.
        "y": [None if value is None or value != value else float(value) for value in values],
        "meta": {"role": role, "resource": resource},
    }


def band(
    extremes: Extremes | None, *, digits: int, resource: Resource, begins_at: datetime, step_seconds: float
) -> list[dict[str, Any]]:
    """The pale area between the least and the most within each step, to be drawn under the line of the means; nothing where
    they are not known."""
    if extremes is None or not np.isfinite(extremes[0]).any():
        return []
    edges: tuple[tuple[str, Values, Role], ...] = (
        ("Least", extremes[0], "band_low"),
        (f"Least–most in each {each(step_seconds)}", extremes[1], "band_high"),
    )
    return [
        line(
            name,
            values.round(digits).tolist(),
            role=role,
            resource=resource,
            begins_at=begins_at,
            step_seconds=step_seconds,
        )
        for name, values, role in edges
    ]


def each(step_seconds: float) -> str:
    """hour, day, or so many of them."""
    return {3600: "hour", 86_400: "day"}.get(round(step_seconds), figures.duration(step_seconds))


def gaps(drawn: dict[str, Any], why: str = "not measured") -> list[dict[str, Any]]:
    """The stretches in which a line has no value, from the last value before to the first one after, to be hatched."""
    values: Sequence[float | None] = drawn["y"]
    found: list[dict[str, Any]] = []
    for missing, run in groupby(range(len(values)), key=lambda index: values[index] is None):
        if missing:
            indexes = list(run)
            first, last = max(indexes[0] - 1, 0), min(indexes[-1] + 1, len(values) - 1)
            found.append(
                {"from": drawn["x0"] + first * drawn["dx"], "to": drawn["x0"] + last * drawn["dx"], "why": why}
            )
    return found


def event(moment: datetime, kind: Literal["deploy", "failure", "alert", "note"], label: str) -> dict[str, Any]:
    """Something that happened: a dotted line through the chart with a glyph for its kind."""
    return {"at": milliseconds(moment), "kind": kind, "label": label}


def figure(
    lines: Sequence[dict[str, Any]],
    *,
    unit: str,
    digits: int = 0,
    top: float | None = None,
    group: str = "page",
    window: tuple[datetime, datetime] | None = None,
    gaps: Sequence[dict[str, Any]] = (),
    events: Sequence[dict[str, Any]] = (),
) -> Figure:
    """The figure: values read out with `digits` decimals and `unit`; the y axis from 0 to `top`, or as high as needed.

    `window` is the span of the x axis, by default that of the lines. Figures of one `group` zoom together.
    """
    layout: dict[str, Any] = {
        "meta": {"unit": unit, "digits": digits, "group": group, "gaps": list(gaps), "events": list(events)},
        "xaxis": {"type": "date"},
        "yaxis": {"rangemode": "tozero"},
    }
    if top is not None:
        layout["yaxis"]["range"] = [0, top]
    if window is not None:
        layout["xaxis"]["range"] = [milliseconds(moment) for moment in window]
    return {"data": list(lines), "layout": layout}


def milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def moment(at_milliseconds: float) -> datetime:
    return datetime.fromtimestamp(at_milliseconds / 1000, UTC)
