"""Filesystems of all nodes, the fullest first."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging
from dashboard.api.nodes import filesystem
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.api.use_fields import FilesystemSerializer
from dashboard.models import Filesystem
from dashboard.queries import filesystems, freshness
from dashboard.queries.use import SOURCE


class FilesystemsQuery(paging.PagedQuery):
    q = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Only filesystems whose path or host holds this, in any case.",
    )


class FilesystemsSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Filesystems that are measured now, the fullest first, then by host. Those measured too long ago are left out."""

    results = FilesystemSerializer(many=True)


class FilesystemsOfCluster(Resource):
    query = FilesystemsQuery

    @described("filesystems", "The filesystems", answer=FilesystemsSerializer, query=FilesystemsQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Three queries."""
        cluster = cluster_named(cluster_name)
        source = freshness.of(cluster, self.now).get(SOURCE)
        text = self.asked.get("q", "").lower()
        found = [
            row
            for row in filesystems.measured(cluster, self.now).select_related("machine")
            if text in row.path.lower() or text in row.machine.host.lower()
        ]
        page = paging.cut(found, _key, request, self.asked)
        answer = {
            **(fields.of_source(source) if source else NOT_OFFERED),
            "count": len(found),
            "next": page.next,
            "results": [filesystem(row) for row in page.results],
        }
        return Response(FilesystemsSerializer(answer, context={"now": self.now}).data)


NOT_OFFERED = {"taken_at": None, "freshness": freshness.Freshness.NEVER, "outcome": None}
"""Plain Mesos has no such source: nothing was measured, and nobody was asked."""


def _key(row: Filesystem) -> paging.Key:
    return f"{1 - (filesystems.used_ratio(row) or 0.0):.6f}", paging.by_number(row.machine.host), row.path
