"""One component: on which nodes it is how; and one component on one node, with its output and its day."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from dashboard.models import Cluster, Component, Event, UnitState
from dashboard.models.components import WORST_FIRST, Health, worst
from dashboard.queries import freshness, marks, unit_history
from dashboard.queries.components import FLIPS_WITHIN, SOURCE, present, runs_on
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.unit_history import Span


@dataclass(frozen=True, kw_only=True)
class NodeRow:
    """This unit on one node, beside the node's overall health, which is another thing."""

    host: str
    hostname: str
    role: str
    health: Health
    state: Mark
    last_known: Mark
    node_health: Health
    node_overall: Mark
    reason: str
    """Why there is no data; empty while there is."""
    since: datetime
    taken_at: datetime
    flips: tuple[datetime, ...]


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A component on all its nodes, worst first."""

    component: Component
    state: Mark
    rows: tuple[NodeRow, ...]
    counts: dict[Health, int]
    runs_on: str
    source: SourceAge


def unit(cluster: Cluster, unit_id: str, now: datetime) -> Unit | None:
    """The component with this unit id, or None. Four queries."""
    component = Component.objects.filter(cluster=cluster, unit=unit_id).first()
    if component is None:
        return None
    source = freshness.of(cluster, now)[SOURCE]
    flips = _flips_by_host(cluster, unit_id, now)
    states = UnitState.objects.filter(component=component).defer("output").select_related("node")
    rows = [_row(state, source, flips.get(state.node.host, [])) for state in states]
    rows.sort(key=lambda row: (WORST_FIRST.index(row.health), by_address(row.host)))
    return Unit(
        component=component,
        state=marks.HEALTH[worst(row.health for row in rows)],
        rows=tuple(rows),
        counts=Counter(row.health for row in rows),
        runs_on=runs_on(row.role for row in rows),
        source=source,
    )


@lru_cache(maxsize=20_000)
def by_address(host: str) -> tuple[str | int, ...]:
    """What hosts are ordered by: 10.0.0.9 comes before 10.0.0.10."""
    return tuple(int(part) if place % 2 else part for place, part in enumerate(re.split(r"(\d+)", host)))


def _row(state: UnitState, source: SourceAge, flips: list[datetime]) -> NodeRow:
    health, overall = present(state.health, source), present(state.node.health, source)
    return NodeRow(
        host=state.node.host,
        hostname=state.node.hostname,
        role=state.node.role,
        health=health,
        state=marks.HEALTH[health],
        last_known=marks.HEALTH[Health(state.last_known)],
        node_health=overall,
        node_overall=marks.HEALTH[overall],
        reason=state.node.reason,
        since=state.since if source.freshness.current or source.sample_at is None else source.sample_at,
        taken_at=state.taken_at,
        flips=tuple(flips),
    )


def filtered(rows: Iterable[NodeRow], *, text: str = "", health: Health | None = None) -> list[NodeRow]:
    """Rows whose host or host name holds the text (any case) and whose health is the one asked for."""
    wanted = text.strip().lower()
    return [
        row
        for row in rows
        if (health is None or row.health is health) and (wanted in row.host.lower() or wanted in row.hostname.lower())
    ]


def _flips_by_host(cluster: Cluster, unit_id: str, now: datetime) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = {}
    events = Event.objects.filter(
        cluster=cluster, kind=Event.Kind.UNIT_HEALTH, subject=unit_id, taken_at__gt=now - FLIPS_WITHIN
    )
    for host, at in events.exclude(before="").order_by("taken_at").values_list("place", "taken_at"):
        found.setdefault(host, []).append(at)
    return found


@dataclass(frozen=True, kw_only=True)
class UnitOnNode:
    """One unit on one node: what it says, how its past day was, and how it is elsewhere."""

    unit: Unit
    row: NodeRow
    output: str
    mesos_id: str
    day: tuple[Span, ...]
    """The past 24 h, oldest first, as far back as this unit is known here."""

    @property
    def agent_id(self) -> str:
        """The node's Mesos agent id; empty for a master, whose id is of its process and changes with each start."""
        return "" if self.row.role == "master" else self.mesos_id

    @property
    def elsewhere(self) -> tuple[NodeRow, ...]:
        """The unit on all other nodes, worst first."""
        return tuple(row for row in self.unit.rows if row.host != self.row.host)

    @property
    def elsewhere_healthy(self) -> int:
        return sum(row.health is Health.HEALTHY for row in self.elsewhere)


def unit_on_node(cluster: Cluster, unit_id: str, host: str, now: datetime) -> UnitOnNode | None:
    """The unit on the node, or None where Day Two has never seen it there. Six queries."""
    found = unit(cluster, unit_id, now)
    state = (
        UnitState.objects.filter(component__cluster=cluster, component__unit=unit_id, node__host=host)
        .select_related("node", "component")
        .first()
    )
    if found is None or state is None:
        return None
    return UnitOnNode(
        unit=found,
        row=next(row for row in found.rows if row.host == host),
        output=state.output,
        mesos_id=state.node.mesos_id,
        day=unit_history.day(state, found.source, now),
    )
