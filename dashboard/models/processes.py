"""Mesos processes as they describe themselves: agents, and the flags of masters and agents."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class AgentProcess(models.Model):
    """The agent process at one host and port, as of `taken_at`. `host_*` are of the machine, as the kernel tells it."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="agent_processes")
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField(default=5051)
    agent_id = models.CharField(max_length=255)
    first_seen = models.DateTimeField()
    taken_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    """The start of its present life: a later start is a restart, and counters begin again."""
    registered = models.BooleanField()
    uptime_seconds = models.FloatField(null=True)
    recovery_seconds = models.FloatField(null=True)
    executors_running = models.FloatField(null=True)
    executors_terminated = models.FloatField(null=True)
    """Counter of this life of the process, as are the two below."""
    container_launch_errors = models.FloatField(null=True)
    tasks_failed = models.FloatField(null=True)
    host_cpus = models.FloatField(null=True)
    host_load_1min = models.FloatField(null=True)
    host_mem_total_bytes = models.FloatField(null=True)
    host_mem_free_bytes = models.FloatField(null=True)
    """Caches are not counted as free here."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "host", "port"], name="agent_process_once")]

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class ProcessFlags(models.Model):
    """The flags one master or agent was started with, those that change how its figures are to be read."""

    class Role(models.TextChoices):
        MASTER = "master", "Master"
        AGENT = "agent", "Agent"

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="process_flags")
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    role = models.CharField(max_length=8, choices=Role.choices)
    taken_at = models.DateTimeField()
    flags = models.JSONField()
    """Name without dashes → value, as Mesos prints it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "host", "port", "role"], name="flags_once_per_process")
        ]
        verbose_name_plural = "process flags"

    def __str__(self) -> str:
        return f"{self.role} {self.host}:{self.port}"
