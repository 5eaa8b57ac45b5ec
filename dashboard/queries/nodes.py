"""Nodes: agents and masters, each with what is allocated on it, what its machine uses, and what is not well; worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from django.db.models import Count, F

from dashboard.models import Attribute, Cluster, Event, Machine, Master, Node, UnitState
from dashboard.models.components import WORST_FIRST, Health
from dashboard.queries import agents, components, freshness, marks, masters, use
from dashboard.queries.agents import Agent
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.masters import MasterRow
from dashboard.queries.node_row import (
    FULL_RATIO,
    NO_DATA,
    AgentFigures,
    MachineFigures,
    NodeRow,
    Units,
    worst_first,
)

__all__ = ["FULL_RATIO", "NodeRow", "Nodes", "Units", "at", "flaps", "listing", "since"]

AWAY = (Node.State.UNREGISTERED, Node.State.GONE)
FLAPS_WITHIN = timedelta(hours=24)
Figures = TypeVar("Figures", AgentFigures, MachineFigures)


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """All nodes of a cluster, worst first."""

    rows: tuple[NodeRow, ...]
    sources: dict[str, SourceAge]
    gone: int
    """Agents of the past week that left in good order; they are not among the rows."""

    @cached_property
    def agents(self) -> list[NodeRow]:
        return [row for row in self.rows if row.agent is not None]

    @cached_property
    def masters(self) -> list[NodeRow]:
        return [row for row in self.rows if row.master is not None]


def listing(cluster: Cluster, now: datetime) -> Nodes:
    """Every agent that is registered or lost, and every master. Seven queries, whatever the size of the cluster."""
    sources = freshness.of(cluster, now)
    known = Node.objects.filter(cluster=cluster).order_by(F("state_since").desc())
    told = list(known.values_list(*AgentFigures._fields, "state_since", "maintenance"))
    listed = [AgentFigures._make(values[:-2]) for values in told]
    left = ((agent.pk, agent.state, since) for agent, (*_, since, _) in zip(listed, told, strict=True))
    unreachable = agents.unnamed(cluster, left)
    down = {agent.pk for agent, (*_, word) in zip(listed, told, strict=True) if word == Node.Maintenance.DOWN}
    found = _rows(cluster, sources, now)
    rows = [
        found.of_agent(
            agent, *agents.standing(agent.state, unreachable=agent.pk in unreachable, is_down=agent.pk in down)
        )
        for agent in listed
        if agent.state not in AWAY or agent.pk in unreachable
    ]
    gone = len(listed) - len(rows)
    rows += [found.of_master(row) for row in masters.now(cluster, now).rows]
    return Nodes(rows=tuple(sorted(rows, key=worst_first)), sources=sources, gone=gone)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is stored of one host."""

    host: str
    agents: Sequence[Agent]
    machine: Machine | None
    healths: Sequence[Health]
    """Of its units, as they may be said now; none where diagnostics never listed it."""


def at(cluster: Cluster, known: Known, sources: dict[str, SourceAge], now: datetime) -> list[NodeRow]:
    """The nodes of one host, worst first: its agents and its masters. One query, three where it has a master."""
    counts = Counter(known.healths).items()
    machine = _figures(MachineFigures, known.machine) if known.machine else None
    of = _Rows(
        sources=sources,
        now=now,
        machines={known.host: machine} if machine else {},
        units=_units((known.host, health, count) for health, count in counts),
    )
    rows = [of.of_agent(_figures(AgentFigures, agent.node), agent.state, agent.lost) for agent in known.agents]
    if Master.objects.filter(cluster=cluster, host=known.host).exists():
        rows += [of.of_master(row) for row in masters.now(cluster, now).rows if row.master.host == known.host]
    return sorted(rows, key=worst_first)


def since(rows: Iterable[NodeRow]) -> dict[int, datetime]:
    """Since when agents are as they are, by their `pk`; of masters only the uptime is known. One query."""
    wanted = [row.agent.pk for row in rows if row.agent is not None]
    return dict(Node.objects.filter(pk__in=wanted).values_list("pk", "state_since"))


def listed_at(cluster: Cluster) -> dict[int, datetime]:
    """When a summary last listed each agent, by their `pk`: its allocation is of that moment. One query."""
    return dict(Node.objects.filter(cluster=cluster).values_list("pk", "last_seen"))


def attributes(cluster: Cluster, names: Sequence[str] = ()) -> dict[int, dict[str, str]]:
    """What operators said of their agents, by the agents' `pk`; only those `names`, in any case, where some are given.

    One query.
    """
    found: dict[int, dict[str, str]] = {}
    wanted = {name.lower() for name in names}
    said = Attribute.objects.filter(node__cluster=cluster).order_by("name")
    for pk, name, value in said.values_list("node_id", "name", "value"):
        if not wanted or name.lower() in wanted:
            found.setdefault(pk, {})[name] = value
    return found


def flaps(cluster: Cluster, now: datetime) -> dict[str, int]:
    """How often the agents of a host changed their state in the past 24 h; hosts without a change are left out. One query.

    To join is no change.
    """
    changes = Event.objects.filter(cluster=cluster, kind=Event.Kind.AGENT_STATE, taken_at__gt=now - FLAPS_WITHIN)
    return dict(changes.exclude(before="").order_by().values_list("subject").annotate(Count("pk")))


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """What rows are made of: machines and units by their hosts."""

    sources: dict[str, SourceAge]
    now: datetime
    machines: Mapping[str, MachineFigures]
    units: Mapping[str, Units]

    def of_agent(self, agent: AgentFigures, state: Mark, lost: bool) -> NodeRow:
        return self._row(agent.host, state if self.sources["summary"].freshness.current else NO_DATA, agent, None, lost)

    def of_master(self, master: MasterRow) -> NodeRow:
        return self._row(master.master.host, master.state, None, master, lost=False)

    def _row(self, host: str, state: Mark, agent: AgentFigures | None, master: MasterRow | None, lost: bool) -> NodeRow:
        machine = self.machines.get(host)
        measured = use.judge(machine.measured_at if machine else None, self.now, self.sources)
        present = machine if measured.current else None
        return NodeRow(host, agent, master, machine, state, lost, self.units.get(host), measured, present)


def _rows(cluster: Cluster, sources: dict[str, SourceAge], now: datetime) -> _Rows:
    """Of all hosts. Two queries."""
    told = Machine.objects.filter(cluster=cluster).values_list(*MachineFigures._fields)
    states = UnitState.objects.filter(node__cluster=cluster).values_list("node__host", "health")
    source = sources.get(components.SOURCE)
    present = {health.value: components.present(health.value, source) for health in Health} if source else {}
    return _Rows(
        sources=sources,
        now=now,
        machines={machine.host: machine for machine in map(MachineFigures._make, told)},
        units=_units((host, present[code], count) for host, code, count in states.annotate(Count("pk")) if present),
    )


def _figures(kind: type[Figures], row: Node | Machine) -> Figures:
    return kind._make(getattr(row, name) for name in kind._fields)


def _units(counted: Iterable[tuple[str, Health, int]]) -> dict[str, Units]:
    """By host: how many units are how."""
    rank = {health: place for place, health in enumerate(WORST_FIRST)}
    states = [marks.HEALTH[health] for health in WORST_FIRST]
    found: dict[str, tuple[int, int, int]] = {}
    for host, health, count in counted:
        total, healthy, worst = found.get(host, (0, 0, len(WORST_FIRST)))
        healthy += count if health is Health.HEALTHY else 0
        found[host] = (total + count, healthy, min(worst, rank[health]))
    return {host: Units(total, healthy, states[worst]) for host, (total, healthy, worst) in found.items()}
