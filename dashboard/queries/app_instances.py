"""Instances of an app that are there now: how each is, on which agent, and what its container uses of what it was allocated."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.models import App, Cluster, Container, Task
from dashboard.queries import agents, containers, containers_now, tasks
from dashboard.queries.containers import ContainerRow
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.tasks import TaskRow

AT_RISK = Mark("warn", "At risk")
MOST_INSTANCES = 500
WORST = ("bad", "warn", "unk", "mute", "good")
Sources = dict[str, SourceAge]


@dataclass(frozen=True, kw_only=True)
class Instance:
    row: TaskRow
    container: ContainerRow | None
    """None where no agent lists it."""
    at_risk: bool
    """Its agent is lost: Mesos still says that it runs."""

    @property
    def state(self) -> Mark:
        return AT_RISK if self.at_risk and self.row.state.mark == "good" else self.row.state

    @property
    def cpu_used_ratio(self) -> float | None:
        return _share(self._use("cpus_used"), self.row.task.cpus_allocated)

    @property
    def mem_used_ratio(self) -> float | None:
        return _share(self._use("mem_used_bytes"), self.row.task.mem_allocated_bytes)

    @property
    def throttled_ratio(self) -> float | None:
        return self._use("throttled_ratio")

    def _use(self, name: str) -> float | None:
        own = self.container.use if self.container else None
        value: float | None = getattr(own, name) if own else None
        return value

    @property
    def badness(self) -> int:
        """Place among the worst; 0 is the worst."""
        health = self.row.health.mark if self.row.health else "good"
        of_health = WORST.index(health) if health in ("bad", "warn") else len(WORST)
        return min(WORST.index(self.state.mark), of_health)


def of(app: App, sources: Sources, now: datetime) -> list[Instance]:
    """Worst first, then by host; at most MOST_INSTANCES. Seven queries at most."""
    cluster = app.cluster
    listed = list(Task.objects.filter(app=app, ended_at=None).order_by("host", "task_id")[:MOST_INSTANCES])
    rows = tasks.rows(cluster, listed, sources[tasks.SOURCE])
    lost, found = lost_agents(cluster), _containers(cluster, listed, sources, now)
    told = [
        Instance(
            row=row,
            container=found.get((row.task.host, row.task.container_id)),
            at_risk=row.task.agent_id in lost,
        )
        for row in rows
    ]
    return sorted(told, key=lambda one: one.badness)


def lost_agents(cluster: Cluster) -> frozenset[str]:
    """Ids of agents whose tasks are at risk. Three queries at most."""
    return frozenset(agent.node.agent_id for agent in agents.listing(cluster) if agent.lost)


def at_risk(app: App, lost: Iterable[str]) -> int:
    """How many of its instances are on those agents. One query."""
    return Task.objects.filter(app=app, ended_at=None, agent_id__in=list(lost)).count()


def _containers(
    cluster: Cluster, listed: Sequence[Task], sources: Sources, now: datetime
) -> dict[tuple[str, str], ContainerRow]:
    """By host and id. Two queries, none where no task tells its container."""
    ids = [task.container_id for task in listed if task.container_id]
    if not ids or containers.SOURCE not in sources:
        return {}
    found = list(Container.objects.filter(cluster=cluster, container_id__in=ids).defer("counters"))
    containers_now.brought_up(cluster, found)
    return {(one.host, one.container_id): containers.row(one, sources[containers.SOURCE], now) for one in found}


def _share(part: float | None, whole: float) -> float | None:
    return part / whole if part is not None and whole > 0 else None
