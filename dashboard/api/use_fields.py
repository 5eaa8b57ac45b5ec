"""Parts of answers about use: what machines measured of themselves. Null always means "not known", never zero."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from dashboard.api import fields
from dashboard.queries.freshness import Freshness

USE = "Use, as the machine measured it at `taken_at`; null where that is too old to be called the present."
SHARE = "0…1 of used and free: what its users may have."


class FreshnessField(serializers.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        help_text = "fresh or late: the present. no_data: too old to be called so. never: not measured yet."
        super().__init__([one.value for one in Freshness], help_text=help_text, **kwargs)


class MachineUseSerializer(fields.AgedSerializer):
    """What one machine uses."""

    freshness = FreshnessField()
    basis = serializers.CharField(help_text="What the figures are of.")
    generation = fields.Said(help_text="dcos-metrics or telegraf: their cpu_used_ratio cannot be compared.")
    cores = serializers.FloatField(allow_null=True, help_text=f"Cores of the machine. {USE}")
    cpu_used_ratio = serializers.FloatField(allow_null=True, help_text=f"0…1 of all cores. {USE}")
    cpu_wait_ratio = serializers.FloatField(allow_null=True, help_text=f"0…1, waiting for disks. {USE}")
    load_1min = serializers.FloatField(allow_null=True, help_text=f"Processes. {USE}")
    load_per_core = serializers.FloatField(allow_null=True, help_text=f"load_1min ÷ cores. {USE}")
    memory_total_bytes = serializers.FloatField(
        source="mem_total_bytes", allow_null=True, help_text=f"Of the machine. {USE}"
    )
    memory_used_bytes = serializers.FloatField(
        source="mem_used_bytes", allow_null=True, help_text=f"Total less free, buffers and caches. {USE}"
    )
    memory_cached_bytes = serializers.FloatField(
        source="mem_cached_bytes", allow_null=True, help_text=f"Buffers and caches. {USE}"
    )
    swap_used_bytes = serializers.FloatField(allow_null=True, help_text=USE)
    fullest_path = fields.Said(help_text="The fullest filesystem.")
    fullest_used_ratio = serializers.FloatField(allow_null=True, help_text=f"{SHARE} {USE}")
    uptime_seconds = serializers.FloatField(allow_null=True, help_text=f"Since the machine booted. {USE}")
    processes = serializers.FloatField(allow_null=True, help_text=USE)


class ClusterUseSerializer(fields.AgedSerializer):
    """What the agents' machines use together, and of how many of them that is known."""

    freshness = FreshnessField()
    agents_measured = serializers.IntegerField(allow_null=True, help_text="Agents whose machine told its use.")
    agents_expected = serializers.IntegerField(allow_null=True, help_text="Agents that should have.")


class FilesystemSerializer(fields.AgedSerializer):
    """One filesystem. Its figures are of `taken_at`."""

    taken_at = fields.taken_at("measured_at")
    age_seconds = fields.age_seconds("measured_at")
    host = serializers.CharField(source="machine.host")
    path = serializers.CharField()
    used_ratio = serializers.FloatField(allow_null=True, help_text=SHARE)
    inodes_ratio = serializers.FloatField(allow_null=True, help_text="0…1; null where there are none to count.")
    total_bytes = serializers.FloatField(allow_null=True, help_text="Size, what is reserved for root included.")
    used_bytes = serializers.FloatField(allow_null=True)
    free_bytes = serializers.FloatField(allow_null=True)
    inodes_total = serializers.FloatField(allow_null=True)
    inodes_used = serializers.FloatField(allow_null=True)
    inodes_free = serializers.FloatField(allow_null=True)


class InterfaceSerializer(fields.AgedSerializer):
    """One network interface. Counters are since it came up."""

    taken_at = fields.taken_at("measured_at")
    age_seconds = fields.age_seconds("measured_at")
    name = serializers.CharField()
    in_bytes_per_second = serializers.FloatField(allow_null=True, help_text="Null across a reset, a gap, or when old.")
    out_bytes_per_second = serializers.FloatField(allow_null=True, help_text="Null across a reset, a gap, or when old.")
    in_bytes = serializers.FloatField(allow_null=True)
    out_bytes = serializers.FloatField(allow_null=True)
    in_errors = serializers.FloatField(allow_null=True)
    out_errors = serializers.FloatField(allow_null=True)
    in_dropped = serializers.FloatField(allow_null=True)
    out_dropped = serializers.FloatField(allow_null=True)
