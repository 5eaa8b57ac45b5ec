"""What a Marathon answers, as documents that tests vary."""

from __future__ import annotations

from typing import Any

from tests.faults import server as fault
from tests.faults.server import Script

APPS = "/v2/apps?embed=apps.counts&embed=apps.deployments&embed=apps.taskStats"
PODS = "/v2/pods/::status"
QUEUE = "/v2/queue?embed=lastUnusedOffers"
INFO = {"name": "marathon", "version": "1.11.24", "frameworkId": "f-0000", "leader": "10.0.0.2:8080"}
METRICS = {"version": "4.0.0", "gauges": {"marathon.apps.active.gauge": {"value": 2.0}}, "counters": {}}


def app(app_id: str = "/web", **changes: Any) -> dict[str, Any]:
    return {
        "id": app_id,
        **{"instances": 2, "cpus": 0.5, "mem": 128, "disk": 0},
        **{"tasksStaged": 0, "tasksRunning": 2, "tasksHealthy": 0, "tasksUnhealthy": 0},
        "version": "2026-11-20T10:00:00.000Z",
        **changes,
    }


def failure(**changes: Any) -> dict[str, Any]:
    return {
        **{"appId": "/web", "taskId": "web.1", "host": "10.0.0.7", "state": "TASK_FAILED"},
        **{"message": "Command exited with status 1", "timestamp": "2026-11-20T10:00:00.000Z"},
        "version": "2026-11-19T10:00:00.000Z",
        **changes,
    }


def pod(pod_id: str = "/pod", *states: str, **spec: Any) -> dict[str, Any]:
    container = {"name": "c", "resources": {"cpus": 0.25, "mem": 64}, "image": {"kind": "DOCKER", "id": "redis"}}
    return {
        "id": pod_id,
        "spec": {"id": pod_id, "version": "2026-11-20T10:00:00.000Z", "containers": [container], **spec},
        "instances": [{"id": str(number), "status": state} for number, state in enumerate(states)],
    }


def deployment(**changes: Any) -> dict[str, Any]:
    return {
        **{"id": "d1", "version": "2026-11-20T10:00:00.000Z", "affectedApps": ["/web"]},
        **{"currentStep": 1, "totalSteps": 2, "currentActions": [{"action": "ScaleApplication", "app": "/web"}]},
        **changes,
    }


def waiting(**changes: Any) -> dict[str, Any]:
    return {"app": {"id": "/web"}, "count": 1, "delay": {"timeLeftSeconds": 0, "overdue": True}, **changes}


def scripts(prefix: str = "") -> dict[str, Script]:
    """A Marathon with one app, below a prefix."""
    answers: dict[str, Any] = {
        "/v2/info": INFO,
        "/metrics": METRICS,
        APPS: {"apps": [app()]},
        PODS: [],
        "/v2/deployments": [deployment()],
        QUEUE: {"queue": [waiting()]},
    }
    return {prefix + path: fault.document(said) for path, said in answers.items()}
