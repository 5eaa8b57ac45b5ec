"""Series out of what is stored: even steps, NaN where nothing was measured, whatever tier they are read from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dashboard.queries import step_sums, stored
from dashboard.queries.spacing import usual_spacing
from dashboard.queries.step_sums import steps_of
from dashboard.queries.stored import LEAD_SECONDS, Rows
from dashboard.queries.window import Window, fitted
from dashboard.rolling import OF_COUNTERS, kept_of
from dashboard.tiers import Tier

Values = NDArray[np.float64]
STARTING_STEPS = 2
"""So many steps may be without a figure at the beginning of a window that is measured from its beginning."""
Keep = Literal["mean", "min", "max", "last"]


@dataclass(frozen=True)
class Series:
    """Named columns over the window's steps, oldest first. A step without a reading is NaN: never 0, never the one before."""

    window: Window
    columns: dict[str, Values]

    @property
    def empty(self) -> bool:
        return all(bool(np.isnan(column).all()) for column in self.columns.values())

    def __getitem__(self, name: str) -> Values:
        return self.columns[name]

    def on(self, window: Window) -> Series:
        """The same on the finer steps of a window: what was measured for a step holds for all of that step, not longer."""
        moments = window.first_tick + np.arange(window.steps) * window.step_seconds
        places = (moments - self.window.first_tick) // self.window.step_seconds
        known = (places >= 0) & (places < self.window.steps)
        places = np.where(known, places, 0)
        return Series(window, {name: np.where(known, column[places], np.nan) for name, column in self.columns.items()})


def series(subject_ids: Sequence[int], names: Sequence[str], window: Window, *, only_where: str = "") -> Series:
    """The mean of each step for gauges of one subject (or of the lives of several masters, given together).

    `only_where` names a column that must be 1 for a reading to count: `master/elected` leaves out the standbys, whose
    gauges are 0 and not absent. As many queries as `loaded`.
    """
    return loaded(subject_ids, window, names=names, only_where=only_where).whole(names)


@dataclass(frozen=True)
class Loaded:
    """What is stored of subjects, and a window whose steps are as wide as that needs."""

    window: Window
    by_subject: dict[int, list[Rows]]
    asked: Window
    """The same before its steps were widened to how far apart readings are."""

    def only(self, subject_ids: Iterable[int]) -> Loaded:
        """Some of the subjects, in steps as wide as these need."""
        some = {subject: self.rows(subject) for subject in subject_ids}
        return Loaded(widened(self.asked, [rows for every in some.values() for rows in every]), some, self.asked)

    def rows(self, subject: int) -> list[Rows]:
        """The subject's rows, those of one layout and tier together."""
        return self.by_subject.get(subject, [])

    def whole(self, names: Sequence[str], *, keep: Keep = "mean") -> Series:
        """All subjects as one, which have names of their own or lived one after the other."""
        return _series([rows for every in self.by_subject.values() for rows in every], names, self.window, keep=keep)

    def series(self, subject: int, names: Sequence[str], *, keep: Keep = "mean") -> Series:
        """The mean of each step, of one subject; or its minimum, maximum or last value, which is what a counter has."""
        return _series(self.rows(subject), names, self.window, keep=keep)


def loaded(
    subject_ids: Sequence[int],
    window: Window,
    *,
    names: Sequence[str] | None = None,
    only_where: str = "",
    kept: Collection[str] = stored.EVERY,
) -> Loaded:
    """What is stored of the subjects in the window, of these names only where they are given, from the tier that fits.

    `kept`: what is read of each name where that is rolled up; all that anything below asks for, if it is not given.
    Two queries for raw readings, three or four for a rolled-up tier; one more where the window begins more than two hours
    ago and its steps are finer than an hour.
    """
    asked, wanted = fitted(window), None if names is None else [*names, only_where]
    first, until = asked.first_tick, int(asked.ends_at.timestamp())
    if asked.tier is Tier.RAW:
        found = stored.raw(subject_ids, first, until, wanted, lead=LEAD_SECONDS)
    else:
        found = stored.rolled(subject_ids, asked.tier, first, until, wanted, kept=kept)
    by_subject: dict[int, list[Rows]] = {}
    for rows in found:
        for subject, own in _counting(rows, only_where).by_subject():
            by_subject.setdefault(subject, []).append(own)
    return Loaded(widened(asked, found), by_subject, asked)


def _counting(rows: Rows, only_where: str) -> Rows:
    """Only the rows where that column is 1; of a rolled-up step it must have been so all along. All where they have none."""
    told = rows.column(only_where, "min")
    return rows if told is None else rows.where(told == 1)


def widened(window: Window, found: Sequence[Rows]) -> Window:
    """Steps no finer than the readings usually are: a source polled every minute has no gaps between its minutes."""
    unit = max(1, window.tier.step_seconds)
    moments = np.concatenate([rows.ticks[rows.own] // unit for rows in found] or [np.zeros(0, dtype=np.int64)])
    moments.sort(kind="stable")  # of few parts, each in order, at a third of the cost of finding out what is unique
    apart = np.diff(moments)
    apart = apart[apart > 0] * unit
    if not len(apart):
        return window
    return replace(window, step_seconds=max(window.step_seconds, usual_spacing(apart)))


def _series(groups: Iterable[Rows], names: Sequence[str], window: Window, *, keep: Keep = "mean") -> Series:
    found = list(groups)
    rolled = any(rows.tier is not Tier.RAW for rows in found)
    # Rolled-up counters have no mean: the last value of each step is theirs.
    at_last = [name for name in names if keep == "last" or (rolled and kept_of(name) is OF_COUNTERS)]
    others = [name for name in names if name not in at_last]
    told = {name: _last(found, name, window) for name in at_last}
    if keep == "mean":
        told |= _means(found, others, window)
    elif keep != "last":
        told |= {name: _extreme(found, name, window, keep) for name in others}
    return Series(window, {name: told[name] for name in names})


def _means(groups: Sequence[Rows], names: Sequence[str], window: Window) -> dict[str, Values]:
    """All names at once: to find out for each in which steps the rows are would cost more than the means do."""
    sums, counts = np.zeros((window.steps, len(names))), np.zeros((window.steps, len(names)))
    for rows in groups:
        own = step_sums.of(rows, names, window)
        sums += own.sums
        counts += own.counts
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.ascontiguousarray((sums / counts).T)
    return dict(zip(names, means, strict=True))


def _last(groups: Sequence[Rows], name: str, window: Window) -> Values:
    """Of several rows of a step the newest, whatever layout and tier it is of; of two that began together the last given:
    of a step in which the layout changed, or one life followed on another."""
    found, newest = np.full(window.steps, np.nan), np.full(window.steps, -1, dtype=np.int64)
    for rows in groups:
        values = rows.column(name, "last")
        if values is None:
            continue
        known = measured(rows, values, window)
        steps, ticks = steps_of(rows, window)[known], rows.ticks[known]
        # Rows are in the order of time: of several of one step the last one stays.
        own, at = np.full(window.steps, np.nan), np.full(window.steps, -1, dtype=np.int64)
        own[steps], at[steps] = values[known], ticks
        later = at >= newest
        found[later], newest[later] = own[later], at[later]
    return found


def _extreme(groups: Sequence[Rows], name: str, window: Window, keep: Literal["min", "max"]) -> Values:
    pick, found = (np.fmin if keep == "min" else np.fmax), np.full(window.steps, np.nan)
    for rows in groups:
        values = rows.column(name, keep)
        if values is not None:
            known = measured(rows, values, window)
            pick.at(found, steps_of(rows, window)[known], values[known])
    return found


def known_since(window: Window, lines: Iterable[Values]) -> datetime | None:
    """When the figures begin, where that is later than the window does: nothing was measured before, or it is kept no longer."""
    known = [np.flatnonzero(np.isfinite(values)) for values in lines]
    first = min((int(steps[0]) for steps in known if len(steps)), default=0)
    return window.moment(first) if first > STARTING_STEPS else None


def measured(rows: Rows, values: Values, window: Window) -> NDArray[np.bool_]:
    """Which rows tell a value of the window; a widened one may begin after the first rows that were read for it."""
    return ~np.isnan(values) & rows.own & (rows.ticks >= window.first_tick)


@dataclass(frozen=True)
class Rise:
    """How much a counter rose, and from when on that was seen: later than asked for where Day Two did not watch yet."""

    amount: float
    since: datetime


def increases(subject_ids: Sequence[int], names: Sequence[str], window: Window) -> dict[str, Rise | None]:
    """How much each counter rose over the window: the sum of the rises in each life; None without two readings of one.

    A value that fell is a reset, and the first value after it counts from zero. Two queries.
    """
    found = stored.raw(subject_ids, window.first_tick, int(window.ends_at.timestamp()), names)
    lives = [own for rows in found for _, own in rows.by_subject()]
    return {
        name: _sum_of_rises((own.ticks, values) for own in lives if (values := own.column(name, "last")) is not None)
        for name in names
    }


def _sum_of_rises(lives: Iterable[tuple[NDArray[np.int64], Values]]) -> Rise | None:
    known = [(ticks[~np.isnan(values)], values[~np.isnan(values)]) for ticks, values in lives]
    counted = [(ticks, values) for ticks, values in known if len(values) > 1]
    if not counted:
        return None
    since = datetime.fromtimestamp(min(int(ticks[0]) for ticks, _ in counted), UTC)
    return Rise(sum(_rise(values) for _, values in counted), since)


def _rise(values: Values) -> float:
    """The sum of the rises; after a fall the new value itself, for it counts from zero."""
    steps = np.diff(values)
    return float(np.where(steps >= 0, steps, values[1:]).sum())
