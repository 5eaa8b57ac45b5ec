"""Tasks: a row for each that is listed, until a week after it ended; an event for each that failed.

Only what changed is written: of six thousand tasks a few do in half a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Max, Q, QuerySet

from collectors.records import ClusterTasks, TaskRecord
from dashboard import applications
from dashboard.models import App, Cluster, Collection, Event, Node, Task
from dashboard.store.moments import as_text
from dashboard.store.task_standing import Known, learns
from dashboard.store.upserts import upsert_values
from dashboard.store.writing import Writing

SOURCE = "tasks"
TOLD = frozenset({"TASK_FAILED", "TASK_ERROR", "TASK_DROPPED"})
"""Failures of a task itself. One that was lost ended with its agent, whose own change is told."""
MOST_APPS_TOLD, MOST_JOBS_TOLD = 200, 20
"""Events of one poll: of each app, or of each name where there is no app, the newest. Of more apps one event says how many;
of more jobs there is none, for the leader counts what failed of each framework."""
LOOKED_BACK = timedelta(minutes=5)
"""Before the last list: statuses bear the clocks of the agents, which may be behind."""
FIRST_LOOK = timedelta(hours=24)
"""So far back tasks that ended before the first list are taken; none of them is told."""
SPREAD = timedelta(seconds=15)
"""A list is as old as its asking, which may be some time before its arrival: a task first seen since then may not be in it."""
OFTEN, LATELY, FOLDED = 5, timedelta(minutes=10), timedelta(minutes=1)
"""What was told so often lately is told this seldom: by a stream a crash loop would be an event for every failure."""
MOST_ENDED = 100_000
"""Kept of a cluster: schedulers of jobs end as many in a day."""
UNIQUE = ["cluster", "framework_id", "task_id"]
SAID = [
    *("app", "name", "executor_id", "agent_id", "host", "container_id", "role", "state", "is_active", "healthy"),
    *("reason", "message", "source"),
    *("cpus_allocated", "mem_allocated_bytes", "disk_allocated_bytes", "gpus_allocated"),
    *("first_status_at", "running_at", "last_status_at", "ended_at"),
]
NEW = [*UNIQUE, "first_seen", *SAID]

Key = tuple[str, str]
"""Framework id and task id."""


class Failed(NamedTuple):
    """What is told of a task that failed."""

    framework_id: str
    task_id: str
    executor_id: str
    agent_id: str
    name: str
    state: str
    reason: str
    at: datetime | None


class Places(NamedTuple):
    """What ids stand for; each is one query."""

    apps: Mapping[Key, int]
    """Framework id and app id → its row."""
    hosts: Mapping[str, str]
    """Agent id → its host."""


def write(writing: Writing, said: ClusterTasks) -> int:
    """Bring the tasks up to what the leader lists; returns how many run. Eight queries, one where tasks failed, one an event.

    A list may be older than what a stream has told since: then it turns nothing back, and tells nothing twice.
    """
    since = _last_list(writing)
    after = (since - LOOKED_BACK) if since else (said.taken_at - FIRST_LOOK)
    known, places = _known(writing, after), places_of(writing)
    # Those that run come first: where an id was used again they hold.
    every = {key_of(one): one for one in reversed(said.tasks)}
    listed = {key: one for key, one in every.items() if one.is_active or _is_recent(one, after, known)}
    changed = {key: one for key, one in listed.items() if _is_to_write(known.get(key), one, places, said.taken_at)}
    upsert_values(Task, NEW, [_row(writing, one, places) for one in changed.values()], unique=UNIQUE, update=SAID)
    if said.whole and not _is_reregistering(writing, said.taken_at):
        _end_unseen(known, listed, said.taken_at)
    _place(writing, places)
    tell(writing, [_failed(one) for key, one in changed.items() if _is_news(known.get(key), one, since)], places)
    return sum(one.is_active for one in said.tasks)


def add(writing: Writing, added: Iterable[TaskRecord]) -> set[Key]:
    """Rows for tasks that a stream says were launched, where there are none yet; returns which there were. Four queries."""
    new = {key_of(one): one for one in added}
    of_cluster = Task.objects.filter(cluster=writing.cluster, task_id__in={task_id for _, task_id in new})
    there = set(of_cluster.values_list("framework_id", "task_id")) & new.keys()
    places = places_of(writing)
    rows = [_row(writing, one, places) for key, one in new.items() if key not in there]
    upsert_values(Task, NEW, rows, unique=UNIQUE, update=SAID)
    return there


def _place(writing: Writing, places: Places) -> None:
    """Tasks may be listed before their agents: hosts are noted once known. One query, one more for each such agent."""
    lacking = Task.objects.filter(cluster=writing.cluster, ended_at=None, host="")
    for agent_id in set(lacking.values_list("agent_id", flat=True)) & places.hosts.keys():
        lacking.filter(agent_id=agent_id).update(host=places.hosts[agent_id])


def key_of(one: TaskRecord) -> Key:
    return one.framework_id[:255], one.task_id[:255]


def _last_list(writing: Writing) -> datetime | None:
    """When the tasks were last listed; None at the first look."""
    of_source = Collection.objects.filter(cluster=writing.cluster, source=SOURCE, host="")
    return of_source.values_list("sample_at", flat=True).first()


def _known(writing: Writing, after: datetime) -> dict[Key, Known]:
    """Those that run, and those that ended of late, by framework and id."""
    of_cluster = Task.objects.filter(cluster=writing.cluster)
    fields = {"last_status": as_text("last_status_at"), "ended": as_text("ended_at")}
    names = Known._fields
    rows = [
        *of_cluster.filter(ended_at=None).annotate(**fields).values_list(*names),
        *of_cluster.filter(ended_at__gte=after).annotate(**fields).values_list(*names),
    ]
    return {(row[0], row[1]): Known(*row) for row in rows}


def places_of(writing: Writing) -> Places:
    apps = App.objects.filter(cluster=writing.cluster, gone_at=None).exclude(marathon__framework_id="")
    nodes = Node.objects.filter(cluster=writing.cluster)
    return Places(
        {
            (framework, app_id): pk
            for framework, app_id, pk in apps.values_list("marathon__framework_id", "app_id", "pk")
        },
        dict(nodes.values_list("agent_id", "host")),
    )


def _is_recent(one: TaskRecord, after: datetime, known: Mapping[Key, Known]) -> bool:
    """Whether a task that ended is news: one that ran till now, or whose end is not long ago. Others are known, or forgotten."""
    return key_of(one) in known or (one.last_status_at is not None and one.last_status_at >= after)


def _is_to_write(known: Known | None, one: TaskRecord, places: Places, taken_at: datetime) -> bool:
    return known is None or learns(known, one, app_of(one, places), taken_at)


def _is_news(known: Known | None, one: TaskRecord, since: datetime | None) -> bool:
    """Whether it failed since it was last looked at; at the first look only what a stream had seen running."""
    if one.state not in TOLD:
        return False
    return known.state != one.state if known else since is not None


def _failed(one: TaskRecord) -> Failed:
    ids = (one.framework_id[:255], one.task_id[:255], one.executor_id[:255], one.agent_id[:255])
    return Failed(*ids, one.name, one.state, one.reason, one.last_status_at)


def app_of(one: TaskRecord | Failed, places: Places) -> int | None:
    """The row of the app whose instance it is; of a pod's task the executor tells it as well."""
    app_id = applications.app_id_of_task(one.task_id) or applications.app_id_of_task(one.executor_id)
    return places.apps.get((one.framework_id, app_id)) if app_id else None


def _row(writing: Writing, one: TaskRecord, places: Places) -> Sequence[object]:
    held = one.allocated
    return [
        *(writing.cluster.pk, *key_of(one), writing.now),
        *(app_of(one, places), one.name[:500], one.executor_id[:255], one.agent_id[:255]),
        *(places.hosts.get(one.agent_id, ""), one.container_id[:255], one.role[:255], one.state[:32]),
        *(one.is_active, one.healthy, one.reason[:64], one.message[:4000], one.source[:32]),
        *(held.cpus, held.mem_bytes, held.disk_bytes, held.gpus),
        *(one.first_status_at, one.running_at, one.last_status_at),
        None if one.is_active else (one.last_status_at or writing.now),
    ]


def _is_reregistering(writing: Writing, at: datetime) -> bool:
    """A new leader hears of tasks agent by agent: for a minute one that is not listed has not ended."""
    until = writing.cluster.reregistering_until
    return until is not None and at < until


def _end_unseen(known: Mapping[Key, Known], listed: Mapping[Key, TaskRecord], at: datetime) -> None:
    """Those that ran and are in no list any more: that they ended is known, how is not."""
    gone = [row.pk for key, row in known.items() if not row.ended and key not in listed]
    Task.objects.filter(pk__in=gone, first_seen__lt=at - SPREAD).update(ended_at=at, is_active=False)


def tell(writing: Writing, failed: Iterable[Failed], places: Places) -> int:
    """An event for the newest failure of each app, unless it was told over and over, and a mark on the app that its Marathon
    is to be asked for it; returns how many were told."""
    newest: dict[Key, Failed] = {}
    for one in sorted(failed, key=lambda one: one.at or writing.now):
        newest[one.framework_id, applications.app_id_of_task(one.task_id) or one.name] = one
    if not newest:
        return 0
    apps = [app for one in newest.values() if (app := app_of(one, places)) is not None]
    App.objects.filter(pk__in=apps).update(task_lost_at=writing.now)
    often = _told_often(writing)
    news = [(key, one) for key, one in newest.items() if key not in often]
    of_apps, jobs = ([pair for pair in news if pair[0][1].startswith("/") is is_app] for is_app in (True, False))
    told = of_apps[-MOST_APPS_TOLD:] + jobs[-MOST_JOBS_TOLD:]
    for (framework_id, name), one in told:
        writing.event(
            Event.Kind.TASK_FAILED,
            one.task_id,
            name=name,
            place=places.hosts.get(one.agent_id, ""),
            before=framework_id,
            after=f"{one.state} {one.reason}".strip(),
            taken_at=min(one.at or writing.now, writing.now),
        )
    _tell_the_rest(writing, [one for _, one in of_apps[:-MOST_APPS_TOLD]])
    return len(told)


def _tell_the_rest(writing: Writing, failed: Sequence[Failed]) -> None:
    """One event of no framework, so that it is nobody's incident."""
    if failed:
        last = failed[-1]
        at, name = min(last.at or writing.now, writing.now), f"each of {len(failed)} more apps"
        writing.event(Event.Kind.TASK_FAILED, last.task_id, name=name, before="", after=last.state, taken_at=at)


def _told_often(writing: Writing) -> set[Key]:
    """Whose failures were told within the past minute, and so often before that they go on and on: framework id and name."""
    of_cluster = Event.objects.filter(cluster=writing.cluster, kind=Event.Kind.TASK_FAILED)
    lately = of_cluster.filter(taken_at__gt=writing.now - LATELY, taken_at__lte=writing.now)
    named = lately.values("before", "name").annotate(times=Count("pk"), last=Max("taken_at")).order_by()
    often = named.filter(times__gte=OFTEN, last__gt=writing.now - FOLDED)
    return set(often.values_list("before", "name"))


def past_the_most() -> QuerySet[Task]:
    """The oldest ended tasks of every cluster that has more than are kept. One query a cluster."""
    doomed = Q(pk__in=())
    for cluster in Cluster.objects.all():
        ended = Task.objects.filter(cluster=cluster, ended_at__isnull=False).order_by("-ended_at")
        first_past = ended.values_list("ended_at", flat=True)[MOST_ENDED : MOST_ENDED + 1].first()
        if first_past is not None:
            doomed |= Q(cluster=cluster, ended_at__lte=first_past)
    return Task.objects.filter(doomed)
