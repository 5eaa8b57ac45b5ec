"""Swim lanes: for each of several things, the stretches of a window in which it was something. Percent coordinates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAY = timedelta(days=1)
STEPS = (*(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30, 60, 120, 240, 360)), DAY, 2 * DAY, 5 * DAY)
MOST_TIMES = 6
LABEL_ROOM_PERCENT = (5.0, 93.0)
"""A label nearer to an edge would run over it; "now" stands at the right one."""


@dataclass(frozen=True)
class Interval:
    """`look` is one of the bars of static/css/graphics.css: lead, lead2, good, warn, bad, mute, unk, plan."""

    look: str
    begins_at: datetime
    ends_at: datetime
    says: str = ""


@dataclass(frozen=True)
class Bar:
    """`x` and `width` are percents of the lane; `says` is its sentence."""

    look: str
    x: str
    width: str
    says: str


@dataclass(frozen=True)
class Lane:
    """One row: its name, what it is for one who cannot see it, and its bars from left to right."""

    name: str
    sub: str
    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Time:
    """A round time on the axis; its label is empty where there is no room for one."""

    x: str
    label: str


def bars(intervals: Iterable[Interval], begins_at: datetime, ends_at: datetime) -> tuple[Bar, ...]:
    """The intervals cut to the window, in the order of time; those outside of it and those without length are left out."""
    total = (ends_at - begins_at).total_seconds()
    drawn = []
    for interval in sorted(intervals, key=lambda interval: interval.begins_at):
        begin, end = max(interval.begins_at, begins_at), min(interval.ends_at, ends_at)
        if begin < end:
            x, width = (begin - begins_at).total_seconds(), (end - begin).total_seconds()
            drawn.append(Bar(interval.look, _percent(x / total), _percent(width / total), interval.says))
    return tuple(drawn)


def times(begins_at: datetime, ends_at: datetime) -> tuple[Time, ...]:
    """Round times in UTC inside the window, at most six: of day, or days where they are apart so far."""
    span = ends_at - begins_at
    step = next((step for step in STEPS if span / step <= MOST_TIMES), STEPS[-1])
    midnight = begins_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = midnight + ((begins_at - midnight) // step + 1) * step
    found: list[Time] = []
    while first < ends_at and len(found) < MOST_TIMES:
        share = (first - begins_at) / span
        left, right = LABEL_ROOM_PERCENT
        word = f"{first:%-d %b}" if step >= DAY else f"{first:%H:%M}"
        label = word if left < share * 100 < right else ""
        found.append(Time(_percent(share), label))
        first += step
    return tuple(found)


def _percent(share: float) -> str:
    return f"{share * 100:.2f}%"
