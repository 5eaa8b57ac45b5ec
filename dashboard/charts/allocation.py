"""How much of a resource was allocated, used and offered over time, under its total and the limit of 90 %."""

from __future__ import annotations

from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from dashboard import figures
from dashboard.charts import lines, scales
from dashboard.charts.lines import Figure
from dashboard.queries.capacity import LIMIT_RATIO, Capacity, Kind, Resource
from dashboard.queries.window import Window

Values = NDArray[np.float64]
EventKind = Literal["deploy", "failure", "alert", "note"]
EVENT_KINDS: dict[str, EventKind] = {"bad": "failure", "warn": "alert"}
"""A change's mark → its glyph; all other changes are notes."""

HEADROOM = 1.06
"""The axis ends above the total's line, so that it is seen."""
LEVEL_WITHIN = 0.005
"""A share or a total that moved less than this part of itself did not move."""


def figure(resource: Resource, capacity: Capacity) -> Figure:
    """Allocated, total and limit, offered and used where they were measured, the week before where it was asked for: one
    unit, even steps, None in gaps; changes as events."""
    window = capacity.window
    unit, divisor, digits = scale(resource)
    drawn = _lines(resource, capacity.window, divisor, digits + 2)
    allocated = next(line for line in drawn if line["meta"]["role"] == "allocated")
    return lines.figure(
        drawn,
        unit=unit,
        digits=digits,
        top=_top(resource, divisor),
        group="allocation",
        window=(window.starts_at, window.ends_at),
        gaps=_gaps(allocated, capacity),
        events=[
            lines.event(change.taken_at, EVENT_KINDS.get(change.mark, "note"), change.text)
            for change in capacity.happenings
        ],
    )


def _lines(resource: Resource, window: Window, divisor: float, digits: int) -> list[dict[str, Any]]:
    beside: list[tuple[str, Values | None, lines.Role]] = [
        ("Used", resource.useds, "used"),
        ("Offered", resource.offereds, "other"),
        ("Allocated a week before", resource.befores, "compare"),
    ]
    always: list[tuple[str, Values, lines.Role]] = [
        ("Allocated", resource.allocateds, "allocated"),
        ("Total", resource.totals, "total"),
        (f"Limit {figures.percent(LIMIT_RATIO)}", resource.totals * LIMIT_RATIO, "limit"),
    ]
    known = [(name, values, role) for name, values, role in beside if values is not None and _is_measured(values)]
    key, begins_at, step = cast(lines.Resource, resource.key), window.moment(0), window.step_seconds

    def drawn(name: str, values: Values, role: lines.Role) -> dict[str, Any]:
        numbers = np.round(values / divisor, digits).tolist()
        return lines.line(name, numbers, role=role, resource=key, begins_at=begins_at, step_seconds=step)

    least_most = resource.extremes and (resource.extremes[0] / divisor, resource.extremes[1] / divisor)
    band = lines.band(least_most, digits=digits, resource=key, begins_at=begins_at, step_seconds=step)
    # Of what was allocated: its line comes right after it.
    return [drawn(*one) for one in known] + band + [drawn(*one) for one in always]


def title(resource: Resource, capacity: Capacity) -> str:
    """What the chart shows, as a sentence: how high the allocated share rose, of how much, and how the week before was."""
    peak = resource.peak
    if peak is None:
        return f"{resource.name}: nothing was measured in this range"
    span = _span(capacity)
    of = f"{figures.percent(peak.ratio)} of {amount(resource, peak.total)}"
    if _is_level(resource.shares):
        of = of if _is_level(resource.totals / peak.total) else figures.percent(peak.ratio)
        return f"{resource.name} allocation stayed at {of} for {span}{_week_before(resource)}"
    verb = "passed its limit and peaked" if peak.ratio > LIMIT_RATIO else "peaked"
    return f"{resource.name} allocation {verb} at {of} in {span}{_week_before(resource)}"


def _week_before(resource: Resource) -> str:
    """How the mean of the range compares with that of the week before; nothing where nobody asked."""
    if resource.befores is None:
        return ""
    if resource.means is None:
        return "; nothing was measured the week before"
    before, now = resource.means
    if abs(now - before) < LEVEL_WITHIN * max(before, now):
        return f", on average as much as the week before: {amount(resource, now)}"
    word = "more" if now > before else "less"
    return f", on average {amount(resource, abs(now - before))} {word} than the week before: {amount(resource, now)}"


def basis(resource: Resource, capacity: Capacity) -> str:
    """Unit, whose resources these are, and what one point of the lines is; without figures the unit is not known."""
    if resource.peak is None:
        return "active agents only"
    unit, _, _ = scale(resource)
    used = " · used as measured" if _is_measured(resource.useds) else ""
    return f"{unit} of active agents · {point(capacity.window)}{used}"


def point(window: Window) -> str:
    """What one point of a line is."""
    return window.point


def _is_measured(values: Values) -> bool:
    return bool(np.isfinite(values).any())


def amount(resource: Resource | Kind, value: float) -> str:
    """A value with its unit, for sentences and tables: 48 cores · 2.84 TiB · 1 GPU."""
    if resource.unit == "bytes":
        return figures.byte_size(value)
    noun = resource.unit.removesuffix("s") if value == 1 else resource.unit
    return f"{figures.cores(value)}{figures.NO_BREAK}{noun}"


def scale(resource: Resource) -> tuple[str, float, int]:
    """Unit of the axis, what to divide by, and decimals: three digits of the highest value are told."""
    most = scales.highest(resource.totals)
    unit, divisor = scales.of_bytes(most) if resource.unit == "bytes" else (resource.unit, 1.0)
    if resource.unit == "GPUs" and _are_whole(resource):
        return unit, divisor, 0
    return unit, divisor, scales.digits(most / divisor)


def _are_whole(resource: Resource) -> bool:
    values = resource.allocateds[np.isfinite(resource.allocateds)]
    return bool((values == np.round(values)).all())


def _top(resource: Resource, divisor: float) -> float | None:
    if not np.isfinite(resource.totals).any():
        return None
    befores = resource.totals if resource.befores is None else resource.befores
    return scales.highest(resource.totals, resource.allocateds, befores) / divisor * HEADROOM or None


def _gaps(drawn: dict[str, Any], capacity: Capacity) -> list[dict[str, Any]]:
    """Stretches without figures. The one at the right edge is none while the next answer is not overdue."""
    found = lines.gaps(drawn)
    if found and drawn["y"][-1] is None and capacity.source.freshness.current:
        return found[:-1]
    return found


def _span(capacity: Capacity) -> str:
    """The time the figures cover, which is shorter than the range where Day Two did not watch yet."""
    begins_at, window = capacity.begins_at, capacity.window
    return figures.duration(window.ends_at - begins_at) if begins_at else window.words


def _is_level(ratios: Values) -> bool:
    measured = ratios[np.isfinite(ratios)]
    return bool(measured.max() - measured.min() < LEVEL_WITHIN)
