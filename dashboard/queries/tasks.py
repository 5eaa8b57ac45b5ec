"""The tasks of a cluster: which are wanted, a page at a time. Those that run stand newest first, those that ended latest first.

A page begins after the last row of the one before, by id or by end: of fifty thousand tasks a page costs as much as of fifty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from dashboard import applications
from dashboard.models import App, Cluster, Framework, Task
from dashboard.queries import keyset, task_in_words
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.task_query import TaskQuery, Term

SOURCE = "tasks"
CHUNK = 2000
MOST_RUNNING, MOST_ENDED = 20, 10
EVERYTHING = TaskQuery()


class Show(StrEnum):
    ACTIVE = "active"
    ENDED = "ended"
    FAILED = "failed"
    """Ended in a way that nobody wished for."""


OF_SHOW = {
    Show.ACTIVE: Q(ended_at__isnull=True),
    Show.ENDED: Q(ended_at__isnull=False),
    Show.FAILED: Q(ended_at__isnull=False, state__in=sorted(applications.FAILED & applications.ENDED)),
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which tasks; what is empty lets all through."""

    show: Show | None = Show.ACTIVE
    """None: all of them, in the order of those that run."""
    query: TaskQuery = EVERYTHING
    host: str = ""
    framework_id: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    """One task as it may be spoken of now."""

    task: Task
    state: Mark
    health: Mark | None
    framework: str
    """Its framework's name, else its id."""

    @property
    def name(self) -> str:
        return self.task.name or self.task.task_id

    @property
    def reason(self) -> str:
        return task_in_words.reason(self.task)

    @property
    def is_bad(self) -> bool:
        return self.state.mark == "bad" or (self.health is not None and self.health.mark == "bad")

    @property
    def app(self) -> App | None:
        return self.task.app

    @property
    def place(self) -> tuple[datetime | None, int]:
        """Where it stands: its end where it ended, and its id."""
        return self.task.ended_at, self.task.pk


def counts(cluster: Cluster, shown: Show) -> dict[Show, int]:
    """How many of each there are, of the whole cluster. Those that failed are counted where they are shown only: indexes
    tell the others, these are read one by one. Two queries, or three."""
    wanted = [show for show in Show if show in (Show.ACTIVE, Show.ENDED, shown)]
    of_cluster = Task.objects.filter(cluster=cluster)
    return {show: of_cluster.filter(OF_SHOW[show]).count() for show in wanted}


def count(cluster: Cluster, wanted: Wanted) -> int:
    """One query, two where a framework is named."""
    return _matching(cluster, wanted).count()


def page(
    cluster: Cluster, wanted: Wanted, source: SourceAge, *, after: tuple[datetime | None, int] | None, limit: int
) -> list[TaskRow]:
    """The first of those that stand after a place. Two queries, three where the filter names a framework."""
    found = _ordered(_matching(cluster, wanted), wanted)
    if after is not None:
        ended_at, number = after
        by_end = ended_at is not None and is_by_end(wanted)
        found = found.filter(keyset.older("ended_at", (ended_at, number)) if by_end and ended_at else Q(pk__lt=number))
    return rows(cluster, found[:limit], source)


def every(cluster: Cluster, wanted: Wanted, source: SourceAge) -> Iterator[TaskRow]:
    """All of them, read while they are used. As many queries as a page."""
    found, names = _ordered(_matching(cluster, wanted), wanted), framework_names(cluster)
    for task in found.iterator(chunk_size=CHUNK):
        yield _row(task, source, names)


@dataclass(frozen=True)
class Here:
    """Tasks of one host: the newest of those that run, and the latest to end."""

    running: tuple[TaskRow, ...]
    more: bool
    """Whether more run there."""
    ended: tuple[TaskRow, ...]


def on_host(cluster: Cluster, host: str, source: SourceAge) -> Here:
    """At most MOST_RUNNING and MOST_ENDED. Three queries."""
    here = Task.objects.filter(cluster=cluster, host=host).select_related("app__marathon")
    running = list(here.filter(ended_at=None).order_by("-pk")[: MOST_RUNNING + 1])
    ended = here.filter(ended_at__isnull=False).order_by("-ended_at", "-pk")[:MOST_ENDED]
    told = rows(cluster, [*running[:MOST_RUNNING], *ended], source)
    first = min(len(running), MOST_RUNNING)
    return Here(tuple(told[:first]), len(running) > MOST_RUNNING, tuple(told[first:]))


def rows(cluster: Cluster, found: Iterable[Task], source: SourceAge) -> list[TaskRow]:
    """Tasks, their apps read with them, as rows. One query and that of the tasks."""
    names = framework_names(cluster)
    return [_row(task, source, names) for task in found]


def framework_names(cluster: Cluster) -> dict[str, str]:
    """Framework id → its name. One query."""
    return dict(Framework.objects.filter(cluster=cluster).values_list("framework_id", "name"))


def _row(task: Task, source: SourceAge, names: Mapping[str, str]) -> TaskRow:
    current = source.freshness.current
    return TaskRow(
        task=task,
        state=task_in_words.state(task, current=current),
        health=task_in_words.health(task, current=current),
        framework=names.get(task.framework_id) or task.framework_id,
    )


def is_by_end(wanted: Wanted) -> bool:
    """Whether the list is in the order of ends, the latest first, and not of ids."""
    return wanted.show in (Show.ENDED, Show.FAILED)


def _ordered(found: QuerySet[Task], wanted: Wanted) -> QuerySet[Task]:
    order = ("-ended_at", "-pk") if is_by_end(wanted) else ("-pk",)
    return found.select_related("app__marathon").order_by(*order)


def _matching(cluster: Cluster, wanted: Wanted) -> QuerySet[Task]:
    found = Task.objects.filter(cluster=cluster)
    if wanted.show is not None:
        found = found.filter(OF_SHOW[wanted.show])
    if wanted.host:
        found = found.filter(host=wanted.host)
    if wanted.framework_id:
        found = found.filter(framework_id=wanted.framework_id)
    for term in wanted.query.terms:
        holds = _holds(cluster, term)
        found = found.exclude(holds) if term.negated else found.filter(holds)
    return found


def _holds(cluster: Cluster, term: Term) -> Q:
    """One of the term's values."""
    return Q(*(CONDITIONS[term.key](cluster, value) for value in term.values), _connector=Q.OR)


def _like(column: str, value: str) -> Q:
    """The whole value in any case; `*` at its ends stands for anything."""
    bare = value.strip("*")
    lookup = {
        (False, False): "iexact",
        (True, False): "iendswith",
        (False, True): "istartswith",
        (True, True): "icontains",
    }[value.startswith("*"), value.endswith("*")]
    # A lone * finds whatever says anything.
    return Q(**{f"{column}__{lookup}": bare}) if bare else Q(**{f"{column}__gt": ""})


def _prefixed(column: str, prefix: str) -> Callable[[Cluster, str], Q]:
    """Mesos' own word with its prefix or without."""

    def condition(cluster: Cluster, value: str) -> Q:
        whole = value.startswith("*") or value.upper().startswith(prefix)
        return _like(column, value if whole else f"{prefix}{value}")

    return condition


def _framework(cluster: Cluster, value: str) -> Q:
    named = Framework.objects.filter(_like("name", value), cluster=cluster).values("framework_id")
    return _like("framework_id", value) | Q(framework_id__in=named)


def _app(cluster: Cluster, value: str) -> Q:
    # Which apps these are is found first: they are fewer than tasks.
    apps = App.objects.filter(_like("app_id", value if value.startswith(("/", "*")) else f"/{value}"), cluster=cluster)
    return Q(app__in=apps.values("pk"))


def _health(cluster: Cluster, value: str) -> Q:
    return {
        "healthy": Q(healthy=True),
        "unhealthy": Q(healthy=False),
        "unchecked": Q(healthy__isnull=True),
    }[value.lower()]


def _text(cluster: Cluster, value: str) -> Q:
    return Q(*((f"{name}__icontains", value) for name in ("task_id", "name", "host", "message")), _connector=Q.OR)


CONDITIONS: Mapping[str, Callable[[Cluster, str], Q]] = {
    "": _text,
    "state": _prefixed("state", "TASK_"),
    "framework": _framework,
    "app": _app,
    "host": lambda cluster, value: _like("host", value),
    "reason": _prefixed("reason", "REASON_"),
    "role": lambda cluster, value: _like("role", value),
    "health": _health,
}
