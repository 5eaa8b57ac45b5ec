"""A sparkline: one line, an optional area below another, an optional limit, in a box of 100 × 40 that stretches."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

WIDTH, HEIGHT = 100.0, 40.0
DOT = 0.3
"""Half the width of a lone value between two gaps, which would otherwise be a line without length."""

Values = Sequence[float | None]
Run = list[tuple[float, float]]


@dataclass(frozen=True)
class Sparkline:
    """Path data in the box; empty paths where nothing was measured. A limit above the box has no place in it."""

    line: str
    area: str = ""
    limit_y: str = ""


def sparkline(values: Values, *, top: float | None = None, limit: float | None = None, area: Values = ()) -> Sparkline:
    """Evenly spaced values, oldest first; None and NaN are gaps and stay gaps.

    `top` is the value of the upper edge, by default the highest of all that is drawn. `area` is filled down to zero.
    """
    highest = (
        top
        or max((value for value in [*values, *area, limit] if value is not None and not math.isnan(value)), default=0.0)
        or 1.0
    )
    return Sparkline(
        line=" ".join(map(_stroke, _runs(values, highest))),
        area=" ".join(map(_fill, _runs(area, highest))),
        limit_y="" if limit is None or limit > highest else f"{_y(limit, highest):.2f}",
    )


def _runs(values: Values, top: float) -> Iterator[Run]:
    """The measured stretches, as points of the box."""
    step = WIDTH / max(len(values) - 1, 1)
    for measured, run in groupby(enumerate(values), key=lambda pair: _is_number(pair[1])):
        if measured:
            yield [(index * step, _y(value, top)) for index, value in run if value is not None]


def _stroke(run: Run) -> str:
    if len(run) == 1:
        x, y = run[0]
        return f"M{max(x - DOT, 0):.2f} {y:.2f}H{min(x + DOT, WIDTH):.2f}"
    return "M" + " L".join(f"{x:.2f} {y:.2f}" for x, y in run)


def _fill(run: Run) -> str:
    return f"{_stroke(run)} V{HEIGHT:g} H{max(run[0][0] - DOT * (len(run) == 1), 0):.2f}Z"


def _y(value: float, top: float) -> float:
    """Height in the box, from above; what lies outside is drawn on the edge."""
    return HEIGHT * (1 - min(max(value / top, 0.0), 1.0))


def _is_number(value: float | None) -> bool:
    return value is not None and not math.isnan(value)
