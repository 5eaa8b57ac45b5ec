"""The chosen lines of a formula, and where some of their series are missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from dashboard import figures
from dashboard.charts import lines, machine_lines, scales, sparkline
from dashboard.charts.allocation import EVENT_KINDS
from dashboard.charts.lines import Figure
from dashboard.charts.scales import Values
from dashboard.charts.sparkline import Sparkline
from dashboard.hostile_text import visible
from dashboard.queries.explored import Explored, Line
from dashboard.queries.happenings import Happening

RESOURCES: tuple[lines.Resource, ...] = ("cpu", "mem", "disk", "net", "gpu", "time")
STROKES: tuple[lines.Role, ...] = ("line", "dashed", "dotted")
"""Each colour is used with each stroke before one comes again."""
SPARK_POINTS = 60
PERCENT = 100.0
WRITE: Mapping[str, Callable[[float], str]] = {
    "bytes": figures.byte_size,
    "bytes/s": figures.byte_rate,
    "ratio": figures.percent,
    "cores": figures.counted_cores,
    "percent": lambda value: f"{figures.exact(value if abs(value) < TRACE else round(value, 1))}{figures.NO_BREAK}%",
}
TRACE = 0.1
"""Percent below this are written as they were told, for none of them is nothing."""


def drawn(found: Explored, chosen: Sequence[Line], happenings: Sequence[Happening]) -> Figure:
    """At least one line; bytes in the unit that suits them, shares in percent."""
    unit, divisor = scale(found.unit, scales.highest(*(line.values for line in chosen)))
    digits = scales.digits(scales.highest(*(line.values / divisor for line in chosen)))
    told = [
        machine_lines.line(
            found,
            visible(line.name, one_line=True),
            line.values / divisor,
            role=STROKES[place // len(RESOURCES) % len(STROKES)],
            resource=RESOURCES[place % len(RESOURCES)],
            digits=digits + 2,
        )
        for place, line in enumerate(chosen)
    ]
    events = [
        lines.event(one.taken_at, EVENT_KINDS.get(one.mark, "note"), visible(one.text, one_line=True))
        for one in happenings
    ]
    return machine_lines.figure(found, told, unit=unit, digits=digits, gaps=_gaps(found, chosen), events=events)


def scale(unit: str, most: float) -> tuple[str, float]:
    """What an axis counts in, and how much that is."""
    if unit in ("ratio", "percent"):
        return "%", 1 / PERCENT if unit == "ratio" else 1.0
    if unit in ("bytes", "bytes/s"):
        named, divisor = scales.of_bytes(most)
        return named + unit.removeprefix("bytes"), divisor
    return unit, 1.0


def written(unit: str, value: float | None) -> str:
    """A value with its unit."""
    if value is None:
        return figures.ABSENT
    if unit in WRITE:
        return WRITE[unit](value)
    return f"{figures.exact(value)}{figures.NO_BREAK}{unit}".rstrip()


def title(found: Explored) -> str:
    """What it is, and the line with the greatest latest value."""
    words = found.known.words
    what = f"{words[:1].upper()}{words[1:]}" if words != found.known.name else visible(words, one_line=True)
    first = found.lines[0] if found.lines else None
    if first is None or first.latest is None:
        return what
    value = written(found.unit, first.latest)
    if len(found.lines) == 1:
        return f"{what}: {value}"
    name = visible(first.name, one_line=True)
    return f"{what}: {name} is highest of {figures.count(len(found.lines))}, {value}"


def spark(line: Line, top: float) -> Sparkline:
    """At most 60 points: the mean of so many steps each."""
    return sparkline.sparkline(_thinned(line.values), top=top or None)


def _thinned(values: Values) -> list[float]:
    stride = -(-len(values) // SPARK_POINTS)
    begins = np.arange(0, len(values), stride)
    counts = np.add.reduceat(np.isfinite(values).astype(float), begins)
    with np.errstate(invalid="ignore", divide="ignore"):
        means: list[float] = (np.add.reduceat(np.nan_to_num(values), begins) / counts).tolist()
    return means


def _gaps(found: Explored, chosen: Sequence[Line]) -> list[dict[str, Any]]:
    """Where series are missing that were there before. The last steps wait for their answers: those are no gap yet."""
    expected = np.sum([line.expected for line in chosen], axis=0)
    missing = expected - np.sum([line.told for line in chosen], axis=0)
    window, gaps = found.window, []
    for lacks, run in groupby(range(len(missing)), key=lambda step: missing[step] > 0):
        steps = list(run)
        waits = steps[-1] == window.steps - 1 and len(steps) * window.step_seconds <= found.late_seconds
        if lacks and not waits:
            worst = max(steps, key=lambda step: int(missing[step]))
            why = f"{figures.count(int(missing[worst]))} of {figures.count(int(expected[worst]))} series not measured"
            first, last = window.moment(max(steps[0] - 1, 0)), window.moment(min(steps[-1] + 1, window.steps - 1))
            gaps.append({"from": lines.milliseconds(first), "to": lines.milliseconds(last), "why": why})
    return gaps
