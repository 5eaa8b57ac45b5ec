"""The states of an agent as a history strip, and the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dashboard import figures
from dashboard.charts import strip
from dashboard.charts.strip import Block
from dashboard.queries import agent_states
from dashboard.queries.agent_states import Stretch
from dashboard.queries.window import Window

MOST_TOLD = 6


def blocks(found: Sequence[Stretch], window: Window) -> list[Block]:
    spans = [strip.Span(one.state.mark, one.begins_at, one.ends_at) for one in found]
    return strip.strip(spans, window.starts_at, window.ends_at)


def title(found: Sequence[Stretch]) -> str:
    """How much of the known time it was active, and how often that changed."""
    ratio, changes = agent_states.active_ratio(found), max(0, len(found) - 1)
    if ratio is None:
        return "not known in this time"
    return f"active for {figures.percent(ratio)} of the time that is known; {figures.counted(changes, 'change')}"


def told(found: Sequence[Stretch], now: datetime) -> str:
    """The latest states in the order of time."""
    latest = [f"{one.state.word} from {figures.instant(one.begins_at, now)}" for one in found[-MOST_TOLD:]]
    return ", ".join(latest) or "not known"
