"""The launch queues: which apps wait, since when, and why."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard import applications
from dashboard.api import fields, paging
from dashboard.api.app_fields import WaitSerializer
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.models import LaunchWait
from dashboard.queries import freshness, marathons_found

SOURCE = "queue"


class QueueQuery(paging.PagedQuery):
    marathon = serializers.CharField(
        max_length=255, required=False, allow_blank=True, help_text="Only those of the Marathon with this key."
    )
    overdue = serializers.BooleanField(
        required=False, help_text="true: only those that wait for an offer. false: only those that rest after failures."
    )


class QueuedSerializer(WaitSerializer):
    """One app in its Marathon's launch queue."""

    marathon = serializers.CharField(help_text="Key of its Marathon.")
    app = serializers.CharField(help_text="Its id.")
    subject = serializers.CharField(help_text="What `events/` and `readings/` call it: queue:KEY there.")


class QueueSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """Apps that wait to be launched, by Marathon and id. The age is that of asking all Marathons."""

    results = QueuedSerializer(many=True)


class QueueOfCluster(Resource):
    query = QueueQuery

    @described("queue", "What waits to be launched", answer=QueueSerializer, query=QueueQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Three queries."""
        cluster, asked = cluster_named(cluster_name), self.asked
        waits = marathons_found.waits(cluster, marathon=asked.get("marathon", ""), overdue=asked.get("overdue"))
        page = paging.cut(waits, lambda one: (one.app.marathon.key, one.app.app_id), request, asked)
        answer = {
            **fields.of_source(freshness.of(cluster, self.now)[SOURCE]),
            "count": len(waits),
            "next": page.next,
            "results": [_queued(one) for one in page.results],
        }
        return Response(QueueSerializer(answer, context={"now": self.now}).data)


def _queued(one: LaunchWait) -> dict[str, Any]:
    key, app_id = one.app.marathon.key, one.app.app_id
    return {**vars(one), "marathon": key, "app": app_id, "subject": applications.subject_key(key, app_id)}
