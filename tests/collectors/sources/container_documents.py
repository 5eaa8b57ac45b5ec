"""Containers as Mesos agents and DC/OS' metrics service write them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from collectors.records import ContainerReading
from collectors.sources.container_lists import of_containers, of_operator_api

AT = 1_795_340_280.25
NOW = datetime.fromtimestamp(AT + 1, UTC)
SAMPLED = datetime.fromtimestamp(AT, UTC)
STAMP = "2026-11-22T09:38:00.25Z"
ALL = {"cpus_user_time_secs": 5.06, "cpus_limit": 0.3, "mem_rss_bytes": 4_018_176, "mem_limit_bytes": 100_663_296}


def entry(container_id: str, *, parent: str = "", in_status: bool = True, **changes: Any) -> dict[str, Any]:
    """A container of GET_CONTAINERS; a nested one has neither framework nor executor."""
    own: dict[str, Any] = {"value": container_id}
    full = own | ({"parent": {"value": parent}} if parent else {})
    named = {
        "framework_id": {"value": "F-0001"},
        "executor_id": {"value": f"task.{container_id}"},
        "executor_name": f"Command Executor (Task: task.{container_id}) (Command: sh -c 'true')",
    }
    return {
        **({} if parent else named),
        "container_id": own if in_status else full,
        "container_status": {"container_id": full, "executor_pid": 4711},
        "resource_statistics": {"timestamp": AT, **ALL},
        **changes,
    }


def get_containers(*entries: Any) -> dict[str, Any]:
    return {"type": "GET_CONTAINERS", "get_containers": {"containers": list(entries)} if entries else {}}


def root(container_id: str, **changes: Any) -> dict[str, Any]:
    """A container of GET /containers."""
    return {
        "container_id": container_id,
        "framework_id": "F-0001",
        "executor_id": f"task.{container_id}",
        "executor_name": "Command Executor (Task: x) (Command: sh -c 'true')",
        "source": f"task.{container_id}",
        "status": {"container_id": {"value": container_id}, "executor_pid": 4711},
        "statistics": {"timestamp": AT, **ALL},
        **changes,
    }


def point(name: str, value: Any, *, at: str | None = STAMP, container_id: str = "c1", **tags: str) -> dict[str, Any]:
    said = {"name": name, "value": value, "unit": "", "tags": {"container_id": container_id, **tags}}
    return said | ({"timestamp": at} if at else {})


def message(*points: Any, **dimensions: Any) -> dict[str, Any]:
    return {"datapoints": list(points), "dimensions": {"mesos_id": "", "hostname": "10.0.0.7", **dimensions}}


def listed(document: Any, *, answered_at: datetime = NOW) -> tuple[list[ContainerReading], Counter[str]]:
    """What GET_CONTAINERS or, for a list, GET /containers comes to."""
    dropped: Counter[str] = Counter()
    read = of_containers if isinstance(document, list) else of_operator_api
    return read(json.dumps(document).encode(), dropped, answered_at=answered_at), dropped
