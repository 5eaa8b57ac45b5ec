"""Mesos masters."""

from __future__ import annotations

from django.db import models

from collectors.records import place
from dashboard.models.clusters import Cluster


class Master(models.Model):
    """A master process and what it last said of itself; `Collection` rows say whether and how it answers."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="masters")
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField(default=5050)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    taken_at = models.DateTimeField(null=True)
    """When it last answered with metrics; None for a master that never could be asked."""
    elected = models.BooleanField(null=True)
    elected_since = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    """The start of its present life: a later start is a restart, and counters begin again."""
    version = models.CharField(max_length=32, blank=True)
    event_queue_messages = models.FloatField(null=True)
    event_queue_dispatches = models.FloatField(null=True)
    event_queue_http_requests = models.FloatField(null=True)
    cpus_total = models.FloatField(null=True)
    load_1min = models.FloatField(null=True)
    mem_total_bytes = models.FloatField(null=True)
    mem_free_bytes = models.FloatField(null=True)
    agents_active = models.IntegerField(null=True)
    agents_inactive = models.IntegerField(null=True)
    agents_unreachable = models.IntegerField(null=True)
    registry_bytes = models.FloatField(null=True)
    registrar_ensemble = models.IntegerField(null=True)
    tasks_failed = models.FloatField(null=True)
    """Counters of this life, for "failed in the last hour" see the readings."""
    tasks_lost = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "host", "port"], name="master_once_per_cluster")]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def place(self) -> str:
        return place(self.host, self.port)
