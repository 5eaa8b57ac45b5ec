"""How counters rise from one reading to the next, of many subjects at once. Pure.

A counter that fell began anew, and what it counted meanwhile is not known. A rise is a rate only where its beginning is known:
by the samples' own times, not across a reset, and over no more than `MOST_MISSED` usual distances of readings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AGE = "sample.age_seconds"
UPTIME = "slave/uptime_secs"
"""Where it fell, all counters of the reading began anew, even those that did not fall."""
MOST_MISSED = 2
"""A rise is a rate over at most so many usual distances of readings; over more it says too little of when."""
MOST_SPACING_SECONDS = 600
"""Readings further apart than this are gaps, however usual."""

Whole = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Rises:
    """What rose between each reading and the one of its subject before it: as many rows as readings, a column a counter."""

    increase: Values
    """The first value after a reset counts from zero; NaN where there is no reading before."""
    rise: Values
    """Of rises that are rates; 0 where there is none."""
    seconds: Values
    """Over how many seconds by the samples' own times; 0 where there is no rate."""


def of(layout: Sequence[str], subjects: Whole, ticks: Whole, values: Values, counters: Sequence[int]) -> Rises:
    """Of these columns of the readings, which are sorted by subject and tick and share a layout."""
    times = ticks.astype(np.float64)
    if AGE in layout:
        times -= np.nan_to_num(values[:, layout.index(AGE)])
    lives = _lives(subjects, values[:, layout.index(UPTIME)]) if UPTIME in layout else np.zeros(len(ticks), np.int64)
    counted = values[:, counters]
    moments = _Moments(subjects, ticks, times, lives)
    gaps = np.isnan(counted)
    if not gaps.any():
        return _rises(moments, counted)
    found = Rises(np.full_like(counted, np.nan), np.zeros_like(counted), np.zeros_like(counted))
    for rows, columns in _measured_together(gaps):
        at = np.ix_(rows, columns)
        part = _rises(moments.at(rows), counted[at])
        found.increase[at], found.rise[at], found.seconds[at] = part.increase, part.rise, part.seconds
    return found


@dataclass(frozen=True)
class _Moments:
    subjects: Whole
    ticks: Whole
    times: Values
    lives: Whole

    def at(self, rows: Whole) -> _Moments:
        return _Moments(self.subjects[rows], self.ticks[rows], self.times[rows], self.lives[rows])


def _measured_together(gaps: NDArray[np.bool_]) -> Iterator[tuple[Whole, Whole]]:
    """Rows, and the columns that were measured in just these: mostly all in all."""
    alike: dict[bytes, list[int]] = {}
    for column in range(gaps.shape[1]):
        alike.setdefault(np.packbits(gaps[:, column]).tobytes(), []).append(column)
    for columns in alike.values():
        yield np.flatnonzero(~gaps[:, columns[0]]), np.array(columns)


def _rises(moments: _Moments, values: Values) -> Rises:
    """Of columns that were measured in all of these rows."""
    if not len(values):
        return Rises(values, values, values)
    first = np.diff(moments.subjects, prepend=moments.subjects[0] - 1) != 0
    rise = np.empty_like(values)
    np.subtract(values[1:], values[:-1], out=rise[1:])
    rise[first] = np.nan
    apart, seconds = np.diff(moments.ticks, prepend=0), np.diff(moments.times, prepend=0.0)
    usual = np.zeros_like(apart)
    usual[~first] = usual_spacing(moments.subjects[~first], apart[~first])
    steady = ~first & (seconds > 0) & (apart <= MOST_MISSED * usual)
    anew = np.diff(moments.lives, prepend=moments.lives[0]) > 0
    fell = (rise < 0) | anew[:, None] & ~first[:, None] if anew.any() else rise < 0
    if fell.any():
        known = ~fell & steady[:, None]
        increase = np.where(fell, values, rise)
        return Rises(increase, np.where(known, rise, 0.0), np.where(known, seconds[:, None], 0.0))
    over = np.repeat(np.where(steady, seconds, 0.0)[:, None], values.shape[1], axis=1)
    return Rises(rise, rise if steady.all() else np.where(steady[:, None], rise, 0.0), over)


def _lives(subjects: Whole, uptimes: Values) -> Whole:
    """To which life of its process each reading belongs, counted up: a new one begins where uptime fell."""
    known = np.flatnonzero(~np.isnan(uptimes))
    fell = np.zeros(len(uptimes), dtype=np.int64)
    fell[known[1:]] = (np.diff(uptimes[known]) < 0) & (np.diff(subjects[known]) == 0)
    return np.cumsum(fell)


def usual_spacing(subjects: Whole, apart: Whole) -> Whole:
    """For each distance between readings the one that is usual of its subject: what nine of ten keep to, or three in a row
    if that is longer. A source that is asked less often from some time on has no gaps there.

    Distances are sorted by subject, those of one in their order; nothing is usual beyond `MOST_SPACING_SECONDS`.
    """
    if not len(apart):
        return apart
    begins = np.flatnonzero(np.diff(subjects, prepend=subjects[0] - 1))
    counts = np.diff(begins, append=len(subjects))
    sorted_apart = apart[np.lexsort((apart, subjects))]
    usual = sorted_apart[begins + (counts - 1) * 9 // 10]
    kept = np.zeros_like(apart)
    in_row = (apart[2:] == apart[1:-1]) & (apart[1:-1] == apart[:-2]) & (subjects[2:] == subjects[:-2])
    kept[2:] = np.where(in_row & (apart[2:] <= MOST_SPACING_SECONDS), apart[2:], 0)
    usual = np.minimum(np.maximum(usual, np.maximum.reduceat(kept, begins)), MOST_SPACING_SECONDS)
    return np.repeat(usual, counts)
