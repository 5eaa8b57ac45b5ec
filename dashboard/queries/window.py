"""The time range of a chart, out of an allow-list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dashboard import figures
from dashboard.keeping import kept
from dashboard.tiers import LATEST_SECONDS, Tier

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
LONGER_RANGES = {**RANGES, "7d": timedelta(days=7), "30d": timedelta(days=30)}
"""Of masters and containers."""
ALL_RANGES = {
    **RANGES,
    "48h": timedelta(hours=48),
    **LONG_RANGES,
    "1y": timedelta(days=365),
    "2y": timedelta(days=730),
}
DEFAULT = "24h"
MOST_POINTS, LIMIT = 720, 750
"""Points that a line usually has at most; and those it never has more of."""
EVEN_HOURS = (1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168)
"""Steps of hours fit into days."""
DAY = timedelta(days=1)
MINUTES_5, HOUR = Tier.FIVE_MINUTES.step_seconds, Tier.HOURS.step_seconds


@dataclass(frozen=True)
class Window:
    """From `starts_at` to `ends_at` in even steps; the last step holds `ends_at`."""

    name: str
    starts_at: datetime
    ends_at: datetime
    step_seconds: int
    age: timedelta = timedelta(0)
    """How long ago it ended."""
    tier: Tier = Tier.RAW
    """Of what its steps were made, once they were read: readings, or figures of five minutes or an hour."""

    @property
    def words(self) -> str:
        """The range as people say it: 24 h, not 1 d."""
        return in_words(self.name)

    @property
    def point(self) -> str:
        """What one point of a line is, and out of which figures where these are no readings."""
        mean = f"a point is the mean of {figures.duration(self.step_seconds)}"
        if self.tier is Tier.RAW:
            return mean
        unit = figures.duration(self.tier.step_seconds)
        return mean if self.step_seconds == self.tier.step_seconds else f"{mean}, out of means of {unit}"

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
    """The named range up to now; an unknown name is the default range."""
    chosen = name if name is not None and name in ranges else DEFAULT
    span = ranges[chosen]
    return Window(chosen, now - span, now, step_seconds(span, points=points))


def step_seconds(span: timedelta, *, points: int = MOST_POINTS) -> int:
    """The least even step of which there are no more than so many: of 10 s, of 5 minutes, of hours that fit into days.

    So each holds whole steps of the tier that is read for it.
    """
    seconds = span.total_seconds()
    least = max(10, int(seconds / points))
    for unit, most in ((10, MINUTES_5), (MINUTES_5, HOUR // 2)):
        step = -(-least // unit) * unit
        if step <= most:
            return step
    # A last step that is only begun makes one more than the span has.
    most = points * LIMIT // MOST_POINTS - 2
    return next((hours * HOUR for hours in EVEN_HOURS if seconds <= most * hours * HOUR), EVEN_HOURS[-1] * HOUR)


def before(window: Window, by: timedelta) -> Window:
    """The same range so much earlier."""
    return replace(window, starts_at=window.starts_at - by, ends_at=window.ends_at - by, age=window.age + by)


def fitted(window: Window) -> Window:
    """The window with the tier that it is read from: of the past day raw, of older times the coarsest that its steps allow,
    for a finer one tells no more there and costs more. Where that is not kept for all of it the next, with steps as wide.

    One query; none where all of it is of the last two hours, or it is read from hours.
    """
    oldest = window.ends_at - window.starts_at + window.age
    if oldest.total_seconds() <= LATEST_SECONDS:
        return replace(window, tier=Tier.RAW)
    fitting = [tier for tier in Tier if window.step_seconds % max(1, tier.step_seconds) == 0]
    tier = Tier.RAW if oldest <= DAY else max(fitting)
    if tier is Tier.HOURS:
        return replace(window, tier=tier)
    keeps = kept()
    tier = next((one for one in Tier if one >= tier and keeps.of(one) >= oldest), Tier.HOURS)
    unit = max(1, tier.step_seconds)
    return replace(window, tier=tier, step_seconds=-(-window.step_seconds // unit) * unit)


def in_words(name: str) -> str:
    """24h as 24 h."""
    return f"{name[:-1]}{figures.NO_BREAK}{name[-1]}"
