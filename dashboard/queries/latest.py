"""The latest known figures of all subjects of a kind side by side: what each tells, and how old that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Collection, Subject
from dashboard.queries import columns, freshness
from dashboard.queries.columns import Columns, Values
from dashboard.queries.freshness import MOST_AHEAD_SECONDS, SourceAge
from dashboard.queries.newest import last_read
from dashboard.queries.recent_readings import MARKED_WITHIN, MOST_SUBJECTS
from dashboard.rises import AGE

Kind = Subject.Kind
SOURCE_OF = {
    Kind.HOST: "nodes",
    Kind.FILESYSTEM: "nodes",
    Kind.INTERFACE: "nodes",
    Kind.NODE: "summary",
    Kind.ZONE: "summary",
    Kind.FRAMEWORK: "summary",
    Kind.AGENT: "agents",
    Kind.CONTAINER: "containers",
    Kind.ROLE: "roles",
    Kind.MASTER: "masters",
}
"""Kinds of which there are many, and by what they are measured."""
LEAST_SECONDS = {Kind.NODE: 60}
"""Agents' allocation is kept once a minute, however often it is asked for."""
LOOKED_BACK = 3
"""So many ticks before the newest are read (house, §4); what is older is no data in any case."""


FEW = 5000
"""Up to so many are read by their ids."""


@dataclass(frozen=True)
class Asked:
    """What is asked of whom, and how its age is judged."""

    cluster: Cluster
    kind: Subject.Kind
    names: tuple[str, ...]
    now: datetime
    source: SourceAge | None
    """None where this kind of cluster is never asked for it."""

    @property
    def period_seconds(self) -> int:
        """How far its readings are apart."""
        own = (
            SOURCES_BY_NAME[SOURCE_OF[self.kind]].period_seconds if self.source is None else self.source.period_seconds
        )
        return max(own, LEAST_SECONDS.get(self.kind, 0))

    @property
    def limits_seconds(self) -> tuple[int, int]:
        """Above which age figures are late, and above which no data."""
        return freshness.limits_seconds(SOURCES_BY_NAME[SOURCE_OF[self.kind]], self.period_seconds)

    def ages(self, times: Values) -> Values:
        """Seconds to now; NaN where nothing may be said: no data, or a clock that was set back since."""
        ages = self.now.timestamp() - times
        _, gone = self.limits_seconds
        return np.where((ages <= gone) & (ages >= -MOST_AHEAD_SECONDS), ages, np.nan)


@dataclass(frozen=True)
class Latest:
    """Subjects by key; their figures in a matrix with a column for each name."""

    keys: tuple[str, ...]
    names: tuple[str, ...]
    values: Values
    """NaN where nothing is known now."""
    times: Values
    """When each value was true, in seconds since 1970; NaN where it is not known."""
    read_at: Values
    """When the newest reading of each subject was true, whatever it held; NaN where there is none."""
    more: bool
    """Whether there are more than the most that are told."""


def asked(cluster: Cluster, kind: Subject.Kind, names: Sequence[str], now: datetime) -> Asked:
    """One query."""
    rows = Collection.objects.filter(cluster=cluster, source=SOURCE_OF[kind], host="")
    found = freshness.from_rows(cluster, {row.source: row for row in rows}, now)
    return Asked(cluster, kind, tuple(names), now, found.get(SOURCE_OF[kind]))


def of_kind(what: Asked) -> Latest:
    """All that were measured within a quarter of an hour, 20,000 at most, by key. Three queries."""
    now, span = what.now.timestamp(), (LOOKED_BACK + 1) * what.period_seconds
    subjects = _subjects(what, span)
    held = columns.layouts_with(what.names)
    names, ids = (*what.names, AGE), np.array([pk for pk, *_ in subjects[:MOST_SUBJECTS]], dtype=np.int64)
    if len(ids) > FEW:
        read = columns.read(what.cluster, what.kind, names, held, after=now - span, until=now)
    else:
        read = columns.read_of(ids.tolist(), names, held, after=now - span, until=now)
    values, times, read_at = newest(read, ids)
    ages = what.ages(times)
    return Latest(
        keys=tuple(key for _, key, _ in subjects[:MOST_SUBJECTS]),
        names=tuple(name for *_, name in subjects[:MOST_SUBJECTS]),
        values=np.where(np.isnan(ages), np.nan, values),
        times=np.where(np.isnan(ages), np.nan, times),
        read_at=read_at,
        more=len(subjects) > MOST_SUBJECTS,
    )


def newest(read: Columns, ids: NDArray[np.int64]) -> tuple[Values, Values, Values]:
    """Of each of these subjects the newest known value of each column but the last, which is the age of the sample; when
    those were true; and when its newest reading was. NaN where there is none."""
    order = np.argsort(ids)
    places = np.searchsorted(ids, read.subjects, sorter=order)
    known = np.append(ids[order], -1)[places] == read.subjects
    at, rows = order[places[known]], read.where(known)
    sampled = rows.ticks - np.nan_to_num(rows.matrix[:, -1])
    width = rows.matrix.shape[1] - 1
    values, times, read_at = (np.full(shape, np.nan) for shape in ((len(ids), width), (len(ids), width), len(ids)))
    # Rows are in the order of time: of several of one subject the last one stays.
    read_at[at] = sampled
    for column in range(width):
        measured = ~np.isnan(rows.matrix[:, column])
        values[at[measured], column] = rows.matrix[measured, column]
        times[at[measured], column] = sampled[measured]
    return values, times, read_at


def names_of(cluster: Cluster, kind: Subject.Kind) -> list[str]:
    """What the subject of this kind that was seen last tells; empty where there is none. Two queries at most."""
    last = Subject.objects.filter(cluster=cluster, kind=kind).order_by("-last_seen", "-pk").values("pk")[:1]
    found = last_read(last)
    return list(found.names) if found else []


def _subjects(what: Asked, span_seconds: int) -> list[tuple[int, str, str]]:
    """One more than are told, where there are more."""
    since = what.now - timedelta(seconds=span_seconds) - MARKED_WITHIN
    found = Subject.objects.filter(cluster=what.cluster, kind=what.kind, last_seen__gte=since)
    return list(found.order_by("key").values_list("pk", "key", "name")[: MOST_SUBJECTS + 1])
