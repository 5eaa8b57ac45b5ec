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
        REREGISTERING = "reregistering", "Re-registering"
        """After an election: the new leader has not heard of it yet."""
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

    failures_life = models.CharField(max_length=300, blank=True)
    """Of which life of a leading master the counts below are (`host:port@start`); empty where none counts its failures."""
    failures_failed = models.BigIntegerField(null=True)
    failures_error = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "framework_id"], name="framework_once_per_cluster")]

    def __str__(self) -> str:
        return self.name
