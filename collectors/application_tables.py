"""What Marathons and tasks look like in a terminal: the head and the rows of each record's table."""

from __future__ import annotations

from collections.abc import Iterator

from collectors.records import (
    AppSummary,
    ClusterTasks,
    Deployment,
    MarathonApps,
    MarathonDeployments,
    MarathonQueue,
    MarathonSnapshot,
    Record,
    TaskRecord,
    Waiting,
)

Row = tuple[object, ...]
MARATHON_HEAD: Row = ("marathon", "name", "version", "leader", "metric", "value")
APP_HEAD: Row = (
    "marathon",
    "app",
    "running",
    "of",
    "healthy",
    "unhealthy",
    "cpus",
    "mem MiB",
    "version",
    "last failure",
)
DEPLOYMENT_HEAD: Row = ("marathon", "deployment", "step", "of", "since UTC", "now")
QUEUE_HEAD: Row = ("marathon", "app", "count", "waits for", "since UTC", "offers", "declined for")
TASK_HEAD: Row = ("task", "state", "agent", "cpus", "mem MiB", "last status UTC", "reason")


def rows_of(record: Record) -> Iterator[tuple[Row, list[Row]]]:
    """Nothing for a record of another kind."""
    if isinstance(record, MarathonSnapshot):
        yield MARATHON_HEAD, [*_metrics(record)] or [(*_names(record), "", "")]
    elif isinstance(record, MarathonApps):
        yield APP_HEAD, [_app(record.key, app) for app in record.apps]
    elif isinstance(record, MarathonDeployments):
        yield DEPLOYMENT_HEAD, [_deployment(record.key, each) for each in record.deployments]
    elif isinstance(record, MarathonQueue):
        yield QUEUE_HEAD, [_waiting(record.key, each) for each in record.waiting]
    elif isinstance(record, ClusterTasks):
        yield TASK_HEAD, [_task(task) for task in record.tasks]


def _names(said: MarathonSnapshot) -> Row:
    return said.key, said.name, said.version, said.leader


def _metrics(said: MarathonSnapshot) -> Iterator[Row]:
    yield from ((*_names(said), metric, f"{value:g}") for metric, value in said.metrics.items())


def _app(key: str, app: AppSummary) -> Row:
    checked = (app.healthy, app.unhealthy) if app.has_health_checks else ("", "")
    failed = app.last_failure.message if app.last_failure else ""
    amounts = f"{app.each.cpus:g}", f"{app.each.mem_bytes / 2**20:g}"
    return key, app.app_id, app.running, app.instances, *checked, *amounts, app.version, failed[:80]


def _deployment(key: str, said: Deployment) -> Row:
    since = f"{said.started_at:%Y-%m-%d %H:%M:%S}" if said.started_at else ""
    return key, said.deployment_id, said.step, said.steps, since, ", ".join(said.actions)[:200]


def _waiting(key: str, said: Waiting) -> Row:
    since = f"{said.since:%Y-%m-%d %H:%M:%S}" if said.since else ""
    why = "an offer" if said.overdue else f"{said.delay_seconds:g} s"
    declined = ", ".join(f"{one.reason} {one.declined} of {one.processed}" for one in said.last_offers if one.declined)
    offers = "" if said.offers_processed is None else said.offers_processed
    return key, said.app_id, said.count, why, since, offers, declined


def _task(task: TaskRecord) -> Row:
    at = f"{task.last_status_at:%Y-%m-%d %H:%M:%S}" if task.last_status_at else ""
    amounts = f"{task.allocated.cpus:g}", f"{task.allocated.mem_bytes / 2**20:g}"
    return task.task_id, task.state, task.agent_id, *amounts, at, task.reason
