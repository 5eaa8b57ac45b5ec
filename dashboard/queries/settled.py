"""Columns of the newest readings of a kind, of which those that are settled are read once and remembered.

Time is looked at in stretches of one period. What polls wrote into a stretch changes no more once all of them have ended; it
is remembered under these polls, so that a stretch that is polled again, or whose poll another worker ended, is read anew. A
stretch without any polls, as the demo's past is, is read each time. Behind the newest poll there is nothing yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, reduce
from itertools import pairwise
from operator import itemgetter

import numpy as np
from django.db import connection

from collectors.sources import SOURCES_BY_NAME
from dashboard import pace, statements
from dashboard.models import Cluster, Poll, Subject
from dashboard.queries import columns
from dashboard.queries.columns import Columns
from dashboard.remembered import Remembered

MOST_BYTES = 32 << 20
"""A tick of 20,000 containers is 0.8 MB of it for each metric that was asked for."""
REMEMBERED: Remembered[Settled] = Remembered(MOST_BYTES)
Marks = tuple[tuple[int, int, object], ...]
"""Polls: which each is, whose claim ended it, and when that was, as the database tells it; None where it has not."""
TOLD = ("id", "fence", "ended_at", "due_at", "period_seconds")
"""Of a poll."""


@dataclass(frozen=True)
class Polls:
    """The polls of one source of a cluster that run, or ended of late."""

    by_tick: Mapping[int, Marks]
    running: tuple[datetime, ...]
    """When those were due that have not ended."""

    def may_have_brought(self, begin: int) -> bool:
        """Whether anything can have been written into what begins then. Without a poll of late nobody knows."""
        return not self.by_tick or begin <= max(self.by_tick)

    def ended(self, begin: int, end: int) -> Marks:
        """The polls whose ticks are from the one moment to before the other; empty unless all of them have ended."""
        marks = tuple(mark for tick in sorted(self.by_tick) if begin <= tick < end for mark in self.by_tick[tick])
        return marks if all(ended_at is not None for *_, ended_at in marks) else ()


def polls(cluster: Cluster, source: str, since: float) -> Polls:
    """One query."""
    moment = connection.ops.adapt_datetimefield_value(datetime.fromtimestamp(since, UTC))
    lately = "(a.ended_at IS NULL OR a.ended_at > %s)"
    found = statements.told(Poll, TOLD, lately, [moment], opaque=("ended_at",), cluster_id=cluster.pk, source=source)
    by_tick: dict[int, Marks] = {}
    running = []
    for pk, fence, ended_at, due_at, period_seconds in sorted(found, key=itemgetter(0)):
        period = period_seconds or SOURCES_BY_NAME[source].period_seconds
        tick = pace.slot_start(due_at.timestamp(), period)
        by_tick[tick] = (*by_tick.get(tick, ()), (pk, fence, ended_at))
        if ended_at is None:
            running.append(due_at)
    return Polls(by_tick, tuple(running))


@dataclass(frozen=True)
class Settled:
    """The readings of a stretch from a tick on."""

    first: int
    found: Columns


@dataclass(frozen=True)
class Recent:
    """Columns of the readings of a kind, read or remembered."""

    cluster: Cluster
    kind: Subject.Kind
    names: tuple[str, ...]
    telling: tuple[str, ...]
    """Those of them of which a reading must hold one."""
    period_seconds: int
    polls: Polls
    ids: Sequence[int] | None = None
    """All subjects that may have a reading, where these are few: then the database looks for theirs alone."""

    def read(self, after: float, until: float) -> Columns:
        """The readings of ticks after the one moment and until the other. A query, and one for each time on end that is not
        remembered; none where all of it is."""
        first, last = int(after) + 1, int(until)
        known: dict[int, Columns] = {}
        missing: list[int] = []
        for begin, settled in self._stretches(first, last):
            if settled is None:
                missing.append(begin)
            else:
                known[begin] = settled.found
        for begin, end in self._on_end(missing):
            known |= self._read(max(first, begin), begin, end)
        nothing = columns.ordered([], len(self.names))
        every = reduce(columns.joined, [known[begin] for begin in sorted(known)], nothing)
        return every.where(slice(*np.searchsorted(every.ticks, [first, last + 1]).tolist()))

    def version(self, after: float, until: float) -> tuple[object, ...] | None:
        """What `read` tells depends on nothing else; None where some of it is not remembered. No query."""
        first, last = int(after) + 1, int(until)
        told: list[object] = []
        for begin, settled in self._stretches(first, last):
            if settled is None:
                return None
            cuts = np.searchsorted(settled.found.ticks, [first, last + 1]).tolist()
            told.append((self._key(begin), settled.first, *cuts))
        return tuple(told) or None

    def _stretches(self, first: int, last: int) -> Iterator[tuple[int, Settled | None]]:
        """The beginning of each in which anything may be, and what is remembered of it if that reaches back to the first tick."""
        for begin in range(pace.slot_start(first, self.period_seconds), last + 1, self.period_seconds):
            if self.polls.may_have_brought(begin):
                settled = self._remembered(begin)
                yield begin, settled if settled is not None and settled.first <= max(first, begin) else None

    def _on_end(self, begins: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Of stretches, in order, the beginning and the end of those that follow each other."""
        apart = [at for at in range(1, len(begins)) if begins[at] - begins[at - 1] > self.period_seconds]
        for at, to in pairwise([0, *apart, len(begins)] if begins else []):
            yield begins[at], begins[to - 1] + self.period_seconds

    def _read(self, first: int, begin: int, end: int) -> dict[int, Columns]:
        """By stretch, from the first tick on that is wanted, what is between two moments. One query, and that of the layouts."""
        if self.ids is None:
            span = {"after": first - 1, "until": end - 1}
            found = columns.read(self.cluster, self.kind, self.names, self._layouts, **span)
        else:
            found = columns.read_of(self.ids, self.names, self._layouts, after=first - 1, until=end - 1)
        begins = range(begin, end, self.period_seconds)
        cuts = np.searchsorted(found.ticks, [*begins, end]).tolist()
        # A copy: a part of it would hold all of it.
        parts = {at: found.where(np.arange(*cut)) for at, cut in zip(begins, pairwise(cuts), strict=True)}
        for at, part in parts.items():
            self._remember(at, Settled(max(first, at), part))
        return parts

    @cached_property
    def _layouts(self) -> Mapping[int, Sequence[str]]:
        return columns.layouts_with(self.telling)

    def _remembered(self, begin: int) -> Settled | None:
        key = self._key(begin)
        return None if key is None else REMEMBERED.get(key)

    def _remember(self, begin: int, settled: Settled) -> None:
        key = self._key(begin)
        if key is not None:
            REMEMBERED.put(key, settled, settled.found.size_bytes)

    def _key(self, begin: int) -> tuple[object, ...] | None:
        """Under what a stretch is remembered; None where it is not settled."""
        marks = self.polls.ended(begin, begin + self.period_seconds)
        asked = (self.cluster.pk, self.kind.value, self.names, self.telling)
        return (*asked, begin, self.period_seconds, marks) if marks else None
