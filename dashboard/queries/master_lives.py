"""What the masters measured and counted in the past hour, each life of each process by itself.

Counters are never subtracted across two lives: a new leader counts from nothing, and so does a master that restarted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from collectors.records import place
from dashboard.models import Cluster, Subject
from dashboard.queries import recent_readings
from dashboard.queries.recent_readings import Readings

HOUR = timedelta(hours=1)

COUNTERS = (
    *(f"master/tasks_{end}" for end in ("finished", "failed", "killed", "error", "lost")),
    *(f"master/tasks_{end}" for end in ("dropped", "gone", "gone_by_operator")),
    *("master/slave_removals", "master/slave_removals/reason_unregistered"),
    *("master/slave_removals/reason_registered", "master/dropped_messages", "registrar/state_store_ms/count"),
)
GAUGES = (
    *("master/tasks_running", "master/tasks_staging", "master/tasks_unreachable"),
    *("master/slaves_active", "master/outstanding_offers", "registrar/queued_operations"),
    *(
        "registrar/state_store_ms",
        "registrar/state_store_ms/p99",
        "registrar/log/recovered",
        "allocator/mesos/allocation_run_ms/p99",
    ),
)
NAMES = (*COUNTERS, *GAUGES)
COLUMNS = {name: place for place, name in enumerate(NAMES)}


@dataclass(frozen=True)
class Life:
    """One life of a master's process: where it runs, and when it started where its uptime told."""

    place: str
    started_at: datetime | None


@dataclass(frozen=True)
class Lives:
    """The lives that were seen in the hour before `now`, and their readings in the order of life and time."""

    now: datetime
    lives: tuple[Life, ...]
    readings: Readings

    def latest(self, place: str) -> Mapping[str, float | None]:
        """What the master there said last, by name; None where its version does not tell. Empty where it said nothing."""
        present = self._present(place)
        if present is None:
            return {}
        last = self.readings.values[self.readings.places == present][-1]
        return {name: None if np.isnan(value) else float(value) for name, value in zip(NAMES, last, strict=True)}

    def starts(self, place: str, within: timedelta) -> int:
        """How many lives began there within so long before now."""
        began = [life.started_at for life in self.lives if life.place == place and life.started_at is not None]
        return sum(at > self.now - within for at in began)

    def rise(self, name: str, within: timedelta) -> float | None:
        """How much a counter rose in so long before now, all lives together; None where that cannot be told.

        What a life that began meanwhile had counted when it was first seen is part of it.
        """
        known = [
            rise
            for values, begins in self._windows(name, within)
            if (rise := _rise(values, from_zero=begins)) is not None
        ]
        return sum(known) if known else None

    def growth(self, place: str, name: str, within: timedelta) -> float | None:
        """By how much a gauge of the master there is above what it was so long ago, or when this life was first seen."""
        present = self._present(place)
        if present is None:
            return None
        values = self._values(present, name, within)
        return float(values[-1] - values[0]) if len(values) else None

    def told(self, name: str) -> bool:
        """Whether any master told this number at all in the hour."""
        return not bool(np.isnan(self.readings.values[:, COLUMNS[name]]).all())

    def _present(self, place: str) -> int | None:
        """The life there that was heard of last."""
        last = {
            number: int(ticks.max())
            for number, life in enumerate(self.lives)
            if life.place == place and len(ticks := self.readings.ticks[self.readings.places == number])
        }
        return max(last, key=lambda number: last[number]) if last else None

    def _windows(self, name: str, within: timedelta) -> list[tuple[NDArray[np.float64], bool]]:
        """Of each life the values in the window, and whether it began in it."""
        since = self.now - within
        return [
            (self._values(number, name, within), life.started_at is not None and life.started_at > since)
            for number, life in enumerate(self.lives)
        ]

    def _values(self, number: int, name: str, within: timedelta) -> NDArray[np.float64]:
        since = int((self.now - within).timestamp())
        rows = (self.readings.places == number) & (self.readings.ticks >= since)
        values: NDArray[np.float64] = self.readings.values[rows, COLUMNS[name]]
        return values[~np.isnan(values)]


def _rise(values: NDArray[np.float64], *, from_zero: bool) -> float | None:
    """The sum of the rises; after a fall the new value itself, for it counts from zero."""
    if from_zero and len(values):
        values = np.concatenate([[0.0], values])
    if len(values) < 2:
        return None
    steps = np.diff(values)
    return float(np.where(steps >= 0, steps, values[1:]).sum())


def of(cluster: Cluster, now: datetime) -> Lives:
    """Three queries."""
    found = recent_readings.of_kind(cluster, Subject.Kind.MASTER, NAMES, now - HOUR, now)
    return Lives(now, tuple(_life(named.key) for named in found.subjects), found)


def _life(key: str) -> Life:
    """A life by its subject's key, host:port@start, where a start of 0 is not known."""
    address, _, start = key.rpartition("@")
    host, _, port = address.rpartition(":")
    seconds = int(start) if start.isdecimal() else 0
    started_at = datetime.fromtimestamp(seconds, UTC) if seconds else None
    return Life(place(host, int(port)) if port.isdecimal() else address, started_at)
