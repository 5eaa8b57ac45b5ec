"""One line of a heat map: a cell for each step, darker the higher its share; steps without a figure are hatched."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard import figures

LEVELS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Where the next darker of six levels begins."""
LOOKS = ("h0", "h1", "h2", "h3", "h4", "h5")
HATCHED = "no"
LEGEND: tuple[tuple[str, str], ...] = (
    ("h0", f"under{figures.NO_BREAK}10"),
    ("h1", "10–30"),
    ("h2", "30–50"),
    ("h3", "50–70"),
    ("h4", "70–90"),
    ("h5", f"90{figures.NO_BREAK}% and more"),
)


class Cell(NamedTuple):
    """`look` is h0 to h5 or HATCHED; `x` and `width` are percents of the line."""

    look: str
    x: str
    width: str
    says: str


class Peak(NamedTuple):
    share: float
    at: datetime


class Axis:
    """The steps of a heat map, written out once for all of its lines."""

    def __init__(self, steps: Sequence[datetime]) -> None:
        self.steps = steps
        self.share = 100 / len(steps)
        self.width = f"{self.share:.2f}%"
        self.places = [f"{index * self.share:.2f}%" for index in range(len(steps))]
        self.labels = [f"{step:%-d %b %H:%M}" for step in steps]


def cells(values: NDArray[np.float64], axis: Axis, *, waiting: bool = False) -> list[Cell]:
    """The line from left to right; a gap is one cell. `waiting` leaves a last step open that has no figure yet."""
    found: list[Cell] = []
    for index, count, share in _runs(values.tolist()):
        if share is not None:
            says = f"{axis.labels[index]} {figures.percent(share)}"
            found.append(Cell(level(share), axis.places[index], axis.width, says))
        elif not (waiting and count == 1 and index == len(values) - 1):
            found.append(_gap(index, count, axis))
    return found


def level(share: float) -> str:
    """The darker the higher: h0 to h5."""
    return LOOKS[bisect_right(LEVELS, share)]


def peak(values: NDArray[np.float64], steps: Sequence[datetime]) -> Peak | None:
    """The highest step, the latest of equals; None where nothing was measured."""
    if not np.isfinite(values).any():
        return None
    last = len(values) - 1 - int(np.nanargmax(values[::-1]))
    return Peak(float(values[last]), steps[last])


def told(values: NDArray[np.float64]) -> str:
    """The line in words, for one who cannot see it."""
    known = values[np.isfinite(values)]
    if not len(known):
        return "not measured"
    gaps = len(values) - len(known)
    missing = f", {gaps} of {len(values)} steps not measured" if gaps else ""
    return f"{figures.percent(float(known.min()))} to {figures.percent(float(known.max()))}{missing}"


def _runs(values: Sequence[float]) -> Iterator[tuple[int, int, float | None]]:
    """Where it begins, of how many steps it is, and its share: each figure alone, a stretch without any as one."""
    begins = 0
    for hatched, run in groupby(values, key=math.isnan):
        if hatched:
            count = sum(1 for _ in run)
            yield begins, count, None
            begins += count
        else:
            for share in run:
                yield begins, 1, share
                begins += 1


def _gap(index: int, count: int, axis: Axis) -> Cell:
    until = f" to {axis.labels[index + count - 1]}" if count > 1 else ""
    return Cell(HATCHED, axis.places[index], f"{count * axis.share:.2f}%", f"{axis.labels[index]}{until} not measured")
