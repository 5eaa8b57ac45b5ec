"""What dcos-diagnostics says of components (systemd units)."""

from __future__ import annotations

from datetime import datetime

import msgspec


class UnitOnNode(msgspec.Struct, frozen=True, kw_only=True):
    """One systemd unit on one node. `health` is the wire's code: 0 healthy, 1 unhealthy, 2 warning, 3 N/A."""

    unit: str
    name: str
    description: str
    health: int
    output: str


class NodeHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One node of the health report. `units` is None where diagnostics has none for it: then nothing is known, not "healthy"."""

    host: str
    hostname: str
    role: str
    """`master`, `agent` or `agent_public`."""
    health: int
    mesos_id: str
    units: tuple[UnitOnNode, ...] | None
    asked: bool = True
    """False where this poll did not ask for the node's units (large clusters are read in turn): the last answer stays."""


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """dcos-diagnostics' view of all nodes. `taken_at` is its last pull (`Last-Modified-3DT`), else the moment of the answer."""

    taken_at: datetime
    nodes: tuple[NodeHealth, ...]
