"""The newest readings of all subjects of a kind side by side, for what is asked of thousands of them at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from dashboard.models import Cluster, Subject
from dashboard.queries import stored
from dashboard.queries.packed import Subjects
from dashboard.queries.stored import Rows
from dashboard.rises import AGE

Values = NDArray[np.float64]
MOST_SUBJECTS = 20_000
FEW = 100
MARKED_WITHIN = timedelta(minutes=15)
"""Subjects are marked as seen every ten minutes (store/readings.py): who was seen longer ago has no newer reading either."""


@dataclass(frozen=True, slots=True)
class Named:
    """A subject: its key and name, and the key of the subject it belongs to, which is a host's or empty."""

    key: str
    name: str
    parent: str


@dataclass(frozen=True)
class Readings:
    """Readings in the order of subject and time: row by row the place of the subject, the tick, the age, the values."""

    subjects: tuple[Named, ...]
    places: NDArray[np.int64]
    ticks: NDArray[np.int64]
    ages: Values
    """Seconds between tick and sample; 0 where the layout does not tell."""
    values: Values
    """One column for each name that was asked for; NaN where nothing was measured."""

    @property
    def times(self) -> Values:
        """When each was true, in seconds since 1970."""
        found: Values = self.ticks - self.ages
        return found

    def newest(self, column: int) -> tuple[Values, Values]:
        """Of each subject the newest known value and its time; NaN where there is none."""
        measured = ~np.isnan(self.values[:, column])
        values, times = np.full(len(self.subjects), np.nan), np.full(len(self.subjects), np.nan)
        # Rows are in the order of time: of several of one subject the last one stays.
        values[self.places[measured]] = self.values[measured, column]
        times[self.places[measured]] = self.times[measured]
        return values, times

    def rises(self, column: int, *, uptime: int | None = None) -> tuple[Values, Values]:
        """Of each subject the sum of the rises of a counter and the seconds from its first to its last value.

        NaN without two values. A value that fell, or an `uptime` that did, is a reset: what follows counts from zero.
        """
        measured = ~np.isnan(self.values[:, column])
        places, values, times = self.places[measured], self.values[measured, column], self.times[measured]
        follows = places[1:] == places[:-1]
        steps = np.diff(values)
        anew = steps < 0
        if uptime is not None:
            anew |= np.diff(self.values[measured, uptime]) < 0
        rise, size = np.where(anew, values[1:], steps)[follows], len(self.subjects)
        of = places[1:][follows]
        counted = np.bincount(of, minlength=size) > 0
        amounts = np.bincount(of, weights=rise, minlength=size)
        seconds = np.bincount(of, weights=np.diff(times)[follows], minlength=size)
        return np.where(counted, amounts, np.nan), np.where(counted, seconds, np.nan)


def named(cluster: Cluster, kind: Subject.Kind, keys: Collection[str]) -> list[Named]:
    """Subjects by key, measured of late or not; 20,000 at most. One query."""
    found = Subject.objects.filter(cluster=cluster, kind=kind, key__in=list(keys)[:MOST_SUBJECTS])
    return [Named(key, name, parent or "") for key, name, parent in found.values_list("key", "name", "parent__key")]


def of_kind(
    cluster: Cluster,
    kind: Subject.Kind,
    names: Sequence[str],
    since: datetime,
    until: datetime,
    *,
    keys: Sequence[str] | None = None,
) -> Readings:
    """The readings between two moments of all subjects of the kind, or of those with these keys; at most 20,000, those
    seen last first. Three queries."""
    subjects = _subjects(cluster, kind, since, keys)
    asked = _asked(cluster, kind, subjects, keys)
    return _matrix(subjects, stored.raw(asked, int(since.timestamp()), int(until.timestamp()), names), names)


def _subjects(cluster: Cluster, kind: Subject.Kind, since: datetime, keys: Sequence[str] | None) -> dict[int, Named]:
    found = Subject.objects.filter(cluster=cluster, kind=kind, last_seen__gte=since - MARKED_WITHIN)
    if keys is not None:
        found = found.filter(key__in=keys)
    chosen = found.order_by("-last_seen", "pk").values_list("pk", "key", "name", "parent__key")[:MOST_SUBJECTS]
    return {pk: Named(key, name, parent or "") for pk, key, name, parent in chosen}


def _asked(cluster: Cluster, kind: Subject.Kind, subjects: dict[int, Named], keys: Sequence[str] | None) -> Subjects:
    """By their ids where they are few; else by kind, for no database likes a list of twenty thousand."""
    if keys is not None or len(subjects) <= FEW:
        return list(subjects)
    return Subject.objects.filter(cluster=cluster, kind=kind).values("pk")


def _matrix(subjects: dict[int, Named], found: Sequence[Rows], names: Sequence[str]) -> Readings:
    """One matrix of what several layouts tell."""
    known = tuple(subjects.values())
    if not found:
        empty = np.zeros(0, dtype=np.int64)
        return Readings(known, empty, empty, np.zeros(0), np.zeros((0, len(names))))
    of = np.concatenate([rows.subjects for rows in found])
    ticks = np.concatenate([rows.ticks for rows in found])
    ages = np.concatenate([np.nan_to_num(_values(rows, AGE)) for rows in found])
    values = np.concatenate([np.column_stack([_values(rows, name) for name in names]) for rows in found])
    places = _places(of, subjects)
    order = np.lexsort((ticks, places))
    order = order[places[order] >= 0]
    return Readings(known, places[order], ticks[order], ages[order], values[order])


def _values(rows: Rows, name: str) -> Values:
    column = rows.column(name, "last")
    return np.full(len(rows.ticks), np.nan) if column is None else column


def _places(of: NDArray[np.int64], subjects: dict[int, Named]) -> NDArray[np.int64]:
    """Row by row the place of its subject; -1 of one that is not among them."""
    ids: NDArray[np.int64] = np.fromiter(subjects, dtype=np.int64)
    if not len(ids):
        return np.full(len(of), -1, dtype=np.int64)
    order = np.argsort(ids)
    at = np.minimum(np.searchsorted(ids, of, sorter=order), len(ids) - 1)
    return np.where(ids[order[at]] == of, order[at], -1)
