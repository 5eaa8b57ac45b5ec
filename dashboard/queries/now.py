"""Everything the Now page says, with the price of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from dashboard.models import Cluster, Framework, Node, Subject
from dashboard.models.components import Health
from dashboard.queries import agents, app_counts, happenings, use, verdict, window
from dashboard.queries.agents import Agent
from dashboard.queries.app_counts import AppCounts
from dashboard.queries.capacity import RESOURCES
from dashboard.queries.components import Overview
from dashboard.queries.freshness import SourceAge
from dashboard.queries.happenings import Happening
from dashboard.queries.masters import Masters
from dashboard.queries.readings import Rise, Series, increases, series
from dashboard.queries.use import USED, Use, Used
from dashboard.queries.verdict import Facts, Verdict

CHANGES_SHOWN = 5
CHANGES_WITHIN = timedelta(minutes=60)
GONE_WITHIN = timedelta(hours=24)
SPARK_POINTS = 144
LINES_OF = (Subject.Kind.CLUSTER, Subject.Kind.MASTER, Subject.Kind.COMPONENTS)
OF_LINES = (Subject.Kind.CLUSTER, Subject.Kind.USE, Subject.Kind.COMPONENTS)
COMPONENTS_HEALTHY = f"components_{Health.HEALTHY.name.lower()}"
"""How many of them were."""

Line = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ResourceTile:
    """One resource on active agents; `line` and `used_line` are its shares over 24 h, 0…1, NaN in gaps."""

    key: str
    name: str
    unit: str
    total: float | None
    allocated: float | None
    used: Used
    """What its machines use of it now, and what those that were measured have."""
    line: Line
    used_line: Line

    @property
    def ratio(self) -> float | None:
        return self.allocated / self.total if self.total and self.allocated is not None else None

    @property
    def offered(self) -> bool:
        """Whether the cluster has any of it."""
        return self.total != 0


@dataclass(frozen=True, kw_only=True)
class NodesTile:
    agents: tuple[Agent, ...]
    """Registered ones and lost ones, worst first."""
    counts: dict[str, int]
    """State word → how many."""
    gone: int
    """How many left in good order in the past 24 h; they are not among `agents`."""
    line: Line


@dataclass(frozen=True, kw_only=True)
class ServicesTile:
    """What runs: apps and pods, and frameworks, as Mesos sees them, which schedule their tasks."""

    apps: AppCounts
    frameworks: tuple[Framework, ...]
    line: Line


@dataclass(frozen=True, kw_only=True)
class TasksTile:
    """Tasks now, and how many failed or were lost in the past hour by the masters' counters (None: not known)."""

    running: int | None
    staging: int | None
    unreachable: int | None
    failed: Rise | None
    lost: Rise | None
    line: Line


@dataclass(frozen=True, kw_only=True)
class Now:
    verdict: Verdict
    facts: Facts
    age_seconds: float | None
    """Age of the oldest of what the page shows as current; None when nothing is."""
    sources: dict[str, SourceAge]
    masters: Masters
    changes: tuple[Happening, ...]
    last_change: Happening | None
    """The latest change of all, however long ago."""
    resources: tuple[ResourceTile, ...]
    use: Use
    nodes: NodesTile
    services: ServicesTile
    tasks: TasksTile
    components: Overview | None
    components_line: Line


def now(cluster: Cluster, at: datetime) -> Now:
    """The whole page. Twenty-three queries, whatever the size of the cluster."""
    facts = verdict.gather(cluster, at)
    subjects = _subjects(cluster)
    day = _day(subjects, at)
    used = use.of_cluster(cluster, at, facts.sources)
    current = [source for source in facts.sources.values() if source.freshness.current]
    return Now(
        verdict=verdict.judge(facts, at),
        facts=facts,
        age_seconds=max((source.age_seconds or 0.0 for source in current), default=None),
        sources=facts.sources,
        masters=facts.masters,
        changes=tuple(happenings.recent(cluster, at, within=CHANGES_WITHIN, limit=CHANGES_SHOWN)),
        last_change=facts.last_change,
        resources=tuple(_resources(cluster, day, used)),
        use=used,
        nodes=_nodes(facts.agents, at, day["agents_active"]),
        services=_services(cluster, facts.sources, at, day["frameworks_active"]),
        tasks=_tasks(cluster, subjects, at, day["tasks_running"]),
        components=facts.components,
        components_line=day[COMPONENTS_HEALTHY],
    )


def _subjects(cluster: Cluster) -> dict[str, list[int]]:
    """Ids of what the lines are about, by kind. One query."""
    found: dict[str, list[int]] = {kind: [] for kind in LINES_OF}
    wanted = Q(kind__in=LINES_OF) | Q(kind=Subject.Kind.USE, key=use.OF_CLUSTER)
    for kind, subject in Subject.objects.filter(wanted, cluster=cluster).values_list("kind", "pk"):
        found.setdefault(kind, []).append(subject)
    return found


def _day(subjects: dict[str, list[int]], at: datetime) -> Series:
    """Allocation, use and component health of the past day, read together: their names differ, and a step holds several
    of each."""
    names = [name for _, _, _, *columns in RESOURCES for name in columns]
    names += [name for columns in USED.values() for name in columns]
    whole = [pk for kind in OF_LINES for pk in subjects.get(kind, [])]
    day = window.of("24h", at, points=SPARK_POINTS)
    return series(whole, [*names, "agents_active", "frameworks_active", "tasks_running", COMPONENTS_HEALTHY], day)


def _resources(cluster: Cluster, day: Series, used: Use) -> list[ResourceTile]:
    return [
        ResourceTile(
            key=key,
            name=name,
            unit=unit,
            total=getattr(cluster, total),
            allocated=getattr(cluster, allocated),
            used=used.now(key),
            line=_share(day, allocated, total),
            used_line=_share(day, *USED[key]) if key in USED else np.full(day.window.steps, np.nan),
        )
        for key, name, unit, total, allocated in RESOURCES
    ]


def _share(day: Series, part: str, whole: str) -> Line:
    with np.errstate(invalid="ignore", divide="ignore"):
        return day[part] / day[whole]


def _nodes(listed: list[Agent], at: datetime, line: Line) -> NodesTile:
    registered = agents.registered(listed)
    left = [agent for agent in listed if agent.node.state in Node.LEFT and not agent.lost]
    return NodesTile(
        agents=tuple(registered),
        counts=Counter(agent.state.word for agent in registered),
        gone=sum(at - agent.node.state_since < GONE_WITHIN for agent in left),
        line=line,
    )


def _services(cluster: Cluster, sources: Mapping[str, SourceAge], at: datetime, line: Line) -> ServicesTile:
    found = Framework.objects.filter(cluster=cluster).exclude(state=Framework.State.COMPLETED)
    order = list(Framework.State)
    ranked = sorted(found, key=lambda row: (-order.index(Framework.State(row.state)), row.name))
    counted = app_counts.of(cluster, sources.get("apps"), at)
    return ServicesTile(apps=counted, frameworks=tuple(ranked), line=line)


def _tasks(cluster: Cluster, subjects: dict[str, list[int]], at: datetime, line: Line) -> TasksTile:
    rises = increases(subjects[Subject.Kind.MASTER], ["master/tasks_failed", "master/tasks_lost"], window.of("1h", at))
    return TasksTile(
        running=cluster.tasks_running,
        staging=cluster.tasks_staging,
        unreachable=cluster.tasks_unreachable,
        failed=rises["master/tasks_failed"],
        lost=rises["master/tasks_lost"],
        line=line,
    )
