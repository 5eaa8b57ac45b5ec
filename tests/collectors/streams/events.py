"""What the cluster sends in the tests of its streams: a master's opening and statuses, and a Marathon's."""

from __future__ import annotations

from typing import Any

SUBSCRIBED: dict[str, Any] = {"type": "SUBSCRIBED", "subscribed": {"heartbeat_interval_seconds": 15.0}}
TASK: dict[str, Any] = {
    "task_id": {"value": "web.1"},
    "framework_id": {"value": "f-1"},
    "agent_id": {"value": "S0"},
    "name": "web",
    "state": "TASK_STAGING",
}
STATUS: dict[str, Any] = {
    "task_id": {"value": "web.1"},
    "agent_id": {"value": "S0"},
    "state": "TASK_FAILED",
    "source": "SOURCE_AGENT",
    "reason": "REASON_CONTAINER_LIMITATION_MEMORY",
    "message": "Memory limit exceeded",
    "timestamp": 1795401600.5,
    "healthy": False,
    "container_status": {"container_id": {"value": "inner", "parent": {"value": "outer"}}},
}
FAILED: dict[str, Any] = {
    "eventType": "status_update_event",
    "timestamp": "2026-11-23T04:05:06.789Z",
    "slaveId": "S0",
    "taskId": "web.1",
    "taskStatus": "TASK_FAILED",
    "message": "Memory limit exceeded",
    "appId": "/web",
    "host": "10.0.0.7",
    "ports": [31000],
    "version": "2026-11-20T00:00:00.000Z",
}


def updated(status: dict[str, Any] = STATUS, **also: Any) -> dict[str, Any]:
    said = {"framework_id": {"value": "f-1"}, "status": status, "state": status.get("state"), **also}
    return {"type": "TASK_UPDATED", "task_updated": said}
