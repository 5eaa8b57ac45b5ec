"""Rows of applications for tests: a Marathon, its apps and their tasks, what is deployed and what waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dashboard.applications import RANK
from dashboard.models import App, Cluster, Collection, Deployment, LaunchWait, Marathon, Task

FRAMEWORK = "f-0000"
GIB = 1024.0**3
UUID = "06ce1970-31a3-4adc-b418-{:012d}"


def make_marathon(cluster: Cluster, at: datetime, *, key: str = "marathon", **given: Any) -> Marathon:
    """One that was read in every way at `at`."""
    fields = {"name": key, "framework_id": FRAMEWORK, "version": "1.11.24", "leader": "10.0.0.2:8080"}
    times = ("taken_at", "apps_taken_at", "deployments_taken_at", "queue_taken_at", "leader_since")
    return Marathon.objects.create(cluster=cluster, key=key, **(fields | dict.fromkeys(times, at) | given))


def make_app(marathon: Marathon, app_id: str, at: datetime, **given: Any) -> App:
    """Two healthy instances of 0.5 CPUs and 1 GiB each, running since a day, unless told otherwise."""
    fields: dict[str, Any] = {
        "kind": App.Kind.APP,
        "state": App.State.RUNNING,
        **{"instances": 2, "staged": 0, "running": 2, "healthy": 2, "unhealthy": 0, "has_health_checks": True},
        **{"cpus": 0.5, "mem_bytes": GIB, "disk_bytes": 0.0, "gpus": 0.0},
        "version": "2026-11-20T10:00:00.000Z",
        "state_since": at - timedelta(days=1),
        "first_seen": at - timedelta(days=1),
        "last_changed_at": at - timedelta(days=2),
        "last_scaled_at": at - timedelta(days=1),
    }
    fields |= given
    rank = RANK[App.State(fields["state"])]
    return App.objects.create(cluster=marathon.cluster, marathon=marathon, app_id=app_id, state_rank=rank, **fields)


def make_task(cluster: Cluster, number: int, at: datetime, *, app: App | None = None, **given: Any) -> Task:
    """One that runs since an hour on 10.0.0.21, with an id such as Marathon gives where it has an app."""
    named = app.app_id.strip("/").replace("/", "_") if app else "job"
    fields: dict[str, Any] = {
        "framework_id": FRAMEWORK,
        "task_id": f"{named}.{UUID.format(number)}",
        "name": named,
        **{"agent_id": "agent-S0", "host": "10.0.0.21", "container_id": f"container-{number}"},
        **{"state": "TASK_RUNNING", "is_active": True},
        **{"cpus_allocated": 0.5, "mem_allocated_bytes": GIB, "disk_allocated_bytes": 0.0, "gpus_allocated": 0.0},
        "first_seen": at - timedelta(hours=1),
        "running_at": at - timedelta(hours=1),
        "last_status_at": at - timedelta(hours=1),
    }
    return Task.objects.create(cluster=cluster, app=app, **(fields | given))


def make_failed_task(
    cluster: Cluster,
    number: int,
    at: datetime,
    *,
    app: App | None = None,
    lived: timedelta = timedelta(minutes=5),
    **given: Any,
) -> Task:
    """One that failed at `at`, after it ran for `lived`."""
    ended = {
        **{"state": "TASK_FAILED", "is_active": False, "reason": "REASON_COMMAND_EXECUTOR_FAILED"},
        **{"message": "Command exited with status 1", "running_at": at - lived, "last_status_at": at, "ended_at": at},
    }
    return make_task(cluster, number, at, app=app, **(ended | given))


def make_wait(app: App, at: datetime, **given: Any) -> LaunchWait:
    """It waits since ten minutes for an offer with more memory than any agent has free."""
    offer = {
        **{"host": "10.0.0.7", "agent_id": "agent-S7", "role": "*", "cpus": 4.0, "mem_bytes": GIB / 2},
        **{"disk_bytes": 10 * GIB, "gpus": 0.0, "reasons": ["InsufficientMemory"], "received_at": at.isoformat()},
    }
    fields: dict[str, Any] = {
        **{"count": 1, "overdue": True, "delay_seconds": 0.0, "since": at - timedelta(minutes=10), "taken_at": at},
        **{"offers_processed": 30, "offers_unused": 30, "last_unused_at": at},
        "last_offers": [
            {"reason": "InsufficientCpus", "declined": 1, "processed": 3},
            {"reason": "InsufficientMemory", "declined": 2, "processed": 2},
        ],
        "nearest": [offer],
    }
    return LaunchWait.objects.create(app=app, **(fields | given))


def make_deployment(marathon: Marathon, at: datetime, *app_ids: str, **given: Any) -> Deployment:
    """At its first of two steps since it began, 20 minutes ago."""
    begun = at - timedelta(minutes=20)
    fields: dict[str, Any] = {
        **{"deployment_id": UUID.format(Deployment.objects.count()), "started_at": begun, "step_since": begun},
        **{"step": 1, "steps": 2, "app_ids": list(app_ids)},
        "actions": [f"RestartApplication {app_id}" for app_id in app_ids],
    }
    return Deployment.objects.create(cluster=marathon.cluster, marathon=marathon, **(fields | given))


def listed_at(cluster: Cluster, at: datetime, source: str = "tasks") -> None:
    """A source as a whole answered at that time."""
    Collection.objects.update_or_create(
        cluster=cluster,
        source=source,
        host="",
        defaults={"outcome": "ok", "since": at, "last_success_at": at, "sample_at": at, "asked_at": at},
    )
