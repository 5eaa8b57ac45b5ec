"""Frameworks: the schedulers that run tasks on Mesos."""

from __future__ import annotations

from django.db import models

from dashboard.models.amounts import TaskCounts
from dashboard.models.clusters import Cluster


class Framework(TaskCounts):
    """A framework as the leading master's summary last listed it."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"
        DISCONNECTED = "disconnected", "Disconnected"
        COMPLETED = "completed", "Completed"

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="frameworks")
    framework_id = models.CharField(max_length=255)
    name = models.CharField(max_length=500)
    state = models.CharField(max_length=16, choices=State.choices)
    state_since = models.DateTimeField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    agents = models.IntegerField()
    cpus_allocated = models.FloatField()
    mem_allocated_bytes = models.FloatField()
    disk_allocated_bytes = models.FloatField()
    gpus_allocated = models.FloatField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "framework_id"], name="framework_once_per_cluster")]

    def __str__(self) -> str:
        return self.name
