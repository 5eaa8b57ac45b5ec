"""Small graphics that a table has in each row: drawn where they stand, so that no view needs a loop for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template

from dashboard import figures
from dashboard.charts.ticks import ticks

register = template.Library()

WITHIN = timedelta(hours=24)


@register.inclusion_tag("parts/flips.html")
def flips(moments: Sequence[datetime], now: datetime) -> dict[str, Any]:
    """How often something changed its state in the past 24 h, and when."""
    return {
        "count": len(moments),
        "ticks": ticks([(moment, "warn") for moment in moments], now - WITHIN, now),
        "label": f"{figures.counted(len(moments), 'change')} in 24{figures.NO_BREAK}h",
    }
