"""Marathons of the cluster: who leads each, how old what it tells is, and its own metrics."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.api.use_fields import FreshnessField
from dashboard.queries import freshness, marathons_found

SOURCE = "marathon"
OWN = ("key", "name", "framework_id", "version", "leader", "leader_since", "taken_at")
LISTS = ("apps", "deployments", "queue")


class MarathonSerializer(fields.AgedSerializer):
    """One Marathon as its leader last described itself."""

    freshness = FreshnessField()
    key = serializers.CharField(
        help_text="`marathon` is the root one. With `marathon:` before it the subject of `readings/`."
    )
    name = fields.Said()
    framework_id = fields.Said()
    version = fields.Said()
    leader = fields.Said(help_text="host:port; null while none is elected.")
    leader_since = serializers.DateTimeField(
        allow_null=True, help_text="When this leader, or that there is none, was first seen."
    )
    apps_taken_at = serializers.DateTimeField(allow_null=True, help_text="Of its list of apps.")
    apps_freshness = FreshnessField()
    deployments_taken_at = serializers.DateTimeField(allow_null=True)
    deployments_freshness = FreshnessField()
    queue_taken_at = serializers.DateTimeField(allow_null=True)
    queue_freshness = FreshnessField()
    metrics = serializers.DictField(
        child=serializers.FloatField(),
        help_text="Its own numbers by the name Marathon gives them from 1.7 on, without prefix; only what is the present.",
    )


class MarathonsSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Marathons by key. The age is that of asking all of them; each part of each has its own."""

    results = MarathonSerializer(many=True)


class MarathonsOfCluster(Resource):
    query = paging.PagedQuery

    @described("marathons", "The Marathons", answer=MarathonsSerializer, query=paging.PagedQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Nine queries at most."""
        cluster = cluster_named(cluster_name)
        sources, found = freshness.of(cluster, self.now), marathons_found.of(cluster, self.now)
        page = paging.cut(found, lambda one: (one.marathon.key,), request, self.asked)

        def marathon(one: marathons_found.Told) -> dict[str, Any]:
            own = one.marathon
            at = {name: getattr(own, f"{name}_taken_at") for name in LISTS}
            return {
                **{name: getattr(own, name) for name in OWN},
                **{f"{name}_taken_at": taken_at for name, taken_at in at.items()},
                **{f"{name}_freshness": sources[name].judge(taken_at, self.now) for name, taken_at in at.items()},
                "freshness": sources[SOURCE].judge(own.taken_at, self.now),
                "metrics": one.metrics,
            }

        answer = {
            **fields.of_source(sources[SOURCE]),
            "count": len(found),
            "next": page.next,
            "results": [marathon(one) for one in page.results],
        }
        return Response(MarathonsSerializer(answer, context={"now": self.now}).data)
