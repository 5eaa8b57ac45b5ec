"""Which subjects of a kind have most, or least, of something: by value, or by how fast it counts up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.models import Subject
from dashboard.queries import columns
from dashboard.queries.columns import Columns, Values, Whole
from dashboard.queries.latest import LOOKED_BACK, Asked, newest
from dashboard.queries.settled import Polls, Recent
from dashboard.rises import AGE, UPTIME

SAMPLES = 2


@dataclass(frozen=True)
class Ranked:
    key: str
    name: str
    value: float
    time: float
    """When it was true, in seconds since 1970; of a rate when the later sample was."""


@dataclass(frozen=True)
class Top:
    ranked: tuple[Ranked, ...]
    count: int
    """Subjects with a reading at one of the two ticks."""
    unknown: int
    """Those of them that have no value, no rate, or none of the present."""


def of_kind(what: Asked, *, rate: bool, least: bool, limit: int) -> Top:
    """Ranked by the only name that is asked for, at the newest two ticks that are whole. Four queries, one or two more where
    ticks are missing; two where these are remembered.

    Ranks of equal value are in the order in which subjects were first seen.
    """
    read = _two_ticks(what)
    ids = _different(np.sort(read.subjects, kind="stable"))  # two sorted runs: next to nothing
    values, times = _rates(read, ids) if rate else _values(read, ids)
    known = np.flatnonzero(~np.isnan(values) & ~np.isnan(what.ages(times)))
    order = known[_least(values[known] if least else -values[known], limit)]
    told = {pk: (key, name) for pk, key, name in _named(ids[order])}
    ranked = tuple(Ranked(*told[int(ids[at])], float(values[at]), float(times[at])) for at in order if ids[at] in told)
    return Top(ranked, len(ids), len(ids) - len(known))


def _two_ticks(what: Asked) -> Columns:
    """The readings of the newest two ticks: the value, its sample's age, and uptime, NaN where there is no such.

    Where a tick is missing, older times are looked through, one period after the other.
    """
    period, polls = what.period_seconds, what.polls()
    until, names = _until(what, polls), (*what.names, AGE, UPTIME)
    recent = Recent(what.cluster, what.kind, names, what.names, period, polls)
    read = recent.read(until - SAMPLES * period, until)
    for periods in range(SAMPLES, LOOKED_BACK + 1):
        if len(_different(read.ticks)) >= SAMPLES:
            break
        earlier = recent.read(int(until - (periods + 1) * period), int(until - periods * period))
        read = columns.joined(earlier, read)
    ticks = _different(read.ticks)
    return read if len(ticks) <= SAMPLES else read.where(read.ticks >= ticks[-SAMPLES])


def _until(what: Asked, polls: Polls) -> float:
    """Now; where the newest tick is being polled just before it, for half of a fleet is no ranking."""
    now = what.now.timestamp()
    due = (due_at.timestamp() for due_at in polls.running)
    running = min((at for at in due if at > now - what.period_seconds), default=None)
    return now if running is None else running - 1


def _different(ordered: Whole) -> Whole:
    """Each once."""
    different: Whole = ordered[np.diff(ordered, prepend=-1) != 0]
    return different


def _least(values: Values, limit: int) -> Whole:
    """Places of the least values, the first of equal ones first. To sort all of them costs ten times as much."""
    places = np.arange(len(values))
    if len(values) > limit:
        places = np.flatnonzero(values <= np.partition(values, limit - 1)[limit - 1])
    order: Whole = places[np.argsort(values[places], kind="stable")][:limit]
    return order


def _values(read: Columns, ids: Whole) -> tuple[Values, Values]:
    values, times, _ = newest(Columns(read.subjects, read.ticks, read.matrix[:, :2]), ids)
    return values[:, 0], times[:, 0]


def _rates(read: Columns, ids: Whole) -> tuple[Values, Values]:
    """Per second from each subject's one reading to the other; NaN across a reset, and where there are no two (rises.py)."""
    values, times = np.full(len(ids), np.nan), np.full(len(ids), np.nan)
    ticks = _different(read.ticks)
    if len(ticks) < SAMPLES:
        return values, times
    begins = int(np.searchsorted(read.ticks, ticks[1]))
    first, second = read.where(slice(begins)), read.where(slice(begins, None))
    both, before, later = first.subjects, first.matrix, second.matrix
    if not np.array_equal(both, second.subjects):
        both, at, after = np.intersect1d(both, second.subjects, assume_unique=True, return_indices=True)
        before, later = before[at], later[after]
    sampled = ticks[1] - np.nan_to_num(later[:, 1])
    rise, seconds = later[:, 0] - before[:, 0], sampled - (ticks[0] - np.nan_to_num(before[:, 1]))
    fell = np.any(later[:, 2:] < before[:, 2:], axis=1)  # uptime, where there is such
    steady = (rise >= 0) & (seconds > 0) & ~fell
    places = np.searchsorted(ids, both)
    values[places[steady]] = rise[steady] / seconds[steady]
    times[places] = sampled
    return values, times


def _named(ids: Whole) -> list[tuple[int, str, str]]:
    return list(Subject.objects.filter(pk__in=ids.tolist()).values_list("pk", "key", "name"))
