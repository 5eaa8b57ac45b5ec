"""The store: its sizes, its jobs, how long history is kept. Of the whole installation; admins change the lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from dashboard.api import fields
from dashboard.api.acting import REFUSED, Body, Changeable, refusing, who
from dashboard.api.authentication import MayView
from dashboard.api.resource import described, refusals
from dashboard.models import Retention, Upkeep
from dashboard.queries import safety, storage, storage_cost, storage_jobs
from dashboard.queries.storage import Part, Storage
from dashboard.roles import Role, role_of
from dashboard.store import retention_choice
from dashboard.store.retention_choice import LENGTHS

if TYPE_CHECKING:
    from rest_framework.views import APIView

BESIDE = (Part.DISK_FREE, Part.DISK_TOTAL)
NOT_ALLOWED = {**REFUSED, 403: REFUSED[403].replace("no operator", "no admin")}


class MayViewOrAdminister(BasePermission):
    """Viewers read, admins change."""

    message = "This needs the role admin. Whoever manages the users of Day Two can grant it."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in SAFE_METHODS:
            self.message = MayView.message
            return role_of(request.user) >= Role.VIEWER
        return role_of(request.user) >= Role.ADMIN


class StoredPartSerializer(serializers.Serializer[Any]):
    """One part as last measured. of:KIND: what the chunks of a kind of subject take; its rows are subjects."""

    part = serializers.CharField()
    bytes = serializers.IntegerField(help_text="With its indexes.")
    rows = serializers.IntegerField(allow_null=True)
    samples = serializers.IntegerField(allow_null=True, help_text="Of tiers: values, rows times columns.")
    bytes_per_day = serializers.FloatField(
        allow_null=True, help_text="Median pace of the last 30 days; null before there are seven."
    )
    bytes_per_day_low = serializers.FloatField(allow_null=True, help_text="Nine tenths of the paces are above.")
    bytes_per_day_high = serializers.FloatField(allow_null=True, help_text="Nine tenths of the paces are below.")
    measured_at = serializers.DateTimeField()


class StoreJobSerializer(serializers.Serializer[Any]):
    """One job of the store."""

    job = serializers.ChoiceField(Upkeep.Job.values)
    cluster = fields.Said(help_text="Null: of the whole store.")
    outcome = fields.Said(help_text="ok, failed, full, corrupt; null before the first.")
    detail = fields.Said()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    succeeded_at = serializers.DateTimeField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    late = serializers.BooleanField(help_text="It did not succeed for more than twice its time and an hour.")


class RetentionSerializer(serializers.Serializer[Any]):
    """How long history is kept."""

    raw_hours = serializers.IntegerField()
    five_minutes_days = serializers.IntegerField()
    hours_days = serializers.IntegerField()
    container_days = serializers.IntegerField(help_text="Hourly figures of containers.")
    events_days = serializers.IntegerField()
    audit_days = serializers.IntegerField(help_text="0: for ever.")
    changed_at = serializers.DateTimeField(allow_null=True, help_text="Null: as the settings say.")
    changed_by = fields.Said()


class StorageSerializer(serializers.Serializer[Any]):
    """How large the store of the whole installation is, until when there is room, how its jobs fare, what is kept."""

    bytes = serializers.IntegerField(allow_null=True, help_text="Null before the first measurement.")
    measured_at = serializers.DateTimeField(allow_null=True)
    disk_free_bytes = serializers.IntegerField(allow_null=True, help_text="Null: not known from here.")
    disk_total_bytes = serializers.IntegerField(allow_null=True)
    full_in_days_soonest = serializers.FloatField(allow_null=True, help_text="At the highest pace of growth.")
    full_in_days_latest = serializers.FloatField(
        allow_null=True, help_text="At the lowest; null beside a soonest: not within 10 years."
    )
    why_not_full = fields.Said(help_text="Why no day is told on which it is full.")
    collecting_paused = serializers.BooleanField()
    parts = StoredPartSerializer(many=True)
    jobs = StoreJobSerializer(many=True)
    retention = RetentionSerializer()


class RetentionBody(Body):
    """Only what is named is changed."""

    raw_hours = serializers.IntegerField(required=False, help_text="24, 48 or 168.")
    five_minutes_days = serializers.IntegerField(required=False, help_text="14, 30, 60 or 90.")
    hours_days = serializers.IntegerField(required=False, help_text="365, 730 or 1825.")
    container_days = serializers.IntegerField(required=False, help_text="14, 30 or 90.")
    events_days = serializers.IntegerField(required=False, help_text="365, 730 or 1825.")
    audit_days = serializers.IntegerField(required=False, help_text="730, 3650, or 0 for ever.")
    agreed = serializers.BooleanField(default=False, help_text="That what is older than a shorter length is deleted.")


class StorageOfAll(Changeable):
    permission_classes = [MayViewOrAdminister]  # noqa: RUF012  DRF's own attribute

    @described("storage", "Sizes, jobs and lengths of the store", answer=StorageSerializer, path=())
    def get(self, request: Request) -> Response:
        """Four queries."""
        found, report = storage.look(self.now), safety.report()
        answer = {
            **_whole(found),
            "collecting_paused": report.paused,
            "parts": [_part(found, part) for part in found.parts if part not in BESIDE],
            "jobs": [_job(cluster, one) for cluster, one in storage_jobs.of_all(self.now)],
            "retention": _retention(storage_cost.present()),
        }
        return Response(StorageSerializer(answer).data)

    @extend_schema(
        operation_id="change_retention",
        summary="Change how long history is kept",
        description="For admins. Deletion follows within the hour.",
        tags=["clusters"],
        request=RetentionBody,
        responses={(200, "application/json"): RetentionSerializer, **refusals(NOT_ALLOWED, ())},
    )
    def post(self, request: Request) -> Response:
        """Six queries at most."""
        sent = RetentionBody.read(request)
        agreed = sent.pop("agreed")
        asked = {one.field: sent[one.field] for one in LENGTHS if sent.get(one.field) is not None}
        with refusing():
            retention_choice.choose(storage_cost.present(), asked, agreed=agreed, by=who(request), now=self.now)
        return Response(RetentionSerializer(_retention(storage_cost.present())).data)


def _whole(found: Storage) -> dict[str, Any]:
    free, total = (found.parts.get(part) for part in BESIDE)
    full = found.full
    return {
        "bytes": found.all.bytes if found.all else None,
        "measured_at": found.all.measured_at if found.all else None,
        "disk_free_bytes": free.bytes if free else None,
        "disk_total_bytes": total.bytes if total else None,
        "full_in_days_soonest": full.soonest_days,
        "full_in_days_latest": full.latest_days,
        "why_not_full": full.why,
    }


def _part(found: Storage, part: str) -> dict[str, Any]:
    row, pace = found.parts[part], found.paces.get(part)
    said = {name: getattr(row, name) for name in ("part", "bytes", "rows", "samples", "measured_at")}
    median, low, high = (pace.median, pace.low, pace.high) if pace else (None, None, None)
    return {**said, "bytes_per_day": median, "bytes_per_day_low": low, "bytes_per_day_high": high}


def _job(cluster: str, one: storage_jobs.Done) -> dict[str, Any]:
    names = ("job", "outcome", "detail", "started_at", "ended_at", "succeeded_at", "seconds")
    return {**{name: getattr(one.row, name) for name in names}, "cluster": cluster, "late": one.is_late}


def _retention(kept: Retention) -> dict[str, Any]:
    lengths = {one.field: getattr(kept, one.field) for one in LENGTHS}
    by = kept.changed_by.username if kept.changed_by else ""
    return {**lengths, "changed_at": kept.changed_at, "changed_by": by}
