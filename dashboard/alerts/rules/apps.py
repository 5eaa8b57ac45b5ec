"""Apps of Marathon: without all of their instances, killed for memory, in a crash loop (R46b, R48, R51)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

from django.db.models import Count, F, Q

from dashboard import applications, figures
from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.facts import Facts
from dashboard.alerts.rules import app_facts
from dashboard.models import App, Rule, Task
from dashboard.queries import task_reasons

APPS, TASKS = "apps", "tasks"
KILLED_WITHIN, LOOPS_WITHIN = timedelta(minutes=30), timedelta(minutes=15)
MOST_TOLD = 2_000
"""Apps, the worst first; tasks that ended, ten times as many, the latest."""
WISHED = frozenset({"TASK_KILLED", "TASK_GONE_BY_OPERATOR"})
"""Ends that somebody asked for: a deployment and a scaling down kill what they replace."""


def _known(facts: Facts, opened: Iterable[str], wrong: Q) -> list[App]:
    """Those with something wrong, and those whose alerts are open; one query."""
    ids = [found[1] for key in opened if (found := applications.of_key(key))][:MOST_TOLD]
    rows = App.objects.filter(wrong | Q(app_id__in=ids), cluster=facts.cluster, gone_at=None)
    return list(rows.select_related("marathon").order_by("-state_rank", "app_id")[:MOST_TOLD])


def short(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """Instances that do not run or are unhealthy. While a deployment changes them they are not missed, and what fires goes on."""
    opened = facts.open.get(rule.key, frozenset())
    late = app_facts.silent(facts, APPS)
    yield from app_facts.unknown(facts, APPS, opened)
    told = 0
    for app in _known(facts, opened, Q(unhealthy__gt=0) | Q(running__lt=F("instances"))):
        key = app_facts.subject(app)
        if app.marathon.key not in late and (key in opened or not app.is_deploying):
            told += 1
            yield _short(app, key)
    if not told and not late:
        yield Measured(value=0.0, critical_value=0.0, says="every app runs as many healthy instances as it should")


def _short(app: App, key: str) -> Measured:
    if app.is_deploying:
        return Measured(subject=key, name=app.app_id, value=None, why="it is being deployed")
    missing = max(0, app.instances - app.running)
    none_left = app.instances > 0 and app.running == 0
    none_healthy = app.has_health_checks and app.healthy == 0 and app.unhealthy > 0
    run = figures.verb(app.instances, "runs", "run")
    unhealthy = f", {figures.count(app.unhealthy)} unhealthy" if app.unhealthy else ""
    return Measured(
        subject=key,
        name=app.app_id,
        reason=app.app_id[:128],
        value=float(missing + app.unhealthy),
        critical_value=float(none_left or none_healthy),
        says=f"{app.app_id}: {figures.count(app.running)} of {figures.counted(app.instances, 'instance')} {run}{unhealthy}",
        measured_at=app.marathon.apps_taken_at,
    )


def killed(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """Tasks that were killed at their memory limit, by app; of other frameworks' tasks by their name. One query."""
    found: dict[str, list[Task]] = defaultdict(list)
    ended = Task.objects.filter(cluster=facts.cluster, ended_at__gt=facts.now - KILLED_WITHIN)
    rows = ended.filter(reason=task_reasons.MEMORY).select_related("app__marathon").order_by("-ended_at")
    for task in rows[: 10 * MOST_TOLD]:
        found[_of_task(task)].append(task)
    for key, tasks in found.items():
        name = tasks[0].app.app_id if tasks[0].app else tasks[0].name or tasks[0].task_id
        on = f", the last on {tasks[0].host}" if tasks[0].host else ""
        said = f"{name}: {figures.counted(len(tasks), 'task')} killed at the memory limit"
        yield Measured(
            subject=key,
            name=name,
            reason=name[:128],
            value=float(len(tasks)),
            says=f"{said} in {figures.duration(KILLED_WITHIN)}{on}",
            measured_at=tasks[0].ended_at,
        )
    for key in facts.open.get(rule.key, frozenset()) - found.keys() | ({""} if not found else set()):
        yield Measured(subject=key, name=_name(key), value=0.0, says="no task was killed at its memory limit")


def _of_task(task: Task) -> str:
    return app_facts.subject(task.app) if task.app else f"{task.framework_id} {task.name or task.task_id}"[:255]


def _name(key: str) -> str:
    found = applications.of_key(key)
    return found[1] if found else key.partition(" ")[2]


class Ended(NamedTuple):
    """A task that ended; plain values, for there may be thousands."""

    app: int
    marathon_key: str
    app_id: str
    state: str
    reason: str
    running_at: datetime | None
    ended_at: datetime


ENDED = ("app_id", "app__marathon__key", "app__app_id", "state", "reason", "running_at", "ended_at")


def looping(facts: Facts, rule: Rule) -> Iterator[Measured]:
    """Tasks that ended by themselves and were begun anew. Two queries."""
    since = facts.now - LOOPS_WITHIN
    ended: dict[int, list[Ended]] = defaultdict(list)
    rows = Task.objects.filter(cluster=facts.cluster, ended_at__gt=since, app__isnull=False).exclude(state__in=WISHED)
    for row in rows.order_by("-ended_at").values_list(*ENDED)[: 10 * MOST_TOLD]:
        one = Ended(*row)
        ended[one.app].append(one)
    begun = _begun(list(ended), since) if ended else {}
    told = {one.subject: one for pk, tasks in ended.items() for one in [_looping(tasks, begun.get(pk, 0))]}
    yield from told.values()
    for key in facts.open.get(rule.key, frozenset()) - told.keys() | ({""} if not told else set()):
        yield Measured(subject=key, name=_name(key), value=0.0, says="no task was begun anew after another had ended")


def _begun(apps: list[int], since: datetime) -> dict[int, int]:
    """How many tasks of each app were first seen since, by the app's row."""
    began = Q(first_status_at__gt=since) | Q(first_status_at=None, first_seen__gt=since)
    new = Task.objects.filter(began, Q(ended_at=None) | Q(ended_at__gt=since), app__in=apps[:MOST_TOLD])
    return dict(new.order_by().values_list("app_id").annotate(Count("pk")))


def _looping(tasks: list[Ended], begun: int) -> Measured:
    """`tasks` ended, the latest first."""
    last, value = tasks[0], min(begun, len(tasks))
    lives = [(one.ended_at - one.running_at).total_seconds() for one in tasks if one.running_at]
    lived = f", they lived {figures.duration(median(lives))} (median)" if lives else ""
    anew = f"{figures.counted(value, 'task')} begun anew in {figures.duration(LOOPS_WITHIN)}"
    return Measured(
        subject=applications.subject_key(last.marathon_key, last.app_id)[:255],
        name=last.app_id,
        reason=last.app_id[:128],
        value=float(value),
        says=f"{last.app_id}: {anew}{lived}; the last {task_reasons.told(f'{last.state} {last.reason}'.strip())}"[:500],
        measured_at=last.ended_at,
    )


RULES = (
    Definition(
        key="R46b",
        name="Task killed at its memory limit",
        measure=killed,
        what="tasks of an app that Mesos ended for memory (REASON_CONTAINER_LIMITATION_MEMORY) in 30 minutes",
        unit="count",
        advice="Look at the app's memory beside its limit: raise the limit if what it holds is what it needs, else look for "
        "a leak. The app's Failures tab has each of them with its message.",
        sources=(TASKS,),
        inclusive=True,
        warning=1,
        warning_on=True,
        critical=3,
        critical_on=True,
    ),
    Definition(
        key="R48",
        name="App without all of its instances",
        measure=short,
        what="instances of an app that do not run or are unhealthy, left out while it is deployed; critical where "
        "none runs or none is healthy",
        unit="count",
        advice="The app's page says why: its failures with their reasons, and under Waiting what it waits for. If others on "
        "the same agents are ill too, look at the agents first.",
        sources=(APPS,),
        inclusive=True,
        warning=1,
        warning_on=True,
        critical=1,
        critical_on=True,
        for_seconds=300,
    ),
    Definition(
        key="R51",
        name="App in a crash loop",
        measure=looping,
        what="tasks of an app that ended by themselves and were begun anew in 15 minutes; what a deployment or somebody "
        "killed is not counted",
        unit="count",
        advice="Read the last task's message and its log (the app's Failures tab leads there). If it began with the latest "
        "configuration, go back to the one before.",
        sources=(TASKS, APPS),
        inclusive=True,
        warning=4,
        warning_on=True,
        critical=10,
        critical_on=True,
        clear_seconds=300,
    ),
)
