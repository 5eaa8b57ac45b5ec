"""The time range of a chart, out of an allow-list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from django.conf import settings

from dashboard import figures

RANGES = {
    "1h": timedelta(hours=1),
    "3h": timedelta(hours=3),
    "6h": timedelta(hours=6),
    "12h": timedelta(hours=12),
    "24h": timedelta(hours=24),
}
LONG_RANGES = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
"""Of totals alone: those of a cluster, its zones, roles and frameworks are kept for so long."""
DEFAULT = "24h"
MOST_POINTS = 720
"""Points a line may have; steps are chosen so that no range has more."""
DENSE, LONG = timedelta(hours=12), timedelta(hours=48)
"""Over more than these not every reading of a total is looked at: of thousands, one in two minutes or in five makes the same
line."""
DAY_SECONDS, FINE_SECONDS, COARSE_SECONDS = 120, 300, 3600
"""The last two are how far apart thinned readings are (store/thinning.py)."""


@dataclass(frozen=True)
class Window:
    """From `starts_at` to `ends_at` in even steps; the last step holds `ends_at`."""

    name: str
    starts_at: datetime
    ends_at: datetime
    step_seconds: int
    sample_seconds: int = 0
    """One reading in so many seconds is looked at, the first; 0: all."""

    @property
    def words(self) -> str:
        """The range as people say it: 24 h, not 1 d."""
        return in_words(self.name)

    @property
    def steps(self) -> int:
        return (int(self.ends_at.timestamp()) - self.first_tick) // self.step_seconds + 1

    @property
    def first_tick(self) -> int:
        return int(self.starts_at.timestamp()) // self.step_seconds * self.step_seconds

    def moment(self, step: int) -> datetime:
        """When a step begins."""
        return datetime.fromtimestamp(self.first_tick + step * self.step_seconds, UTC)


def of(
    name: str | None, now: datetime, *, points: int = MOST_POINTS, ranges: Mapping[str, timedelta] = RANGES
) -> Window:
    """The named range up to now; an unknown name is the default range.

    Steps are whole multiples of 10 s, and of what lies between two readings where of totals not all are kept or looked at.
    """
    chosen = name if name is not None and name in ranges else DEFAULT
    span = ranges[chosen]
    sample = sample_seconds(span, span) if ranges is LONG_RANGES else 0
    unit = sample or 10
    step_seconds = max(unit, -(-int(span.total_seconds() / points) // unit) * unit)
    return Window(chosen, now - span, now, step_seconds, sample)


def before(window: Window, by: timedelta) -> Window:
    """The same range so much earlier, in steps no finer than what is still kept of it."""
    span = window.ends_at - window.starts_at
    sample = sample_seconds(span, span + by)
    earlier = replace(window, starts_at=window.starts_at - by, ends_at=window.ends_at - by, sample_seconds=sample)
    return replace(earlier, step_seconds=max(window.step_seconds, sample))


def sample_seconds(span: timedelta, age: timedelta) -> int:
    """How far apart the readings of totals are that a line over `span` needs, the oldest of which is of that age."""
    if span > timedelta(days=settings.TOTALS_FINE_DAYS) or age > timedelta(days=settings.TOTALS_FINE_DAYS):
        return COARSE_SECONDS
    if span >= LONG_RANGES["30d"]:
        return COARSE_SECONDS
    if span > LONG or age > timedelta(hours=settings.READINGS_KEPT_HOURS):
        return FINE_SECONDS
    return DAY_SECONDS if span > DENSE else 0


def in_words(name: str) -> str:
    """24h as 24 h."""
    return f"{name[:-1]}{figures.NO_BREAK}{name[-1]}"
