"""Rows of what applications tell of themselves, for tests: a container of an app's task, and its sets of metrics."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from dashboard.models import AppMetrics, Cluster, Container, MetricSet, Subject, Task
from dashboard.store import readings
from tests.applications import listed_at
from tests.builders import agent_containers, container_reading, write_containers

MINUTE = 60


def contained(task: Task, *times: datetime) -> Container:
    """Its container as its agent told it at each of these times: half a core, 100 MiB of 1 GiB."""
    for at in times:
        said = container_reading(task.container_id, at, executor_id=task.task_id, framework_id=task.framework_id)
        answer = agent_containers(task.host, said, at=at, agent_id=task.agent_id)
        write_containers(task.cluster, answer, now=at)
    return Container.objects.get(cluster=task.cluster, host=task.host, container_id=task.container_id)


def told_set(
    container: Container,
    task: Task,
    at: datetime,
    tags: Mapping[str, str],
    values: Mapping[str, float],
    *,
    number: int = 1,
) -> MetricSet:
    """A set that was told the minute before too, each value one less then."""
    names = (*sorted(values), "sample.age_seconds")
    key = f"{container.host}/{container.container_id}|{number}"
    kind = Subject.Kind.APP_METRICS.value
    pk = readings.subjects(container.cluster, {(kind, key): container.container_id}, seen_at=at)[kind, key]
    for minutes, less in ((1, 1.0), (0, 0.0)):
        tick = int((at - timedelta(minutes=minutes)).timestamp()) // MINUTE * MINUTE
        row = [*(values[name] - less for name in names[:-1]), 0.0]
        readings.write_many(names, [(tick, pk, row)])
    listed = list(names[:-1])
    return MetricSet.objects.create(
        subject_id=pk, container=container, app=task.app, tags=dict(tags), names=listed, sample_at=at
    )


def asked(container: Container, at: datetime, *, told: bool, refused: int = 0) -> AppMetrics:
    """It answered at that time, and is asked again within the hour where it told nothing."""
    again = at + timedelta(minutes=1 if told else 59)
    return AppMetrics.objects.create(
        container=container, asked_at=at, told_at=at if told else None, ask_from=again, refused=refused
    )


def asked_all(cluster: Cluster, at: datetime) -> None:
    """The source as a whole answered."""
    for source in ("app_metrics", "containers", "tasks", "apps"):
        listed_at(cluster, at, source)
