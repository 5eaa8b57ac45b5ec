"""What was measured: subjects, layouts and readings (house, §4)."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class Subject(models.Model):
    """What numbers are about. Subjects form a tree: cluster → master, framework, zone, node → …"""

    class Kind(models.TextChoices):
        CLUSTER = "cluster", "Cluster"
        MASTER = "master", "Master"
        NODE = "node", "Node"
        FRAMEWORK = "framework", "Framework"
        ZONE = "zone", "Zone"
        COMPONENTS = "components", "Component health"
        HOST = "host", "Host"
        FILESYSTEM = "filesystem", "Filesystem"
        INTERFACE = "interface", "Network interface"
        USE = "use", "Use"
        AGENT = "agent", "Agent process"
        CONTAINER = "container", "Container"
        CONTAINER_USE = "container_use", "Use by containers"
        ROLE = "role", "Role"
        APP = "app", "App"
        QUEUE = "queue", "Launch queue"
        """Of an app, while it waits to be launched."""
        MARATHON = "marathon", "Marathon"
        APP_METRICS = "app_metrics", "Application metrics"

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="subjects")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    key = models.CharField(max_length=255)
    """Unique among the cluster's subjects of a kind. A master's is host:port@start, one for each life of the process."""
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    name = models.CharField(max_length=500)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "kind", "key"], name="subject_once_per_cluster")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Layout(models.Model):
    """An immutable, shared, ordered tuple of metric names. Labels are never in a layout."""

    digest = models.CharField(max_length=40, unique=True)
    names = models.JSONField()

    def __str__(self) -> str:
        return f"{len(self.names)} values"


class Reading(models.Model):
    """One subject at one tick: the layout's values as little-endian float64, NaN where nothing was measured."""

    pk = models.CompositePrimaryKey("tick", "subject_id")
    tick = models.IntegerField()
    """Start of the poll's slot, seconds since 1970; first in the key, so that writes append and retention is a range."""
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, db_index=False, related_name="+")
    layout = models.ForeignKey(Layout, on_delete=models.PROTECT, db_index=False, related_name="+")
    data = models.BinaryField()

    class Meta:
        # The read path of a chart: one subject over a range of ticks.
        indexes = [models.Index(fields=["subject", "tick"], name="reading_by_subject")]

    def __str__(self) -> str:
        return f"{self.subject_id} at {self.tick}"


class Chunk(models.Model):
    """Readings of one subject and layout in a stretch of one tier (tiers.py), as codec.py packs them."""

    pk = models.CompositePrimaryKey("subject_id", "tier", "begins_at")
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, db_index=False, related_name="+")
    tier = models.SmallIntegerField()
    begins_at = models.IntegerField()
    """Tick of the first reading that is in it, seconds since 1970: of two layouts in one stretch each has its own."""
    rows = models.PositiveIntegerField()
    layout = models.ForeignKey(Layout, on_delete=models.PROTECT, db_index=False, related_name="+")
    """Of the readings; what the columns of a rolled-up chunk are follows from it (rolling.py)."""
    data = models.BinaryField()

    class Meta:
        # Retention and roll-up ask for a tier's stretch, whatever the subject; on PostgreSQL stretches are partitions too.
        indexes = [models.Index(fields=["tier", "begins_at"], name="chunk_by_stretch")]

    def __str__(self) -> str:
        return f"{self.subject_id} from {self.begins_at}, tier {self.tier}"
