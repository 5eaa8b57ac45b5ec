"""Pausing while the disk is full or read-only, or the database damaged; going on by itself.

The row of the job SPACE says since when and why, so that other processes know. Where not even that row can be written this
process remembers it, and pages see the disk for themselves (disk.py). Of a server's disk they see nothing: so the row is made
while there is room, for to change a row takes none on PostgreSQL. The event may have to wait for room.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, connection, transaction

from dashboard import disk, figures, trouble
from dashboard.disk import Disk
from dashboard.models import Cluster, Event, Upkeep
from dashboard.trouble import Trouble

log = structlog.get_logger("daytwo.space")

TRY_EVERY = timedelta(seconds=30)
"""So often it is tried, by writing, whether collecting may go on."""
PROBES = {
    "sqlite": "CREATE TABLE daytwo_probe AS SELECT zeroblob(8388608) AS filler",
    "postgresql": "CREATE TEMP TABLE daytwo_probe AS SELECT generate_series(1, 200000) AS filler",
}
"""Some 8 MiB: more than SQLite's cache holds, so that it must be written; PostgreSQL extends its file at once."""


@dataclass
class _Remembered:
    """A pause that could not be written, and when this process last tried to write."""

    since: datetime | None = None
    why: str = ""
    tried_at: datetime | None = None


_remembered = _Remembered()


def may_collect(now: datetime) -> bool:
    """Look at the disk, pause or go on, and say whether polls may be opened. One query, more only where something changes."""
    if trouble.damage():
        return False
    found = disk.look()
    if found is not None and found.why_pause and found.is_tight:
        disk.give_up_reserve()  # with nothing left SQLite cannot even open its log, and so not be read
    since = _paused_since(found)
    if since is None and found is not None and found.why_pause:
        pause(found.why_pause, now)
        return False
    if since is None:
        disk.keep_reserve()
        return True
    if _remembered.since:
        _note_pause(_remembered.why, _remembered.since)
    if not _room_again(found, now):
        return False
    return _go_on(since, now)


def _paused_since(found: Disk | None) -> datetime | None:
    try:
        row = Upkeep.objects.filter(job=Upkeep.Job.SPACE, cluster=None).first()
    except DatabaseError:
        # SQLite can open a database on a read-only disk only while the files of its log are there.
        if found is None or not found.read_only:
            raise
        return _remembered.since
    if row is None and not (found and found.why_pause):
        Upkeep.objects.get_or_create(job=Upkeep.Job.SPACE, cluster=None)
    return row.started_at if row and row.outcome == Upkeep.Outcome.FULL else _remembered.since


def note(error: BaseException, now: datetime) -> Trouble | None:
    """What an error means for the store: no room pauses collecting, damage stops all writing. None: nothing of the kind."""
    found = trouble.of(error)
    if found is Trouble.DAMAGED:
        log.error("the database is damaged: nothing more is written", reason=str(error))
        trouble.note_damage(str(error), now)
    elif found is not None:
        pause(found, now)
    return found


def pause(why: str, now: datetime) -> None:
    """Stop opening polls, and say so where it can still be said."""
    found = disk.look()
    if found is None or found.is_tight:
        disk.give_up_reserve()
    _remembered.since, _remembered.why, _remembered.tried_at = _remembered.since or now, why, now
    log.error("collecting is paused", reason=why, free_bytes=found.free_bytes if found else None)
    _note_pause(why, _remembered.since)


def _note_pause(why: str, since: datetime) -> None:
    """The row, with an event for each cluster where there is room for it; a row that cannot be written is remembered and
    tried again at the next look."""
    try:
        with transaction.atomic():
            row, _ = Upkeep.objects.select_for_update().get_or_create(job=Upkeep.Job.SPACE, cluster=None)
            if row.outcome != Upkeep.Outcome.FULL:
                row.outcome, row.detail, row.started_at, row.ended_at = Upkeep.Outcome.FULL, why, since, None
                row.save()
                _tell_if_there_is_room(why, since)
    except DatabaseError as error:
        log.warning("that collecting is paused could not be written", reason=str(error))
        disk.give_up_reserve()
    else:
        _remembered.since = None


def _room_again(found: Disk | None, now: datetime) -> bool:
    """Whether there is room, to be seen and by trying. The first look of a process tries at once."""
    if found is not None and not found.may_go_on:
        return False
    if _remembered.tried_at is not None and timedelta() <= now - _remembered.tried_at < TRY_EVERY:
        return False
    _remembered.tried_at = now
    return _can_write()


def _can_write() -> bool:
    """Write some MiB and take them back."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PROBES[connection.vendor])
            transaction.set_rollback(True)
    except DatabaseError as error:
        log.info("collecting stays paused", reason=str(error))
        return False
    return True


def _go_on(since: datetime, now: datetime) -> bool:
    """Collect again: what was not polled meanwhile stays a gap, and the events say how long it is."""
    lasted = figures.duration(now - since)
    try:
        with transaction.atomic():
            row = Upkeep.objects.select_for_update().filter(job=Upkeep.Job.SPACE, cluster=None).first()
            if row is not None and row.outcome == Upkeep.Outcome.FULL:
                if not _told(since):
                    _tell("ok", "paused", row.detail, since)
                _tell("paused", "ok", lasted, now)
                row.outcome, row.detail = Upkeep.Outcome.OK, f"Paused for {lasted}"
                row.ended_at = row.succeeded_at = now
                row.save()
    except DatabaseError as error:
        log.warning("that collecting goes on could not be written", reason=str(error))
        return False
    _remembered.since = None
    log.warning("collecting goes on", paused_for=lasted)
    disk.keep_reserve()
    return True


def _tell_if_there_is_room(why: str, since: datetime) -> None:
    try:
        with transaction.atomic():
            _tell("ok", "paused", why, since)
    except DatabaseError as error:
        log.warning("the event of the pause is written when collecting goes on", reason=str(error))


def _told(since: datetime) -> bool:
    paused = {"kind": Event.Kind.COLLECTION, "subject": Event.STORAGE, "after": "paused"}
    return Event.objects.filter(**paused, taken_at=since).exists()


def _tell(before: str, after: str, words: str, at: datetime) -> None:
    what = {"kind": Event.Kind.COLLECTION, "subject": Event.STORAGE, "name": words, "before": before, "after": after}
    clusters = Cluster.objects.filter(enabled=True).only("pk")
    Event.objects.bulk_create(Event(cluster=cluster, taken_at=at, seen_at=at, **what) for cluster in clusters)
