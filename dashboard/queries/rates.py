"""Rates and increases out of counters. A counter that fell began anew, and what it counted meanwhile is not known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.queries.readings import Loaded, Rows, Series
from dashboard.queries.spacing import usual_spacing

AGE = "sample.age_seconds"
MOST_MISSED = 2
"""A rise is a rate over at most so many usual distances of readings; over more it says too little of when."""

Values = NDArray[np.float64]
Measure = Callable[["Rises"], tuple[NDArray[np.int64], Values]]


@dataclass(frozen=True)
class Rises:
    """What lies between each two readings of a counter that follow each other."""

    ticks: NDArray[np.int64]
    """Of the later of the two."""
    apart: NDArray[np.int64]
    """Seconds between their ticks."""
    seconds: Values
    """Seconds between their samples."""
    values: Values
    """The later of the two."""
    rises: Values
    anew: NDArray[np.bool_]
    """Whether the counter began anew in between."""


def rates(found: Loaded, subject: int, names: Sequence[str], *, uptime: str = "") -> Series:
    """Per second, each step the mean of the rates that end in it; NaN across a reset or a gap. No query.

    A fall of `uptime`, a value of the same readings, tells that all counters began anew even where none fell.
    """
    sums, counts = _by_step(found, subject, names, uptime, _steepness)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Series(found.window, {name: sums[name] / counts[name] for name in names})


def increases(found: Loaded, subject: int, names: Sequence[str], *, uptime: str = "") -> Series:
    """By how much each counter rose: each step the sum of the rises that end in it, so that steps add up. No query.

    The first value after a reset counts from zero. What rose over readings that were missed stands in the step in which
    it was seen; NaN where no two readings tell anything.
    """
    sums, counts = _by_step(found, subject, names, uptime, _amount)
    return Series(found.window, {name: np.where(counts[name] > 0, sums[name], np.nan) for name in names})


def _by_step(
    found: Loaded, subject: int, names: Sequence[str], uptime: str, measure: Measure
) -> tuple[dict[str, Values], dict[str, Values]]:
    """Sums of what was measured in each step, and of how many."""
    window = found.window
    sums = {name: np.zeros(window.steps) for name in names}
    counts = {name: np.zeros(window.steps) for name in names}
    for rows in found.rows(subject):
        for name, rises in _rises(rows, names, uptime):
            at, values = measure(rises)
            steps = (at - window.first_tick) // window.step_seconds
            # A widened window may begin after the first readings that were read for it.
            inside = steps >= 0
            np.add.at(sums[name], steps[inside], values[inside])
            np.add.at(counts[name], steps[inside], 1)
    return sums, counts


def _rises(rows: Rows, names: Sequence[str], uptime: str) -> Iterator[tuple[str, Rises]]:
    """Of each counter that these readings hold."""
    ticks, matrix = rows.ticks_and_matrix()
    order = np.argsort(ticks)
    ticks, matrix = ticks[order], matrix[order]
    times = ticks.astype(np.float64)
    if AGE in rows.layout:
        times -= np.nan_to_num(matrix[:, rows.layout.index(AGE)])
    lives = _lives(matrix[:, rows.layout.index(uptime)]) if uptime in rows.layout else np.zeros(len(ticks))
    for name in set(names) & set(rows.layout):
        values = matrix[:, rows.layout.index(name)]
        measured = ~np.isnan(values)
        if np.count_nonzero(measured) < 2:
            continue
        values, rise = values[measured], np.diff(values[measured])
        yield (
            name,
            Rises(
                ticks=ticks[measured][1:],
                apart=np.diff(ticks[measured]),
                seconds=np.diff(times[measured]),
                values=values[1:],
                rises=rise,
                anew=(rise < 0) | (np.diff(lives[measured]) > 0),
            ),
        )


def _lives(uptimes: Values) -> Values:
    """To which life of its process each reading belongs, counted up: a new one begins where uptime fell."""
    known = np.flatnonzero(~np.isnan(uptimes))
    fell = np.zeros(len(uptimes))
    fell[known[1:]] = np.diff(uptimes[known]) < 0
    return np.cumsum(fell)


def _steepness(found: Rises) -> tuple[NDArray[np.int64], Values]:
    """How steep each rise was by the samples' own times."""
    known = ~found.anew & (found.seconds > 0) & (found.apart <= MOST_MISSED * usual_spacing(found.apart))
    return found.ticks[known], found.rises[known] / found.seconds[known]


def _amount(found: Rises) -> tuple[NDArray[np.int64], Values]:
    return found.ticks, np.where(found.anew, found.values, found.rises)
