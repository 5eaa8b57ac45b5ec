"""Paces of filesystems as an operator reads them. Pure."""

from __future__ import annotations

from datetime import timedelta

from dashboard import figures
from dashboard.queries.growth import Pace
from dashboard.queries.window import in_words


def per_day(pace: Pace) -> str:
    """+1.4 GiB, a minus where it shrinks, the dash where it is not known."""
    if pace.bytes_per_day is None:
        return figures.ABSENT
    return f"{'+' if pace.bytes_per_day > 0 else ''}{figures.byte_size(pace.bytes_per_day)}"


def full_in(pace: Pace) -> str:
    """In one unit, rounded down; else why there is no such day."""
    return pace.why if pace.days_to_full is None else figures.age(timedelta(days=pace.days_to_full))


def basis(over: str) -> str:
    return f"at the pace of the last {in_words(over)}"
