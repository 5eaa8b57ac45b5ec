"""The values of many series side by side over the steps of one window: a row for each, NaN where nothing was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard import rises
from dashboard.models import Cluster, Subject
from dashboard.queries import columns, readings, stored
from dashboard.queries.metrics_of import As
from dashboard.queries.readings import widened
from dashboard.queries.step_sums import steps_of
from dashboard.queries.stored import LEAD_SECONDS, VALUE, Rows
from dashboard.queries.window import Window, fitted
from dashboard.rises import AGE, UPTIME
from dashboard.rolling import COUNTERS, Column
from dashboard.tiers import Tier, settled_before

Values = NDArray[np.float64]
Whole = NDArray[np.int64]
NEAR_SECONDS = 180
"""The reading that a first rise begins at is mostly this near; further back it may be in a chunk."""


@dataclass(frozen=True)
class Wanted:
    """Which subjects belong to which row, and what is asked of them."""

    cluster: Cluster
    kind: Subject.Kind
    ids: Whole
    """In their order."""
    rows: Whole
    """Of each id."""
    names: tuple[str, ...]
    as_: As
    whole_kind: bool
    """Whether most subjects of the kind are among them: then the kind is read, which costs less than to read so many by id."""

    @property
    def count(self) -> int:
        return int(self.rows.max()) + 1 if len(self.rows) else 0

    @property
    def from_counters(self) -> bool:
        return self.as_ != "raw"


@dataclass(frozen=True)
class Grid:
    window: Window
    values: dict[str, Values]
    """By name, a row for each series."""
    newest: Values
    """When the newest value of each series was true, in seconds since 1970; NaN where there is none."""


def told(wanted: Wanted, asked: Window) -> Grid:
    """Gauges as means, counters as their last value; rates and increases as `rates` tells them of one subject.

    Two queries of the last hour; else as many as `readings.loaded`.
    """
    window = fitted(asked)
    found = _read(wanted, window)
    window = widened(window, found)
    values = {name: _values(wanted, name, found, window) for name in wanted.names}
    return Grid(window, values, _newest(wanted, found))


def _read(wanted: Wanted, window: Window) -> list[Rows]:
    first, until = window.first_tick, int(window.ends_at.timestamp())
    ids, now = wanted.ids.tolist(), (window.ends_at + window.age).timestamp()
    if window.tier is not Tier.RAW:
        return stored.rolled(ids, window.tier, first, until, list(wanted.names), kept=_kept(wanted))
    near = NEAR_SECONDS if wanted.from_counters else 0
    if first - near >= settled_before(now):
        return _recent(wanted, first - near, first, until)
    return stored.raw(ids, first, until, list(wanted.names), lead=LEAD_SECONDS if wanted.from_counters else 0)


def _kept(wanted: Wanted) -> tuple[str, ...]:
    if wanted.from_counters:
        return ("last", "rise", "seconds") if wanted.as_ == "rate" else ("last", "increase")
    return ("sum", "count", "last")


def _recent(wanted: Wanted, since: int, first: int, until: int) -> list[Rows]:
    """Of a time that is not compacted yet. Two queries."""
    held, names = columns.layouts_with(wanted.names), tuple(dict.fromkeys((*wanted.names, AGE, UPTIME)))
    if wanted.whole_kind:
        read = columns.read(wanted.cluster, wanted.kind, names, held, after=since - 1, until=until)
        read = read.where(np.isin(read.subjects, wanted.ids))
    else:
        read = columns.read_of(wanted.ids.tolist(), names, held, after=since - 1, until=until)
    read = read.where(np.lexsort((read.ticks, read.subjects)))
    told_by = tuple(Column(name, VALUE) for name in names)
    return [Rows(Tier.RAW, told_by, read.subjects, read.ticks, read.matrix, read.ticks >= first)]


def _values(wanted: Wanted, name: str, found: Sequence[Rows], window: Window) -> Values:
    if wanted.as_ == "rate":
        rise, seconds, _ = _sums(wanted, name, found, window, ("rise", "seconds"))
        return _over(rise, seconds)
    if wanted.as_ == "increase":
        increase, count = _sums(wanted, name, found, window, ("increase",))
        return np.where(count > 0, increase, np.nan)
    return _last(wanted, name, found, window) if name in COUNTERS else _means(wanted, name, found, window)


def _over(sums: Values, by: Values) -> Values:
    with np.errstate(invalid="ignore", divide="ignore"):
        means: Values = sums / by
    return means


def _cells(wanted: Wanted, rows: Rows, window: Window) -> Whole:
    """Row by row the place of its value, in a matrix of series and steps that is laid out in one line."""
    series = wanted.rows[np.searchsorted(wanted.ids, rows.subjects)]
    return series * window.steps + steps_of(rows, window)


def _means(wanted: Wanted, name: str, found: Sequence[Rows], window: Window) -> Values:
    size = wanted.count * window.steps
    sums, counts = np.zeros(size), np.zeros(size)
    for rows in found:
        values, weights = rows.column(name, "sum"), rows.column(name, "count")
        if values is None or weights is None:
            continue
        weights = np.ones_like(values) if rows.tier is Tier.RAW else weights
        known = readings.measured(rows, values, window) & (weights > 0)
        cells = _cells(wanted, rows, window)[known]
        sums += np.bincount(cells, weights=values[known], minlength=size)
        counts += np.bincount(cells, weights=weights[known], minlength=size)
    return _over(sums, counts).reshape(wanted.count, window.steps)


def _last(wanted: Wanted, name: str, found: Sequence[Rows], window: Window) -> Values:
    """Of several rows of a step the newest; rows of one layout are in the order of time."""
    size = wanted.count * window.steps
    newest, told_last = np.full(size, -1, dtype=np.int64), np.full(size, np.nan)
    for rows in found:
        values = rows.column(name, "last")
        if values is None:
            continue
        known = readings.measured(rows, values, window)
        cells, ticks, values = _cells(wanted, rows, window)[known], rows.ticks[known], values[known]
        order = np.argsort(ticks, kind="stable")
        own, at = np.full(size, np.nan), np.full(size, -1, dtype=np.int64)
        own[cells[order]], at[cells[order]] = values[order], ticks[order]
        later = at > newest
        told_last[later], newest[later] = own[later], at[later]
    return told_last.reshape(wanted.count, window.steps)


def _sums(wanted: Wanted, name: str, found: Sequence[Rows], window: Window, kept: Sequence[str]) -> tuple[Values, ...]:
    """What is kept of each rise, added up over each step; and at last of how many rows."""
    size = wanted.count * window.steps
    totals = [np.zeros(size) for _ in (*kept, "count")]
    for rows in found:
        amounts = _rose(rows, name, kept)
        if not amounts:
            continue
        known = readings.measured(rows, amounts[0], window)
        cells = _cells(wanted, rows, window)[known]
        for total, values in zip(totals, (*amounts, np.ones(len(known))), strict=True):
            total += np.bincount(cells, weights=values[known], minlength=size)
    return tuple(total.reshape(wanted.count, window.steps) for total in totals)


def _rose(rows: Rows, name: str, kept: Sequence[str]) -> list[Values]:
    """Of readings as it would be kept if they were rolled up; empty where these rows do not tell it."""
    if rows.tier is not Tier.RAW:
        return [values for one in kept if (values := rows.column(name, one)) is not None]
    if name not in rows.layout:
        return []
    rose = rises.of(rows.layout, rows.subjects, rows.ticks, rows.matrix, [rows.layout.index(name)])
    return [getattr(rose, one)[:, 0] for one in kept]


def _newest(wanted: Wanted, found: Sequence[Rows]) -> Values:
    """A tick less the age that the sample had then; of a rolled-up step when that began."""
    newest = np.full(wanted.count, -np.inf)
    for rows in found:
        told_by = [values for name in wanted.names if (values := rows.column(name, "last")) is not None]
        if not told_by:
            continue
        known = rows.own & np.logical_and.reduce([~np.isnan(values) for values in told_by])
        ages = rows.column(AGE, "last") if rows.tier is Tier.RAW else None
        true_at = rows.ticks - (0.0 if ages is None else np.nan_to_num(ages))
        series = wanted.rows[np.searchsorted(wanted.ids, rows.subjects)]
        np.maximum.at(newest, series[known], true_at[known])
    return np.where(np.isfinite(newest), newest, np.nan)


def asked_of(
    cluster: Cluster,
    kind: Subject.Kind,
    lives: Sequence[Sequence[int]],
    names: Sequence[str],
    as_: As,
    *,
    whole_kind: bool,
) -> Wanted:
    """Each series by the ids of its lives."""
    ids = np.array([pk for one in lives for pk in one], dtype=np.int64)
    rows = np.array([row for row, one in enumerate(lives) for _ in one], dtype=np.int64)
    order = np.argsort(ids)
    return Wanted(cluster, kind, ids[order], rows[order], tuple(names), as_, whole_kind)
