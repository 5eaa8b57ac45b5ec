"""How an app, its wait and its parts stand in answers. Null always means "not known", never zero."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers

from dashboard import applications
from dashboard.api import fields
from dashboard.api.use_fields import FreshnessField
from dashboard.models import App, LaunchWait
from dashboard.queries.freshness import SourceAge

KINDS, STATES = App.Kind.values, App.State.values
EACH = "What one instance asks for."
USED = "Of all its containers together, as their agents measured them at `used_at`; null where that is not the present."
P95 = "95th percentile of means over five minutes; null until there is an hour of them."
CHECKED = "Of those that are checked; null where nobody checks."
BASIS = "counts by its Marathon's list; cpus, mem, disk, gpus of one instance as asked for; use as agents measure containers"
USE = ("cpus_used", "mem_used_bytes", "containers", "containers_measured")
Sources = Mapping[str, SourceAge]


class AppSerializer(fields.AgedSerializer):
    """One app or pod as its Marathon last listed it."""

    freshness = FreshnessField()
    marathon = serializers.CharField(source="marathon.key", help_text="Key of its Marathon.")
    id = serializers.CharField(source="app_id", help_text="As Marathon writes it: /group/app.")
    subject = serializers.CharField(help_text="What `events/` and `readings/` call it: app:KEY, queue:KEY there.")
    kind = serializers.ChoiceField(KINDS)
    state = serializers.ChoiceField(STATES, help_text="Worst of what may be said of it, as it was at `taken_at`.")
    state_since = serializers.DateTimeField()
    first_seen = serializers.DateTimeField(help_text="When Day Two first saw it.")
    gone_at = serializers.DateTimeField(
        allow_null=True, help_text="When its Marathon first listed all its apps without it."
    )
    instances = serializers.IntegerField(help_text="Wanted.")
    staged = serializers.IntegerField()
    running = serializers.IntegerField()
    healthy = serializers.IntegerField(allow_null=True, help_text=CHECKED)
    unhealthy = serializers.IntegerField(allow_null=True, help_text=CHECKED)
    has_health_checks = serializers.BooleanField(help_text="Whether its configuration has one.")
    is_deploying = serializers.BooleanField()
    is_waiting = serializers.BooleanField(help_text="Whether it is in the launch queue.")
    basis = serializers.CharField(help_text="What the figures are of.")
    cpus = serializers.FloatField(help_text=f"Cores. {EACH}")
    mem_bytes = serializers.FloatField(help_text=f"Bytes. {EACH}")
    disk_bytes = serializers.FloatField(help_text=f"Bytes. {EACH}")
    gpus = serializers.FloatField(help_text=f"GPUs. {EACH}")
    cpus_limit = serializers.FloatField(allow_null=True, help_text="Cores, of one instance; 0: unlimited.")
    mem_limit_bytes = serializers.FloatField(allow_null=True, help_text="Bytes, of one instance; 0: unlimited.")
    used_at = serializers.DateTimeField(allow_null=True, help_text="Of which time the use is, however old.")
    cpus_used = serializers.FloatField(allow_null=True, help_text=f"Cores. {USED}")
    mem_used_bytes = serializers.FloatField(allow_null=True, help_text=f"Bytes, without file cache. {USED}")
    containers = serializers.IntegerField(allow_null=True, help_text="How many of it run, by what agents list.")
    containers_measured = serializers.IntegerField(allow_null=True, help_text="How many of those told their use.")
    cpus_used_p95 = serializers.FloatField(allow_null=True, help_text=f"Cores, of all together. {P95}")
    mem_used_p95_bytes = serializers.FloatField(allow_null=True, help_text=f"Bytes, of all together. {P95}")
    p95_seconds = serializers.FloatField(allow_null=True, help_text="Of how long a past these two are.")
    version = fields.Said(help_text="Of its configuration: when Marathon took it, as Marathon writes it.")
    last_changed_at = serializers.DateTimeField(allow_null=True, help_text="When its configuration last changed.")
    last_scaled_at = serializers.DateTimeField(allow_null=True)
    role = fields.Said()
    image = fields.Said()
    labels = serializers.DictField(child=serializers.CharField(allow_blank=True))


class FailureSerializer(serializers.Serializer[Any]):
    """Its last task failure, as Marathon tells it."""

    task_id = serializers.CharField(source="failure_task_id")
    host = fields.Said(source="failure_host")
    state = fields.Said(source="failure_state", help_text="As Mesos writes it: TASK_FAILED.")
    message = fields.Said(source="failure_message")
    failed_at = serializers.DateTimeField(source="failure_at", allow_null=True)
    version = fields.Said(source="failure_version", help_text="The configuration it ran with.")


class StatisticsSerializer(serializers.Serializer[Any]):
    """One line of Marathon's task statistics."""

    name = serializers.CharField(help_text="Of which tasks: total, with latest config, started after last scaling …")
    staged = serializers.IntegerField(allow_null=True)
    running = serializers.IntegerField(allow_null=True)
    healthy = serializers.IntegerField(allow_null=True, help_text=CHECKED)
    unhealthy = serializers.IntegerField(allow_null=True, help_text=CHECKED)
    median_life_seconds = serializers.FloatField(allow_null=True)


class OffersSerializer(serializers.Serializer[Any]):
    """One requirement, in the order in which Marathon checks them."""

    reason = serializers.CharField(help_text="As Marathon writes it: InsufficientMemory.")
    declined = serializers.IntegerField()
    processed = serializers.IntegerField()


class NearestSerializer(serializers.Serializer[Any]):
    """An offer that was not used: what it held, and what was wrong with it."""

    host = serializers.CharField(allow_blank=True)
    agent_id = serializers.CharField(allow_blank=True)
    role = serializers.CharField(allow_blank=True)
    cpus = serializers.FloatField(help_text="Cores offered.")
    mem_bytes = serializers.FloatField(help_text="Bytes offered.")
    disk_bytes = serializers.FloatField(help_text="Bytes offered.")
    gpus = serializers.FloatField(help_text="GPUs offered.")
    reasons = serializers.ListField(child=serializers.CharField())
    received_at = serializers.CharField(allow_null=True)


class WaitSerializer(fields.AgedSerializer):
    """Its place in the launch queue, as its Marathon last told it."""

    count = serializers.IntegerField(help_text="Instances left to launch.")
    overdue = serializers.BooleanField(
        help_text="true: it waits for an offer. false with a delay: it rests after failures."
    )
    delay_seconds = serializers.FloatField()
    since = serializers.DateTimeField()
    offers_processed = serializers.IntegerField(allow_null=True)
    offers_unused = serializers.IntegerField(allow_null=True)
    last_unused_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    last_offers = OffersSerializer(many=True, help_text="Of the last offer of each agent.")
    since_launch = OffersSerializer(many=True, help_text="Of all offers since it began to wait.")
    nearest = NearestSerializer(many=True, help_text="Those with the fewest reasons first.")


class VersionSerializer(serializers.Serializer[Any]):
    """A configuration it had. Values of its environment, commands and secrets are never told."""

    version = serializers.CharField()
    seen_at = serializers.DateTimeField(help_text="When Day Two first saw it.")
    config = serializers.DictField(child=serializers.CharField(allow_blank=True))


class OneAppSerializer(AppSerializer):
    """One app with its last failure, its statistics, why it waits, and the configurations it had."""

    last_failure = FailureSerializer(allow_null=True, help_text="Null where Marathon remembers none, or was not asked.")
    failure_asked_at = serializers.DateTimeField(allow_null=True, help_text="When its Marathon was last asked for it.")
    statistics = StatisticsSerializer(source="stats", many=True)
    wait = WaitSerializer(allow_null=True, help_text="Null while it is not in the launch queue.")
    versions = VersionSerializer(many=True, help_text="The latest first; at most 50.")


def app(row: App, sources: Sources, now: datetime) -> dict[str, Any]:
    """An app, its Marathon and its wait read with it, for AppSerializer."""
    healthy, unhealthy = applications.judged(row.healthy, row.unhealthy, checked=row.has_health_checks)
    taken_at, use = row.marathon.apps_taken_at, sources["containers"].judge(row.used_at, now)
    return {
        **{field.attname: getattr(row, field.attname) for field in App._meta.concrete_fields},
        **({} if use.current else dict.fromkeys(USE)),
        "healthy": healthy,
        "unhealthy": unhealthy,
        "marathon": row.marathon,
        "taken_at": taken_at,
        "freshness": sources["apps"].judge(taken_at, now),
        "subject": applications.subject_key(row.marathon.key, row.app_id),
        "is_waiting": wait_of(row) is not None,
        "basis": BASIS,
    }


def whole(row: App, sources: Sources, now: datetime) -> dict[str, Any]:
    """One app for OneAppSerializer."""
    return {
        **app(row, sources, now),
        "stats": applications.statistics(row),
        "last_failure": row if row.failure_task_id else None,
        "wait": wait_of(row),
        "versions": list(row.versions.all()),
    }


def wait_of(row: App) -> LaunchWait | None:
    found: LaunchWait | None = getattr(row, "wait", None)
    return found
