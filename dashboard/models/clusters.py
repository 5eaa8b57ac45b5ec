"""Clusters, how they are reached, and their present in one row."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models

from dashboard.models.amounts import Allocation, TaskCounts, Use

NAME_RULE = RegexValidator(r"^[a-z0-9][a-z0-9-]{0,62}$", "Use lower-case letters, digits and hyphens.")


class Cluster(Allocation, TaskCounts, Use):
    """A cluster, what its last good summary said (allocation of active agents only), what is used, and who leads it."""

    class Kind(models.TextChoices):
        DCOS = "dcos", "DC/OS"
        MESOS = "mesos", "Mesos"

    name = models.CharField(max_length=63, unique=True, validators=[NAME_RULE])
    kind = models.CharField(max_length=8, choices=Kind.choices)
    url = models.CharField(max_length=500)
    ca_pem = models.TextField(blank=True)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    own_name = models.CharField(max_length=255, blank=True)
    dcos_version = models.CharField(max_length=32, blank=True)
    dcos_variant = models.CharField(max_length=32, blank=True)
    mesos_version = models.CharField(max_length=32, blank=True)

    leader_host = models.CharField(max_length=255, blank=True)
    """Place of the elected master; empty while none is known to be elected."""
    leader_since = models.DateTimeField(null=True)
    two_leaders = models.CharField(max_length=255, blank=True)
    """Places of the masters that claimed to lead at once when last they could all be asked; empty while one leads."""
    summary_leader = models.CharField(max_length=255, blank=True)
    reregistering_until = models.DateTimeField(null=True)
    summary_taken_at = models.DateTimeField(null=True)
    agents_active = models.IntegerField(null=True)
    agents_inactive = models.IntegerField(null=True)
    frameworks_active = models.IntegerField(null=True)

    def __str__(self) -> str:
        return self.name


class MasterUrl(models.Model):
    """A master's own address as the operator gave it, in the order given."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="master_urls")
    url = models.CharField(max_length=500)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["cluster", "position"], name="master_url_once_per_place")]

    def __str__(self) -> str:
        return self.url


class MarathonUrl(models.Model):
    """A Marathon's address as the operator gave it: of a plain Mesos cluster every one, of DC/OS those beside its own."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="marathon_urls")
    url = models.CharField(max_length=500)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["cluster", "position"], name="marathon_url_once_per_place")]

    def __str__(self) -> str:
        return self.url


class Credential(models.Model):
    """A secret for a cluster: encrypted, written by the store, opened only by a poll, shown to nobody."""

    class Kind(models.TextChoices):
        TOKEN = "token", "Token"
        PASSWORD = "password", "User name and password"

    cluster = models.OneToOneField(Cluster, on_delete=models.CASCADE, related_name="credential")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    sealed = models.BinaryField()
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.cluster_id}"
