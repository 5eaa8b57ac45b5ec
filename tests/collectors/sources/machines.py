"""Datapoints of a machine as dcos-metrics writes them, and the paths that serve them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

LEADER = "/system/v1/leader/mesos/metrics/v0/node"
ANSWERING = "/system/v1/metrics/v0/node"
MEASURED = "2026-11-22T09:18:15.028084274Z"
NOW = datetime(2026, 11, 22, 9, 19, tzinfo=UTC)


def path_of(agent_id: str) -> str:
    return f"/system/v1/agent/{agent_id}/metrics/v0/node"


def point(name: str, value: Any, *, at: str | None = MEASURED, **tags: str) -> dict[str, Any]:
    found = {"name": name, "value": value, "unit": "count", "timestamp": at, "tags": tags}
    return {key: entry for key, entry in found.items() if entry or entry in (0, "")}


def mount(path: str, total: float, used: float, *, inodes: float = 1000, at: str = MEASURED) -> list[dict[str, Any]]:
    values = {
        "filesystem.capacity.total": total,
        "filesystem.capacity.used": used,
        "filesystem.capacity.free": total - used,
        "filesystem.inode.total": inodes,
        "filesystem.inode.used": min(inodes, 10),
        "filesystem.inode.free": max(0, inodes - 10),
    }
    return [point(name, value, at=at, path=path) for name, value in values.items()]


def link(name: str, received: float = 5, *, at: str = MEASURED) -> list[dict[str, Any]]:
    return [point("network.in", received, at=at, interface=name), point("network.out", 7, at=at, interface=name)]


def message(*points: Any, hostname: str = "10.0.0.7") -> dict[str, Any]:
    return {"datapoints": list(points), "dimensions": {"mesos_id": "", "hostname": hostname}}


def machine(hostname: str = "10.0.0.7", busy: float = 40.5) -> dict[str, Any]:
    """A small, whole answer."""
    return message(
        point("cpu.cores", 4), point("cpu.total", busy), *mount("/", 100, 40), *link("eth0"), hostname=hostname
    )
