"""Deployments: those that are under way, and those that ended of late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.models import Deployment
from dashboard.queries import deployments_found, freshness
from dashboard.queries.deployments_found import Wanted

SOURCE = "deployments"


class DeploymentsQuery(paging.PagedQuery):
    marathon = serializers.CharField(
        max_length=255, required=False, allow_blank=True, help_text="Only those of the Marathon with this key."
    )
    ended = serializers.BooleanField(
        required=False, help_text="true: only those that ended. false: only those that are under way."
    )


class DeploymentSerializer(fields.AgedSerializer):
    """One deployment. When it ended, Marathon does not say whether it was done, cancelled or failed."""

    marathon = serializers.CharField(source="marathon.key", help_text="Key of its Marathon.")
    deployment_id = serializers.CharField()
    version = fields.Said(help_text="As Marathon writes it.")
    apps = serializers.ListField(source="app_ids", child=serializers.CharField(), help_text="Ids of what it touches.")
    step = serializers.IntegerField(help_text="The one being taken, from 1; of one that ended the last one seen.")
    steps = serializers.IntegerField()
    step_since = serializers.DateTimeField(help_text="Since when it is at this step with these actions.")
    actions = serializers.ListField(child=serializers.CharField(), help_text="RestartApplication /group/app …")
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True, help_text="When Marathon first listed all without it.")


class DeploymentsSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Deployments, the latest to start first. The age is that of asking all Marathons; each has that of its own."""

    results = DeploymentSerializer(many=True)


class DeploymentsOfCluster(Resource):
    query = DeploymentsQuery

    @described("deployments", "The deployments", answer=DeploymentsSerializer, query=DeploymentsQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Four queries."""
        cluster, asked = cluster_named(cluster_name), self.asked
        wanted = Wanted(marathon=asked.get("marathon", ""), ended=asked.get("ended"))
        before, limit = paging.moment_before(asked), asked["limit"]
        found = deployments_found.page(cluster, wanted, before=before, limit=limit + 1)
        page = paging.page(found, lambda one: paging.moment_key(one.started_at, one.pk), request, limit=limit)
        answer = {
            **fields.of_source(freshness.of(cluster, self.now)[SOURCE]),
            "count": deployments_found.count(cluster, wanted),
            "next": page.next,
            "results": [_deployment(one) for one in page.results],
        }
        return Response(DeploymentsSerializer(answer, context={"now": self.now}).data)


def _deployment(one: Deployment) -> dict[str, Any]:
    """One that ended is of the time of its end."""
    taken_at: datetime | None = one.ended_at or one.marathon.deployments_taken_at
    return {**vars(one), "marathon": one.marathon, "taken_at": taken_at}
