"""The audit tier: one entry a cluster and day, each bound to the one before it."""

from __future__ import annotations

from django.db import models

from dashboard.models.clusters import Cluster


class AuditEntry(models.Model):
    """What a cluster was on one day: inventory, health, capacity, events. Never changed; deleted from the oldest on only.

    All entries of an installation are one chain: the digest of each is over its own data and the digest before it.
    """

    number = models.PositiveBigIntegerField(unique=True)
    """Counted from 1, without gaps."""
    cluster = models.ForeignKey(Cluster, null=True, on_delete=models.SET_NULL, related_name="+")
    """None once the cluster was removed: the chain stays."""
    cluster_key = models.PositiveBigIntegerField()
    """The cluster's id, also after it was removed."""
    cluster_name = models.CharField(max_length=200)
    day = models.DateField()
    """UTC."""
    made_at = models.DateTimeField()
    previous_digest = models.CharField(max_length=64)
    """Of the entry numbered before; 64 zeros for the first."""
    digest = models.CharField(max_length=64)
    """SHA-256, hexadecimal."""
    signature = models.CharField(max_length=128)
    """Ed25519 of the digest, hexadecimal."""
    key_id = models.CharField(max_length=64)
    """SHA-256 of the public key that verifies it, hexadecimal."""
    data = models.BinaryField()
    """JSON, compressed with zstd: what the digest is over is the JSON."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster_key", "day"], name="audit_once_a_day")]
        indexes = [models.Index(fields=["day"], name="audit_by_day")]

    def __str__(self) -> str:
        return f"{self.cluster_name} on {self.day}"
