"""When a source was last read before something changed: the last good sample of what the change is about. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime


class Samples:
    """Sample times of one source's answers."""

    def __init__(self, taken_at: Iterable[datetime] = ()) -> None:
        self._taken_at = sorted(taken_at)

    def before(self, at: datetime) -> datetime | None:
        """The last one before that; None where none is known any more."""
        place = bisect_left(self._taken_at, at)
        return self._taken_at[place - 1] if place else None
