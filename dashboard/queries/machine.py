"""One node: what it is, what is allocated on it and what it uses, its filesystems, interfaces and units, and what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from dashboard.models import Cluster, Collection, Event, Filesystem, Interface, Machine, UnitState
from dashboard.models.components import WORST_FIRST, Health
from dashboard.queries import agents, components, failures_told, filesystems, freshness, happenings, marks, nodes
from dashboard.queries.agents import Agent
from dashboard.queries.freshness import SourceAge
from dashboard.queries.happenings import Happening
from dashboard.queries.marks import Mark
from dashboard.queries.nodes import NodeRow
from dashboard.queries.use import SOURCE, judge

EVENTS_WITHIN = timedelta(hours=24)
EVENTS_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Disk:
    """A filesystem with its shares, 0…1; `current` where they may be called the present."""

    filesystem: Filesystem
    used_ratio: float | None
    inodes_ratio: float | None
    current: bool

    @property
    def nearly_full(self) -> bool:
        return self.current and max(self.used_ratio or 0.0, self.inodes_ratio or 0.0) >= nodes.FULL_RATIO


@dataclass(frozen=True, kw_only=True)
class Wire:
    """A network interface; `current` where its rates may be called the present."""

    interface: Interface
    current: bool


@dataclass(frozen=True, kw_only=True)
class UnitHere:
    """A systemd unit of this node."""

    unit: str
    name: str
    health: Health
    state: Mark
    last_known: Mark
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Node:
    """Everything known of one host. `rows` has more than one entry where several agents or masters share it."""

    host: str
    rows: tuple[NodeRow, ...]
    agents: tuple[Agent, ...]
    """Those among the rows, in the same order."""
    machine: Machine | None
    sources: dict[str, SourceAge]
    disks: tuple[Disk, ...]
    """The fullest first."""
    wires: tuple[Wire, ...]
    """The busiest first."""
    units: tuple[UnitHere, ...]
    """Worst first."""
    events: tuple[Happening, ...]
    collected: Collection | None
    """How asking this machine for its use ended; None where it was never asked by itself."""

    @property
    def row(self) -> NodeRow:
        """The worst of those on this host."""
        return self.rows[0]

    @property
    def allocating(self) -> NodeRow:
        """The one whose allocation is shown: the worst agent where there is one."""
        return next((row for row in self.rows if row.agent is not None), self.row)

    @property
    def agent(self) -> Agent | None:
        """The agent of `allocating`."""
        return next(iter(self.agents), None)

    @property
    def ports(self) -> list[int]:
        """Those of its agents."""
        return [agent.node.port for agent in self.agents]


def node(cluster: Cluster, host: str, now: datetime) -> Node | None:
    """The agents and masters of this host with their machine, or None. Fourteen queries at most."""
    sources = freshness.of(cluster, now)
    here = agents.at(cluster, host)
    machine = Machine.objects.filter(cluster=cluster, host=host).first()
    units = _units(cluster, host, sources)
    known = nodes.Known(host=host, agents=here, machine=machine, healths=[unit.health for unit in units])
    rows = nodes.at(cluster, known, sources, now)
    if not rows:
        return None
    by_pk = {agent.node.pk: agent for agent in here}
    return Node(
        host=host,
        rows=tuple(rows),
        agents=tuple(by_pk[row.agent.pk] for row in rows if row.agent is not None),
        machine=machine,
        sources=sources,
        disks=_disks(machine, sources, now),
        wires=_wires(machine, sources, now),
        units=units,
        events=_events(cluster, host, now),
        collected=Collection.objects.filter(cluster=cluster, source=SOURCE, host=host).first(),
    )


def _disks(machine: Machine | None, sources: dict[str, SourceAge], now: datetime) -> tuple[Disk, ...]:
    found = [
        Disk(
            filesystem=row,
            used_ratio=filesystems.used_ratio(row),
            inodes_ratio=filesystems.inodes_ratio(row),
            current=judge(row.measured_at, now, sources).current,
        )
        for row in (machine.filesystems.all() if machine else ())
    ]
    return tuple(sorted(found, key=lambda disk: (not disk.current, -(disk.used_ratio or 0.0), disk.filesystem.path)))


def _wires(machine: Machine | None, sources: dict[str, SourceAge], now: datetime) -> tuple[Wire, ...]:
    found = [
        Wire(interface=row, current=judge(row.measured_at, now, sources).current)
        for row in (machine.interfaces.all() if machine else ())
    ]
    return tuple(sorted(found, key=lambda wire: (not wire.current, -_traffic(wire.interface), wire.interface.name)))


def _traffic(interface: Interface) -> float:
    return (interface.in_bytes_per_second or 0.0) + (interface.out_bytes_per_second or 0.0)


def _units(cluster: Cluster, host: str, sources: dict[str, SourceAge]) -> tuple[UnitHere, ...]:
    states = UnitState.objects.filter(node__cluster=cluster, node__host=host).defer("output")
    found = [_unit(state, sources[components.SOURCE]) for state in states.select_related("component")]
    return tuple(sorted(found, key=lambda row: (WORST_FIRST.index(row.health), row.name.lower())))


def _unit(state: UnitState, source: SourceAge) -> UnitHere:
    health = components.present(state.health, source)
    return UnitHere(
        unit=state.component.unit,
        name=state.component.name,
        health=health,
        state=marks.HEALTH[health],
        last_known=marks.HEALTH[Health(state.last_known)],
        since=state.since,
    )


def _events(cluster: Cluster, host: str, now: datetime) -> tuple[Happening, ...]:
    here = Q(subject=host) | Q(place=host)
    found = Event.objects.filter(here, cluster=cluster, taken_at__gt=now - EVENTS_WITHIN)
    latest = found.order_by("-taken_at", "-id")[:EVENTS_SHOWN]
    return tuple(happenings.told(event) for event in failures_told.whole(latest))
