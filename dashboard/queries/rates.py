"""Rates out of counters: how fast each rose. A counter that fell began anew, and what it counted meanwhile is not known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard.queries.readings import MOST_SPACING_SECONDS, Loaded, Series

AGE = "sample.age_seconds"
MOST_MISSED = 2
"""A rise is a rate over at most so many usual distances of readings; over more it says too little of when."""


def rates(found: Loaded, subject: int, names: Sequence[str]) -> Series:
    """Per second, each step the mean of the rates that end in it; NaN across a reset or a gap. No query."""
    window = found.window
    sums = {name: np.zeros(window.steps) for name in names}
    counts = {name: np.zeros(window.steps) for name in names}
    for rows in found.rows(subject):
        ticks, matrix = rows.ticks_and_matrix()
        times = ticks.astype(np.float64)
        if AGE in rows.layout:
            times -= np.nan_to_num(matrix[:, rows.layout.index(AGE)])
        for name in set(names) & set(rows.layout):
            at, values = _rises(ticks, times, matrix[:, rows.layout.index(name)])
            steps = (at - window.first_tick) // window.step_seconds
            np.add.at(sums[name], steps, values)
            np.add.at(counts[name], steps, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Series(window, {name: sums[name] / counts[name] for name in names})


def _rises(
    ticks: NDArray[np.int64], times: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Ticks at which a rise ended, and how steep it was by the samples' own times."""
    order = np.argsort(ticks)
    order = order[~np.isnan(values[order])]
    ticks, times, values = ticks[order], times[order], values[order]
    if len(ticks) < 2:
        return ticks[:0], values[:0]
    apart, seconds, rise = np.diff(ticks), np.diff(times), np.diff(values)
    usual = min(int(np.percentile(apart, 90, method="lower")), MOST_SPACING_SECONDS)
    known = (rise >= 0) & (seconds > 0) & (apart <= MOST_MISSED * usual)
    return ticks[1:][known], rise[known] / seconds[known]
