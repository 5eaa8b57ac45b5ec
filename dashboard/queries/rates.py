"""Rates and increases out of counters. A counter that fell began anew, and what it counted meanwhile is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard import rises
from dashboard.queries.readings import Loaded, Series, measured
from dashboard.queries.step_sums import steps_of
from dashboard.queries.stored import Rows
from dashboard.tiers import Tier

Values = NDArray[np.float64]
Sums = dict[str, Values]
"""By name, over the steps."""


def rates(found: Loaded, subject: int, names: Sequence[str]) -> Series:
    """Per second: what rose over the time in which it rose, of the rises that end in each step; NaN across a reset or a gap.

    Of no counter, all NaN. No query.
    """
    rise, seconds, _ = _summed(found, subject, names, ("rise", "seconds"))
    with np.errstate(invalid="ignore", divide="ignore"):
        return Series(found.window, {name: rise[name] / seconds[name] for name in names})


def increases(found: Loaded, subject: int, names: Sequence[str]) -> Series:
    """By how much each counter rose: each step the sum of the rises that end in it, so that steps add up. No query.

    The first value after a reset counts from zero. What rose over readings that were missed stands in the step in which
    it was seen; NaN where no two readings tell anything.
    """
    sums, told = _summed(found, subject, names, ("increase",))
    return Series(found.window, {name: np.where(told[name] > 0, sums[name], np.nan) for name in names})


def _summed(found: Loaded, subject: int, names: Sequence[str], kept: Sequence[str]) -> list[Sums]:
    """By name the sums over each step of what is kept, one after the other, and at last how many rows told the first."""
    steps = found.window.steps
    totals = [{name: np.zeros(steps) for name in names} for _ in (*kept, "told")]
    for rows in found.rows(subject):
        for name, amounts in _amounts(rows, names, kept):
            known = measured(rows, amounts[0], found.window)
            at = steps_of(rows, found.window)[known]
            for sums, values in zip(totals, (*amounts, np.ones(len(known))), strict=True):
                sums[name] += np.bincount(at, weights=values[known], minlength=steps)
    return totals


def _amounts(rows: Rows, names: Sequence[str], kept: Sequence[str]) -> Iterator[tuple[str, list[Values]]]:
    """What is kept of each counter that the rows hold, of readings as it would be if they were rolled up."""
    if rows.tier is not Tier.RAW:
        for name in names:
            found = [values for one in kept if (values := rows.column(name, one)) is not None]
            if found:
                yield name, found
        return
    counters = [rows.layout.index(name) for name in names if name in rows.layout]
    rose = rises.of(rows.layout, rows.subjects, rows.ticks, rows.matrix, counters)
    for column, place in enumerate(counters):
        yield rows.layout[place], [getattr(rose, one)[:, column] for one in kept]
