"""The component-health snapshot, as DC/OS's own `health-report.json`."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import snapshots
from dashboard.api import fields
from dashboard.api.components import with_components
from dashboard.api.resource import Resource, cluster_named, described

CODE = "0 healthy, 1 unhealthy, 2 warning, 3 N/A, which is also what Day Two has no data for."


class SnapshotHostSerializer(serializers.Serializer[Any]):
    """A node, with its overall code."""

    Leader = serializers.BooleanField()
    Role = serializers.CharField()
    IP = serializers.CharField()
    Host = serializers.CharField(allow_blank=True)
    Health = serializers.IntegerField(help_text=CODE)
    Output = serializers.DictField(child=serializers.CharField(allow_blank=True), help_text="By unit id.")
    MesosID = serializers.CharField(allow_blank=True)


class SnapshotUnitSerializer(serializers.Serializer[Any]):
    """A unit: over all its nodes, or on the node it stands under."""

    UnitName = serializers.CharField()
    Nodes = SnapshotHostSerializer(many=True)
    Health = serializers.IntegerField(help_text=CODE)
    Title = serializers.CharField(allow_blank=True)
    Timestamp = serializers.CharField(help_text="When the health was true.")
    PrettyName = serializers.CharField()


class SnapshotNodeSerializer(SnapshotHostSerializer):
    """A node with its units."""

    Units = SnapshotUnitSerializer(many=True)


class SnapshotSourceSerializer(serializers.Serializer[Any]):
    """How old the figures of a source are."""

    source = serializers.CharField()  # type: ignore[assignment]  # a field named like DRF's own attribute
    outcome = serializers.CharField(allow_blank=True)
    sample_at = serializers.DateTimeField(allow_null=True)
    age_seconds = fields.Seconds(allow_null=True)


class SnapshotOriginSerializer(serializers.Serializer[Any]):
    """What DC/OS's schema has no place for."""

    cluster = serializers.CharField()
    taken_at = serializers.DateTimeField(help_text="The moment of the snapshot.")
    sources = SnapshotSourceSerializer(many=True)
    no_data = serializers.DictField(child=serializers.CharField(), help_text="Nodes nothing is known of, and why.")


class SnapshotSerializer(serializers.Serializer[Any]):
    """DC/OS's health report made from Day Two's rows, also while the cluster is away."""

    Units = serializers.DictField(child=SnapshotUnitSerializer(), help_text="By unit id.")
    Nodes = serializers.DictField(child=SnapshotNodeSerializer(), help_text="By address.")
    UpdatedTime = serializers.DateTimeField(allow_null=True, help_text="Of the report this is made from.")
    DayTwo = SnapshotOriginSerializer()


class SnapshotOfCluster(Resource):
    @described("snapshot", "Component health as DC/OS's health-report.json", answer=SnapshotSerializer)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Four queries, whatever the size of the cluster."""
        taken = snapshots.take(with_components(cluster_named(cluster_name)), self.now)
        disposition = f'attachment; filename="{snapshots.FILE_NAME}"'
        return Response(taken, headers={"Content-Disposition": disposition})
