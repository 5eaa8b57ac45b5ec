"""Containers: those of a cluster, those of a node, and one of them with every number it told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import born, fields, paging, tables
from dashboard.api.container_fields import FIGURES, ContainerSerializer, container
from dashboard.api.nodes import HOST
from dashboard.api.problems import BadParameter
from dashboard.api.resource import CLUSTER, Resource, cluster_named, described
from dashboard.models import Cluster
from dashboard.queries import certificates, container_in_words, containers_of_cluster, containers_of_node, freshness
from dashboard.queries import container as of_one
from dashboard.queries.container import Found
from dashboard.queries.containers import SOURCE, ContainerRow
from dashboard.queries.containers_of_cluster import BY_HOST, ORDERS, Place, Wanted

ID = OpenApiParameter("container_id", str, OpenApiParameter.PATH, description="Id of the container on its host.")
NOT_THIS_LIST = "after is not from a next link of this list."


class ContainersOfNodeQuery(tables.TableQuery):
    framework = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="Only those of the framework with this id or name."
    )
    ended = serializers.BooleanField(
        required=False, help_text="true: only those that ended. false: only those that run."
    )
    q = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Only those whose id, task or executor holds this, in any case.",
    )
    order = serializers.ChoiceField(
        ORDERS,
        default=BY_HOST,
        help_text="host: by host and id. The others by that figure, the highest first, those without it now last.",
    )


class ContainersQuery(ContainersOfNodeQuery):
    host = serializers.CharField(
        max_length=255, required=False, allow_blank=True, help_text="Only those of the agent at this host."
    )


class ContainersSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Containers that run, and those that ended in the past two days. The age is that of asking the agents for them."""

    results = ContainerSerializer(many=True)


class ContainersOfCluster(Resource):
    query = ContainersQuery

    @described("containers", "The containers", answer=ContainersSerializer, query=ContainersQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> HttpResponseBase:
        """Six queries at most, whatever the size of the cluster."""
        return _list(self, request, cluster_named(cluster_name), self.asked.get("host", ""))


class ContainersOfNode(Resource):
    query = ContainersOfNodeQuery

    @described(
        "node-containers",
        "The containers of a node",
        answer=ContainersSerializer,
        query=ContainersOfNodeQuery,
        path=(CLUSTER, HOST),
        csv=True,
    )
    def get(self, request: Request, cluster_name: str, host: str) -> HttpResponseBase:
        """Eight queries at most."""
        cluster = cluster_named(cluster_name)
        if not containers_of_node.is_known(cluster, host):
            raise NotFound(f"There is no node {host} in {cluster_name}.")
        return _list(self, request, cluster, host)


def _list(resource: Resource, request: Request, cluster: Cluster, host: str) -> HttpResponseBase:
    asked, now = resource.asked, resource.now
    wanted = Wanted(
        host=host,
        framework=asked.get("framework", ""),
        ended=asked.get("ended"),
        text=asked.get("q", ""),
        order=asked["order"],
    )
    source = freshness.of(cluster, now)[SOURCE]
    if tables.wants_csv(request, asked):
        every = map(container, containers_of_cluster.every(cluster, wanted, source, now))
        return tables.answer(f"{cluster.name}-containers", ContainerSerializer, every, now)
    rows = containers_of_cluster.page(cluster, wanted, source, now, after=_after(asked), limit=asked["limit"] + 1)
    page = paging.page(rows, _key(wanted.order), request, limit=asked["limit"])
    answer = {
        **fields.of_source(source),
        "count": containers_of_cluster.count(cluster, wanted),
        "next": page.next,
        "results": [container(row) for row in page.results],
    }
    return Response(ContainersSerializer(answer, context={"now": now}).data)


def _key(order: str) -> paging.KeyOf[ContainerRow]:
    def by_figure(row: ContainerRow) -> paging.Key:
        figure, pk = containers_of_cluster.place_of(row)
        return "" if figure is None else repr(figure), str(pk)

    def by_host(row: ContainerRow) -> paging.Key:
        return row.container.host, row.container.container_id

    return by_host if order == BY_HOST else by_figure


def _after(asked: dict[str, Any]) -> tuple[str, str] | Place | None:
    """Raises BadParameter."""
    after = paging.cursor(asked)
    if after is None:
        return None
    try:
        first, second = after
        if asked["order"] == BY_HOST:
            return first, second
        return (float(first) if first else None), int(second)
    except ValueError:
        raise BadParameter(NOT_THIS_LIST, parameter="after") from None


class UnmeasuredSerializer(serializers.Serializer[Any]):
    """Something a container was not measured for."""

    name = serializers.CharField()
    reason = serializers.CharField()


class OneContainerSerializer(ContainerSerializer):
    """One container with what it holds and every number it told."""

    children = ContainerSerializer(many=True, help_text="Nested right below it.")
    metrics = serializers.DictField(
        child=serializers.FloatField(),
        help_text="Every number of its newest reading by the name Mesos gives it, however old `taken_at` is.",
    )
    unmeasured = UnmeasuredSerializer(many=True, help_text="What is not measured of it, and why.")
    provenance = born.ProvenanceSerializer(
        many=True, allow_null=True, help_text="Of each of its figures; null unless asked for."
    )


class OneContainer(Resource):
    query = born.ProvenanceQuery

    @described(
        "container",
        "One container",
        answer=OneContainerSerializer,
        query=born.ProvenanceQuery,
        path=(CLUSTER, HOST, ID),
    )
    def get(self, request: Request, cluster_name: str, host: str, container_id: str) -> Response:
        """Ten queries at most."""
        cluster = cluster_named(cluster_name)
        found = of_one.one(cluster, host, container_id, self.now)
        if found is None:
            raise NotFound(f"There is no container {container_id} on {host} in {cluster_name}.")
        answer = {
            **container(found.row),
            "children": [container(row) for row in found.children],
            "metrics": found.latest,
            "unmeasured": [{"name": name, "reason": why} for name, why in container_in_words.unmeasured(found)],
            "provenance": _provenance(cluster, found) if self.asked["provenance"] else None,
        }
        return Response(OneContainerSerializer(answer, context={"now": self.now}).data)


def _provenance(cluster: Cluster, found: Found) -> Sequence[dict[str, Any]]:
    shown = {name: getattr(found.row.use, name, None) for name in FIGURES}
    return list(born.told(certificates.of_container(cluster, found.container, shown)))
