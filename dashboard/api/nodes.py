"""Nodes: agents and masters with allocation and use side by side, and one of them with all that its machine tells."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging
from dashboard.api.resource import CLUSTER, Resource, cluster_named, described
from dashboard.api.use_fields import (
    ClusterUseSerializer,
    FilesystemSerializer,
    InterfaceSerializer,
    MachineUseSerializer,
)
from dashboard.models import Filesystem, Interface, Machine
from dashboard.queries import filesystems, machine, node_filter, nodes, use
from dashboard.queries.machine import Wire
from dashboard.queries.nodes import NodeRow

TYPES = ("private", "public", "master")
HOST = OpenApiParameter("host", str, OpenApiParameter.PATH, description="Address of the node: 10.0.0.1.")
OWN = "measured by the machine itself, of all it has"
RATES = ("in_bytes_per_second", "out_bytes_per_second")
MEASURED = tuple(field.name for field in Machine._meta.fields if field.get_internal_type() == "FloatField")


class NodesQuery(paging.PagedQuery):
    is_ = serializers.ChoiceField(
        [*node_filter.IS, "master"],
        required=False,
        help_text="Only such nodes: healthy and unhealthy by their units, silent, public, private, unmeasured, master.",
    )
    zone = serializers.CharField(max_length=255, required=False, allow_blank=True, help_text="Only nodes of this zone.")
    q = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Only nodes whose host, hostname, agent id, region or zone holds this, in any case.",
    )


class UnitsSerializer(fields.MarkSerializer):
    """The systemd units of a node: the worst of them as mark and word."""

    healthy = serializers.IntegerField()
    total = serializers.IntegerField()


class NodeAllocationSerializer(fields.AllocationSerializer, fields.AgedSerializer):
    """What is allocated on an agent."""

    basis = serializers.CharField(help_text="What the figures are of.")


class NodeSerializer(serializers.Serializer[Any]):
    """One agent or master: allocation and use each with its own age."""

    host = serializers.CharField()
    type = serializers.ChoiceField(TYPES)
    state = fields.MarkSerializer()
    since = serializers.DateTimeField(allow_null=True, help_text="Since when an agent is so; null of masters.")
    agent_id = fields.Said(help_text="Null of masters.")
    region = fields.Said()
    zone = fields.Said()
    units = UnitsSerializer(allow_null=True, help_text="Null where no health report listed the node.")
    tasks_running = serializers.IntegerField(allow_null=True, help_text="Null of masters.")
    allocation = NodeAllocationSerializer(allow_null=True, help_text="Null of masters.")
    use = MachineUseSerializer()


class NodesSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Agents that are registered or lost, and masters: worst first, then by host. The age is the summary's."""

    use = ClusterUseSerializer()
    results = NodeSerializer(many=True)


class NodesOfCluster(Resource):
    query = NodesQuery

    @described("nodes", "The nodes, with allocation and use", answer=NodesSerializer, query=NodesQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Eight queries, whatever the size of the cluster."""
        cluster = cluster_named(cluster_name)
        found = nodes.listing(cluster, self.now)
        rows = _filtered(found.rows, self.asked)
        page = paging.cut(rows, _key, request, self.asked)
        answer = {
            **fields.of_source(found.sources["summary"]),
            "use": use.of_cluster(cluster, self.now),
            "count": len(rows),
            "next": page.next,
            "results": [_row(row) for row in page.results],
        }
        return Response(NodesSerializer(answer, context={"now": self.now}).data)


class UnitHereSerializer(serializers.Serializer[Any]):
    """One systemd unit of the node."""

    unit = serializers.CharField()
    name = serializers.CharField()
    health = fields.MarkSerializer(source="state")
    since = serializers.DateTimeField()


class OneNodeSerializer(serializers.Serializer[Any]):
    """Everything known of one host: mostly one agent or master, several where they share it."""

    host = serializers.CharField()
    nodes = NodeSerializer(many=True, help_text="Worst first.")
    attributes = serializers.DictField(
        child=serializers.CharField(), help_text="Of the agent, as the operator gave them."
    )
    filesystems = FilesystemSerializer(many=True, help_text="The fullest first.")
    interfaces = InterfaceSerializer(many=True, help_text="The busiest first.")
    units = UnitHereSerializer(many=True, help_text="Worst first.")


class OneNode(Resource):
    @described("node", "One node", answer=OneNodeSerializer, path=(CLUSTER, HOST))
    def get(self, request: Request, cluster_name: str, host: str) -> Response:
        """Fifteen queries at most."""
        found = machine.node(cluster_named(cluster_name), host, self.now)
        if found is None:
            raise NotFound(f"There is no node {host} in {cluster_name}.")
        agent = found.allocating.agent
        answer = {
            "host": host,
            "nodes": [_row(row) for row in found.rows],
            "attributes": agent.attributes if agent else {},
            "filesystems": [filesystem(disk.filesystem) for disk in found.disks],
            "interfaces": [_interface(wire) for wire in found.wires],
            "units": found.units,
        }
        return Response(OneNodeSerializer(answer, context={"now": self.now}).data)


def _filtered(rows: tuple[NodeRow, ...], asked: dict[str, Any]) -> list[NodeRow]:
    word = asked.get("is", "")
    kept = [row for row in rows if word != "master" or row.kind == "master"]
    wanted = node_filter.Wanted(
        text=asked.get("q", ""), word="" if word == "master" else word, zone=asked.get("zone", "")
    )
    return node_filter.filtered(kept, wanted)


def _key(row: NodeRow) -> paging.Key:
    port = row.agent.node.port if row.agent else row.master.master.port if row.master else 0
    return str(row.severity), paging.by_number(row.host), row.kind, paging.by_number(str(port))


def _row(row: NodeRow) -> dict[str, Any]:
    node = row.agent.node if row.agent else None
    return {
        "host": row.host,
        "type": row.kind,
        "state": row.state,
        "since": row.since,
        "agent_id": node.agent_id if node else None,
        "region": node.region if node else None,
        "zone": row.zone,
        "units": _units(row),
        "tasks_running": row.tasks,
        "allocation": {**vars(node), "taken_at": node.last_seen, "basis": "allocation by Mesos"} if node else None,
        "use": _use(row),
    }


def _units(row: NodeRow) -> dict[str, Any] | None:
    if row.units is None:
        return None
    return {**vars(row.units.state), "healthy": row.units.healthy, "total": row.units.total}


def _use(row: NodeRow) -> dict[str, Any]:
    """The machine's figures; all null when they are too old."""
    known = row.machine
    figures = {name: getattr(row.use, name, None) for name in MEASURED}
    return {
        **figures,
        "taken_at": known.measured_at if known else None,
        "freshness": row.measured,
        "basis": OWN,
        "generation": known.generation if known else None,
        "load_per_core": row.load_per_core,
        "fullest_path": row.use.fullest_path if row.use else None,
    }


def filesystem(row: Filesystem) -> dict[str, Any]:
    """A filesystem with its shares, for FilesystemSerializer."""
    shares = {"used_ratio": filesystems.used_ratio(row), "inodes_ratio": filesystems.inodes_ratio(row)}
    return {**vars(row), "machine": row.machine, **shares}


def _interface(wire: Wire) -> dict[str, Any]:
    row: Interface = wire.interface
    old = {} if wire.current else dict.fromkeys(RATES)
    return {**vars(row), **old}
