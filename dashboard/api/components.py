"""Components: how many are how, which are worst, and one of them on all its nodes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging
from dashboard.api.resource import CLUSTER, Resource, cluster_named, described
from dashboard.models import Cluster
from dashboard.models.components import WORST_FIRST, Health
from dashboard.queries import components, marks, units
from dashboard.queries.components import ComponentRow
from dashboard.queries.marks import Mark
from dashboard.queries.units import NodeRow

HEALTHS = [health.name.lower() for health in Health]
OF_MARK = {mark: health.name.lower() for health, mark in marks.HEALTH.items()}
NO_DATA = "no_data: diagnostics could not be asked, so nothing is known"
FLIPS = "When it changed in the past 24 h, oldest first."
UNIT = OpenApiParameter("unit", str, OpenApiParameter.PATH, description="Id of the systemd unit, dcos-net.service.")


class HealthQuery(paging.PagedQuery):
    health = serializers.ChoiceField(HEALTHS, required=False, help_text="Only rows of this health.")
    q = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Only rows whose name holds this, in any case."
    )


class CountsSerializer(serializers.Serializer[Any]):
    """How many are how; `all` is the sum of the others."""

    all = serializers.IntegerField()
    healthy = serializers.IntegerField()
    unhealthy = serializers.IntegerField()
    warning = serializers.IntegerField()
    not_available = serializers.IntegerField(help_text="DC/OS itself says N/A.")
    no_data = serializers.IntegerField(help_text=NO_DATA)


class DarkNodeSerializer(serializers.Serializer[Any]):
    """A node whose units diagnostics could not read."""

    host = serializers.CharField()
    reason = serializers.CharField()
    since = serializers.DateTimeField()


class ComponentSerializer(serializers.Serializer[Any]):
    """One component over all its nodes: its worst state."""

    unit = serializers.CharField(help_text="Id of the systemd unit.")
    name = serializers.CharField()
    description = fields.Said()
    health = serializers.ChoiceField(HEALTHS, help_text=NO_DATA)
    health_word = serializers.CharField(help_text="The health as the pages show it.")
    last_known = serializers.ChoiceField(HEALTHS, help_text="What it was when diagnostics last could tell.")
    nodes = serializers.IntegerField(help_text="On how many nodes it runs.")
    nodes_healthy = serializers.IntegerField(help_text="On how many of them it is healthy.")
    since = serializers.DateTimeField(help_text="Since when it is so.")
    flips = serializers.ListField(child=serializers.DateTimeField(), help_text=FLIPS)
    runs_on = serializers.CharField(help_text="Masters, agents, public agents.")


class ComponentsSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Components, worst first, then by name. The counts are of all, whatever the filter."""

    counts = CountsSerializer()
    nodes = serializers.IntegerField(help_text="Nodes of the report.")
    dark_nodes = DarkNodeSerializer(many=True)
    results = ComponentSerializer(many=True)


class ComponentsOfCluster(Resource):
    query = HealthQuery

    @described("components", "The components and how they are", answer=ComponentsSerializer, query=HealthQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Six queries, whatever the size of the cluster."""
        found = components.overview(with_components(cluster_named(cluster_name)), self.now)
        rows = components.filtered(found.rows, text=self.asked.get("q", ""), health=_wanted(self.asked))
        page = paging.cut(rows, _component_key, request, self.asked)
        answer = {
            **fields.of_source(found.source),
            "counts": _counts(found.counts),
            "nodes": found.nodes,
            "dark_nodes": found.dark_nodes,
            "count": len(rows),
            "next": page.next,
            "results": [_component(row) for row in page.results],
        }
        return Response(ComponentsSerializer(answer, context={"now": self.now}).data)


class UnitOnNodeSerializer(fields.AgedSerializer):
    """This unit on one node. `health` is the unit's, `node_overall` the node's, which is another thing."""

    host = serializers.CharField()
    hostname = fields.Said()
    role = serializers.CharField(help_text="master, agent or agent_public.")
    health = serializers.ChoiceField(HEALTHS, help_text=NO_DATA)
    health_word = serializers.CharField(help_text="The health as the pages show it.")
    last_known = serializers.ChoiceField(HEALTHS, help_text="What it was at `taken_at`.")
    node_overall = serializers.ChoiceField(HEALTHS, help_text="The node's own code in the report.")
    reason = fields.Said(help_text="Why there is no data; null while there is.")
    since = serializers.DateTimeField(help_text="Since when it is so.")
    flips = serializers.ListField(child=serializers.DateTimeField(), help_text=FLIPS)


class UnitSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """A component on its nodes, worst first, then by host. The counts are of all nodes, whatever the filter."""

    unit = serializers.CharField(source="component.unit")
    name = serializers.CharField(source="component.name")
    description = fields.Said(source="component.description")
    health = serializers.ChoiceField(HEALTHS, help_text="The worst over all its nodes.")
    runs_on = serializers.CharField(help_text="Masters, agents, public agents.")
    counts = CountsSerializer()
    results = UnitOnNodeSerializer(many=True)


class NodesOfComponent(Resource):
    query = HealthQuery

    @described(
        "component_nodes",
        "A component on each of its nodes",
        answer=UnitSerializer,
        query=HealthQuery,
        path=(CLUSTER, UNIT),
    )
    def get(self, request: Request, cluster_name: str, unit: str) -> Response:
        """Five queries, whatever the size of the cluster."""
        cluster = with_components(cluster_named(cluster_name))
        # A NUL can be in an address, but in no text that PostgreSQL compares.
        found = None if "\0" in unit else units.unit(cluster, unit, self.now)
        if found is None:
            raise NotFound(f"There is no component {unit} in {cluster_name}.")
        rows = [row for row in found.rows if _on_node_asked_for(row, self.asked)]
        page = paging.cut(rows, _node_key, request, self.asked)
        answer = {
            **fields.of_source(found.source),
            "component": found.component,
            "health": OF_MARK[found.state],
            "runs_on": found.runs_on,
            "counts": _counts(found.counts),
            "count": len(rows),
            "next": page.next,
            "results": [_on_node(row) for row in page.results],
        }
        return Response(UnitSerializer(answer, context={"now": self.now}).data)


def with_components(cluster: Cluster) -> Cluster:
    """The cluster, unless its kind has no component health. Raises NotFound."""
    if cluster.kind != Cluster.Kind.DCOS:
        raise NotFound(f"{cluster.name} is plain Mesos: component health is a part of DC/OS.")
    return cluster


def _wanted(asked: dict[str, Any]) -> Health | None:
    return Health[asked["health"].upper()] if "health" in asked else None


def _counts(counts: dict[Health, int]) -> dict[str, int]:
    return {"all": sum(counts.values()), **{health.name.lower(): counts.get(health, 0) for health in Health}}


def _rank(health: Health) -> str:
    return str(WORST_FIRST.index(health))


def _component_key(row: ComponentRow) -> paging.Key:
    return _rank(row.health), row.name.lower(), row.unit


def _node_key(row: NodeRow) -> paging.Key:
    return _rank(row.health), paging.by_number(row.host), row.host


def _on_node_asked_for(row: NodeRow, asked: dict[str, Any]) -> bool:
    text = asked.get("q", "").lower()
    return _wanted(asked) in (None, row.health) and (text in row.host.lower() or text in row.hostname.lower())


def _component(row: ComponentRow) -> dict[str, Any]:
    return {**vars(row), **_healths(row.state, row.last_known)}


def _on_node(row: NodeRow) -> dict[str, Any]:
    return {**vars(row), **_healths(row.state, row.last_known), "node_overall": OF_MARK[row.node_overall]}


def _healths(state: Mark, last_known: Mark) -> dict[str, str]:
    return {"health": OF_MARK[state], "health_word": state.word, "last_known": OF_MARK[last_known]}
