"""How fast filesystems grow and when they are full at that pace, out of a few readings of each over the past hours.

The pace is the median of the slopes between every two of them (Theil–Sen): one odd reading, or one file that came and went,
does not bend it. It is no forecast: it says what would be if the past hours went on. Where less than nine tenths of the
slopes go the same way there is no day on which it is full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from dashboard.models import Filesystem, Subject
from dashboard.queries import stored
from dashboard.queries.window import in_words

OVER = {"6h": timedelta(hours=6), "24h": timedelta(hours=24), "48h": timedelta(hours=48)}
"""Over which time a pace may be asked for: readings of filesystems are kept no longer."""
DEFAULT = "24h"
USED = "used_bytes"
LOOKS = 8
"""So many readings of each filesystem are looked at beside its present: thousands of filesystems have millions of them."""
LOOK_SECONDS = 3600
"""Looks are taken at whole hours: whatever the period in which machines are asked, it has a tick there."""
LEAST = timedelta(hours=6)
"""A pace out of less than this is not told."""
DAY_SECONDS = 86_400.0
AT_ONCE, MOST_HOSTS = 5_000, 200
LONGEST_NAME = 500
"""Paths are kept so long in the names of subjects."""
Values = NDArray[np.float64]
LONGEST_DAYS = 365.0
"""What is full later than this is not in sight."""
RANKS = (0.1, 0.5, 0.9)
LEVEL_RATIO = 0.0005
"""A filesystem that grows by less than this part of its size a day stands still: what is written and deleted makes as much."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast one filesystem grows. `why` says why there is no pace, or no day on which it is full."""

    bytes_per_day: float | None
    days_to_full: float | None
    """Until what its users may have is used up, at that pace; None unless that is within a year."""
    why: str


def asked(name: str | None) -> str:
    """The time that was asked for, out of the allow-list."""
    return name if name is not None and name in OVER else DEFAULT


def of(rows: Sequence[Filesystem], now: datetime, over: str) -> dict[int, Pace]:
    """The pace of each of these filesystems, by its id; their machines are loaded. Three queries up to 5,000 of them."""
    if not rows:
        return {}
    ticks = _looks(now, OVER[over])
    subjects = _subjects(rows)
    # No subject has the id 0: a filesystem without one was never read.
    known = [subjects.get((row.machine.host, row.path[:LONGEST_NAME]), 0) for row in rows]
    present = np.array([[row.used_bytes] for row in rows], dtype=np.float64)
    moments = np.array([[row.measured_at.timestamp()] for row in rows])
    times = np.hstack([np.tile(np.array(ticks, dtype=np.float64), (len(rows), 1)), moments])
    found = slopes(times, np.hstack([_looked(known, ticks), present]))
    return {row.pk: _pace(row, place, found) for place, row in enumerate(rows)}


@dataclass(frozen=True)
class Slopes:
    """Of each row of values the slopes between every two of them: median, tenth and ninetieth percent, and the time from
    its first value to its last. NaN and 0 where there are less than two."""

    median: Values
    low: Values
    high: Values
    spans: Values


def slopes(times: Values, values: Values) -> Slopes:
    pairs = [
        (values[:, later] - values[:, first]) / (times[:, later] - times[:, first])
        for first, later in combinations(range(values.shape[1]), 2)
    ]
    found = np.array(pairs).T.reshape(len(values), len(pairs))
    several = np.isfinite(found).any(axis=1)
    ranked, spans = np.full((3, len(values)), np.nan), np.zeros(len(values))
    if several.any():
        ranked[:, several] = _ranked(found[several])
        known = np.where(np.isnan(values), np.nan, times)[several]
        spans[several] = np.nanmax(known, axis=1) - np.nanmin(known, axis=1)
    return Slopes(low=ranked[0], median=ranked[1], high=ranked[2], spans=spans)


def _ranked(values: Values) -> Values:
    """Of each row the value at a tenth, at half and at nine tenths of those that are known, the lower where two are as near:
    numpy's own percentiles take the rows one by one where some are NaN."""
    ordered = np.sort(values, axis=1)
    last = np.isfinite(values).sum(axis=1) - 1
    rows = np.arange(len(values))
    return np.array([ordered[rows, (last * share).astype(int)] for share in RANKS])


def _pace(row: Filesystem, place: int, found: Slopes) -> Pace:
    per_day = float(found.median[place]) * DAY_SECONDS
    low, high = float(found.low[place]) * DAY_SECONDS, float(found.high[place]) * DAY_SECONDS
    used, free = row.used_bytes or 0.0, row.free_bytes or 0.0
    if found.spans[place] < LEAST.total_seconds():
        return Pace(bytes_per_day=None, days_to_full=None, why=f"known after {in_words('6h')} of figures")
    level = LEVEL_RATIO * (used + free)
    if max(abs(low), abs(high)) < level:
        why = "stands still"
    elif low < 0 < high:
        why = "goes up and down"
    elif per_day < level:
        why = "shrinks" if per_day <= -level else "stands still"
    else:
        days = free / per_day
        why = "" if days <= LONGEST_DAYS else "not within a year"
        return Pace(bytes_per_day=per_day, days_to_full=None if why else days, why=why)
    return Pace(bytes_per_day=per_day, days_to_full=None, why=why)


def _looks(now: datetime, over: timedelta) -> list[int]:
    """When to look, oldest first: evenly over the time, the first of them no later than its beginning."""
    moments = [now - over * (LOOKS - look) / LOOKS for look in range(LOOKS)]
    return sorted({int(moment.timestamp()) // LOOK_SECONDS * LOOK_SECONDS for moment in moments})


def _subjects(rows: Sequence[Filesystem]) -> dict[tuple[str, str], int]:
    """The subject of each by host and path. One query."""
    machine = rows[0].machine
    found = Subject.objects.filter(cluster=machine.cluster_id, kind=Subject.Kind.FILESYSTEM)
    hosts = {row.machine.host for row in rows}
    if len(hosts) <= MOST_HOSTS:
        found = found.filter(parent__key__in=hosts)
    return {(host, path): pk for host, path, pk in found.values_list("parent__key", "name", "pk")}


def _looked(subjects: Sequence[int], ticks: Sequence[int]) -> Values:
    """What each used at the ticks, a row for each in their order, NaN where it was not measured. Two queries for each 5,000
    of them."""
    rows = {subject: place for place, subject in enumerate(subjects)}
    looked = np.full((len(subjects), len(ticks)), np.nan)
    for begin in range(0, len(subjects), AT_ONCE):
        for found in stored.at(subjects[begin : begin + AT_ONCE], ticks, [USED]):
            used = found.column(USED, "last")
            if used is not None:
                known, places = np.unique(found.subjects, return_inverse=True)
                of = np.array([rows[subject] for subject in known.tolist()], dtype=np.int64)[places]
                looked[of, np.searchsorted(ticks, found.ticks)] = used
    return looked
