"""What machines measure of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec


class FilesystemReading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One mounted filesystem of a machine. total is not used + free: the difference is reserved for root."""

    path: str
    total_bytes: float | None = None
    used_bytes: float | None = None
    free_bytes: float | None = None
    inodes_total: float | None = None
    inodes_used: float | None = None
    inodes_free: float | None = None


class InterfaceReading(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One network interface of a machine. All are counters since it came up."""

    name: str
    in_bytes: float | None = None
    out_bytes: float | None = None
    in_packets: float | None = None
    out_packets: float | None = None
    in_errors: float | None = None
    out_errors: float | None = None
    in_dropped: float | None = None
    out_dropped: float | None = None


class HostMetrics(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one machine measured of itself, as dcos-metrics (DC/OS 1.9–1.11) or Telegraf (1.12 and later) tells it."""

    host: str
    role: str
    """`master` or `agent`."""
    agent_id: str
    """The agent asked for; empty for a master. The answer itself does not say it from 1.12 on."""
    taken_at: datetime
    """The oldest of the datapoints' own times: the whole is as old as that."""
    generation: str
    """`dcos-metrics` or `telegraf`: their cpu.total means different things."""
    metrics: Mapping[str, float]
    """By the cluster's names, those of `HOST_METRICS`; a datapoint that is no number is absent."""
    filesystems: tuple[FilesystemReading, ...]
    interfaces: tuple[InterfaceReading, ...]
    filtered: int
    """Mounts and interfaces left out because they repeat a device or are a container's (overlay, bind mounts, veth)."""
