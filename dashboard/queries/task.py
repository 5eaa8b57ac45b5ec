"""One task: how it is, how it came to that, what its container uses, how its agent was and is, and its app's other tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.models import Cluster, Container, Event, Node, Task
from dashboard.queries import agents, containers, containers_now, marks, tasks
from dashboard.queries.agents import Agent
from dashboard.queries.containers import ContainerRow
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.tasks import TaskRow

MOST_OTHERS = 20
LEFT_WITHIN = timedelta(minutes=15)
"""A change of the agent so soon after a task's end is told with it."""
Sources = dict[str, SourceAge]


@dataclass(frozen=True)
class AgentChange:
    """How the agent was from then on."""

    state: Mark
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Found:
    """A task with what its page says of it."""

    row: TaskRow
    container: ContainerRow | None
    """None where no agent has listed it, or it is forgotten two days after it ended."""
    agent: Agent | None
    """As it is now; None where nobody knows an agent of that id any more."""
    then: AgentChange | None
    """How it was when the task ended; None while it runs, and where no change from before is kept."""
    after: AgentChange | None
    """What became of it within LEFT_WITHIN of the task's end."""
    others: tuple[TaskRow, ...]
    """Of its app, those that run first, then the latest to end; at most MOST_OTHERS."""

    @property
    def task(self) -> Task:
        return self.row.task

    @property
    def lived(self) -> timedelta | None:
        """From running, else from its first status, to its end; None while it runs, and of one whose beginning nobody told."""
        began_at = self.task.running_at or self.task.first_status_at
        return self.task.ended_at - began_at if self.task.ended_at and began_at else None

    @property
    def is_at_risk(self) -> bool:
        """Whether it runs on an agent that is lost."""
        return self.task.ended_at is None and self.agent is not None and self.agent.lost


def one(cluster: Cluster, framework_id: str, task_id: str, sources: Sources, now: datetime) -> Found | None:
    """None where there never was one or it is forgotten. Twelve queries at most."""
    of_cluster = Task.objects.filter(cluster=cluster).select_related("app__marathon")
    task = of_cluster.filter(framework_id=framework_id, task_id=task_id).first()
    if task is None:
        return None
    others = of_cluster.filter(app=task.app_id).exclude(pk=task.pk) if task.app_id else of_cluster.none()
    latest = [
        *others.filter(ended_at=None).order_by("-pk")[:MOST_OTHERS],
        *others.filter(ended_at__isnull=False).order_by("-ended_at", "-pk")[:MOST_OTHERS],
    ]
    row, *beside = tasks.rows(cluster, [task, *latest[:MOST_OTHERS]], sources[tasks.SOURCE])
    here = [one for one in agents.at(cluster, task.host) if one.node.agent_id == task.agent_id] if task.host else []
    then, after = _agent_then(cluster, task)
    return Found(
        row=row,
        container=_container(cluster, task, sources, now),
        agent=here[0] if here else None,
        then=then,
        after=after,
        others=tuple(beside),
    )


def _container(cluster: Cluster, task: Task, sources: Sources, now: datetime) -> ContainerRow | None:
    """Two queries."""
    if not (task.host and task.container_id):
        return None
    here = Container.objects.filter(cluster=cluster, host=task.host, container_id=task.container_id)
    found = containers_now.brought_up(cluster, list(here.defer("counters")))
    return containers.row(found[0], sources[containers.SOURCE], now) if found else None


def _agent_then(cluster: Cluster, task: Task) -> tuple[AgentChange | None, AgentChange | None]:
    """The last change before the task's end, and the first one soon after it. Two queries."""
    if task.ended_at is None or not task.host:
        return None, None
    changes = Event.objects.filter(cluster=cluster, kind=Event.Kind.AGENT_STATE, subject=task.host)
    before = changes.filter(taken_at__lte=task.ended_at).order_by("-taken_at", "-pk").first()
    since = changes.filter(taken_at__gt=task.ended_at, taken_at__lte=task.ended_at + LEFT_WITHIN)
    return _change(before), _change(since.order_by("taken_at", "pk").first())


def _change(event: Event | None) -> AgentChange | None:
    return AgentChange(marks.AGENT[Node.State(event.after)], event.taken_at) if event else None
