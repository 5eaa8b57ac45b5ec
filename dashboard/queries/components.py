"""Components: how many are how, and which are worst. Health is this unit on this node, never the node's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min

from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Component, Event, NodeHealth, UnitState
from dashboard.models.components import WORST_FIRST, Health, worst
from dashboard.queries import freshness, marks
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark

SOURCE = "component_health"
FLIPS_WITHIN = timedelta(hours=24)
ROLES = {"master": "Masters", "agent": "Agents", "agent_public": "Public agents"}


@dataclass(frozen=True, kw_only=True)
class ComponentRow:
    """One component over all its nodes: its worst state, and since when it is in it."""

    unit: str
    name: str
    description: str
    health: Health
    state: Mark
    was: Health
    last_known: Mark
    """What it was when diagnostics last could tell; the same as `state` unless that is No data."""
    nodes: int
    nodes_healthy: int
    nodes_as_bad: int
    """On how many nodes it is in its worst state: a node without data is not one on which it is unhealthy."""
    first_seen: datetime
    since: datetime
    flips: tuple[datetime, ...]
    """When it changed on any node in the past 24 h, oldest first."""
    runs_on: str


@dataclass(frozen=True, kw_only=True)
class Overview:
    """All components, worst first, then as they were, then by name; the counts always add up to all."""

    rows: tuple[ComponentRow, ...]
    counts: dict[Health, int]
    source: SourceAge
    nodes: int
    dark_nodes: tuple[NodeHealth, ...]
    """Nodes whose units diagnostics could not read, with the reason."""

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def answering(self) -> int:
        """Nodes whose units the report could read."""
        return self.nodes - len(self.dark_nodes)


def offered(cluster: Cluster) -> bool:
    """Whether this kind of cluster has component health at all; plain Mesos has not."""
    return cluster.kind in SOURCES_BY_NAME[SOURCE].kinds


def present(state: int, source: SourceAge) -> Health:
    """A stored state as it may be shown now: when the report itself is too old, nothing is known any more."""
    return Health(state) if source.freshness.current else Health.NO_DATA


def overview(cluster: Cluster, now: datetime) -> Overview:
    """All components of a cluster as they are. Five queries."""
    source = freshness.of(cluster, now)[SOURCE]
    groups, flips = _groups(cluster, source), flips_by_unit(cluster, now)
    rows = [
        _row(component, groups[component.pk], source, flips.get(component.unit, []))
        for component in Component.objects.filter(cluster=cluster)
        if component.pk in groups
    ]
    rows.sort(key=_rank)
    nodes = list(NodeHealth.objects.filter(cluster=cluster).order_by("host"))
    return Overview(
        rows=tuple(rows),
        counts=Counter(row.health for row in rows),
        source=source,
        nodes=len(nodes),
        dark_nodes=tuple(node for node in nodes if node.reason),
    )


@dataclass(frozen=True, kw_only=True)
class _Group:
    """The nodes of one role on which a component is in one state."""

    health: Health
    last_known: int
    role: str
    nodes: int
    first_since: datetime
    last_since: datetime
    taken_at: datetime


def _groups(cluster: Cluster, source: SourceAge) -> dict[int, list[_Group]]:
    """By component. The database counts: a thousand nodes have tens of thousands of unit states."""
    found: dict[int, list[_Group]] = {}
    states = UnitState.objects.filter(component__cluster=cluster).values_list(
        "component", "health", "last_known", "node__role"
    )
    for component, health, last_known, role, *counted in states.annotate(
        Count("pk"), Min("since"), Max("since"), Max("taken_at")
    ):
        nodes, first_since, last_since, taken_at = counted
        group = _Group(
            health=present(health, source),
            last_known=last_known,
            role=role,
            nodes=nodes,
            first_since=first_since,
            last_since=last_since,
            taken_at=taken_at,
        )
        found.setdefault(component, []).append(group)
    return found


def _rank(row: ComponentRow) -> tuple[int, int, str, str]:
    """Worst first; of those that nothing is known of, first the ones that were worst."""
    return WORST_FIRST.index(row.health), WORST_FIRST.index(row.was), row.name.lower(), row.unit


def _row(component: Component, groups: list[_Group], source: SourceAge, flips: list[datetime]) -> ComponentRow:
    health = worst(group.health for group in groups)
    was = worst(group.last_known for group in groups)
    return ComponentRow(
        unit=component.unit,
        name=component.name,
        description=component.description,
        health=health,
        state=marks.HEALTH[health],
        was=was,
        last_known=marks.HEALTH[was],
        nodes=sum(group.nodes for group in groups),
        nodes_healthy=sum(group.nodes for group in groups if group.health is Health.HEALTHY),
        nodes_as_bad=sum(group.nodes for group in groups if group.health is health),
        first_seen=component.first_seen,
        since=_since(health, groups, source),
        flips=tuple(flips),
        runs_on=runs_on(group.role for group in groups),
    )


def _since(health: Health, groups: list[_Group], source: SourceAge) -> datetime:
    if not source.freshness.current:
        return source.sample_at or max(group.taken_at for group in groups)
    if health is Health.HEALTHY:
        return max(group.last_since for group in groups)
    return min(group.first_since for group in groups if group.health is health)


def runs_on(roles: Iterable[str]) -> str:
    """Where a unit runs, in the order masters, agents, public agents; roles we do not know are named as they are."""
    found = set(roles)
    words = [word for role, word in ROLES.items() if role in found] + sorted(found - ROLES.keys())
    return ", ".join(words[:1] + [word.lower() for word in words[1:]])


def flips_by_unit(cluster: Cluster, now: datetime) -> dict[str, list[datetime]]:
    """Changes of health in the past 24 h by unit, oldest first; first sightings are none. One query."""
    found: dict[str, list[datetime]] = {}
    events = Event.objects.filter(cluster=cluster, kind=Event.Kind.UNIT_HEALTH, taken_at__gt=now - FLIPS_WITHIN)
    for unit, at in events.exclude(before="").order_by("taken_at").values_list("subject", "taken_at"):
        found.setdefault(unit, []).append(at)
    return found


def filtered(rows: Iterable[ComponentRow], *, text: str = "", health: Health | None = None) -> list[ComponentRow]:
    """Rows whose name or unit holds the text (any case) and whose health is the one asked for."""
    wanted = text.strip().lower()
    return [
        row
        for row in rows
        if (health is None or row.health is health) and (wanted in row.name.lower() or wanted in row.unit.lower())
    ]
