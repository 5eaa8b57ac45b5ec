"""How Day Two looks after its own store: jobs, what is kept how long, how large it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from dashboard.models.clusters import Cluster


class Upkeep(models.Model):
    """One job of one cluster, or of the whole store: who does it, how far it has come, how it last went.

    Whoever does the job leases the row first, so that of two workers only one does.
    """

    class Job(models.TextChoices):
        COMPACTION = "compaction", "Compaction"
        ROLL_UP = "roll_up", "Roll-up"
        DELETION = "deletion", "Deletion"
        AUDIT = "audit", "Daily audit"
        BACKUP = "backup", "Backup"
        INTEGRITY = "integrity", "Integrity check"
        SPACE = "space", "Disk space"
        """Outcome FULL and `started_at` while collecting is paused because the disk is full."""
        MEASURE = "measure", "Sizes"

    class Outcome(models.TextChoices):
        NEVER = "", "Not yet"
        OK = "ok", "Done"
        FAILED = "failed", "Failed"
        FULL = "full", "Disk full"
        CORRUPT = "corrupt", "Damaged"

    job = models.CharField(max_length=16, choices=Job.choices)
    cluster = models.ForeignKey(Cluster, null=True, on_delete=models.CASCADE, related_name="upkeep")
    """None: of the whole store."""
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    """Rises with each lease; who holds an old one may not write."""
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    """When it last came to an end, well or not."""
    succeeded_at = models.DateTimeField(null=True)
    done_before = models.IntegerField(null=True)
    """All that is older than this tick has been done."""
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.NEVER, blank=True)
    detail = models.CharField(max_length=500, blank=True)
    """In words: what came of it, or what to do."""
    seconds = models.FloatField(null=True)
    amount = models.BigIntegerField(null=True)
    """How many rows it wrote or deleted, or bytes, as its job counts."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "cluster"], name="upkeep_once_per_cluster"),
            models.UniqueConstraint(fields=["job"], condition=models.Q(cluster=None), name="upkeep_once_for_the_store"),
        ]

    def __str__(self) -> str:
        return f"{self.job} of {self.cluster_id or 'the store'}"


class Retention(models.Model):
    """How long an operator said that history is kept; without its row the settings say it (keeping.py). One row, id 1."""

    raw_hours = models.PositiveIntegerField()
    five_minutes_days = models.PositiveIntegerField()
    hours_days = models.PositiveIntegerField()
    container_days = models.PositiveIntegerField()
    """Hourly figures of containers."""
    events_days = models.PositiveIntegerField()
    audit_days = models.PositiveIntegerField()
    """0: for ever."""
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="retention_is_one_row")]

    def __str__(self) -> str:
        return f"{self.raw_hours} h, {self.five_minutes_days} d, {self.hours_days} d"


class StoredSize(models.Model):
    """How large one part of the store was on a day, as last measured on it."""

    class Part(models.TextChoices):
        READINGS = "readings", "The last hours"
        RAW = "raw", "Raw"
        FIVE_MINUTES = "five_minutes", "5 minutes"
        HOURS = "hours", "1 hour"
        AUDIT = "audit", "Daily audit"
        EVENTS = "events", "Events, incidents, alerts"
        REST = "rest", "Rows, indexes, spare"
        ALL = "all", "All"
        DISK_FREE = "disk_free", "Free on the disk"
        DISK_TOTAL = "disk_total", "Disk"

    day = models.DateField()
    """UTC."""
    part = models.CharField(max_length=16, choices=Part.choices)
    bytes = models.BigIntegerField()
    rows = models.BigIntegerField(null=True)
    samples = models.BigIntegerField(null=True)
    """Of tiers: rows times columns."""
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "part"], name="size_once_a_day")]

    def __str__(self) -> str:
        return f"{self.part} on {self.day}: {self.bytes}"
