"""When a rule fired, as a history strip: a warning is higher than nothing, a critical alert is higher still."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from dashboard import figures
from dashboard.charts import strip
from dashboard.charts.strip import Block, Span
from dashboard.hostile_text import visible
from dashboard.models.rules import Severity
from dashboard.queries.alert_history import Past

LOOKS = {Severity.WARNING: "warn", Severity.CRITICAL: "bad"}
QUIET = "quiet"
"""Nothing fired: that is not to say that all was well."""
NARROWEST_SHARE = 0.006
"""An episode of seconds is still seen in a strip of days."""


def blocks(past: Past, begins_at: datetime, now: datetime) -> list[Block]:
    """The window from left to right; where the rule was not watched as it is now it is hatched."""
    return strip.strip(_spans(past, begins_at, now), begins_at, now)


def _spans(past: Past, begins_at: datetime, now: datetime) -> Iterator[Span]:
    least = (now - begins_at) * NARROWEST_SHARE
    reached = past.known_from
    for episode in past.episodes:
        end = episode.ends_at or now
        begin = max(reached, min(episode.begins_at, end - least, now - least))
        if begin > reached:
            yield Span(QUIET, reached, begin)
        end = max(end, begin + least)
        if end > begin:
            yield Span(LOOKS[episode.severity], begin, end)
        reached = max(reached, end)
    if reached < now:
        yield Span(QUIET, reached, now)


def says(past: Past) -> str:
    """The strip in a sentence."""
    name = visible(past.rule.name, one_line=True)
    if not past.episodes:
        return f"{name}: nothing fired"
    return f"{name}: {figures.counted(len(past.episodes), 'episode')}, fired for {figures.duration(past.firing)} in all"
