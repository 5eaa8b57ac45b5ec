"""Raw rows rolled up to five minutes or an hour: what is kept of each value. Pure (house, §4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from collectors.metrics import (
    AGENT_METRICS,
    CONTAINER_METRICS,
    HOST_METRICS,
    MARATHON_METRICS,
    MASTER_METRICS,
)
from collectors.records import InterfaceReading
from dashboard import rises

METRICS = (*MASTER_METRICS, *MARATHON_METRICS, *AGENT_METRICS, *HOST_METRICS, *CONTAINER_METRICS)
COUNTERS = frozenset(metric.name for metric in METRICS if metric.kind == "counter") | frozenset(
    InterfaceReading.__struct_fields__[1:]
)
"""Names of layouts that count since some beginning; every other value is a gauge."""

OF_GAUGES = ("min", "max", "sum", "count", "last")
"""Sum and count, not the mean: they stay exact, and can be rolled up again."""
OF_COUNTERS = ("last", "increase", "rise", "seconds")
"""`increase`: the sum of the rises that end in the step, the first value after a reset counted from zero. `rise` over `seconds`
is the rate: only rises whose beginning is known, by the samples' own times, none across a reset or a gap."""


class Column(NamedTuple):
    """One column of a rolled-up matrix: which value of the layout, and what is kept of it."""

    name: str
    kept: str


@cache
def columns(layout: tuple[str, ...]) -> tuple[Column, ...]:
    """The columns of a rolled-up chunk whose readings had this layout, in the order in which they are stored."""
    return tuple(Column(name, kept) for name in layout for kept in kept_of(name))


def kept_of(name: str) -> Sequence[str]:
    """What is kept of a value by this name, in order."""
    return OF_COUNTERS if name in COUNTERS else OF_GAUGES


Whole = NDArray[np.int64]
Values = NDArray[np.float64]
SHORTEST_DECIMAL, EXACT = 1e6, 2.0**53
LEAST = 2.0**-49
"""Sums of some hundred numbers are known to a part in so many; a decimal number within that is the sum."""


@dataclass(frozen=True)
class Rows:
    """Rows of any number of subjects that share a layout, sorted by subject and tick."""

    subjects: Whole
    ticks: Whole
    values: Values
    """(row, column): as the layout says, or of rolled ones as `columns` says."""
    begins: Whole
    """The tick of the first reading that is in each row: its own, of what is not rolled up."""

    def where(self, chosen: NDArray[np.bool_] | Whole) -> Rows:
        return Rows(self.subjects[chosen], self.ticks[chosen], self.values[chosen], self.begins[chosen])

    def in_order(self) -> Rows:
        """Sorted by subject and tick; of several rows of one tick the last stays."""
        key = keys(self.subjects, self.ticks)
        if (np.diff(key) > 0).all():
            return self
        order = np.argsort(key, kind="stable")
        return self.where(order[np.append(np.diff(key[order]) > 0, True)])


def keys(subjects: Whole, ticks: Whole) -> Whole:
    """Of each row one number, in the order of subject and tick."""
    return subjects << 32 | ticks


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, one part after the other."""
    of = zip(*((part.subjects, part.ticks, part.values, part.begins) for part in parts), strict=True)
    return Rows(*map(np.concatenate, of)) if len(parts) > 1 else parts[0]


def rolled(layout: tuple[str, ...], rows: Rows, steps: Sequence[int], *, since: int = 0) -> Iterator[Rows]:
    """These readings rolled up to each of the steps, in seconds, the finest first, each a divisor of the next.

    What is older than `since`, a multiple of all steps, only tells what counters rose from.
    """
    parts = _parts(layout, rows)
    for step in steps:
        rows, parts = _reduced(rows, parts, step)
        if rows.ticks.min(initial=since) < since:
            kept = rows.ticks >= since
            rows, parts = rows.where(kept), {name: part[kept] for name, part in parts.items()}
        yield replace(rows, values=_joined(layout, parts))


Parts = dict[tuple[bool, str], Values]
"""Whether of counters, and what of them (`OF_GAUGES`, `OF_COUNTERS`): the values, a column each."""


def places(layout: tuple[str, ...], *, counters: bool) -> list[int]:
    """The columns of a layout that count, or those that do not."""
    return [place for place, name in enumerate(layout) if (name in COUNTERS) == counters]


def _parts(layout: tuple[str, ...], rows: Rows) -> Parts:
    """Each reading as a step of its own."""
    counters = places(layout, counters=True)
    gauges = rows.values[:, places(layout, counters=False)]
    measured = ~np.isnan(gauges)
    parts: Parts = {(False, name): gauges for name in ("min", "max", "last")}
    parts[False, "sum"] = gauges if measured.all() else np.where(measured, gauges, 0.0)
    parts[False, "count"] = measured.astype(np.float64)
    if counters:
        rose = rises.of(layout, rows.subjects, rows.ticks, rows.values, counters)
        parts |= {(True, "last"): rows.values[:, counters], (True, "increase"): rose.increase}
        parts |= {(True, "rise"): rose.rise, (True, "seconds"): rose.seconds}
    return parts


def _reduced(rows: Rows, parts: Parts, step: int) -> tuple[Rows, Parts]:
    """Rows and parts of each step in which there is a reading."""
    buckets = rows.ticks // step
    starts = np.flatnonzero((np.diff(buckets, prepend=-1) != 0) | (np.diff(rows.subjects, prepend=-1) != 0))
    if len(starts):
        parts = _Steps(starts, len(buckets)).reduced(parts)
    return Rows(rows.subjects[starts], buckets[starts] * step, rows.values[starts, :0], rows.begins[starts]), parts


class _Steps:
    """Which rows are in each step."""

    def __init__(self, starts: Whole, rows: int) -> None:
        counts = np.diff(starts, append=rows)
        self.ends, self.steps = starts + counts - 1, len(starts)
        alike = [(count, np.flatnonzero(counts == count)) for count in np.unique(counts).tolist()]
        self.alike = [(steps, starts[steps] + np.arange(count)[:, None]) for count, steps in alike]
        """Steps that have as many rows as each other: all their first rows, all their second ones, …"""

    def reduced(self, parts: Parts) -> Parts:
        """One value a step out of those in it. A step in which none was measured is NaN; its sum and count are 0."""
        return {key: self._of(key[1], part) for key, part in parts.items()}

    def _of(self, kept: str, part: Values) -> Values:
        match kept:
            case "min":
                return self._without_gaps(np.minimum, np.fmin, part)
            case "max":
                return self._without_gaps(np.maximum, np.fmax, part)
            case "last":
                return self._last(part)
            case "increase":
                return self._increase(part)
        return _decimal(self._folded(np.add, part))

    def _folded(self, by: np.ufunc, part: NDArray[Any]) -> NDArray[Any]:
        """First with second rows, and so on: a vector of all steps at a time."""
        found = np.empty((self.steps, part.shape[1]), part.dtype)
        for steps, rows in self.alike:
            folded = part[rows[0]]
            for more in rows[1:]:
                by(folded, part[more], out=folded)
            found[steps] = folded
        return found

    def _without_gaps(self, by: np.ufunc, past_gaps: np.ufunc, part: Values) -> Values:
        """By the one that is quicker, and tells by NaN that the other is needed."""
        found = self._folded(by, part)
        return self._folded(past_gaps, part) if np.isnan(found).any() else found

    def _last(self, part: Values) -> Values:
        """The last that was measured in each step."""
        found = part[self.ends]
        if not np.isnan(found).any():
            return found
        known = self._folded(np.maximum, np.where(np.isnan(part), -1, np.arange(len(part))[:, None]))
        found = np.take_along_axis(part, np.maximum(known, 0), axis=0)
        return np.where(known < 0, np.nan, found)

    def _increase(self, part: Values) -> Values:
        found = self._folded(np.add, part)
        if not np.isnan(found).any():
            return _decimal(found)
        gaps = np.isnan(part)
        sums = _decimal(self._folded(np.add, np.where(gaps, 0.0, part)))
        return np.where(self._folded(np.logical_and, gaps), np.nan, sums)


def _decimal(sums: Values) -> Values:
    """Sums of decimal numbers without what adding them in binary left behind: nearer to the truth, and a third of the bytes."""
    scaled = np.rint(sums * SHORTEST_DECIMAL)
    short = scaled / SHORTEST_DECIMAL
    return np.where((np.abs(short - sums) <= LEAST * np.abs(sums)) & (np.abs(scaled) < EXACT), short, sums)


def _joined(layout: tuple[str, ...], parts: Parts) -> Values:
    """One matrix with the columns as `columns` says."""
    order: dict[tuple[bool, str], list[int]] = {}
    for place, (name, kept) in enumerate(columns(layout)):
        order.setdefault((name in COUNTERS, kept), []).append(place)
    joined = np.empty((len(next(iter(parts.values()))), len(columns(layout))))
    for key, at in order.items():
        joined[:, at] = parts[key]
    return joined
