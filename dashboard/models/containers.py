"""Containers, as the agents that run them last measured them. Use and limits, never allocation."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class Container(models.Model):
    """One container of one agent, and its figures of `measured_at`; None where its agent does not tell it.

    While it runs its agent's listing knows later ones: queries/containers_now.py brings a row up to them.
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="containers")
    host = models.CharField(max_length=255)
    """Its agent's."""
    agent_id = models.CharField(max_length=255)
    """Who lists it: several agents may share a host."""
    container_id = models.CharField(max_length=255)
    parent_id = models.CharField(max_length=255, blank=True)
    """The container it is nested in; empty for a root container."""
    framework_id = models.CharField(max_length=255, blank=True)
    framework_name = models.CharField(max_length=500, blank=True)
    executor_id = models.CharField(max_length=500, blank=True)
    executor_name = models.CharField(max_length=500, blank=True)
    task_name = models.CharField(max_length=500, blank=True)
    labels = models.JSONField(default=dict)
    """Its executor's, as text; empty where the way it was read tells none."""
    route = models.CharField(max_length=16)
    """How it was read: operator-api, containers or dcos-metrics."""
    partial = models.CharField(max_length=200, blank=True)
    """What that way cannot tell, in words."""
    first_seen = models.DateTimeField()
    listed_at = models.DateTimeField()
    """When its agent last listed it, with new figures or with those of `measured_at` again."""
    measured_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    """When its agent first answered without it."""
    cpus_used = models.FloatField(null=True)
    """Cores, the mean between its last two samples; None for the first, and across a gap or a reset."""
    cpus_limit = models.FloatField(null=True)
    cpus_requested = models.FloatField(null=True)
    throttled_ratio = models.FloatField(null=True)
    """Share of its scheduling periods in which it was held back, between its last two samples."""
    mem_used_bytes = models.FloatField(null=True)
    """Without file cache."""
    mem_cached_bytes = models.FloatField(null=True)
    mem_limit_bytes = models.FloatField(null=True)
    disk_used_bytes = models.FloatField(null=True)
    disk_limit_bytes = models.FloatField(null=True)
    in_bytes_per_second = models.FloatField(null=True)
    out_bytes_per_second = models.FloatField(null=True)
    read_bytes_per_second = models.FloatField(null=True)
    write_bytes_per_second = models.FloatField(null=True)
    processes = models.FloatField(null=True)
    threads = models.FloatField(null=True)
    counters = models.BinaryField(default=bytes)
    """The counters the rates above run from, as the store packs them."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "host", "container_id"], name="container_once_per_agent")
        ]
        # What runs is looked up with every answer; what ended within two days may be many times as much.
        indexes = [
            models.Index(fields=["cluster", "host"], name="container_running", condition=models.Q(ended_at=None)),
            models.Index(fields=["ended_at"], name="container_ended"),
        ]

    def __str__(self) -> str:
        return self.container_id


class ContainerListing(models.Model):
    """What an agent listed last: its containers with their figures of now, side by side (listings.py).

    In rows of Container what is said in words is always true; their figures are those of the first sample while it runs,
    and of the last once it ended. `listed_at` is at most some ten minutes behind there.
    """

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="+")
    host = models.CharField(max_length=255)
    agent_id = models.CharField(max_length=255)
    answered_at = models.DateTimeField()
    marked_at = models.DateTimeField()
    """When rows and subjects were last marked as seen."""
    words = models.BinaryField()
    """A digest of all that was said in words: while it stays, no row has to be looked at. Empty where they must be."""
    figures = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "host", "agent_id"], name="listing_once_per_agent")]

    def __str__(self) -> str:
        return f"{self.agent_id} on {self.host}"
