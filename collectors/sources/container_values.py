"""What a single number or time of a container must be to be believed."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import msgspec

from collectors.decoding import LARGEST_VALUE, Dropped, count, number
from collectors.errors import Outcome
from collectors.metrics import CONTAINER_METRICS

NOTHING = msgspec.Raw(b"null")
"""What a field that was left out is read as."""
NO_LIMIT = 2.0**60
"""From here on the kernel means "no limit": it writes the largest number its pages can count."""
BELOW = {metric.name: NO_LIMIT if metric.name.endswith("limit_bytes") else math.inf for metric in CONTAINER_METRICS}
"""Every metric with the value from which on it says nothing."""
MOST_AHEAD = timedelta(minutes=10)
MOST_BEHIND = timedelta(hours=2)


def value_of(entry: msgspec.Raw, dropped: Dropped) -> float | None:
    """A value that can be true; None and counted for what is no number, is below zero or is past 2^63."""
    return believed_value(number(entry), dropped)


def believed_value(value: float | None, dropped: Dropped) -> float | None:
    """The same of a number already decoded; None for what was none."""
    if value is not None and 0 <= value <= LARGEST_VALUE:
        return value
    count(dropped, "value: not a number" if value is None else "value: below zero or past counting")
    return None


def believed_time(at: datetime | None, answered_at: datetime, dropped: Dropped) -> datetime:
    """The time of a sample; the answer's where none was said, or where it lies more than 10 min ahead or 2 h behind."""
    if at is None:
        return answered_at
    if -MOST_BEHIND <= at - answered_at <= MOST_AHEAD:
        return at
    count(dropped, f"{Outcome.SKEWED}: a container's time is more than 10 min ahead or 2 h behind")
    return answered_at
