"""What applications tell of themselves: every metric of every set of an app, a container or a whole cluster, as it is now."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.api.use_fields import FreshnessField
from dashboard.queries import app_metrics, freshness, window
from dashboard.queries.app_metrics import Series, Told

BASIS = "as the application said it; whether it counts, measures or times nobody tells"
RANGE = "1h"
"""Sets that were told within it are listed."""
PLACES = {
    "app": "app__app_id",
    "marathon": "app__marathon__key",
    "host": "container__host",
    "container_id": "container__container_id",
}


def word(help_text: str) -> serializers.CharField:
    return serializers.CharField(max_length=500, required=False, allow_blank=True, help_text=help_text)


class AppMetricsQuery(paging.PagedQuery):
    app = word("Only of the app with this id: /group/app.")
    marathon = word("Only of apps of the Marathon with this key.")
    host = word("Only of containers of the agent at this host.")
    container_id = word("Only of the container with this id.")
    name = word("Only the metric with exactly this name.")
    q = word("Only those that hold each of these words in name, tags or container id, in any case.")


class AppMetricSerializer(fields.AgedSerializer):
    """One metric of one set of tags of one container."""

    name = serializers.CharField(source="series.name", help_text="As the application sent it.")
    subject = serializers.CharField(source="series.of.subject.key", help_text="app_metrics:KEY in `readings/`.")
    unit = fields.Said(source="series.unit", help_text="Where its name tells one.")
    tags = serializers.DictField(source="series.of.tags", child=serializers.CharField(allow_blank=True))
    app = serializers.CharField(source="series.of.app.app_id", default=None, allow_null=True)
    marathon = serializers.CharField(source="series.of.app.marathon.key", default=None, allow_null=True)
    host = serializers.CharField(source="series.container.host", default=None, allow_null=True)
    container_id = serializers.CharField(
        source="series.container.container_id", default=None, allow_null=True, help_text="Null once it is forgotten."
    )
    value = serializers.FloatField(allow_null=True, help_text="Null where the newest is not the present.")
    basis = serializers.SerializerMethodField()
    freshness = FreshnessField()

    def get_basis(self, told: Told) -> str:
        return BASIS


class AppMetricsSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Metrics that were told within the past hour, by name, tags and container; the age is that of asking all containers."""

    results = AppMetricSerializer(many=True)


class AppMetricsOfCluster(Resource):
    query = AppMetricsQuery

    @described("app-metrics", "Metrics of applications", answer=AppMetricsSerializer, query=AppMetricsQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Three queries, and those of the figures."""
        cluster, asked = cluster_named(cluster_name), self.asked
        source = freshness.of(cluster, self.now).get(app_metrics.SOURCE)
        over = window.of(RANGE, self.now)
        every = app_metrics.of_cluster(cluster, over.starts_at, _where(asked))
        matching = [one for one in every if asked.get("name", "") in ("", one.name) and one.holds(asked.get("q", ""))]
        page = paging.cut(matching, _key, request, asked)
        answer = {
            **(fields.of_source(source) if source else {"taken_at": None, "freshness": "never", "outcome": None}),
            "count": len(matching),
            "next": page.next,
            "results": app_metrics.told(cluster, page.results, over, source),
        }
        return Response(AppMetricsSerializer(answer, context={"now": self.now}).data)


def _where(asked: dict[str, Any]) -> Q:

    return Q(**{column: asked[name] for name, column in PLACES.items() if asked.get(name)})


def _key(one: Series) -> paging.Key:
    return one.name, one.tags, one.of.subject.key
