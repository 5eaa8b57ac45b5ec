"""How far Day Two itself has looked at a cluster: which events became incidents, when its rules were last judged."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class Watch(models.Model):
    """One row a cluster. Whoever follows its events or judges its rules locks it first, so that only one does."""

    cluster = models.OneToOneField(Cluster, on_delete=models.CASCADE, related_name="watch")
    followed_event_id = models.BigIntegerField(default=0)
    """The last event that incidents were made of; events of a cluster are written under its lock, so ids are in order."""
    followed_at = models.DateTimeField(null=True)
    evaluated_at = models.DateTimeField(null=True)
    """When the rules were last judged to the end."""
    judged_since = models.DateTimeField(null=True)
    """Since when they were judged without a longer interruption: before it Day Two stood still, or the cluster was paused."""
    evaluation_seconds = models.FloatField(null=True)
    rules_judged = models.PositiveIntegerField(default=0)
    rules_unknown = models.PositiveIntegerField(default=0)
    """How many of them could say nothing of any of their subjects."""
    unreachable_since = models.DateTimeField(null=True)
    """Since when no master's endpoint has answered; None while one does."""

    def __str__(self) -> str:
        return f"watch of {self.cluster_id}"
