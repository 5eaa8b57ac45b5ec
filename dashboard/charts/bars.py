"""The double bar: what is allocated over what is used, two shares of one total. Never one number alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dashboard.queries.capacity import LIMIT_RATIO


@dataclass(frozen=True)
class DoubleBar:
    """Widths as percents of the track, "" for what was not measured.

    `over` when either reached the limit: then it is drawn, and the figure turns bold.
    """

    allocated: float | None
    used: float | None
    allocated_width: str
    used_width: str
    allocated_over: bool
    used_over: bool
    limit_x: str = f"{LIMIT_RATIO:.0%}"

    @property
    def over(self) -> bool:
        return self.allocated_over or self.used_over


def double_bar(allocated: float | None, used: float | None) -> DoubleBar:
    """Both as ratios 0…1 of the total; a bar longer than its track is cut, its figure is not."""
    return DoubleBar(
        allocated=allocated,
        used=used,
        allocated_width=_width(allocated),
        used_width=_width(used),
        allocated_over=allocated is not None and allocated >= LIMIT_RATIO,
        used_over=used is not None and used >= LIMIT_RATIO,
    )


def _width(ratio: float | None) -> str:
    if ratio is None or math.isnan(ratio):
        return ""
    return f"{min(max(ratio, 0.0), 1.0) * 100:.1f}%"
