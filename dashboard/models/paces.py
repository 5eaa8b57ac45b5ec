"""How often a source of a cluster is asked where that is not as usual, and why."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class Pace(models.Model):
    """The period of one source of one cluster. Without a row it is the source's own."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="paces")
    source = models.CharField(max_length=32)
    factor = models.PositiveSmallIntegerField(default=1)
    """The operator's: the least the period may be is so many times the source's own."""
    period_seconds = models.PositiveIntegerField()
    """What it is now: the operator's, or a longer one that Day Two took by itself."""
    reason = models.CharField(max_length=200, blank=True)
    """Why Day Two took a longer one; empty where it did not."""
    since = models.DateTimeField()
    """Since when the period is this one."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "source"], name="pace_once_per_source")]

    def __str__(self) -> str:
        return f"{self.source} of {self.cluster_id} every {self.period_seconds} s"
