"""Series out of readings: even steps, NaN where nothing was measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from django.db.models import F, Min, QuerySet
from numpy.typing import NDArray

from dashboard import codec
from dashboard.models import Layout, Reading
from dashboard.queries.spacing import usual_spacing
from dashboard.queries.window import Window


@dataclass(frozen=True)
class Series:
    """Named columns over the window's steps, oldest first. A step without a reading is NaN: never 0, never the one before."""

    window: Window
    columns: dict[str, NDArray[np.float64]]

    @property
    def empty(self) -> bool:
        return all(bool(np.isnan(column).all()) for column in self.columns.values())

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return self.columns[name]

    def on(self, window: Window) -> Series:
        """The same on the finer steps of a window: what was measured for a step holds for all of that step, not longer."""
        moments = window.first_tick + np.arange(window.steps) * window.step_seconds
        places = (moments - self.window.first_tick) // self.window.step_seconds
        known = (places >= 0) & (places < self.window.steps)
        places = np.where(known, places, 0)
        return Series(window, {name: np.where(known, column[places], np.nan) for name, column in self.columns.items()})


def series(subject_ids: Sequence[int], names: Sequence[str], window: Window, *, only_where: str = "") -> Series:
    """The mean of each step for gauges of one subject (or of the lives of several masters, given together). Two queries.

    `only_where` names a column that must be 1 for a reading to count: `master/elected` leaves out the standbys, whose
    gauges are 0 and not absent.
    """
    found = loaded(subject_ids, window, only_where=only_where)
    return _series([rows for subject in subject_ids for rows in found.rows(subject)], names, found.window)


@dataclass(frozen=True)
class Loaded:
    """Readings as they were stored, by subject and layout, and a window whose steps are as wide as they need."""

    window: Window
    by_subject: dict[int, list[Rows]]

    def rows(self, subject: int) -> list[Rows]:
        """The subject's readings in any order, those of one layout together."""
        return self.by_subject.get(subject, [])

    def series(self, subject: int, names: Sequence[str], *, last: bool = False) -> Series:
        """The mean of each step, of one subject; or the `last` value in it, which is what a counter has."""
        return _series(self.rows(subject), names, self.window, last=last)


def loaded(subject_ids: Sequence[int], window: Window, *, only_where: str = "", every_seconds: int = 1) -> Loaded:
    """The readings of the subjects in the window, of a fine source only those at each multiple of so many seconds.

    Two queries; three where samples are asked for and some are missing at the beginning of their stretch.
    """
    found = Reading.objects.filter(
        subject__in=subject_ids, tick__gte=window.first_tick, tick__lte=int(window.ends_at.timestamp())
    ).values_list("subject", "layout", "tick", "data")
    if every_seconds > 1:
        found = found.alias(past=F("tick") % every_seconds).filter(past=0)
    groups: dict[tuple[int, int], list[tuple[int, bytes]]] = {}
    for subject, layout, tick, data in _sampled(found, subject_ids, window) if window.sample_seconds else found:
        groups.setdefault((subject, layout), []).append((tick, bytes(data)))
    layouts = Layout.objects.in_bulk({layout for _, layout in groups})
    by_subject: dict[int, list[Rows]] = {}
    for (subject, layout), rows in groups.items():
        by_subject.setdefault(subject, []).append(Rows(layouts[layout].names, rows, only_where))
    return Loaded(_widened(window, (tick for rows in groups.values() for tick, _ in rows)), by_subject)


Packed = tuple[int, int, int, bytes | memoryview]
"""Subject, layout, tick and values."""


def _sampled(found: QuerySet[Reading, Packed], subject_ids: Sequence[int], window: Window) -> list[Packed]:
    """The first reading in each stretch of `sample_seconds`. Mostly all are at its very beginning, and quickly found."""
    step = window.sample_seconds
    stretches = range(-(-window.first_tick // step), int(window.ends_at.timestamp()) // step + 1)
    begun = list(found.alias(past=F("tick") % step).filter(past=0))
    # The last stretch may have begun just now.
    newest = {tick for _, _, tick, _ in begun if tick == stretches[-1] * step}
    if len(begun) == len(subject_ids) * (len(stretches) - (not newest)):
        return begun
    return list(found.filter(tick__in=_firsts(subject_ids, window)))


def _firsts(subject_ids: Sequence[int], window: Window) -> QuerySet[Reading, int]:
    """Ticks of the first reading in each stretch of `sample_seconds`: what thinning leaves of it. No query of its own."""
    found = Reading.objects.filter(
        subject__in=subject_ids, tick__gte=window.first_tick, tick__lte=int(window.ends_at.timestamp())
    )
    stretches = found.order_by().values("subject", stretch=F("tick") / window.sample_seconds)
    return stretches.annotate(first=Min("tick")).values_list("first", flat=True)


def _series(groups: Iterable[Rows], names: Sequence[str], window: Window, *, last: bool = False) -> Series:
    sums = {name: np.zeros(window.steps) for name in names}
    counts = {name: np.zeros(window.steps) for name in names}
    for rows in groups:
        _add(rows, window, sums, counts, last=last)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Series(window, {name: sums[name] / counts[name] for name in names})


def _widened(window: Window, ticks: Iterable[int]) -> Window:
    """Steps no finer than the readings usually are: a source polled every minute has no gaps between its minutes."""
    moments: NDArray[np.int64] = np.unique(np.fromiter(ticks, dtype=np.int64))
    if len(moments) < 2:
        return window
    return replace(window, step_seconds=max(window.step_seconds, usual_spacing(moments[1:] - moments[:-1])))


@dataclass(frozen=True)
class Rows:
    """Readings that share a layout: tick and packed values."""

    layout: Sequence[str]
    rows: Sequence[tuple[int, bytes]]
    only_where: str

    def ticks_and_matrix(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        ticks = np.array([tick for tick, _ in self.rows], dtype=np.int64)
        matrix = codec.unpack((data for _, data in self.rows), width=len(self.layout))
        if self.only_where not in self.layout:
            return ticks, matrix
        kept = matrix[:, self.layout.index(self.only_where)] == 1
        return ticks[kept], matrix[kept]


def _add(
    rows: Rows,
    window: Window,
    sums: dict[str, NDArray[np.float64]],
    counts: dict[str, NDArray[np.float64]],
    *,
    last: bool,
) -> None:
    ticks, matrix = rows.ticks_and_matrix()
    order = np.argsort(ticks)
    steps = (ticks[order] - window.first_tick) // window.step_seconds
    for name in sums.keys() & set(rows.layout):
        values = matrix[order, rows.layout.index(name)]
        # A widened window may begin after the first readings that were read for it; a negative step is its far end.
        measured = ~np.isnan(values) & (steps >= 0)
        if last:
            sums[name][steps[measured]], counts[name][steps[measured]] = values[measured], 1
            continue
        np.add.at(sums[name], steps[measured], values[measured])
        np.add.at(counts[name], steps[measured], 1)


@dataclass(frozen=True)
class Rise:
    """How much a counter rose, and from when on that was seen: later than asked for where Day Two did not watch yet."""

    amount: float
    since: datetime


def increases(subject_ids: Sequence[int], names: Sequence[str], window: Window) -> dict[str, Rise | None]:
    """How much each counter rose over the window: the sum of the rises in each life; None without two readings of one.

    A value that fell is a reset, and the first value after it counts from zero. Two queries.
    """
    rows = Reading.objects.filter(
        subject__in=subject_ids, tick__gte=window.first_tick, tick__lte=int(window.ends_at.timestamp())
    ).order_by("subject", "tick")
    by_life: dict[tuple[int, int], list[tuple[int, bytes]]] = {}
    for tick, subject, layout, data in rows.values_list("tick", "subject", "layout", "data"):
        by_life.setdefault((subject, layout), []).append((tick, bytes(data)))
    layouts = Layout.objects.in_bulk({layout for _, layout in by_life})
    lives = [Rows(layouts[layout].names, found, "").ticks_and_matrix() for (_, layout), found in by_life.items()]
    names_of = [layouts[layout].names for _, layout in by_life]
    return {
        name: _sum_of_rises(
            (ticks, matrix[:, known.index(name)])
            for known, (ticks, matrix) in zip(names_of, lives, strict=True)
            if name in known
        )
        for name in names
    }


def _sum_of_rises(lives: Iterable[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> Rise | None:
    measured = [(ticks[~np.isnan(values)], values[~np.isnan(values)]) for ticks, values in lives]
    counted = [(ticks, values) for ticks, values in measured if len(values) > 1]
    if not counted:
        return None
    since = datetime.fromtimestamp(min(int(ticks[0]) for ticks, _ in counted), UTC)
    return Rise(sum(_rise(values) for _, values in counted), since)


def _rise(values: NDArray[np.float64]) -> float:
    """The sum of the rises; after a fall the new value itself, for it counts from zero."""
    steps = np.diff(values)
    return float(np.where(steps >= 0, steps, values[1:]).sum())
