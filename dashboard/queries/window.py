"""The time range of a chart, out of an allow-list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard import figures

RANGES = {
    "1h": timedelta(hours=1),
    "3h": timedelta(hours=3),
    "6h": timedelta(hours=6),
    "12h": timedelta(hours=12),
    "24h": timedelta(hours=24),
}
DEFAULT = "24h"
MOST_POINTS = 720
"""Points a line may have; steps are chosen so that no range has more."""


@dataclass(frozen=True)
class Window:
    """From `starts_at` to `ends_at` in even steps; the last step holds `ends_at`."""

    name: str
    starts_at: datetime
    ends_at: datetime
    step_seconds: int

    @property
    def words(self) -> str:
        """The range as people say it: 24 h, not 1 d."""
        return f"{self.name.removesuffix('h')}{figures.NO_BREAK}h"

    @property
    def steps(self) -> int:
        return (int(self.ends_at.timestamp()) - self.first_tick) // self.step_seconds + 1

    @property
    def first_tick(self) -> int:
        return int(self.starts_at.timestamp()) // self.step_seconds * self.step_seconds

    def moment(self, step: int) -> datetime:
        """When a step begins."""
        return datetime.fromtimestamp(self.first_tick + step * self.step_seconds, UTC)


def of(name: str | None, now: datetime, *, points: int = MOST_POINTS) -> Window:
    """The named range up to now; an unknown name is the default range. Steps are whole multiples of 10 s."""
    chosen = name if name in RANGES else DEFAULT
    span = RANGES[chosen]
    step_seconds = max(10, -(-int(span.total_seconds() / points) // 10) * 10)
    return Window(chosen, now - span, now, step_seconds)
