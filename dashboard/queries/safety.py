"""How safe the store is: backups, integrity, disk; and what is so bad that every page says it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime

from dashboard import backup_file, disk, figures, trouble
from dashboard.backup_file import Backup
from dashboard.disk import Disk
from dashboard.models import Upkeep

Job, Outcome = Upkeep.Job, Upkeep.Outcome


@dataclass(frozen=True)
class Banner:
    """What stands on top of every page."""

    title: str
    since: datetime | None
    """None where nobody could note it."""
    text: str


@dataclass(frozen=True)
class Safety:
    """What the Storage page tells."""

    backups: tuple[Backup, ...]
    """In the data folder, newest first; each was verified when it was made."""
    backup: Upkeep | None
    integrity: Upkeep | None
    space: Upkeep | None
    """The jobs' rows; None where one never ran."""
    disk: Disk | None
    """None where the database is not on a disk of this machine."""

    @property
    def paused(self) -> bool:
        """Whether nothing is collected, for want of room or because of damage."""
        noted = self.space is not None and self.space.outcome == Outcome.FULL
        return noted or bool(self.disk and self.disk.why_pause) or trouble.damage() is not None

    @property
    def backups_bytes(self) -> int:
        return sum(backup.manifest.size_bytes for backup in self.backups)


def report() -> Safety:
    """One query, and a look at the data folder."""
    jobs = {row.job: row for row in Upkeep.objects.filter(cluster=None, job__in=[Job.BACKUP, Job.INTEGRITY, Job.SPACE])}
    return Safety(
        tuple(backup_file.listed()), jobs.get(Job.BACKUP), jobs.get(Job.INTEGRITY), jobs.get(Job.SPACE), disk.look()
    )


def is_paused() -> bool:
    """Whether nothing is collected. One query."""
    return report().paused


def banners(now: datetime, *, noted: bool) -> list[Banner]:
    """What every page must say; `noted`: the store has a note of a pause. No query unless it has."""
    damage, found = trouble.damage(), disk.look()
    told = [Banner("Database damaged", damage.found_at, _of_damage(now))] if damage else []
    row = Upkeep.objects.filter(job=Job.SPACE, cluster=None, outcome=Outcome.FULL).first() if noted else None
    if row or (found and found.why_pause):
        why = row.detail if row else found.why_pause if found else ""
        told.append(Banner(why, row.started_at if row else None, _of_space(found)))
    return told


def _of_space(found: Disk | None) -> str:
    if found is None:
        return "Collecting is paused: the database has no room to write. Give its disk more; it goes on by itself."
    free, total = figures.byte_size(found.free_bytes), figures.byte_size(found.total_bytes)
    if found.read_only:
        return "Collecting is paused: nothing can be written. Make the file system writable; it goes on by itself."
    return (
        f"Collecting is paused: {free} of {total} are free. Delete other files, or give the disk more room: it goes on by "
        f"itself when {figures.byte_size(disk.goes_on_bytes())} are free. What is stored stays and can be read."
    )


def _of_damage(now: datetime) -> str:
    stopped = "Nothing is written any more, and figures may be wrong. Stop Day Two"
    backups = backup_file.listed()
    if not backups:
        return f"{stopped}. There is no backup in {backup_file.folder().name}/ to restore."
    latest = backups[0]
    age = figures.ago(now - latest.manifest.made_at)
    return f"{stopped}, then: python3 manage.py restore {shlex.quote(str(latest.path))} (the last good backup, made {age})."
