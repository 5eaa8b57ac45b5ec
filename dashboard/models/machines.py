"""Machines: the hosts of masters and agents, as they last measured themselves. Use, never allocation."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class Machine(models.Model):
    """One host and its figures of `measured_at`; None where this generation or machine does not tell it."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="machines")
    host = models.CharField(max_length=255)
    role = models.CharField(max_length=16)
    agent_id = models.CharField(max_length=255, blank=True)
    generation = models.CharField(max_length=16)
    first_seen = models.DateTimeField()
    answered_at = models.DateTimeField()
    """When it last answered, with new figures or with those of `measured_at` again."""
    measured_at = models.DateTimeField()
    cores = models.FloatField(null=True)
    """`cpu.cores`; Telegraf does not tell it, then the CPUs its agent gives to Mesos stand in."""
    cpu_used_ratio = models.FloatField(null=True)
    """0…1 of all cores. dcos-metrics counts user and system, Telegraf everything but idle."""
    cpu_wait_ratio = models.FloatField(null=True)
    load_1min = models.FloatField(null=True)
    mem_total_bytes = models.FloatField(null=True)
    mem_used_bytes = models.FloatField(null=True)
    """Total less free, buffers and cached: what a process could not have."""
    mem_cached_bytes = models.FloatField(null=True)
    """Buffers and cached."""
    swap_used_bytes = models.FloatField(null=True)
    uptime_seconds = models.FloatField(null=True)
    processes = models.FloatField(null=True)
    fullest_path = models.CharField(max_length=1000, blank=True)
    fullest_used_ratio = models.FloatField(null=True)
    """Used share of what its users may have, used ÷ (used + free), of the fullest filesystem."""
    filtered = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "host"], name="machine_once_per_cluster")]

    def __str__(self) -> str:
        return self.host


class Filesystem(models.Model):
    """A filesystem of a machine, as of `measured_at`."""

    machine = models.ForeignKey(Machine, on_delete=models.CASCADE, related_name="filesystems")
    path = models.CharField(max_length=1000)
    measured_at = models.DateTimeField()
    total_bytes = models.FloatField(null=True)
    used_bytes = models.FloatField(null=True)
    free_bytes = models.FloatField(null=True)
    inodes_total = models.FloatField(null=True)
    inodes_used = models.FloatField(null=True)
    inodes_free = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["machine", "path"], name="filesystem_once_per_machine")]

    def __str__(self) -> str:
        return self.path


class Interface(models.Model):
    """A network interface of a machine, and its rates between the last two answers; None across a reset or a gap."""

    machine = models.ForeignKey(Machine, on_delete=models.CASCADE, related_name="interfaces")
    name = models.CharField(max_length=255)
    measured_at = models.DateTimeField()
    in_bytes = models.FloatField(null=True)
    out_bytes = models.FloatField(null=True)
    in_errors = models.FloatField(null=True)
    out_errors = models.FloatField(null=True)
    in_dropped = models.FloatField(null=True)
    out_dropped = models.FloatField(null=True)
    in_bytes_per_second = models.FloatField(null=True)
    out_bytes_per_second = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["machine", "name"], name="interface_once_per_machine")]

    def __str__(self) -> str:
        return self.name
