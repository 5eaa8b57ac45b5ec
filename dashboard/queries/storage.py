"""How large the store is, how fast it grows, and when its disk is full at that pace (store/sizes.py measures it).

The pace is the median of the slopes between every two days of the last thirty, as of filesystems (growth.py). Less than seven
days tell no pace: a past that nobody measured is not made up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from dashboard.models import StoredSize
from dashboard.queries import growth

Part = StoredSize.Part
HISTORY = timedelta(days=90)
PACE_OVER = timedelta(days=30)
LEAST = timedelta(days=7)
DAY_SECONDS = 86_400.0
LEVEL_RATIO = 0.0005
"""What changes by less than this part of itself a day stands still."""
LONGEST_DAYS = 3650.0
OLD = timedelta(hours=3)
"""The whole is measured hourly: what is older is told to be."""


@dataclass(frozen=True)
class Pace:
    """Bytes a day: the median, and what nine tenths of the slopes are above and below."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Full:
    """In how many days there is no more room, the soonest and the latest; both None where `why` says why not."""

    soonest_days: float | None = None
    latest_days: float | None = None
    """None beside a soonest: not in sight at the slower pace."""
    why: str = ""


@dataclass(frozen=True)
class Storage:
    """What is known of the store's size. All parts are as last measured, at a time of their own."""

    parts: Mapping[str, StoredSize]
    paces: Mapping[str, Pace]
    """Of the parts whose sizes are known over `LEAST`."""
    days: Sequence[tuple[date, int]]
    """The whole, day by day, oldest first; days on which nothing was measured are left out."""

    @property
    def all(self) -> StoredSize | None:
        return self.parts.get(Part.ALL)

    @property
    def room_bytes(self) -> int | None:
        """What the store may grow to: itself and what is free on its disk. None where the disk is not known from here."""
        free = self.parts.get(Part.DISK_FREE)
        # A disk that was not looked at with the whole is of another place or time.
        if self.all is None or free is None or free.measured_at != self.all.measured_at:
            return None
        return self.all.bytes + free.bytes

    @property
    def full(self) -> Full:
        if self.all is None:
            return Full(why="not measured yet")
        if self.room_bytes is None:
            return Full(why="how much is free is not known from here")
        pace = self.paces.get(Part.ALL)
        if pace is None:
            return Full(why=f"not known yet: it takes {LEAST.days} days of sizes")
        return _full(self.room_bytes - self.all.bytes, pace, self.all.bytes)

    def is_old(self, now: datetime) -> bool:
        return self.all is not None and now - self.all.measured_at > OLD


def look(now: datetime) -> Storage:
    """One query."""
    found = StoredSize.objects.filter(day__gt=(now - HISTORY).date(), day__lte=now.date()).order_by("day")
    by_part: dict[str, list[StoredSize]] = defaultdict(list)
    for row in found:
        by_part[row.part].append(row)
    return Storage(
        {part: rows[-1] for part, rows in by_part.items()},
        _paces(by_part, now),
        [(row.day, row.bytes) for row in by_part.get(Part.ALL, [])],
    )


def _paces(by_part: Mapping[str, Sequence[StoredSize]], now: datetime) -> dict[str, Pace]:
    recent = {part: [row for row in rows if now - row.measured_at <= PACE_OVER] for part, rows in by_part.items()}
    known = {part: rows for part, rows in recent.items() if _span(rows) >= LEAST}
    if not known:
        return {}
    longest = max(map(len, known.values()))
    times, values = np.full((2, len(known), longest), np.nan)
    for place, rows in enumerate(known.values()):
        times[place, : len(rows)] = [row.measured_at.timestamp() for row in rows]
        values[place, : len(rows)] = [row.bytes for row in rows]
    found = growth.slopes(times, values)
    ranked = zip(found.median.tolist(), found.low.tolist(), found.high.tolist(), strict=True)
    return {part: Pace(*(slope * DAY_SECONDS for slope in slopes)) for part, slopes in zip(known, ranked, strict=True)}


def _span(rows: Sequence[StoredSize]) -> timedelta:
    return rows[-1].measured_at - rows[0].measured_at if rows else timedelta(0)


def _full(free: float, pace: Pace, size: float) -> Full:
    if free <= 0:
        return Full(0.0, 0.0)
    level = LEVEL_RATIO * size
    if pace.high < level:
        return Full(why="not in sight: it does not grow")
    soonest = free / pace.high
    if soonest > LONGEST_DAYS:
        return Full(why="not in sight: not within 10 years")
    if pace.median < level:
        return Full(why="not in sight: it goes up and down")
    latest = free / pace.low if pace.low > 0 else None
    return Full(soonest, latest if latest is not None and latest <= LONGEST_DAYS else None)
