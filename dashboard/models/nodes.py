"""Mesos agents."""

from __future__ import annotations

from django.db import models

from dashboard.models.amounts import Allocation, TaskCounts
from dashboard.models.clusters import Cluster


class Node(Allocation, TaskCounts):
    """An agent, known by host and port: its Mesos id changes when its work_dir is wiped, its address stays."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        INACTIVE = "inactive", "Inactive"
        DEACTIVATED = "deactivated", "Deactivated"
        DRAINING = "draining", "Draining"
        REREGISTERING = "reregistering", "Re-registering"
        UNREGISTERED = "unregistered", "Not registered"
        """No longer listed; the registry has not yet said why, or says nothing of it: it left in good order."""
        UNREACHABLE = "unreachable", "Unreachable"
        """Mesos gave up waiting for it: so says the registry, with the time."""
        GONE = "gone", "Marked gone"
        """By an operator, for ever."""

    class Maintenance(models.TextChoices):
        NONE = "", "None"
        SCHEDULED = "scheduled", "Scheduled"
        DRAINING = "draining", "Draining"
        """Its time has come; Mesos asks frameworks to leave, and nobody has taken it down yet."""
        DOWN = "down", "Down"

    LEFT = (State.UNREGISTERED, State.UNREACHABLE, State.GONE)
    """States in which no summary lists it."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="nodes")
    host = models.CharField(max_length=255)
    port = models.PositiveIntegerField()
    agent_id = models.CharField(max_length=255)
    hostname = models.CharField(max_length=255)
    state = models.CharField(max_length=16, choices=State.choices)
    state_since = models.DateTimeField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    """When a summary last listed it. All its figures are of that moment."""
    public = models.BooleanField(default=False)
    region = models.CharField(max_length=255, blank=True)
    zone = models.CharField(max_length=255, blank=True)
    version = models.CharField(max_length=32, blank=True)
    cpus_unreserved = models.FloatField(null=True)
    """Of the total, what is reserved for no role; None where the version does not say. The same of memory."""
    mem_unreserved_bytes = models.FloatField(null=True)
    registered_at = models.DateTimeField(null=True)
    reregistered_at = models.DateTimeField(null=True)

    maintenance = models.CharField(max_length=16, choices=Maintenance.choices, blank=True)
    """Of its machine, as the registry last said; the times are those of the schedule."""
    maintenance_begins_at = models.DateTimeField(null=True)
    maintenance_ends_at = models.DateTimeField(null=True)
    """None where no end was given."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "host", "port"], name="node_once_per_cluster")]
        indexes = [models.Index(fields=["cluster", "agent_id"], name="node_by_agent_id")]

    def __str__(self) -> str:
        return self.host


class Attribute(models.Model):
    """One attribute the operator gave an agent, as text."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="attributes")
    name = models.CharField(max_length=255)
    value = models.CharField(max_length=1000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["node", "name"], name="attribute_once_per_node")]

    def __str__(self) -> str:
        return f"{self.name}={self.value}"
