"""Masters: who leads, since when, how each process is."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields, paging
from dashboard.api.resource import Resource, cluster_named, described
from dashboard.queries import masters
from dashboard.queries.masters import MasterRow

QUEUE = "Events waiting in the master's queue; it grows when the master cannot keep up."
OWN = "As the master counts it."


class MasterSerializer(fields.AgedSerializer):
    """One master. Its figures are of `taken_at`: what it last said."""

    host = serializers.CharField()
    port = serializers.IntegerField()
    state = fields.MarkSerializer(help_text="Leading, standby, without an answer, or not reachable from here.")
    leads = serializers.BooleanField(help_text="Whether it answers and says that it leads.")
    reason = fields.Said(help_text="Why it does not answer; null while it does.")
    elected = serializers.BooleanField(
        allow_null=True, help_text="What it says of itself; null while it does not answer."
    )
    elected_since = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField(allow_null=True)
    uptime_seconds = fields.Seconds(allow_null=True, help_text="Null while it does not answer.")
    version = fields.Said(help_text="Of Mesos.")
    event_queue_messages = serializers.FloatField(allow_null=True, help_text=QUEUE)
    event_queue_dispatches = serializers.FloatField(allow_null=True, help_text=QUEUE)
    event_queue_http_requests = serializers.FloatField(allow_null=True, help_text=QUEUE)
    cpus_total = serializers.FloatField(allow_null=True, help_text="Cores of its host.")
    load_1min = serializers.FloatField(allow_null=True, help_text="Load average of its host, processes.")
    mem_total_bytes = serializers.FloatField(allow_null=True, help_text="Of its host.")
    mem_free_bytes = serializers.FloatField(allow_null=True, help_text="Of its host.")
    agents_active = serializers.IntegerField(allow_null=True, help_text=OWN)
    agents_inactive = serializers.IntegerField(allow_null=True, help_text=OWN)
    agents_unreachable = serializers.IntegerField(allow_null=True, help_text=OWN)
    registry_bytes = serializers.FloatField(allow_null=True)
    registrar_ensemble = serializers.IntegerField(allow_null=True, help_text="Masters that keep the registry.")


class MastersSerializer(paging.CountedPageSerializer, fields.FreshSerializer):
    """All masters, the leader first, then by host."""

    leader_host = fields.Said(help_text="The elected master; null while none is known to be.")
    leader_since = serializers.DateTimeField(allow_null=True)
    elected_sum = serializers.IntegerField(
        allow_null=True,
        help_text="How many masters that answer say they lead: 1 when all is well. Null when none answers.",
    )
    answering = serializers.IntegerField(help_text="How many answer Day Two.")
    quorum = serializers.IntegerField(help_text="How many must live for one to be elected.")
    results = MasterSerializer(many=True)


def _key(row: MasterRow) -> paging.Key:
    return ("0" if row.leads else "1", paging.by_number(row.master.host), str(row.master.port))


class MastersOfCluster(Resource):
    query = paging.PagedQuery

    @described("masters", "The masters", answer=MastersSerializer, query=paging.PagedQuery)
    def get(self, request: Request, cluster_name: str) -> Response:
        """Three queries."""
        found = masters.now(cluster_named(cluster_name), self.now)
        page = paging.cut(found.rows, _key, request, self.asked)
        answer: dict[str, Any] = {
            **fields.of_source(found.source),
            "leader_host": found.leader_host,
            "leader_since": found.leader_since,
            "elected_sum": found.elected_sum,
            "answering": found.answering,
            "quorum": found.quorum,
            "count": len(found.rows),
            "next": page.next,
            "results": [_row(row) for row in page.results],
        }
        return Response(MastersSerializer(answer, context={"now": self.now}).data)


def _row(row: MasterRow) -> dict[str, Any]:
    return {
        **vars(row.master),
        "state": row.state,
        "leads": row.leads,
        "reason": row.reason,
        "uptime_seconds": row.uptime_seconds,
    }
