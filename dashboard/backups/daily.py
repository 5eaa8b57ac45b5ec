"""The daily backup of an SQLite database into the data folder. Of a PostgreSQL the operator has a way of his own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from dashboard import backup_file, figures
from dashboard.backups import BackupError, making
from dashboard.store import upkeep
from dashboard.store.upkeep import Done, Job, Outcome

EVERY = timedelta(days=1)
NOT_OURS = "Not made: PostgreSQL is backed up by its operator, or by `manage.py backup`"


def run(clock: Callable[[], datetime]) -> Done | None:
    """Make today's backup unless there is one, then delete the oldest; None where it is not due or not wanted.

    Where it cannot be made its reason is noted, and it is tried again at the next turn.
    """
    if settings.BACKUPS_KEPT < 1:
        return None
    return upkeep.run(Job.BACKUP, clock, lambda _: _make(clock), every=EVERY, lasting=upkeep.FURTHEST)


def _make(clock: Callable[[], datetime]) -> Done:
    if connection.vendor != "sqlite":
        return Done(detail=NOT_OURS)
    _clear_drafts(clock())
    try:
        made = making.make(backup_file.folder() / making.name_at(clock()), clock=clock, daily=True)
    except BackupError as error:
        return Done(outcome=Outcome.FAILED, detail=str(error))
    deleted = _delete_oldest()
    size = figures.byte_size(made.manifest.size_bytes)
    words = f"{made.path.name}, {size}, verified" + (f"; {deleted} older deleted" if deleted else "")
    return Done(detail=words, amount=made.manifest.size_bytes)


def _delete_oldest() -> int:
    """Delete what is more than is kept: only what this made, and never what somebody asked for."""
    ours = [backup for backup in backup_file.listed() if backup.manifest.daily]
    for backup in ours[settings.BACKUPS_KEPT :]:
        backup.path.unlink(missing_ok=True)
        backup_file.manifest_of(backup.path).unlink(missing_ok=True)
    return len(ours[settings.BACKUPS_KEPT :])


def _clear_drafts(now: datetime) -> None:
    """Delete what a killed one left."""
    for draft in backup_file.folder().glob(f".*{making.DRAFT_SUFFIX}"):
        if now.timestamp() - draft.stat().st_mtime > EVERY.total_seconds():
            draft.unlink(missing_ok=True)
