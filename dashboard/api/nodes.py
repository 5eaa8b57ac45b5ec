"""Nodes: agents and masters with allocation and use side by side, and one of them with all that its machine tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import agent_process, born, fields, node_born, paging, tables
from dashboard.api.problems import BadParameter
from dashboard.api.resource import CLUSTER, Resource, cluster_named, described
from dashboard.api.use_fields import (
    ClusterUseSerializer,
    FilesystemSerializer,
    InterfaceSerializer,
    MachineUseSerializer,
)
from dashboard.models import Cluster, Filesystem, Interface, Machine
from dashboard.queries import agent_process as of_process
from dashboard.queries import filesystems, filter_line, machine, node_details, node_filter, node_query, nodes, use
from dashboard.queries.agent_process import Agent
from dashboard.queries.machine import Wire
from dashboard.queries.node_details import Details
from dashboard.queries.node_row import NodeRow

TYPES = ("private", "public", "master")
HOST = OpenApiParameter("host", str, OpenApiParameter.PATH, description="Address of the node: 10.0.0.1.")
OWN = "measured by the machine itself, of all it has"
RATES = ("in_bytes_per_second", "out_bytes_per_second")
MEASURED = tuple(field.name for field in Machine._meta.fields if field.get_internal_type() == "FloatField")


class NodesQuery(tables.TableQuery):
    is_ = serializers.ChoiceField(
        [*node_query.IS, "master"],
        required=False,
        help_text="Only such nodes: healthy, unhealthy and na by their units, silent, public, private, unmeasured, master.",
    )
    zone = serializers.CharField(max_length=255, required=False, allow_blank=True, help_text="Only nodes of this zone.")
    q = serializers.CharField(
        max_length=filter_line.MOST_CHARACTERS,
        required=False,
        allow_blank=True,
        help_text="Words, figures and text, as on the page of the nodes; all must hold. "
        + "; ".join(f"{text}: {means}" for text, means in node_query.EXAMPLES),
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

    @described("nodes", "The nodes, with allocation and use", answer=NodesSerializer, query=NodesQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> HttpResponseBase:
        """Ten queries, whatever the size of the cluster; one or two more for what `q` asks of attributes or frameworks."""
        cluster = cluster_named(cluster_name)
        found = nodes.listing(cluster, self.now)
        rows = _filtered(cluster, found.rows, self.asked)
        if tables.wants_csv(request, self.asked):
            known = node_details.of(cluster, rows)
            every = (_row(row, known) for row in sorted(rows, key=_key))
            return tables.answer(f"{cluster.name}-nodes", NodeSerializer, every, self.now)
        page = paging.cut(rows, _key, request, self.asked)
        details = node_details.of(cluster, page.results)
        answer = {
            **fields.of_source(found.sources["summary"]),
            "use": use.of_cluster(cluster, self.now, found.sources),
            "count": len(rows),
            "next": page.next,
            "results": [_row(row, details) for row in page.results],
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
    process = agent_process.AgentProcessSerializer(allow_null=True, help_text="Of the agent; null of masters.")
    provenance = born.ProvenanceSerializer(
        many=True, allow_null=True, help_text="Of each figure above; null unless asked for."
    )


class OneNode(Resource):
    query = born.ProvenanceQuery

    @described("node", "One node", answer=OneNodeSerializer, query=born.ProvenanceQuery, path=(CLUSTER, HOST))
    def get(self, request: Request, cluster_name: str, host: str) -> Response:
        """Twenty queries at most."""
        cluster = cluster_named(cluster_name)
        found = machine.node(cluster, host, self.now)
        if found is None:
            raise NotFound(f"There is no node {host} in {cluster_name}.")
        process = _process(cluster, found, self.now)
        agent, details = found.agent, node_details.of(cluster, found.rows)
        answer = {
            "host": host,
            "nodes": [_row(row, details) for row in found.rows],
            "attributes": agent.attributes if agent else {},
            "filesystems": [filesystem(disk.filesystem) for disk in found.disks],
            "interfaces": [_interface(wire) for wire in found.wires],
            "units": found.units,
            "process": agent_process.process(process) if process else None,
            "provenance": None,
        }
        context = {"now": self.now}
        written = OneNodeSerializer(answer, context=context).data
        if self.asked["provenance"]:
            told = node_born.told(cluster, written, answer, process)
            written["provenance"] = born.ProvenanceSerializer(told, many=True, context=context).data
        return Response(written)


def _process(cluster: Cluster, found: machine.Node, now: datetime) -> Agent | None:
    if found.allocating.agent is None:
        return None
    source = found.sources[of_process.SOURCE]
    return of_process.agent(cluster, found.host, found.allocating.agent.port, source, now)


def _filtered(cluster: Cluster, rows: Sequence[NodeRow], asked: dict[str, Any]) -> list[NodeRow]:
    """Raises BadParameter where a part of `q` cannot be read or answered: an answer to half a question would mislead."""
    word, zone = asked.get("is", ""), asked.get("zone", "")
    added = [
        filter_line.word(key, value) for key, value in (("is", word), ("zone", zone)) if value not in ("", "master")
    ]
    query = node_query.parse(asked.get("q", "")).with_terms(*added)
    known = node_filter.known(cluster, query)
    for problem in (*query.problems, *node_filter.unanswerable(query, known)):
        raise BadParameter(f"{problem.part} {problem.why}.", parameter="q", allowed=problem.allowed)
    kept = [row for row in rows if word != "master" or row.kind == "master"]
    return node_filter.filtered(kept, query, known)


def _key(row: NodeRow) -> paging.Key:
    return str(row.severity), paging.by_number(row.host), row.kind, paging.by_number(str(row.port))


def _row(row: NodeRow, details: Details) -> dict[str, Any]:
    node = details.agents.get(row.agent.pk) if row.agent else None
    return {
        "host": row.host,
        "type": row.kind,
        "state": row.state,
        "since": node.state_since if node else None,
        "agent_id": node.agent_id if node else None,
        "region": node.region if node else None,
        "zone": row.zone,
        "units": _units(row),
        "tasks_running": row.tasks,
        "allocation": {**vars(node), "taken_at": node.last_seen, "basis": "allocation by Mesos"} if node else None,
        "use": _use(row, details.machines.get(row.host)),
    }


def _units(row: NodeRow) -> dict[str, Any] | None:
    if row.units is None:
        return None
    return {**vars(row.units.state), "healthy": row.units.healthy, "total": row.units.total}


def _use(row: NodeRow, known: Machine | None) -> dict[str, Any]:
    """The machine's figures; all null when they are too old."""
    own = known if row.measured.current else None
    figures = {name: getattr(own, name, None) for name in MEASURED}
    return {
        **figures,
        "taken_at": known.measured_at if known else None,
        "freshness": row.measured,
        "basis": OWN,
        "generation": known.generation if known else None,
        "load_per_core": row.load_per_core,
        "fullest_path": own.fullest_path if own else None,
    }


def filesystem(row: Filesystem) -> dict[str, Any]:
    """A filesystem with its shares, for FilesystemSerializer."""
    shares = {"used_ratio": filesystems.used_ratio(row), "inodes_ratio": filesystems.inodes_ratio(row)}
    return {**vars(row), "machine": row.machine, **shares}


def _interface(wire: Wire) -> dict[str, Any]:
    row: Interface = wire.interface
    old = {} if wire.current else dict.fromkeys(RATES)
    return {**vars(row), **old}
