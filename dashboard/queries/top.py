"""Which subjects of a kind have most, or least, of something: by value, or by how fast it counts up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from dashboard.models import Poll, Subject
from dashboard.queries import columns
from dashboard.queries.columns import Columns, Values, Whole
from dashboard.queries.latest import LOOKED_BACK, SOURCE_OF, Asked, newest
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
    ticks are missing.

    Ranks of equal value are in the order in which subjects were first seen.
    """
    read = _two_ticks(what)
    ids = _different(np.sort(read.subjects, kind="stable"))  # two sorted runs: next to nothing
    values, times = _rates(read, ids) if rate else _values(read, ids)
    known = np.flatnonzero(~np.isnan(values) & ~np.isnan(what.ages(times)))
    order = known[np.argsort(values[known] if least else -values[known], kind="stable")][:limit]
    told = {pk: (key, name) for pk, key, name in _named(ids[order])}
    ranked = tuple(Ranked(*told[int(ids[at])], float(values[at]), float(times[at])) for at in order if ids[at] in told)
    return Top(ranked, len(ids), len(ids) - len(known))


def _two_ticks(what: Asked) -> Columns:
    """The readings of the newest two ticks: the value, its sample's age, and uptime where there is such.

    Where a tick is missing, older times are looked through, one period after the other.
    """
    held, until, period = columns.layouts_with(what.names), _until(what), what.period_seconds
    names = (*what.names, AGE, *([UPTIME] if any(UPTIME in layout for layout in held.values()) else []))
    read = _between(what, names, held, until - SAMPLES * period, until)
    for periods in range(SAMPLES, LOOKED_BACK + 1):
        if len(_different(read.ticks)) >= SAMPLES:
            break
        earlier = _between(what, names, held, until - (periods + 1) * period, until - periods * period)
        read = columns.joined(earlier, read)
    ticks = _different(read.ticks)
    return read if len(ticks) <= SAMPLES else read.where(read.ticks >= ticks[-SAMPLES])


def _between(what: Asked, names: tuple[str, ...], held: dict[int, list[str]], after: float, until: float) -> Columns:
    return columns.read(what.cluster, what.kind, names, held, after=int(after), until=int(until))


def _until(what: Asked) -> float:
    """Now; where the newest tick is being polled just before it, for half of a fleet is no ranking."""
    since = what.now - timedelta(seconds=what.period_seconds)
    polls = Poll.objects.filter(cluster=what.cluster, source=SOURCE_OF[what.kind], ended_at=None, due_at__gt=since)
    running = polls.order_by("due_at").values_list("due_at", flat=True).first()
    return what.now.timestamp() if running is None else running.timestamp() - 1


def _different(ordered: Whole) -> Whole:
    """Each once."""
    different: Whole = ordered[np.diff(ordered, prepend=-1) != 0]
    return different


def _values(read: Columns, ids: Whole) -> tuple[Values, Values]:
    values, times, _ = newest(Columns(read.subjects, read.ticks, read.matrix[:, :2]), ids)
    return values[:, 0], times[:, 0]


def _rates(read: Columns, ids: Whole) -> tuple[Values, Values]:
    """Per second from each subject's one reading to the other; NaN across a reset, and where there are no two (rises.py)."""
    values, times = np.full(len(ids), np.nan), np.full(len(ids), np.nan)
    ticks = _different(read.ticks)
    if len(ticks) < SAMPLES:
        return values, times
    first, second = (read.where(read.ticks == tick) for tick in ticks)
    both, at, after = np.intersect1d(first.subjects, second.subjects, assume_unique=True, return_indices=True)
    before, later = first.matrix[at], second.matrix[after]
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
