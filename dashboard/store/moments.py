"""Times read from thousands of rows. Django makes each into a time by itself; few are different, and each is made once."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from django.db.models import TextField
from django.db.models.functions import Cast


def as_text(column: str) -> Cast:
    """A column of times as the database writes it, for `moment`."""
    return Cast(column, TextField())


def age_seconds(tick: int, taken_at: datetime) -> float:
    """How long before its tick a sample was taken, to the millisecond: clocks that a network sets agree no better."""
    return round(tick - taken_at.timestamp(), 3)


@lru_cache(maxsize=4096)
def moment(text: str) -> datetime:
    """The time. SQLite writes it without a zone, PostgreSQL in that of the connection: both are UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
