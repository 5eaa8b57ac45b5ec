"""Tasks of every framework: those that run, and those that ended of late."""

from __future__ import annotations

from django.db import models

from dashboard.models.apps import App
from dashboard.models.clusters import Cluster


class Task(models.Model):
    """One task as the leading master last listed it."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="tasks")
    framework_id = models.CharField(max_length=255)
    task_id = models.CharField(max_length=255)
    app = models.ForeignKey(App, null=True, on_delete=models.SET_NULL, related_name="tasks")
    """None where it belongs to no Marathon's app."""
    name = models.CharField(max_length=500, blank=True)
    executor_id = models.CharField(max_length=255, blank=True)
    agent_id = models.CharField(max_length=255, blank=True)
    host = models.CharField(max_length=255, blank=True)
    """Of the agent with that id; empty where it is not known (any more)."""
    container_id = models.CharField(max_length=255, blank=True)
    role = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=32)
    """As Mesos writes it: TASK_RUNNING."""
    is_active = models.BooleanField()
    """Listed among those that run or may run again, unreachable ones too."""
    healthy = models.BooleanField(null=True)
    """None where nobody checks it."""
    reason = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=4000, blank=True)
    source = models.CharField(max_length=32, blank=True)
    """Who said the last status, as Mesos writes it."""
    cpus_allocated = models.FloatField()
    mem_allocated_bytes = models.FloatField()
    disk_allocated_bytes = models.FloatField()
    gpus_allocated = models.FloatField()
    first_seen = models.DateTimeField()
    first_status_at = models.DateTimeField(null=True)
    running_at = models.DateTimeField(null=True)
    last_status_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    """When its last status was told, of one that ended; when it was first listed no more, of one that ended unseen."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "framework_id", "task_id"], name="task_once_per_framework")
        ]
        indexes = [
            models.Index(fields=["app", "ended_at"], name="task_of_app"),
            models.Index(fields=["cluster", "host"], name="task_on_agent", condition=models.Q(ended_at=None)),
            models.Index(fields=["cluster", "ended_at"], name="task_ended"),
            # Those that failed are counted in the index alone.
            models.Index(fields=["cluster", "state", "ended_at"], name="task_by_state"),
        ]

    def __str__(self) -> str:
        return self.task_id
