"""Which tasks stand behind an incident of failing tasks: their names, hosts, reasons and messages, as far as they were listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from dashboard import applications, figures
from dashboard.models import Cluster, Incident, Task
from dashboard.queries import happenings_of_apps, task_reasons
from dashboard.queries.happenings_of_apps import Link
from dashboard.queries.incident_rows import Row

TOLD = ("TASK_FAILED", "TASK_ERROR", "TASK_DROPPED")
BEFORE, AFTER = timedelta(minutes=2), timedelta(minutes=1)
"""Agents' clocks may be so far behind and ahead of the times of an incident."""
SHOWN, APPS_SHOWN = 20, 5


@dataclass(frozen=True, kw_only=True)
class Named:
    """One task that failed."""

    task_id: str
    task_link: Link
    app: str
    """The app's id, or what the task is called where it is of none."""
    app_link: Link
    host: str
    why: str
    """ "failed: its command failed" """
    message: str
    """As Mesos told it; empty where it told none."""
    ended_at: datetime
    lived: timedelta | None


@dataclass(frozen=True, kw_only=True)
class Behind:
    """The latest first. `count` are named, of `of` that failed; None where nobody counted."""

    tasks: tuple[Named, ...]
    count: int
    of: int | None
    apps: tuple[tuple[str, int], ...]
    """Whose they are, most first."""

    @property
    def more_apps(self) -> int:
        return max(0, len(self.apps) - APPS_SHOWN)


def behind(cluster: Cluster, row: Row, now: datetime) -> Behind | None:
    """None of an incident that is about something else. Two queries."""
    if row.about is not Incident.About.TASKS or not row.subject:
        return None
    found = _failed(cluster, row, now)
    counted: Counter[str] = Counter()
    for app_id, name, count in found.values_list("app__app_id", "name").annotate(Count("pk")).order_by():
        counted[app_id or name] += count
    latest = found.select_related("app__marathon").order_by("-ended_at", "-pk")[:SHOWN]
    return Behind(
        tasks=tuple(_named(task, task.ended_at) for task in latest if task.ended_at is not None),
        count=counted.total(),
        of=row.tasks_failed,
        apps=tuple(sorted(counted.items(), key=lambda one: (-one[1], one[0]))),
    )


def _failed(cluster: Cluster, row: Row, now: datetime) -> QuerySet[Task]:
    failed = Task.objects.filter(
        cluster=cluster,
        state__in=TOLD,
        ended_at__gte=row.began_at - BEFORE,
        ended_at__lte=(row.ended_at or now) + AFTER,
    )
    app = applications.of_key(row.subject)
    if app is None:
        return failed.filter(framework_id=row.subject)
    return failed.filter(app__marathon__key=app[0], app__app_id=app[1])


def _named(task: Task, ended_at: datetime) -> Named:
    app = task.app
    key = applications.subject_key(app.marathon.key, app.app_id) if app else ""
    return Named(
        task_id=task.task_id,
        task_link=("task", task.framework_id, task.task_id),
        app=app.app_id if app else task.name,
        app_link=happenings_of_apps.app_link(key) if app else (),
        host=task.host,
        why=task_reasons.shown(f"{task.state} {task.reason}".strip()),
        message=task.message,
        ended_at=ended_at,
        lived=ended_at - task.running_at if task.running_at and task.running_at <= ended_at else None,
    )


def says(found: Behind) -> str:
    """ "12 failed, 10 of them named: /web 7, /api 3" """
    failed = max(found.of or 0, found.count)
    if not found.count:
        return f"{figures.count(failed)} failed, none of them named: tasks were not listed then"
    named = "all named" if failed == found.count else f"{figures.count(found.count)} of them named"
    return f"{figures.count(failed)} failed, {named}{_whose(found.apps, found.more_apps)}"


def _whose(apps: Sequence[tuple[str, int]], more: int) -> str:
    if len(apps) < 2:
        return ""
    listed = ", ".join(f"{name} {figures.count(count)}" for name, count in apps[:APPS_SHOWN])
    return f": {listed}{f' and {figures.count(more)} more' if more else ''}"
