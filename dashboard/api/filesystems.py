"""Filesystems of all nodes, the fullest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging, tables
from dashboard.api.nodes import filesystem
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.api.use_fields import FilesystemSerializer
from dashboard.models import Filesystem
from dashboard.queries import filesystems, freshness, growth, use
from dashboard.queries.use import SOURCE


class FilesystemsQuery(tables.TableQuery):
    q = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Only filesystems whose path or host holds this, in any case.",
    )
    over = serializers.ChoiceField(
        list(growth.OVER), default=growth.DEFAULT, help_text="Over which of the past hours growth is told."
    )


class GrowingFilesystemSerializer(FilesystemSerializer):
    """One filesystem with its pace. Its figures are of `taken_at`."""

    growth_bytes_per_day = serializers.FloatField(
        allow_null=True, help_text="The median pace over the past hours; null with less than 6 h of figures."
    )
    days_to_full = serializers.FloatField(
        allow_null=True,
        help_text="At that pace, no forecast; null where it shrinks, stands still or is not within a year.",
    )
    days_unknown = fields.Said(help_text="Why there are no days, in words.")


class FilesystemsSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Filesystems that are measured now, the fullest first, then by host. Those measured too long ago are left out."""

    results = GrowingFilesystemSerializer(many=True)


class FilesystemsOfCluster(Resource):
    query = FilesystemsQuery

    @described("filesystems", "The filesystems", answer=FilesystemsSerializer, query=FilesystemsQuery, csv=True)
    def get(self, request: Request, cluster_name: str) -> HttpResponseBase:
        """Six queries."""
        cluster = cluster_named(cluster_name)
        sources = freshness.of(cluster, self.now)
        source = sources.get(SOURCE)
        measured = filesystems.measured(cluster, self.now, period_seconds=use.period_seconds(sources))
        text = self.asked.get("q", "").lower()
        found = [
            row
            for row in measured.select_related("machine")
            if text in row.path.lower() or text in row.machine.host.lower()
        ]
        if tables.wants_csv(request, self.asked):
            every = _growing(sorted(found, key=_key), self.now, self.asked["over"])
            return tables.answer(f"{cluster.name}-filesystems", GrowingFilesystemSerializer, every, self.now)
        page = paging.cut(found, _key, request, self.asked)
        answer = {
            **(fields.of_source(source) if source else NOT_OFFERED),
            "count": len(found),
            "next": page.next,
            "results": _growing(page.results, self.now, self.asked["over"]),
        }
        return Response(FilesystemsSerializer(answer, context={"now": self.now}).data)


NOT_OFFERED = {"taken_at": None, "freshness": freshness.Freshness.NEVER, "outcome": None}
"""Plain Mesos has no such source: nothing was measured, and nobody was asked."""


def _growing(rows: Sequence[Filesystem], now: datetime, over: str) -> list[dict[str, Any]]:
    """The rows with their paces."""
    paces = growth.of(rows, now, over)
    return [
        {
            **filesystem(row),
            "growth_bytes_per_day": paces[row.pk].bytes_per_day,
            "days_to_full": paces[row.pk].days_to_full,
            "days_unknown": paces[row.pk].why,
        }
        for row in rows
    ]


def _key(row: Filesystem) -> paging.Key:
    return f"{1 - (filesystems.used_ratio(row) or 0.0):.6f}", paging.by_number(row.machine.host), row.path
