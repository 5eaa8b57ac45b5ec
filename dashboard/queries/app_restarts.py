"""Restarts of apps: tasks of an app that ended by themselves, for which Marathon begins another each time.

What a deployment, a scaling down or an operator killed is no restart. How long a life was is told by the task itself.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from dashboard import applications
from dashboard.models import Cluster, Task
from dashboard.queries.restarts import Restart, Subject, What

WISHED = ("TASK_KILLED", "TASK_GONE_BY_OPERATOR")
MOST_TASKS = 20_000


def of(cluster: Cluster, since: datetime) -> dict[Subject, list[Restart]]:
    """Of every app that is still there, oldest first; of very many tasks only the latest are looked at. One query."""
    ended = Task.objects.filter(cluster=cluster, ended_at__gt=since, app__gone_at=None, app__isnull=False)
    columns = ("app__marathon__key", "app__app_id", "app__running", "running_at", "ended_at")
    rows = ended.exclude(state__in=WISHED).order_by("-ended_at", "-pk").values_list(*columns)[:MOST_TASKS]
    found: dict[Subject, list[Restart]] = defaultdict(list)
    running: dict[Subject, int] = {}
    for marathon_key, app_id, runs, running_at, ended_at in reversed(rows):
        if app_id is not None and marathon_key is not None and ended_at is not None:
            subject = Subject(What.APP, applications.subject_key(marathon_key, app_id), "", app_id)
            lived = ended_at - running_at if running_at is not None and running_at <= ended_at else None
            found[subject].append(Restart(ended_at, lived))
            running[subject] = runs or 0
    return {subject: [*told[:-1], replace(told[-1], up=running[subject] > 0)] for subject, told in found.items()}
