"""The latest known figures of all subjects of a kind side by side: what each tells, and how old that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Reading, Subject
from dashboard.queries import freshness, packed, settled
from dashboard.queries.columns import Columns, Values
from dashboard.queries.freshness import MOST_AHEAD_SECONDS, SourceAge
from dashboard.queries.newest import last_read
from dashboard.queries.recent_readings import MARKED_WITHIN, MOST_SUBJECTS
from dashboard.remembered import Remembered
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
    Kind.APP: "apps",
    Kind.QUEUE: "queue",
    Kind.APP_METRICS: "app_metrics",
    Kind.MARATHON: "marathon",
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

    def polls(self) -> settled.Polls:
        """Those that may have brought what is of the present. One query."""
        since = self.now.timestamp() - self.looked_back_seconds - self.period_seconds
        return settled.polls(self.cluster, SOURCE_OF[self.kind], since)

    @property
    def looked_back_seconds(self) -> int:
        """How old readings may be that are read."""
        return (LOOKED_BACK + 1) * self.period_seconds

    def ages(self, times: Values) -> Values:
        """Seconds to now; NaN where nothing may be said: no data, or a clock that was set back since."""
        ages = self.now.timestamp() - times
        _, gone = self.limits_seconds
        return np.where((ages <= gone) & (ages >= -MOST_AHEAD_SECONDS), ages, np.nan)


@dataclass(frozen=True, eq=False)
class Measured:
    """What is stored of subjects, which is the same however old it is by now."""

    subjects: Sequence[tuple[int, str, str]]
    """Id, key and name."""
    keys: tuple[str, ...]
    names: tuple[str, ...]
    values: Values
    times: Values
    read_at: Values
    settled: bool
    """Whether it is remembered: then the same object is told again, until a poll or a subject changes it."""

    @property
    def size_bytes(self) -> int:
        texts = sum(len(key) + len(name) + SUBJECT_BYTES for _, key, name in self.subjects)
        return self.values.nbytes + self.times.nbytes + self.read_at.nbytes + texts


MOST_BYTES = 16 << 20
SUBJECT_BYTES = 300
"""What an id and two texts take beside their letters."""
REMEMBERED: Remembered[Measured] = Remembered(MOST_BYTES)


@dataclass(frozen=True)
class Latest:
    """Subjects by key; their figures in a matrix with a column for each name."""

    measured: Measured
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
    return Asked(cluster, kind, tuple(names), now, freshness.of_one(cluster, SOURCE_OF[kind], now))


def of_kind(what: Asked) -> Latest:
    """All that were measured within a quarter of an hour, 20,000 at most, by key. Four queries; two where readings are
    remembered."""
    # Before the subjects: of whatever has ended by now all of them are known.
    polls = what.polls()
    subjects = _subjects(what, what.looked_back_seconds)
    found = _measured(what, polls, subjects[:MOST_SUBJECTS])
    ages = what.ages(found.times)
    return Latest(
        measured=found,
        keys=found.keys,
        names=found.names,
        values=np.where(np.isnan(ages), np.nan, found.values),
        times=np.where(np.isnan(ages), np.nan, found.times),
        read_at=found.read_at,
        more=len(subjects) > MOST_SUBJECTS,
    )


def _measured(what: Asked, polls: settled.Polls, subjects: Sequence[tuple[int, str, str]]) -> Measured:
    """Of these subjects, read or remembered: as it was for the same of them, with the same polls."""
    few = [pk for pk, *_ in subjects] if len(subjects) <= FEW else None
    recent = settled.Recent(what.cluster, what.kind, (*what.names, AGE), what.names, what.period_seconds, polls, few)
    until = what.now.timestamp()
    since = until - what.looked_back_seconds
    version = recent.version(since, until)
    known = None if version is None else REMEMBERED.get(version)
    if known is not None and known.subjects == subjects:
        return known
    ids, keys, called = zip(*subjects, strict=True) if subjects else ((), (), ())
    values, times, read_at = newest(recent.read(since, until), np.array(ids, dtype=np.int64))
    version = recent.version(since, until)
    found = Measured(subjects, keys, called, values, times, read_at, settled=version is not None)
    if version is not None:
        REMEMBERED.put(version, found, found.size_bytes)
    return found


def newest(read: Columns, ids: NDArray[np.int64]) -> tuple[Values, Values, Values]:
    """Of each of these subjects the newest known value of each column but the last, which is the age of the sample; when
    those were true; and when its newest reading was. NaN where there is none."""
    order = np.argsort(ids)
    places = np.searchsorted(ids, read.subjects, sorter=order)
    known = np.append(ids[order], -1)[places] == read.subjects
    at, rows = order[places[known]], read if known.all() else read.where(known)
    sampled = rows.ticks - np.nan_to_num(rows.matrix[:, -1])
    # Rows are in the order of time: of several of one subject the last one stays.
    last = np.full(len(ids), -1)
    last[at] = np.arange(len(at))
    has = np.flatnonzero(last >= 0)
    values, read_at = np.full((len(ids), rows.matrix.shape[1] - 1), np.nan), np.full(len(ids), np.nan)
    values[has], read_at[has] = rows.matrix[last[has], :-1], sampled[last[has]]
    times = np.where(np.isnan(values), np.nan, read_at[:, None])
    # Most are in the newest reading; only what is not is looked for in those before it.
    lacking = np.isnan(values[at])
    for column in np.flatnonzero(lacking.any(axis=0)).tolist():
        earlier = np.flatnonzero(lacking[:, column] & ~np.isnan(rows.matrix[:, column]))
        values[at[earlier], column] = rows.matrix[earlier, column]
        times[at[earlier], column] = sampled[earlier]
    return values, times, read_at


def names_of(cluster: Cluster, kind: Subject.Kind) -> list[str]:
    """What the subject of this kind that was seen last tells; empty where there is none. Two queries at most."""
    # Of containers the one that was seen first last: of those many ended, and the index tells ids without the rows.
    order = ["-pk"] if kind == Kind.CONTAINER else ["-last_seen", "-pk"]
    found = last_read(Subject.objects.filter(cluster=cluster, kind=kind).order_by(*order).values("pk")[:1])
    return list(found.names) if found else []


def _subjects(what: Asked, span_seconds: int) -> list[tuple[int, str, str]]:
    """One more than are told, where there are more. One query."""
    since = what.now - timedelta(seconds=span_seconds) - MARKED_WITHIN
    if what.kind == Kind.CONTAINER:
        return _with_readings(what, int(since.timestamp()))
    return packed.rows(
        f"SELECT id, key, name FROM {packed.table(Subject)} WHERE cluster_id = %s AND kind = %s "  # noqa: S608  our table
        f"AND last_seen >= %s ORDER BY key LIMIT {MOST_SUBJECTS + 1}",
        [what.cluster.pk, what.kind.value, connection.ops.adapt_datetimefield_value(since)],
    )


def _with_readings(what: Asked, since: int) -> list[tuple[int, str, str]]:
    """The same by their readings: those that ended in a month may be a hundred times as many as there are.

    The cross join keeps SQLite from beginning with them.
    """
    return packed.rows(
        f"SELECT s.id, s.key, s.name FROM (SELECT DISTINCT subject_id FROM {packed.table(Reading)} "  # noqa: S608  our tables
        f"WHERE tick > %s AND tick <= %s) r CROSS JOIN {packed.table(Subject)} s "
        f"WHERE s.id = r.subject_id AND s.cluster_id = %s AND s.kind = %s ORDER BY s.key LIMIT {MOST_SUBJECTS + 1}",
        [since, int(what.now.timestamp()), what.cluster.pk, what.kind.value],
    )
