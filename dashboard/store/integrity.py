"""Whether the database is whole: looked at when Day Two starts, and daily.

SQLite's `quick_check` reads every page. Of PostgreSQL only is told what it counts by itself: pages whose checksum was wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connection

from dashboard import backup_file, disk, figures, trouble
from dashboard.models import Upkeep
from dashboard.store import upkeep
from dashboard.store.upkeep import Done, Job, Outcome
from dashboard.trouble import Trouble

log = structlog.get_logger("daytwo.integrity")

EVERY = timedelta(days=1)
MOST_BYTES_AT_START = 1024**3
"""A larger database would hold up the start by more than some seconds: the worker looks at it right after."""
MOST_FINDINGS = 5


@dataclass(frozen=True)
class Found:
    """What a look at the whole database found."""

    outcome: Outcome
    detail: str
    seconds: float
    bytes_read: int | None = None


def look() -> Found:
    """Look at all of it, now. Never raises a database error that means damage: that is the finding."""
    started = time.monotonic()
    try:
        outcome, detail = _sqlite() if connection.vendor == "sqlite" else _postgresql()
    except DatabaseError as error:
        if trouble.of(error) is not Trouble.DAMAGED:
            raise
        outcome, detail = Outcome.CORRUPT, str(error)
    file = disk.database_file()
    size = file.stat().st_size if file and file.exists() else None
    return Found(outcome, detail, time.monotonic() - started, size)


def _sqlite() -> tuple[Outcome, str]:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA quick_check({MOST_FINDINGS})")
        said = [str(row[0]) for row in cursor.fetchall()]
    return (Outcome.OK, "quick_check found nothing wrong") if said == ["ok"] else (Outcome.CORRUPT, "; ".join(said))


def _postgresql() -> tuple[Outcome, str]:
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_checksums")
        if cursor.fetchone()[0] != "on":
            return Outcome.OK, "Nothing can be told: this PostgreSQL keeps no page checksums, and amcheck was not run"
        cursor.execute("SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()")
        failures = cursor.fetchone()[0]
    if failures:
        return Outcome.FAILED, f"PostgreSQL counted {figures.counted(failures, 'page')} with a wrong checksum"
    return Outcome.OK, "PostgreSQL counted no page with a wrong checksum among those it read; amcheck was not run"


def check(clock: Callable[[], datetime]) -> Done | None:
    """The daily job; at every call while damage is noted. None where it is not due or another worker does it."""

    def work(_: Upkeep) -> Done:
        found = look()
        _conclude(found, clock())
        return Done(outcome=found.outcome, detail=found.detail, amount=found.bytes_read)

    every = None if trouble.damage() else EVERY
    return upkeep.run(Job.INTEGRITY, clock, work, every=every, lasting=upkeep.FURTHEST)


def at_start(now: datetime) -> str:
    """Look before anything else touches the database; what is wrong with it and what to do, empty where nothing is.

    A database of more than 1 GiB is made due for the worker instead. The tables need not be there yet.
    """
    file = disk.database_file()
    if file is None or not file.exists():
        return ""
    if file.stat().st_size > MOST_BYTES_AT_START:
        with suppress(DatabaseError):
            Upkeep.objects.filter(job=Job.INTEGRITY, cluster=None).update(succeeded_at=None)
        return ""
    found = look()
    _conclude(found, now)
    if found.outcome == Outcome.OK:
        with suppress(DatabaseError):
            _note(found, now)
        return ""
    latest = next(iter(backup_file.listed()), None)
    which = f"{latest.path} (made {figures.ago(now - latest.manifest.made_at)})" if latest else "FILE"
    return f"The database {file} is damaged ({found.detail}). Restore a backup: manage.py restore {which}"


def _note(found: Found, now: datetime) -> None:
    said = {
        "outcome": found.outcome,
        "detail": found.detail[:500],
        "seconds": found.seconds,
        "amount": found.bytes_read,
    }
    Upkeep.objects.update_or_create(
        job=Job.INTEGRITY, cluster=None, defaults={**said, "ended_at": now, "succeeded_at": now}
    )


def _conclude(found: Found, now: datetime) -> None:
    """Damage stops all writing until a look finds none."""
    if found.outcome == Outcome.CORRUPT:
        log.error("the database is damaged: nothing more is written", found=found.detail)
        trouble.note_damage(found.detail, now)
    elif found.outcome == Outcome.OK and trouble.damage():
        log.warning("the database is whole again")
        trouble.forget_damage()
