"""Rows added up over the steps of a window; of what is rolled up once for all who ask for the same steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.queries import decoded
from dashboard.queries.stored import Rows
from dashboard.queries.window import Window
from dashboard.remembered import Remembered
from dashboard.tiers import Tier

Values = NDArray[np.float64]
MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class Sums:
    """A row for each step, a column for each name. Nobody writes to it."""

    sums: Values
    counts: Values
    """Of how many values each is the sum; 0 where nothing was measured."""


REMEMBERED: Remembered[Sums] = Remembered(MOST_BYTES)
"""By the rows themselves: what was rolled up is remembered as one object as long as it is stored so (stored.py)."""


def of(rows: Rows, names: Sequence[str], window: Window) -> Sums:
    """All names at once: to find out for each in which steps the rows are would cost more than the sums do."""
    if rows.tier is Tier.RAW:
        return _added_up(rows, names, window)
    key = (rows, tuple(names), window.first_tick, window.step_seconds, window.steps)
    known = REMEMBERED.get(key)
    if known is None:
        known = _added_up(rows, names, window)
        REMEMBERED.put(key, known, decoded.frozen((known.sums, known.counts, *rows.parts)))
    return known


def _added_up(rows: Rows, names: Sequence[str], window: Window) -> Sums:
    found = Sums(np.zeros((window.steps, len(names))), np.zeros((window.steps, len(names))))
    known = [(at, rows.place(name, "sum"), rows.place(name, "count")) for at, name in enumerate(names)]
    places = [(at, of, numbers) for at, of, numbers in known if of is not None and numbers is not None]
    inside = rows.own & (rows.ticks >= window.first_tick)
    if not places or not inside.any():
        return found
    own = rows if inside.all() else rows.where(inside)
    at, of_sums, of_counts = np.array(places).T
    values = own.matrix[:, of_sums]
    weights = np.ones_like(values) if rows.tier is Tier.RAW else own.matrix[:, of_counts]
    told = (weights > 0) & ~np.isnan(values)
    if not told.all():
        values[~told] = weights[~told] = 0.0
    # Rows of one subject are in the order of time, so those of a step follow each other.
    steps = steps_of(own, window)
    begins = np.flatnonzero(np.diff(steps, prepend=-1))
    cells = np.ix_(steps[begins], at)
    found.sums[cells] += np.add.reduceat(values, begins, axis=0)
    found.counts[cells] += np.add.reduceat(weights, begins, axis=0)
    return found


def steps_of(rows: Rows, window: Window) -> NDArray[np.int64]:
    """In which step of the window each row is."""
    return (rows.ticks - window.first_tick) // window.step_seconds
