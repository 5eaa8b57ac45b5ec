"""Polls: what is due, who does it, how it went; and the standing state of each source and of each node in it."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class Poll(models.Model):
    """One due poll. The row is the truth; the message that carries its id is a hint that may be lost or repeated."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="polls")
    source = models.CharField(max_length=32)
    shard = models.PositiveSmallIntegerField(default=0)
    shards = models.PositiveSmallIntegerField(default=1)
    """Among how many the slot was divided when it was opened: agents that come or go meanwhile change no shard."""
    due_at = models.DateTimeField()
    """The tick: the start of the slot."""
    period_seconds = models.PositiveIntegerField(null=True)
    """How long its slot is, as it was when it was opened; None stands for the source's own period."""
    sent_at = models.DateTimeField(null=True)
    sends = models.PositiveSmallIntegerField(default=0)
    fence = models.PositiveSmallIntegerField(default=0)
    """Rises with each claim; a writer whose fence is old is refused."""
    lease_until = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=24, blank=True)
    """Empty while it is due or running."""
    detail = models.CharField(max_length=500, blank=True)
    requests = models.PositiveIntegerField(default=0)
    bytes_read = models.PositiveBigIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    dropped = models.PositiveIntegerField(default=0)
    sample_at = models.DateTimeField(null=True)
    """How old the figures it brought were; None where it brought none."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cluster", "source", "shard", "due_at"], name="poll_once_per_slot")
        ]
        indexes = [
            # The dispatcher's sweep: only open rows are in it, so it stays small however long the history is.
            models.Index(fields=["due_at"], name="poll_open", condition=models.Q(ended_at=None)),
            models.Index(fields=["ended_at"], name="poll_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.source} of {self.cluster_id} due {self.due_at:%H:%M:%S}"


class Collection(models.Model):
    """How one source stands: as a whole (`host` empty) and for each node asked. One row, upserted; changes are events."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="collection")
    source = models.CharField(max_length=32)
    host = models.CharField(max_length=255, blank=True)
    outcome = models.CharField(max_length=24)
    since = models.DateTimeField()
    """Since when the outcome is this one."""
    last_success_at = models.DateTimeField(null=True)
    """When it last brought an answer, whole or in part."""
    sample_at = models.DateTimeField(null=True)
    """How old that answer's figures are: the cluster's own time stamp where it gives one."""
    asked_at = models.DateTimeField(null=True)
    """When a poll last told of it: a node that is asked no more is forgotten after a day."""
    failures_in_row = models.PositiveIntegerField(default=0)
    detail = models.CharField(max_length=500, blank=True)
    notes = models.CharField(max_length=1000, blank=True)
    period_seconds = models.PositiveIntegerField(null=True)
    """Of the source as a whole: how often its figures may be expected, which is what their age is judged by. A longer
    period counts at once, a shorter one when all shards were asked in it. None stands for the source's own."""
    duration_seconds = models.FloatField(null=True)
    requests = models.PositiveIntegerField(default=0)
    """Questions of the last poll: of all shards where it is of the whole, else to this node itself; 0 where it was told of
    in another's answer, or its turn did not come before the poll's time was up."""
    bytes_read = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "source", "host"], name="collection_once_per_node")]

    def __str__(self) -> str:
        return f"{self.source} {self.host}: {self.outcome}"
