"""Nodes: agents and masters, each with what is allocated on it, what its machine uses, and what is not well; worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Count

from dashboard.models import Cluster, Machine, UnitState
from dashboard.models.components import Health, worst
from dashboard.queries import agents, components, freshness, marks, masters, units, use
from dashboard.queries.agents import Agent
from dashboard.queries.freshness import Freshness, SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.masters import MasterRow

FULL_RATIO = 0.9
"""From here on a filesystem is called nearly full."""
NO_DATA = Mark("unk", "No data")


@dataclass(frozen=True)
class Units:
    """The systemd units of a node, by their health now."""

    counts: Counter[Health]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def healthy(self) -> int:
        return self.counts[Health.HEALTHY]

    @cached_property
    def state(self) -> Mark:
        return marks.HEALTH[worst(self.counts)]


@dataclass(frozen=True, kw_only=True)
class NodeRow:
    """One agent or one master. Allocation is of the summary that last listed it, use of what its machine last measured."""

    host: str
    agent: Agent | None
    master: MasterRow | None
    machine: Machine | None
    state: Mark
    """As it may be said now: No data where what is known is too old."""
    units: Units | None
    """None where diagnostics never listed it, as on plain Mesos."""
    measured: Freshness
    """Of the machine's use."""

    @property
    def kind(self) -> str:
        """master, public or private."""
        return "master" if self.agent is None else "public" if self.agent.node.public else "private"

    @property
    def lost(self) -> bool:
        return self.agent is not None and self.agent.lost

    @cached_property
    def silent(self) -> bool:
        """Whether it is lost, or a master that does not answer."""
        return self.lost or (self.master is not None and self.master.state.mark == "bad")

    @property
    def since(self) -> datetime | None:
        """Since when an agent is as it is; of a master only its uptime is known."""
        return self.agent.node.state_since if self.agent else None

    @property
    def zone(self) -> str:
        return self.agent.node.zone if self.agent else ""

    @property
    def tasks(self) -> int | None:
        return self.agent.node.tasks_running if self.agent else None

    @cached_property
    def use(self) -> Machine | None:
        """The machine, where what it measured may be called the present."""
        return self.machine if self.measured.current else None

    def allocated_ratio(self, resource: str) -> float | None:
        """Allocated share 0…1 of what the agent gives to Mesos; `resource` is cpus, mem, disk or gpus."""
        if self.agent is None:
            return None
        unit = "_bytes" if resource in ("mem", "disk") else ""
        total = getattr(self.agent.node, f"{resource}_total{unit}")
        allocated = getattr(self.agent.node, f"{resource}_allocated{unit}")
        return allocated / total if total and allocated is not None else None

    @property
    def cpu_allocated_ratio(self) -> float | None:
        return self.allocated_ratio("cpus")

    @property
    def mem_allocated_ratio(self) -> float | None:
        return self.allocated_ratio("mem")

    @property
    def disk_allocated_ratio(self) -> float | None:
        return self.allocated_ratio("disk")

    @property
    def cpu_used_ratio(self) -> float | None:
        """Of all cores of the machine."""
        return self.use.cpu_used_ratio if self.use else None

    @property
    def mem_used_ratio(self) -> float | None:
        """Of the machine's memory, buffers and caches left out."""
        if self.use is None or not self.use.mem_total_bytes or self.use.mem_used_bytes is None:
            return None
        return self.use.mem_used_bytes / self.use.mem_total_bytes

    @property
    def fullest_ratio(self) -> float | None:
        return self.use.fullest_used_ratio if self.use else None

    @property
    def load_per_core(self) -> float | None:
        if self.use is None or not self.use.cores or self.use.load_1min is None:
            return None
        return self.use.load_1min / self.use.cores

    @property
    def nearly_full(self) -> bool:
        return self.fullest_ratio is not None and self.fullest_ratio >= FULL_RATIO

    @cached_property
    def severity(self) -> int:
        """0 is worst: lost, sick units, not settled or nearly full, not known, taken out by somebody, well."""
        checks = (
            self.silent,
            self.units is not None and self.units.state.mark == "bad",
            self.state.mark == "warn" or self.nearly_full,
            self.state.mark == "unk" or self.measured is Freshness.NO_DATA,
            self.state.mark == "mute",
        )
        return checks.index(True) if True in checks else len(checks)

    @cached_property
    def pressure(self) -> float:
        """The highest of all its shares, 0…1; 0 where none is known."""
        shares = [self.cpu_allocated_ratio, self.mem_allocated_ratio, self.disk_allocated_ratio]
        shares += [self.cpu_used_ratio, self.mem_used_ratio, self.fullest_ratio]
        return max((share for share in shares if share is not None), default=0.0)


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """All nodes of a cluster, worst first."""

    rows: tuple[NodeRow, ...]
    sources: dict[str, SourceAge]
    gone: int
    """Agents of the past week that left in good order; they are not among the rows."""

    @property
    def agents(self) -> list[NodeRow]:
        return [row for row in self.rows if row.agent is not None]

    @property
    def masters(self) -> list[NodeRow]:
        return [row for row in self.rows if row.master is not None]


def listing(cluster: Cluster, now: datetime) -> Nodes:
    """Every agent that is registered or lost, and every master. Seven queries, whatever the size of the cluster."""
    sources = freshness.of(cluster, now)
    known = agents.listing(cluster)
    listed = agents.registered(known)
    found = _Found(cluster, sources, now)
    rows = [found.of_agent(agent) for agent in listed]
    rows += [found.of_master(row) for row in masters.now(cluster, now).rows]
    return Nodes(rows=tuple(sorted(rows, key=worst_first)), sources=sources, gone=len(known) - len(listed))


def at(cluster: Cluster, host: str, sources: dict[str, SourceAge], now: datetime) -> list[NodeRow]:
    """The agents and masters of one host, worst first: mostly one. Eight queries."""
    found = _Found(cluster, sources, now, host)
    rows = [found.of_agent(agent) for agent in agents.at(cluster, host)]
    rows += [found.of_master(row) for row in masters.now(cluster, now).rows if row.master.host == host]
    return sorted(rows, key=worst_first)


def worst_first(row: NodeRow) -> tuple[object, ...]:
    """Within one severity the fuller first, in steps of 5 %, so that rows do not change places at each poll."""
    return row.severity, -int(row.pressure * 20), units.by_address(row.host)


class _Found:
    """What is known of the machines and units of all hosts, or of one. Two queries."""

    def __init__(self, cluster: Cluster, sources: dict[str, SourceAge], now: datetime, host: str = "") -> None:
        self.now = now
        self.sources = sources
        states = UnitState.objects.filter(node__cluster=cluster)
        machines = Machine.objects.filter(cluster=cluster)
        if host:
            states, machines = states.filter(node__host=host), machines.filter(host=host)
        self.machines = {machine.host: machine for machine in machines}
        self.units = _units(states.values_list("node__host", "health").annotate(Count("pk")), sources)

    def of_agent(self, agent: Agent) -> NodeRow:
        summary = self.sources["summary"]
        state = agent.state if summary.freshness.current else NO_DATA
        return self._row(agent.node.host, state, agent=agent)

    def of_master(self, master: MasterRow) -> NodeRow:
        return self._row(master.master.host, master.state, master=master)

    def _row(self, host: str, state: Mark, *, agent: Agent | None = None, master: MasterRow | None = None) -> NodeRow:
        machine = self.machines.get(host)
        return NodeRow(
            host=host,
            agent=agent,
            master=master,
            machine=machine,
            state=state,
            units=self.units.get(host),
            measured=use.judge(machine.measured_at if machine else None, self.now),
        )


def _units(counted: Iterable[tuple[str, int, int]], sources: dict[str, SourceAge]) -> dict[str, Units]:
    """By host; all of them No data where the report itself is too old."""
    found: dict[str, Units] = {}
    for host, health, count in counted:
        present = components.present(health, sources[components.SOURCE])
        found.setdefault(host, Units(Counter())).counts[present] += count
    return found
