"""Silences and maintenance: what nobody is told for a while, and why. They hide messages, never states."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class Silence(models.Model):
    """Words that alerts are matched with, from one time to another. Maintenance is a silence of nodes, and their failures
    in it are planned."""

    class Kind(models.TextChoices):
        SILENCE = "silence", "Silence"
        MAINTENANCE = "maintenance", "Maintenance"

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="silences")
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.SILENCE)
    matcher = models.CharField(max_length=500)
    """`word:value` pairs, all of which must hold; values with a comma between are alternatives: node:10.0.0.1,10.0.0.2
    severity:warning. The words are rule, node, zone, severity, subject."""
    why = models.CharField(max_length=500)
    by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    """When somebody ended it early, or its time was up and that was noted."""
    ended_by = models.CharField(max_length=150, blank=True)
    tell_at_end = models.BooleanField(default=True)
    """Whether what still fires when it ends is told then."""
    kept_quiet = models.PositiveIntegerField(default=0)
    """How many alerts it covered, each counted once."""

    class Meta:
        indexes = [models.Index(fields=["cluster", "ends_at"], name="silence_by_end")]

    def __str__(self) -> str:
        return f"{self.matcher}: {self.why}"
