"""Which subjects of a kind have most of something."""

from __future__ import annotations

from typing import Any

import numpy as np
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from dashboard import csv_file
from dashboard.api import fields
from dashboard.api.latest import KindQuery, NamedSerializer, OfKindSerializer, answer, must_be_known
from dashboard.api.latest_rows import age_seconds, freshness, moments
from dashboard.api.problems import BadParameter
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.api.tables import CSV
from dashboard.models import Subject
from dashboard.queries import latest, top
from dashboard.queries.freshness import Freshness
from dashboard.queries.metrics_of import Metric

AS, ORDERS = ["raw", "rate"], ["greatest", "least"]
MOST = 200


class TopQuery(KindQuery):
    metric = serializers.CharField(max_length=200, help_text="Name of a metric. A wrong one is told what there is.")
    as_ = serializers.ChoiceField(
        AS,
        default="raw",
        help_text="Of counters only: rate is per second between the last two samples, by their own times; one that began anew "
        "in between has none.",
    )
    order = serializers.ChoiceField(ORDERS, default="greatest", help_text="Which come first, and are told.")
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=20, help_text="How many are told at most.")
    format_ = serializers.ChoiceField(["json", CSV], default="json", help_text="csv: the same rows in a file.")


class RankedSerializer(NamedSerializer, fields.AgedSerializer):
    """One of them. Of a rate taken_at is that of the later sample."""

    freshness = serializers.ChoiceField([freshness.value for freshness in Freshness], help_text="fresh or late.")
    value = serializers.FloatField()


class TopSerializer(OfKindSerializer):
    """The subjects of a kind that have most, or least, of something; out of the newest two ticks at which all were asked.

    Whoever is not known, or not of the present, has no rank. Its own age is that of the source as a whole.
    """

    unit = serializers.CharField(allow_blank=True, help_text="Of the values; …/s for a rate.")
    count = serializers.IntegerField(
        help_text="Subjects that were measured at these ticks: it is a rank among so many."
    )
    unknown = serializers.IntegerField(
        help_text="Those of them without a value or rate of the present, so without a rank."
    )
    results = RankedSerializer(many=True)


class TopOfCluster(Resource):
    query = TopQuery

    @described(
        "top_readings",
        "Who has most of something",
        answer=TopSerializer,
        query=TopQuery,
        csv=True,
        by_the_thousand=True,
    )
    def get(self, request: Request, cluster_name: str) -> HttpResponseBase:
        """Six queries and those of signing in, seven where a tick is missing; four where readings are remembered, two more
        where none has a rank."""
        name, rate = self.asked["metric"], self.asked["as"] == "rate"
        metric = Metric(Subject(kind=self.asked["kind"]), name)
        if rate and not metric.is_counter:
            raise BadParameter(f"{name} is no counter and has no rate.", parameter="as", allowed=["raw"])
        what = latest.asked(cluster_named(cluster_name), Subject.Kind(self.asked["kind"]), [name], self.now)
        found = top.of_kind(what, rate=rate, least=self.asked["order"] == "least", limit=self.asked["limit"])
        if not found.ranked:
            must_be_known(what, [name])
        unit, rows = f"{metric.unit}/s" if rate else metric.unit, _rows(what, found.ranked)
        if self.asked["format"] == CSV:
            return _csv(what, unit, rows)
        rest = {"unit": unit, "count": found.count, "unknown": found.unknown, "results": rows}
        return answer(what, [name], rest)


def _rows(what: latest.Asked, ranked: tuple[top.Ranked, ...]) -> list[dict[str, Any]]:
    times = np.array([one.time for one in ranked])
    told = zip(ranked, moments(times), age_seconds(what, times), freshness(what, times), strict=True)
    return [
        {
            "key": one.key,
            "name": one.name,
            "taken_at": taken_at,
            "age_seconds": age,
            "freshness": word,
            "value": one.value,
        }
        for one, taken_at, age, word in told
    ]


def _csv(what: latest.Asked, unit: str, rows: list[dict[str, Any]]) -> HttpResponseBase:
    """The value's column is named by the metric and its unit."""
    name = what.names[0]
    header = ["key", "name", "taken_at", "age_seconds", "freshness", f"{name} ({unit})" if unit else name]
    lines = ([*(row | {"taken_at": row["taken_at"].isoformat()}).values()] for row in rows)
    return csv_file.response(f"{what.cluster.name}-top-{what.kind.value}.csv", header, lines)
