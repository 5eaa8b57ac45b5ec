"""Event streams of clusters: who reads each, since when, and how it stands (house, D12)."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class Stream(models.Model):
    """One stream of events. Whoever reads it leases the row first, so that of two listeners only one does."""

    class Kind(models.TextChoices):
        MESOS = "mesos", "Mesos events"
        MARATHON = "marathon", "Marathon events"

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="streams")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    key = models.CharField(max_length=255, blank=True)
    """Of the Marathon it is of; empty for Mesos'."""
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    """Rises with each lease; who holds an old one may not write."""
    outcome = models.CharField(max_length=24, blank=True)
    """Of the last attempt: `ok` while it is read. Empty before the first."""
    detail = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField(null=True)
    """Since when the outcome is this one."""
    heard_at = models.DateTimeField(null=True)
    """When anything last came, a sign of life included."""
    next_try_at = models.DateTimeField(null=True)
    """When it is to be opened again, after it could not be or broke off."""
    failures_in_row = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    """How often it was opened with success."""
    events = models.PositiveBigIntegerField(default=0)
    """How many came that were read and used, since the cluster is known."""
    dropped = models.PositiveBigIntegerField(default=0)
    """How many could not be read or were too large: the next poll sees what they told."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "kind", "key"], name="stream_once_per_source")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}".strip()
