"""Clusters: which there are, and one of them in a few figures."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.models import Cluster
from dashboard.queries import verdict
from dashboard.queries.masters import Masters

KINDS = Cluster.Kind.values


class IdentitySerializer(serializers.Serializer[Any]):
    """What a cluster is."""

    name = serializers.CharField(help_text="The name it has in Day Two.")
    kind = serializers.ChoiceField(KINDS, help_text="dcos: through Admin Router. mesos: masters directly.")
    own_name = fields.Said(help_text="The name it gives itself.")
    enabled = serializers.BooleanField(help_text="Whether it is polled.")
    created_at = serializers.DateTimeField(help_text="Since when Day Two knows it.")
    dcos_version = fields.Said()
    dcos_variant = fields.Said()
    mesos_version = fields.Said(help_text="Of the leading master.")


class ClusterRowSerializer(IdentitySerializer):
    """One cluster in the list."""

    href = serializers.SerializerMethodField(help_text="Path of the cluster's own resource.")

    def get_href(self, cluster: Cluster) -> str:
        return reverse("api-cluster", kwargs={"cluster_name": cluster.name})


class ClustersSerializer(paging.CountedPageSerializer):
    results = ClusterRowSerializer(many=True)


class Clusters(Resource):
    query = paging.PagedQuery

    @described("clusters", "All clusters, by name", answer=ClustersSerializer, query=paging.PagedQuery, path=())
    def get(self, request: Request) -> Response:
        """One query."""
        found = list(Cluster.objects.all())
        page = paging.cut(found, lambda cluster: (cluster.name,), request, self.asked)
        return Response(ClustersSerializer({"count": len(found), "next": page.next, "results": page.results}).data)


class FindingSerializer(fields.MarkSerializer):
    """Something that is not well."""

    text = serializers.CharField()


class VerdictSerializer(FindingSerializer):
    """How the cluster is, in one sentence: the worst that is not well."""

    others = FindingSerializer(many=True, help_text="What else is not well, worst first.")


class LeaderSerializer(fields.AgedSerializer):
    """Who leads, as the masters say."""

    taken_at = fields.taken_at("source.sample_at")
    age_seconds = fields.age_seconds("source.sample_at")
    host = fields.Said(source="leader_host", help_text="The elected master; null while none is known to be.")
    since = serializers.DateTimeField(source="leader_since", allow_null=True)
    elected_sum = serializers.IntegerField(
        allow_null=True,
        help_text="How many masters that answer say they lead: 1 when all is well. Null when none answers.",
    )
    masters = serializers.SerializerMethodField(help_text="How many there are.")
    answering = serializers.IntegerField(help_text="How many of them answer Day Two.")
    quorum = serializers.IntegerField(help_text="How many must live for one to be elected.")

    def get_masters(self, found: Masters) -> int:
        return len(found.rows)


class TotalsSerializer(fields.AllocationSerializer, fields.AgedSerializer):
    """Sums over the active agents: one that is lost gives no capacity."""

    taken_at = fields.taken_at("summary_taken_at")
    age_seconds = fields.age_seconds("summary_taken_at")
    basis = serializers.SerializerMethodField(help_text="What the sums are of.")
    agents_active = serializers.IntegerField(allow_null=True, help_text="How many agents the sums are of.")
    agents_inactive = serializers.IntegerField(allow_null=True, help_text="Registered, but not in the sums.")

    def get_basis(self, cluster: Cluster) -> str:
        return "allocation of active agents"


class TaskTotalsSerializer(fields.TasksSerializer, fields.AgedSerializer):
    """Tasks of all registered frameworks, as the leading master counts them."""

    taken_at = fields.taken_at("summary_taken_at")
    age_seconds = fields.age_seconds("summary_taken_at")


class ClusterSerializer(IdentitySerializer):
    """One cluster. Each part says itself how old it is."""

    url = serializers.CharField(help_text="Where Day Two asks.")
    marathon_urls = serializers.ListField(
        child=serializers.CharField(), help_text="Addresses of its further Marathons, as they were given."
    )
    verdict = VerdictSerializer()
    leader = LeaderSerializer()
    sources = fields.SourceSerializer(many=True)
    allocation = TotalsSerializer()
    tasks = TaskTotalsSerializer()


IDENTITY = ("name", "kind", "own_name", "enabled", "created_at", "dcos_version", "dcos_variant", "mesos_version", "url")


class OneCluster(Resource):
    @described("cluster", "A cluster: its verdict, leader, totals and the age of each source", answer=ClusterSerializer)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Thirteen queries, whatever the size of the cluster."""
        cluster = cluster_named(cluster_name)
        facts = verdict.gather(cluster, self.now)
        answer = {
            **{name: getattr(cluster, name) for name in IDENTITY},
            "marathon_urls": list(cluster.marathon_urls.order_by("pk").values_list("url", flat=True)),
            "verdict": verdict.judge(facts, self.now),
            "leader": facts.masters,
            "sources": list(facts.sources.values()),
            "allocation": cluster,
            "tasks": cluster,
        }
        return Response(ClusterSerializer(answer, context={"now": self.now}).data)
