"""How a container stands in answers. Null always means "not known", or not as the present; never zero."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from dashboard.api import fields
from dashboard.api.use_fields import FreshnessField
from dashboard.queries import provenance
from dashboard.queries.containers import ContainerRow

USE = "As its agent measured it at `taken_at`; null where that is not the present: too old, or the container ended."
RATE = f"Between its last two samples; null for the first, across a gap or a reset. {USE}"
FIGURES = tuple(provenance.CONTAINER)
TEXTS = (
    *("host", "container_id", "parent_id", "task_name", "executor_id", "executor_name", "framework_id"),
    *("framework_name", "route", "partial", "first_seen", "listed_at", "measured_at", "ended_at"),
)
BASIS = "use and limits of the container, as its agent measures them; no allocation"


def figure(help_text: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=help_text)


class ContainerSerializer(fields.AgedSerializer):
    """One container of one agent. What a nested one uses is part of what its root uses: never add the two."""

    taken_at = fields.taken_at("measured_at")
    age_seconds = fields.age_seconds("measured_at")
    freshness = FreshnessField()
    host = serializers.CharField(help_text="Of its agent.")
    container_id = serializers.CharField(help_text="Unique on its host.")
    parent_id = fields.Said(help_text="The container it is nested in; null of a root.")
    name = serializers.CharField(help_text="What the pages call it: its task, its executor, or its id.")
    task_name = fields.Said()
    executor_id = fields.Said()
    executor_name = fields.Said()
    framework_id = fields.Said()
    framework_name = fields.Said()
    state = fields.MarkSerializer()
    first_seen = serializers.DateTimeField(help_text="When Day Two first saw it, which may be after it started.")
    listed_at = serializers.DateTimeField(help_text="When its agent last listed it.")
    ended_at = serializers.DateTimeField(allow_null=True, help_text="When its agent first answered without it.")
    route = serializers.CharField(help_text="How it was read: operator-api, containers or dcos-metrics.")
    partial = fields.Said(  # type: ignore[assignment]  # a field named like DRF's own attribute
        help_text="What that way of reading cannot tell."
    )
    basis = serializers.CharField(help_text="What the figures are of.")
    cpus_used = figure(f"Cores. {RATE}")
    cpus_limit = figure(f"Cores, the most it may use. {USE}")
    cpus_requested = figure(f"Cores, what it asked for. {USE}")
    throttled_ratio = figure(f"0…1 of the scheduling periods it ran in. {RATE}")
    mem_used_bytes = figure(f"Bytes, without file cache. {USE}")
    mem_cached_bytes = figure(f"Bytes of file cache. {USE}")
    mem_limit_bytes = figure(f"Bytes. {USE}")
    disk_used_bytes = figure(f"Bytes of sandbox and volumes. {USE}")
    disk_limit_bytes = figure(f"Bytes. {USE}")
    in_bytes_per_second = figure(f"Bytes per second received. {RATE}")
    out_bytes_per_second = figure(f"Bytes per second sent. {RATE}")
    read_bytes_per_second = figure(f"Bytes per second read from disks. {RATE}")
    write_bytes_per_second = figure(f"Bytes per second written to disks. {RATE}")
    processes = figure(f"Processes. {USE}")
    threads = figure(f"Threads. {USE}")


def container(row: ContainerRow) -> dict[str, Any]:
    """A container for ContainerSerializer."""
    return {
        **{name: getattr(row.container, name) for name in TEXTS},
        **{name: getattr(row.use, name, None) for name in FIGURES},
        "name": row.name,
        "state": row.state,
        "freshness": row.measured,
        "basis": BASIS,
    }
