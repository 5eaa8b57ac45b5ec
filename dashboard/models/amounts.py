"""Columns shared by everything that has an amount of the four resources or counts tasks: written out once."""

from __future__ import annotations

from django.db import models


class Allocation(models.Model):
    """Total and allocated amounts, as the leading master's summary gave them; None until it was first seen."""

    cpus_total = models.FloatField(null=True)
    cpus_allocated = models.FloatField(null=True)
    mem_total_bytes = models.FloatField(null=True)
    mem_allocated_bytes = models.FloatField(null=True)
    disk_total_bytes = models.FloatField(null=True)
    disk_allocated_bytes = models.FloatField(null=True)
    gpus_total = models.FloatField(null=True)
    gpus_allocated = models.FloatField(null=True)

    class Meta:
        abstract = True


class TaskCounts(models.Model):
    """Tasks by state; the last five are what Mesos still remembers, not totals since ever."""

    tasks_staging = models.IntegerField(null=True)
    tasks_starting = models.IntegerField(null=True)
    tasks_running = models.IntegerField(null=True)
    tasks_killing = models.IntegerField(null=True)
    tasks_unreachable = models.IntegerField(null=True)
    tasks_finished = models.IntegerField(null=True)
    tasks_failed = models.IntegerField(null=True)
    tasks_killed = models.IntegerField(null=True)
    tasks_lost = models.IntegerField(null=True)
    tasks_error = models.IntegerField(null=True)

    class Meta:
        abstract = True


class Use(models.Model):
    """What the agents' machines measured together, and of how much: None until a tick's total was written."""

    cpus_used = models.FloatField(null=True)
    cpus_measured = models.FloatField(null=True)
    """Cores of the machines that told their use: what `cpus_used` is a share of. The same of memory and disk."""
    mem_used_bytes = models.FloatField(null=True)
    mem_measured_bytes = models.FloatField(null=True)
    disk_used_bytes = models.FloatField(null=True)
    disk_measured_bytes = models.FloatField(null=True)
    agents_measured = models.IntegerField(null=True)
    agents_expected = models.IntegerField(null=True)
    use_taken_at = models.DateTimeField(null=True)
    """As old as half of the samples in it."""

    class Meta:
        abstract = True
