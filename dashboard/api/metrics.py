"""The metric catalogue: what is measured, in what unit, what it means, and who told it last."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import paging
from dashboard.api.paging import CountedPageSerializer, PagedQuery
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.queries import catalogue
from dashboard.queries.catalogue import BASES, SOURCES, Entry


class MetricsQuery(PagedQuery):
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field named like DRF's own attribute
        list(SOURCES), required=False, help_text="Only metrics of this source."
    )
    search = serializers.CharField(
        max_length=500,
        required=False,
        help_text="Words that must all be in what a metric is called, means or is counted in.",
    )


class CataloguedMetricSerializer(serializers.Serializer[Any]):
    """One metric of one kind of subject."""

    name = serializers.CharField(help_text="As the cluster calls it; of totals as Day Two does.")
    kind = serializers.CharField(help_text="Of which subjects it is: host, container, master, …")
    source = serializers.ChoiceField(list(SOURCES))  # type: ignore[assignment]  # a field named like DRF's own attribute
    unit = serializers.CharField(allow_blank=True, help_text="Empty where nobody says it.")
    counts = serializers.BooleanField(help_text="Whether it counts since some beginning: only such have a rate.")
    meaning = serializers.CharField(help_text="The name again where nobody says it.")
    basis = serializers.CharField(help_text="What the values are of.")
    subjects = serializers.IntegerField(
        allow_null=True, help_text="How many told it at the last whole tick; null where it was told longer ago."
    )
    last_seen = serializers.DateTimeField(help_text="When it was told last.")
    where = serializers.CharField(allow_blank=True, help_text="Name of a subject that told it last.")


class CatalogueSerializer(CountedPageSerializer):
    """Every metric that is stored of the cluster, by kind and name. Names are kept as they were sent."""

    results = CataloguedMetricSerializer(many=True)


class MetricsOfCluster(Resource):
    query = MetricsQuery

    @described("metrics", "What is measured", answer=CatalogueSerializer, query=MetricsQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Four queries and those of signing in, and two at most for each kind that told nothing of late."""
        every = catalogue.entries(cluster_named(cluster_name), self.now)
        found = catalogue.matching(every, self.asked.get("search", ""), self.asked.get("source", ""))
        page = paging.cut(found, _key, request, self.asked)
        return Response({"count": len(found), "next": page.next, "results": [_row(entry) for entry in page.results]})


def _key(entry: Entry) -> paging.Key:
    return entry.kind.value, entry.name


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "kind": entry.kind.value,
        "source": entry.source,
        "unit": entry.known.unit,
        "counts": entry.is_counter,
        "meaning": entry.known.words,
        "basis": BASES[entry.kind],
        "subjects": entry.subjects,
        "last_seen": entry.last_seen,
        "where": entry.where,
    }
