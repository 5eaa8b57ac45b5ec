"""The latest figures of all subjects of a kind, side by side; and what top.py shares with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from dashboard import csv_file
from dashboard.api import fields, latest_rows
from dashboard.api.filesystems import NOT_OFFERED
from dashboard.api.problems import BadParameter
from dashboard.api.resource import Query, Resource, cluster_named, described
from dashboard.api.tables import CSV
from dashboard.models import Subject
from dashboard.queries import latest
from dashboard.queries.freshness import Freshness
from dashboard.queries.latest import SOURCE_OF, Asked, Latest
from dashboard.queries.metrics_of import Metric
from dashboard.queries.recent_readings import MOST_SUBJECTS

KINDS = [kind.value for kind in SOURCE_OF]
MOST_METRICS = 50


class KindQuery(Query):
    kind = serializers.ChoiceField(KINDS, help_text="Of what: those of the cluster itself are at `readings/`.")


class LatestQuery(KindQuery):
    repeated = frozenset({"metric"})

    metric = fields.MetricNames(
        min_length=1,
        max_length=MOST_METRICS,
        help_text="Name of a metric, once for each. A wrong one is told what there is.",
    )
    format_ = serializers.ChoiceField(
        ["json", CSV], default="json", help_text="csv: the same rows in a file; what is not known is an empty cell."
    )


class MetricSerializer(serializers.Serializer[Any]):
    """What a column holds."""

    metric = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)
    counts = serializers.BooleanField(help_text="Whether it counts since some beginning: only such have a rate.")


class NamedSerializer(serializers.Serializer[Any]):
    """Whose figures."""

    key = serializers.CharField(
        allow_blank=True, help_text="Unique among its kind. With the kind before it, it is the subject of `readings/`."
    )
    name = serializers.CharField(allow_blank=True, help_text="What an operator calls it.")


class LatestRowSerializer(NamedSerializer, fields.AgedSerializer):
    """The latest figures of one subject; taken_at is that of its newest reading, null where there is none of late."""

    freshness = serializers.ChoiceField(
        [freshness.value for freshness in Freshness],
        help_text="fresh or late: the present, late with that age. no_data: too old, so that no value is told.",
    )
    values = serializers.ListField(
        child=serializers.FloatField(allow_null=True),
        help_text="In the order of `metrics`. Null where it is not known now: never 0, never an older one than is the present.",
    )
    older_seconds = serializers.DictField(
        child=serializers.FloatField(),
        help_text="By metric, of values that are not of the newest reading: how old they are.",
    )


class OfKindSerializer(fields.FreshSerializer):
    """Figures of all subjects of a kind."""

    kind = serializers.ChoiceField(KINDS)
    basis = serializers.CharField(help_text="What the values are of.")
    period_seconds = serializers.IntegerField(help_text="How far their readings are apart.")
    metrics = MetricSerializer(many=True, help_text="What was asked for, in that order, each once.")
    count = serializers.IntegerField()


class LatestSerializer(OfKindSerializer):
    """The latest known figures of all subjects of a kind that were measured within a quarter of an hour, by key.

    Only the newest four readings of each are looked at. Its own age is that of the source as a whole.
    """

    count = serializers.IntegerField(help_text=f"Rows in this answer; at most {MOST_SUBJECTS}.")
    more = serializers.BooleanField(help_text="Whether there are more subjects than are told.")
    results = LatestRowSerializer(many=True)


class LatestOfCluster(Resource):
    query = LatestQuery

    @described(
        "latest_readings",
        "The latest of many",
        answer=LatestSerializer,
        query=LatestQuery,
        csv=True,
        by_the_thousand=True,
    )
    def get(self, request: Request, cluster_name: str) -> HttpResponseBase:
        """Six queries and those of signing in, four where readings are remembered; two more where a metric has no value."""
        names = list(dict.fromkeys(self.asked["metric"]))
        what = latest.asked(cluster_named(cluster_name), Subject.Kind(self.asked["kind"]), names, self.now)
        found = latest.of_kind(what)
        without_value = np.flatnonzero(np.isnan(found.values).all(axis=0))
        must_be_known(what, [names[column] for column in without_value])
        if self.asked["format"] == CSV:
            return _csv(what, found)
        results = msgspec.Raw(latest_rows.told(what, found))
        return answer(what, names, {"count": len(found.keys), "more": found.more, "results": results})


def must_be_known(what: Asked, names: Sequence[str]) -> None:
    """Raises BadParameter for one that this kind does not tell; where none of the kind was ever measured nobody knows."""
    known = latest.names_of(what.cluster, what.kind) if names else []
    unknown = [name for name in names if name not in known]
    if known and unknown:
        raise BadParameter(f"There is no {unknown[0]} of a {what.kind.value}.", parameter="metric", allowed=known)


def answer(what: Asked, names: Sequence[str], rest: Mapping[str, Any]) -> HttpResponse:
    """Not by a serializer: of thousands of rows that would take most of the time. NaN becomes null here."""
    of = Subject(kind=what.kind)
    metrics = [Metric(of, name) for name in names]
    source = fields.of_source(what.source) if what.source else NOT_OFFERED
    content = {
        **source,
        "age_seconds": None if what.source is None else what.source.age_seconds,
        "kind": what.kind.value,
        "basis": metrics[0].basis,
        "period_seconds": what.period_seconds,
        "metrics": [{"metric": one.name, "unit": one.unit, "counts": one.is_counter} for one in metrics],
        **rest,
    }
    return HttpResponse(msgspec.json.encode(content), content_type="application/json")


def _csv(what: Asked, found: Latest) -> HttpResponseBase:
    """A column for each metric; of older values how old they are stands in one of its own."""
    header = ["key", "name", "taken_at", "age_seconds", "freshness", *what.names, "older_seconds"]
    moments = latest_rows.moments(found.read_at)
    told = zip(
        *(found.keys, found.names, [moment.isoformat() if moment else None for moment in moments]),
        *(
            latest_rows.age_seconds(what, found.read_at),
            latest_rows.freshness(what, found.read_at),
            found.values.tolist(),
        ),
        strict=True,
    )
    older = latest_rows.older_seconds(what, found)
    lines = (
        [*said, *values, msgspec.json.encode(older[row]).decode() if row in older else None]
        for row, (*said, values) in enumerate(told)
    )
    return csv_file.response(f"{what.cluster.name}-latest-{what.kind.value}.csv", header, lines)
