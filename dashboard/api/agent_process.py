"""The Mesos agent process of a node in answers: what it says of itself and of its machine, and its flags."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from dashboard.api import fields
from dashboard.api.use_fields import FreshnessField
from dashboard.queries import provenance
from dashboard.queries.agent_process import Agent

LIFE = "In this life of the process."
KERNEL = "Of the machine, as the kernel tells the process."
FIGURES = tuple(provenance.AGENT_PROCESS)


def figure(help_text: str) -> serializers.FloatField:
    return serializers.FloatField(
        allow_null=True, help_text=f"{help_text} Null once that is too old to be the present."
    )


class AgentProcessSerializer(fields.AgedSerializer):
    """The agent process of a host."""

    freshness = FreshnessField()
    registered = serializers.BooleanField(allow_null=True, help_text="Whether it says a master knows it.")
    uptime_seconds = figure("Since it started.")
    recovery_seconds = figure("How long it took to find its containers again.")
    executors_running = figure("Executors.")
    executors_terminated = figure(f"Executors that ended. {LIFE}")
    container_launch_errors = figure(f"Containers that could not be started. {LIFE}")
    tasks_failed = figure(f"Tasks. {LIFE}")
    host_cpus = figure(f"Cores. {KERNEL}")
    host_load_1min = figure(f"Processes. {KERNEL}")
    host_mem_total_bytes = figure(f"Bytes. {KERNEL}")
    host_mem_free_bytes = figure(f"Bytes; caches are not counted as free. {KERNEL}")
    flags = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        allow_null=True,
        help_text="The flags that change how figures are read, as Mesos prints them; null where they are not known.",
    )
    flags_taken_at = serializers.DateTimeField(allow_null=True)


def process(agent: Agent) -> dict[str, Any]:
    """An agent's process for AgentProcessSerializer."""
    return {
        **{name: getattr(agent.now, name, None) for name in FIGURES},
        "registered": agent.now.registered if agent.now else None,
        "taken_at": agent.process.taken_at if agent.process else None,
        "freshness": agent.freshness,
        "flags": agent.flags,
        "flags_taken_at": agent.flags_taken_at,
    }
