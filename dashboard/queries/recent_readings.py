"""The newest readings of all subjects of a kind side by side, for what is asked of thousands of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from dashboard import codec
from dashboard.models import Cluster, Layout, Reading, Subject

Values = NDArray[np.float64]
AGE = "sample.age_seconds"
MOST_SUBJECTS = 20_000
FEW = 100
Packed = tuple[int, int, int, bytes | memoryview]
"""Subject, layout, tick and values."""
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
    between = Reading.objects.filter(tick__gte=int(since.timestamp()), tick__lte=int(until.timestamp()))
    return _matrix(subjects, _of(between, cluster, kind, subjects, keys), names)


def at_ticks(
    cluster: Cluster, kind: Subject.Kind, names: Sequence[str], ticks: Sequence[int], *, keys: Sequence[str]
) -> Readings:
    """The readings of these subjects at exactly these ticks. Three queries."""
    since = datetime.fromtimestamp(min(ticks), UTC)
    subjects = _subjects(cluster, kind, since, keys)
    return _matrix(subjects, _of(Reading.objects.filter(tick__in=ticks), cluster, kind, subjects, keys), names)


def _subjects(cluster: Cluster, kind: Subject.Kind, since: datetime, keys: Sequence[str] | None) -> dict[int, Named]:
    found = Subject.objects.filter(cluster=cluster, kind=kind, last_seen__gte=since - MARKED_WITHIN)
    if keys is not None:
        found = found.filter(key__in=keys)
    chosen = found.order_by("-last_seen", "pk").values_list("pk", "key", "name", "parent__key")[:MOST_SUBJECTS]
    return {pk: Named(key, name, parent or "") for pk, key, name, parent in chosen}


def _of(
    readings: QuerySet[Reading],
    cluster: Cluster,
    kind: Subject.Kind,
    subjects: dict[int, Named],
    keys: Sequence[str] | None,
) -> Iterable[Packed]:
    """By their ids where they are few; else by kind, for no database likes a list of twenty thousand."""
    of_kind = Subject.objects.filter(cluster=cluster, kind=kind).values("pk")
    few = keys is not None or len(subjects) <= FEW
    found = readings.filter(subject__in=list(subjects) if few else of_kind)
    return found.values_list("subject", "layout", "tick", "data")


def _matrix(subjects: dict[int, Named], rows: Iterable[Packed], names: Sequence[str]) -> Readings:
    places, known = {pk: place for place, pk in enumerate(subjects)}, tuple(subjects.values())
    by_layout: dict[int, list[tuple[int, int, bytes | memoryview]]] = defaultdict(list)
    for subject, layout, tick, data in rows:
        place = places.get(subject)
        if place is not None:
            by_layout[layout].append((place, tick, data))
    at, ticks, ages, values = [], [], [], []
    for shared in Layout.objects.filter(pk__in=by_layout):
        found = by_layout[shared.pk]
        matrix = codec.unpack((bytes(data) for _, _, data in found), width=len(shared.names))
        columns = {name: place for place, name in enumerate(shared.names)}
        absent = np.full(len(found), np.nan)
        at.append(np.array([place for place, _, _ in found], dtype=np.int64))
        ticks.append(np.array([tick for _, tick, _ in found], dtype=np.int64))
        ages.append(np.nan_to_num(matrix[:, columns[AGE]]) if AGE in columns else np.zeros(len(found)))
        values.append(np.column_stack([matrix[:, columns[name]] if name in columns else absent for name in names]))
    if not at:
        empty = np.zeros(0, dtype=np.int64)
        return Readings(known, empty, empty, np.zeros(0), np.zeros((0, len(names))))
    joined, moments = np.concatenate(at), np.concatenate(ticks)
    order = np.lexsort((moments, joined))
    return Readings(known, joined[order], moments[order], np.concatenate(ages)[order], np.concatenate(values)[order])
