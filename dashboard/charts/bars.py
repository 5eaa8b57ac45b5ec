"""The double bar: what is allocated over what is used, two shares of one total. Never one number alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

LIMIT_RATIO = 0.9
"""From here on a resource is called nearly full: the bar shows the mark and the figure that passed it turns bold."""


@dataclass(frozen=True)
class DoubleBar:
    """Widths as percents of the track, "" for what was not measured; `over` when either passed the limit."""

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
