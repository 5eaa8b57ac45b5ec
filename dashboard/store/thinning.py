"""How long readings are kept: most kinds as they came, then not at all; totals, being few, ever further apart.

A total that was thinned is a sample, not a mean: of every five minutes, later of every hour, its first reading stays.
`Thinning` notes how far this has come, so that each turn looks at nothing but what has come of age since the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min

from dashboard.models import Reading, Subject, Thinning

Kind = Subject.Kind
TOTALS = (Kind.CLUSTER, Kind.ZONE, Kind.ROLE, Kind.FRAMEWORK, Kind.USE, Kind.CONTAINER_USE)
"""Kinds of subjects whose readings are thinned; those of all others go when they would be."""
FINE_SECONDS, COARSE_SECONDS, NONE_LEFT = 300, 3600, 0
AT_ONCE_SECONDS = {FINE_SECONDS: 600, COARSE_SECONDS: 21_600, NONE_LEFT: 86_400}
"""So many seconds of readings are looked at in one transaction: polls wait while it runs. Of a thousand agents the first
ten minutes are 80,000 readings and most of a second."""


def thin(now: datetime) -> int:
    """Delete what is past its time, a stretch of readings at a time; returns how many went."""
    return sum(_advance(every, before) for every, before in _steps(now))


def mark_thinned(now: datetime) -> None:
    """Before the first reading: what is of age now will be written thinned, and needs no looking through."""
    if not Reading.objects.exists():
        for every, before in _steps(now):
            Thinning.objects.get_or_create(every_seconds=every, defaults={"before": before})


def totals_kept_since(now: datetime) -> datetime:
    """A total that was last seen before has no readings any more."""
    return now - timedelta(days=settings.TOTALS_KEPT_DAYS)


def _steps(now: datetime) -> Iterator[tuple[int, int]]:
    """To one reading in how many seconds, and what is older than which tick: whole hours, each step older than the last."""
    ages = (
        timedelta(hours=settings.READINGS_KEPT_HOURS),
        timedelta(days=settings.TOTALS_FINE_DAYS),
        timedelta(days=settings.TOTALS_KEPT_DAYS),
    )
    before = int(now.timestamp())
    for every, age in zip((FINE_SECONDS, COARSE_SECONDS, NONE_LEFT), ages, strict=True):
        before = min(before, int((now - age).timestamp()) // COARSE_SECONDS * COARSE_SECONDS)
        yield every, before


def _advance(every: int, before: int) -> int:
    """Thin from where the last turn ended; without one, from the oldest reading there is."""
    done = Thinning.objects.filter(every_seconds=every).values_list("before", flat=True).first()
    deleted, at_once = 0, AT_ONCE_SECONDS[every]
    start = _first_since(done or 0)
    while start is not None and start < before:
        end = min(start // at_once * at_once + at_once, before)
        with transaction.atomic():
            deleted += _thin(every, start, end)
            _note(every, end)
        start = _first_since(end)
    if before > (done or 0):
        _note(every, before)
    return deleted


def _first_since(tick: int) -> int | None:
    """The oldest reading that is no older: time in which nothing was measured costs nothing."""
    oldest: int | None = Reading.objects.filter(tick__gte=tick).aggregate(oldest=Min("tick"))["oldest"]
    return oldest


def _note(every: int, before: int) -> None:
    Thinning.objects.update_or_create(every_seconds=every, defaults={"before": before})


OTHERS = (
    "DELETE FROM {reading} WHERE tick >= %s AND tick < %s "
    "AND subject_id NOT IN (SELECT id FROM {subject} WHERE kind IN {kinds})"
)
ALL = "DELETE FROM {reading} WHERE tick >= %s AND tick < %s"
# By subject first: the index by subject and tick finds the few totals among the many readings of the hour.
BUT_FIRST = (
    "DELETE FROM {reading} WHERE subject_id IN (SELECT id FROM {subject} WHERE kind IN {kinds}) AND tick >= %s AND tick < %s "
    "AND (tick, subject_id) NOT IN (SELECT MIN(tick), subject_id FROM {reading} WHERE subject_id IN "
    "(SELECT id FROM {subject} WHERE kind IN {kinds}) AND tick >= %s AND tick < %s GROUP BY subject_id, tick / %s)"
)


def _thin(every: int, start: int, end: int) -> int:
    if every == NONE_LEFT:
        return _delete(ALL, start, end)
    deleted = _delete(OTHERS, start, end) if every == FINE_SECONDS else 0
    return deleted + _delete(BUT_FIRST, start, end, start, end, every)


def _delete(statement: str, *values: int) -> int:
    names = {"reading": Reading._meta.db_table, "subject": Subject._meta.db_table}
    kinds = ", ".join(f"'{kind.value}'" for kind in TOTALS)
    quoted = {name: connection.ops.quote_name(table) for name, table in names.items()}
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**quoted, kinds=f"({kinds})"), values)
        return int(cursor.rowcount)
