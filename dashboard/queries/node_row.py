"""One node among many: what it is listed, filtered, sorted and drawn by. Plain values, for a thousand are read at once."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from dashboard.queries import units
from dashboard.queries.freshness import Freshness
from dashboard.queries.marks import Mark
from dashboard.queries.masters import MasterRow

FULL_RATIO = 0.9
"""From here on a filesystem is called nearly full."""
NO_DATA = Mark("unk", "No data")


class AgentFigures(NamedTuple):
    """Columns of a `Node` by their names: allocation of the summary that last listed it."""

    pk: int
    host: str
    port: int
    agent_id: str
    hostname: str
    state: str
    public: bool
    region: str
    zone: str
    version: str
    tasks_running: int | None
    cpus_total: float | None
    cpus_allocated: float | None
    mem_total_bytes: float | None
    mem_allocated_bytes: float | None
    disk_total_bytes: float | None
    disk_allocated_bytes: float | None
    gpus_total: float | None
    gpus_allocated: float | None


class MachineFigures(NamedTuple):
    """Columns of a `Machine` by their names: use as it last measured itself."""

    pk: int
    host: str
    measured_at: datetime
    cores: float | None
    cpu_used_ratio: float | None
    load_1min: float | None
    mem_total_bytes: float | None
    mem_used_bytes: float | None
    swap_used_bytes: float | None
    uptime_seconds: float | None
    processes: float | None
    fullest_path: str
    fullest_used_ratio: float | None


class Units(NamedTuple):
    """The systemd units of a node by their health now: how many, how many of them healthy, and the worst as a state."""

    total: int
    healthy: int
    state: Mark


class NodeRow(NamedTuple):
    """One agent or one master."""

    host: str
    agent: AgentFigures | None
    master: MasterRow | None
    machine: MachineFigures | None
    state: Mark
    """As it may be said now: No data where what is known is too old."""
    lost: bool
    """Of an agent whether its tasks are at risk or gone by failure."""
    units: Units | None
    """None where diagnostics never listed it, as on plain Mesos."""
    measured: Freshness
    """Of the machine's use."""
    use: MachineFigures | None
    """The machine, where what it measured may be called the present."""

    @property
    def kind(self) -> str:
        """master, public or private."""
        return "master" if self.agent is None else "public" if self.agent.public else "private"

    @property
    def silent(self) -> bool:
        """Whether it is lost, or a master that does not answer."""
        return self.lost or (self.master is not None and self.master.state.mark == "bad")

    @property
    def port(self) -> int:
        return self.agent.port if self.agent else self.master.master.port if self.master else 0

    @property
    def region(self) -> str:
        return self.agent.region if self.agent else ""

    @property
    def zone(self) -> str:
        return self.agent.zone if self.agent else ""

    @property
    def tasks(self) -> int | None:
        return self.agent.tasks_running if self.agent else None

    @property
    def cpu_allocated_ratio(self) -> float | None:
        """Allocated share 0…1 of what the agent gives to Mesos; the same of memory, disk and GPUs."""
        return _share(self.agent.cpus_allocated, self.agent.cpus_total) if self.agent else None

    @property
    def mem_allocated_ratio(self) -> float | None:
        return _share(self.agent.mem_allocated_bytes, self.agent.mem_total_bytes) if self.agent else None

    @property
    def disk_allocated_ratio(self) -> float | None:
        return _share(self.agent.disk_allocated_bytes, self.agent.disk_total_bytes) if self.agent else None

    @property
    def gpu_allocated_ratio(self) -> float | None:
        return _share(self.agent.gpus_allocated, self.agent.gpus_total) if self.agent else None

    @property
    def cpu_used_ratio(self) -> float | None:
        """Of all cores of the machine."""
        return self.use.cpu_used_ratio if self.use else None

    @property
    def mem_used_ratio(self) -> float | None:
        """Of the machine's memory, buffers and caches left out."""
        return _share(self.use.mem_used_bytes, self.use.mem_total_bytes) if self.use else None

    @property
    def fullest_ratio(self) -> float | None:
        """Of the fullest filesystem what its users may have."""
        return self.use.fullest_used_ratio if self.use else None

    @property
    def load_per_core(self) -> float | None:
        return _share(self.use.load_1min, self.use.cores) if self.use else None

    @property
    def nearly_full(self) -> bool:
        return self.fullest_ratio is not None and self.fullest_ratio >= FULL_RATIO

    @property
    def severity(self) -> int:
        """0 is worst: lost, sick units, not settled or nearly full, not known, taken out by somebody, well."""
        mark = self.state.mark
        if self.silent:
            return 0
        if self.units is not None and self.units.state.mark == "bad":
            return 1
        if mark == "warn" or self.nearly_full:
            return 2
        if mark == "unk" or self.measured is Freshness.NO_DATA:
            return 3
        return 4 if mark == "mute" else 5

    @property
    def pressure(self) -> float:
        """The highest of all its shares, 0…1; 0 where none is known."""
        known: list[float | None] = [0.0]
        if self.agent is not None:
            known += (self.cpu_allocated_ratio, self.mem_allocated_ratio, self.disk_allocated_ratio)
        if self.use is not None:
            known += (self.use.cpu_used_ratio, self.mem_used_ratio, self.use.fullest_used_ratio)
        return max(share for share in known if share is not None)


def worst_first(row: NodeRow) -> tuple[object, ...]:
    """Within one severity the fuller first, in steps of 5 %, so that rows do not change places at each poll."""
    return row.severity, -int(row.pressure * 20), units.by_address(row.host)


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if whole and part is not None else None
