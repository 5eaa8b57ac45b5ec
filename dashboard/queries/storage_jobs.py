"""The store's jobs: when each was last done, how long it took, how it went, when it is due again, and whether it is late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from dashboard.models import Cluster, Upkeep

Job, Outcome = Upkeep.Job, Upkeep.Outcome
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVERY = {
    Job.COMPACTION: timedelta(minutes=10),
    Job.ROLL_UP: timedelta(minutes=10),
    Job.DELETION: HOUR,
    Job.AUDIT: timedelta(minutes=1),
    Job.BACKUP: DAY,
    Job.INTEGRITY: DAY,
    Job.MEASURE: HOUR,
}
"""How often each is asked whether it has anything to do; daily ones do it once a day. In the order of the page."""
OF_CLUSTERS = (Job.COMPACTION, Job.ROLL_UP)
SLACK = HOUR
"""So much later than twice its time a job is late: a worker may just have been restarted."""


@dataclass(frozen=True)
class Done:
    """One job. Without a row it never ran."""

    job: Upkeep.Job
    row: Upkeep | None
    now: datetime

    @property
    def every(self) -> timedelta:
        return EVERY[self.job]

    @property
    def is_off(self) -> bool:
        return self.job == Job.BACKUP and not settings.BACKUPS_KEPT

    @property
    def is_running(self) -> bool:
        return bool(self.row and self.row.lease_until and self.row.lease_until > self.now)

    @property
    def next_at(self) -> datetime | None:
        """None where it never succeeded: as soon as a worker asks."""
        ended = self.row.succeeded_at if self.row else None
        return None if ended is None or self.is_off else max(self.now, ended + self.every)

    @property
    def is_late(self) -> bool:
        """Also where it fails again and again: it counts since it last succeeded."""
        if self.row is None or self.is_off:
            return False
        since = self.row.succeeded_at or self.row.started_at
        return since is not None and self.now - since > 2 * self.every + SLACK

    @property
    def mark(self) -> str:
        if self.is_off:
            return "mute"
        if self.row is None or self.row.outcome == Outcome.NEVER:
            return "unk"
        if self.row.outcome != Outcome.OK:
            return "bad"
        return "warn" if self.is_late else "good"

    @property
    def word(self) -> str:
        if self.is_off:
            return "Off"
        if self.row is None:
            return "Not yet"
        late = "Late" if self.is_late and self.row.outcome == Outcome.OK else ""
        return late or Outcome(self.row.outcome).label


def of(cluster: Cluster, now: datetime) -> list[Done]:
    """The jobs of the whole store, and those of this cluster. One query."""
    found = Upkeep.objects.filter(Q(cluster=None) | Q(cluster=cluster), job__in=EVERY)
    rows = {row.job: row for row in found if (row.job in OF_CLUSTERS) == (row.cluster_id is not None)}
    return [Done(job, rows.get(job), now) for job in EVERY]


def of_all(now: datetime) -> list[tuple[str, Done]]:
    """Each row there is, with its cluster's name, empty for the whole store. One query."""
    found = Upkeep.objects.filter(job__in=EVERY).select_related("cluster").order_by("job", "cluster")
    return [(row.cluster.name if row.cluster else "", Done(Job(row.job), row, now)) for row in found]
