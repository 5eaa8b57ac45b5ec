"""The audit of a cluster: its days, each checked as it is told, one with all that it says, and the chain as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import paging, tables
from dashboard.api.authentication import MayAct
from dashboard.api.resource import CLUSTER, PROBLEMS, Query, Resource, cluster_named, described, refusals
from dashboard.auditing import days, export
from dashboard.auditing.days import Day, State
from dashboard.models import Cluster
from dashboard.queries import audit_entries

AT_ONCE = 50
DAY = OpenApiParameter("day", OpenApiTypes.DATE, OpenApiParameter.PATH, description="The UTC day, as in 2026-11-22.")


class AuditDaySerializer(serializers.Serializer[Any]):
    """One entry of the chain."""

    day = serializers.DateField(help_text="The UTC day on which it was made.")
    number = serializers.IntegerField(help_text="In the chain of the whole installation, counted from 1.")
    made_at = serializers.DateTimeField(help_text="It says what was known then.")
    checked = serializers.ChoiceField(
        [state.value for state in State],
        help_text="Checked for this answer. unsigned: this machine has no key to check the signature by.",
    )
    why = serializers.CharField(allow_null=True, help_text="What is wrong with it; null where nothing is.")
    changes = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="What changed since the entry before, as sentences; null where it cannot be read.",
    )
    compared_with = serializers.DateField(allow_null=True, help_text="The day of the entry before; null for the first.")
    events = serializers.IntegerField(
        allow_null=True, help_text="How many were seen from events_since to events_until."
    )
    events_since = serializers.DateTimeField(allow_null=True)
    events_until = serializers.DateTimeField(allow_null=True)
    bytes = serializers.IntegerField(help_text="As it is stored, compressed.")
    digest = serializers.CharField(help_text="SHA-256 over its content and previous_digest.")
    previous_digest = serializers.CharField()
    signature = serializers.CharField(help_text="Ed25519 of the digest, hexadecimal.")
    key_id = serializers.CharField(help_text="SHA-256 of the public key that verifies it.")


class AuditSerializer(paging.PageSerializer):
    """The daily entries of a cluster, the latest first. A day on which none could be made has none."""

    results = AuditDaySerializer(many=True)


class OneAuditDaySerializer(AuditDaySerializer):
    """One entry with all that it says: inventory, health, capacity, events, as they were signed."""

    content = serializers.DictField(allow_null=True, help_text="Null where the entry is broken.")


class AuditOfCluster(Resource):
    query = tables.TableQuery

    @described(
        "audit",
        "The daily audit entries, the latest first",
        answer=AuditSerializer,
        query=tables.TableQuery,
        csv=True,
    )
    def get(self, request: Request, cluster_name: str) -> Any:
        """Three queries."""
        cluster = cluster_named(cluster_name)
        if tables.wants_csv(request, self.asked):
            return tables.answer(f"{cluster.name}-audit", AuditDaySerializer, _every(cluster), self.now)
        limit, before = self.asked["limit"], paging.id_before(self.asked)
        found = days.latest(cluster, limit=limit + 1, before=before)
        page = paging.page(found, lambda day: (str(day.entry.number),), request, limit=limit)
        answer = {"next": page.next, "results": [_said(day) for day in page.results]}
        return Response(AuditSerializer(answer).data)


class OneAuditDay(Resource):
    @described("audit_day", "One audit entry", answer=OneAuditDaySerializer, path=(CLUSTER, DAY))
    def get(self, request: Request, cluster_name: str, day: str) -> Response:
        """Three queries."""
        entry = audit_entries.of_day(cluster_named(cluster_name), _day(day))
        if entry is None:
            raise NotFound(f"There is no audit entry of {day}.")
        found = days.of([entry])[0]
        return Response(OneAuditDaySerializer({**_said(found), "content": days.content(found)}).data)


class ExportQuery(Query):
    since = serializers.DateField(required=False, help_text="The first day.")
    until = serializers.DateField(required=False, help_text="The last day.")


class AuditExport(Resource):
    query = ExportQuery
    permission_classes = [MayAct]  # noqa: RUF012  DRF's own attribute

    @extend_schema(
        operation_id="audit_export",
        summary="The audit chain as a file that can be checked elsewhere",
        description=(
            "JSON lines: a header that says how to check them, then the entries of this cluster, oldest first, and of "
            "others between them the links. `manage.py verify_audit` checks it. Operators only."
        ),
        tags=["clusters"],
        parameters=[CLUSTER, ExportQuery],
        responses={
            (200, "application/jsonl"): OpenApiResponse(OpenApiTypes.STR, description="A JSON object a line."),
            **refusals(PROBLEMS, (CLUSTER,)),
        },
    )
    def get(self, request: Request, cluster_name: str) -> StreamingHttpResponse:
        cluster = cluster_named(cluster_name)
        lines = export.lines(self.now, cluster=cluster, since=self.asked.get("since"), until=self.asked.get("until"))
        answer = StreamingHttpResponse(lines, content_type="application/jsonl; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{export.name(cluster)}"'
        return answer


def _every(cluster: Cluster) -> Iterator[dict[str, Any]]:
    before: int | None = None
    while found := days.latest(cluster, limit=AT_ONCE, before=before):
        yield from map(_said, found)
        before = found[-1].entry.number


def _said(day: Day) -> dict[str, Any]:
    entry, head = day.entry, day.head
    return {
        **{name: getattr(entry, name) for name in ("day", "number", "made_at", "digest", "previous_digest")},
        "signature": entry.signature,
        "key_id": entry.key_id,
        "checked": day.state.value,
        "why": day.why or None,
        "changes": head.changes if head else None,
        "compared_with": head.compared_with if head else None,
        "events": head.events.count if head else None,
        "events_since": head.events.since if head else None,
        "events_until": head.events.until if head else None,
        "bytes": day.size_bytes,
    }


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound(f"{text} is no day.") from None
