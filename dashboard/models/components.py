"""Component health: which systemd unit is how on which node, and how each node is as a whole."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models

from dashboard.models.clusters import Cluster


class Health(models.IntegerChoices):
    """dcos-diagnostics' codes, and NO_DATA, which is ours: diagnostics could not be asked, so nothing is known."""

    HEALTHY = 0, "Healthy"
    UNHEALTHY = 1, "Unhealthy"
    WARNING = 2, "Warning"
    NOT_AVAILABLE = 3, "N/A"
    NO_DATA = 9, "No data"


WORST_FIRST = (Health.UNHEALTHY, Health.NO_DATA, Health.NOT_AVAILABLE, Health.WARNING, Health.HEALTHY)


def worst(healths: Iterable[int]) -> Health:
    """What a component is over all its nodes. A dark node outweighs healthy ones: unknown is never healthy."""
    found = set(healths)
    return next((health for health in WORST_FIRST if health in found), Health.NO_DATA)


class Component(models.Model):
    """A unit as the cluster names it. Everything is keyed by the unit's id: names change between versions."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="components")
    unit = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    description = models.CharField(max_length=1000, blank=True)
    first_seen = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "unit"], name="component_once_per_cluster")]

    def __str__(self) -> str:
        return self.name


class NodeHealth(models.Model):
    """A node of the health report: its overall code, and whether its units could be read at all."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="node_health")
    host = models.CharField(max_length=255)
    hostname = models.CharField(max_length=255, blank=True)
    role = models.CharField(max_length=16)
    mesos_id = models.CharField(max_length=255, blank=True)
    health = models.SmallIntegerField(choices=Health.choices)
    since = models.DateTimeField()
    taken_at = models.DateTimeField()
    """When a report last listed it."""
    reason = models.CharField(max_length=255, blank=True)
    """Why there is no data, in words; empty while there is."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cluster", "host"], name="node_health_once_per_host")]

    def __str__(self) -> str:
        return f"{self.host}: {self.get_health_display()}"


class UnitState(models.Model):
    """This unit on this node (never the node's overall health, which the units' lists of DC/OS show in its place)."""

    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="states")
    node = models.ForeignKey(NodeHealth, on_delete=models.CASCADE, db_index=False, related_name="units")
    health = models.SmallIntegerField(choices=Health.choices)
    since = models.DateTimeField()
    last_known = models.SmallIntegerField(choices=Health.choices)
    """The last code diagnostics gave; the present `health` is NO_DATA while the node is dark."""
    output = models.TextField(blank=True)
    taken_at = models.DateTimeField()
    """Sample time of `last_known` and `output`."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["component", "node"], name="unit_once_per_node")]
        # How many units of each node are how: counted in the index alone, for the rows hold their output.
        indexes = [models.Index(fields=["node", "health"], name="unit_health_by_node")]

    def __str__(self) -> str:
        return f"{self.component_id} on {self.node_id}: {self.get_health_display()}"
