"""Mesos roles: in whose name frameworks hold resources, and how much each may hold."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class Role(models.Model):
    """A role as the leading master's list last told it; None where its version does not tell it."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="roles")
    name = models.CharField(max_length=255)
    weight = models.FloatField(null=True)
    listed = models.BooleanField(default=True)
    """Whether the latest list has it; the amounts of one that is not listed are those of `last_seen`."""
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    cpus_allocated = models.FloatField(null=True)
    """Up to Mesos 1.7 what is offered is in it, then `cpus_offered` is None. The same of memory, disk and GPUs."""
    mem_allocated_bytes = models.FloatField(null=True)
    disk_allocated_bytes = models.FloatField(null=True)
    gpus_allocated = models.FloatField(null=True)
    cpus_offered = models.FloatField(null=True)
    mem_offered_bytes = models.FloatField(null=True)
    disk_offered_bytes = models.FloatField(null=True)
    gpus_offered = models.FloatField(null=True)
    cpus_reserved = models.FloatField(null=True)
    mem_reserved_bytes = models.FloatField(null=True)
    disk_reserved_bytes = models.FloatField(null=True)
    gpus_reserved = models.FloatField(null=True)
    cpus_guarantee = models.FloatField(null=True)
    """None: none is set. The same of limits, where 0 forbids."""
    mem_guarantee_bytes = models.FloatField(null=True)
    disk_guarantee_bytes = models.FloatField(null=True)
    gpus_guarantee = models.FloatField(null=True)
    cpus_limit = models.FloatField(null=True)
    mem_limit_bytes = models.FloatField(null=True)
    disk_limit_bytes = models.FloatField(null=True)
    gpus_limit = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "name"], name="role_once_per_cluster")]

    def __str__(self) -> str:
        return self.name


class RoleMember(models.Model):
    """A framework that is subscribed to a role."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="members")
    framework_id = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "framework_id"], name="role_member_once")]

    def __str__(self) -> str:
        return self.framework_id
