"""PostgreSQL's partitions of the chunk table: raw ones of a day, those of the other tiers of a month. SQLite has none.

They are made when first needed and dropped whole when all in them is past its time, which costs nothing and leaves no holes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.db import OperationalError, connection, transaction

from dashboard.models import Chunk
from dashboard.tiers import Tier

TABLE = Chunk._meta.db_table
OF_TIERS = {
    Tier.RAW: f"{TABLE}_raw",
    Tier.FIVE_MINUTES: f"{TABLE}_five_minutes",
    Tier.HOURS: f"{TABLE}_hours",
}
"""The table of each tier, itself divided by `begins_at`. Migration 0009 makes them."""
LOCK = 0x6461_7974_776F
"""Of two workers that want the same partition one makes it."""
PATIENCE_MILLISECONDS = 2000
"""Dropping waits so long for those who read: who comes after it waits with it."""


def used() -> bool:
    """Whether this database has any."""
    return bool(connection.vendor == "postgresql")


def make(wanted: Iterable[tuple[Tier, int]]) -> None:
    """Make the partitions that chunks of these tiers and beginnings need. No query on SQLite, else one once they are there."""
    if not used():
        return
    named = {_name(tier, begins_at): (tier, begins_at) for tier, begins_at in set(wanted)}
    missing = named.keys() - _existing(named)
    if not missing:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        for name in sorted(missing):
            tier, tick = named[name]
            since, until = _bounds(tier, tick)
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {OF_TIERS[tier]} FOR VALUES FROM ({since}) TO ({until})"
            )


def _existing(names: Iterable[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname = ANY(%s) AND relispartition", [list(names)])
        return {name for (name,) in cursor.fetchall()}


def _bounds(tier: Tier, tick: int) -> tuple[int, int]:
    """From where to where the partition reaches that holds the tick."""
    day = datetime.fromtimestamp(tick, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if tier is Tier.RAW:
        return int(day.timestamp()), int((day + timedelta(days=1)).timestamp())
    first = day.replace(day=1)
    return int(first.timestamp()), int((first + timedelta(days=31)).replace(day=1).timestamp())


def _name(tier: Tier, tick: int) -> str:
    since = datetime.fromtimestamp(_bounds(tier, tick)[0], UTC)
    return f"{OF_TIERS[tier]}_{since:%Y%m%d}" if tier is Tier.RAW else f"{OF_TIERS[tier]}_{since:%Y%m}"


def drop(tier: Tier, before: int) -> list[str]:
    """Drop those of the tier in which all is older than the tick; returns their names. None where somebody reads too long:
    they go at the next turn."""
    if not used():
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
            "WHERE inhparent = %s::regclass ORDER BY relname",
            [OF_TIERS[tier]],
        )
        names = [name for (name,) in cursor.fetchall()]
    past = [name for name in names if name < _name(tier, before)]
    return [name for name in past if _dropped(name)]


def _dropped(name: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {PATIENCE_MILLISECONDS}")
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}")
    except OperationalError:
        return False
    return True
