"""The past day of a unit as a history strip, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dashboard import figures
from dashboard.charts import strip
from dashboard.charts.strip import Block
from dashboard.queries.unit_history import Span

MOST_TOLD = 6


def blocks(day: Sequence[Span], begins_at: datetime, ends_at: datetime) -> list[Block]:
    """The spans with their states' marks."""
    spans = [strip.Span(span.state.mark, span.starts_at, span.ends_at) for span in day]
    return strip.strip(spans, begins_at, ends_at)


def told(day: Sequence[Span], now: datetime) -> str:
    """The latest states in the order of time: Healthy from 02:16:00, Unhealthy from 12:00:00."""
    latest = [f"{span.state.word} from {figures.instant(span.starts_at, now)}" for span in day[-MOST_TOLD:]]
    return ", ".join(latest) or "not known"
