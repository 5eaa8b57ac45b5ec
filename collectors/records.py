"""Everything a source may yield: frozen records, units in their names, times in UTC.

A record holds what the cluster said and when it was true; it never holds a guess. `None` is "not said", never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from collectors.errors import Outcome


class Resources(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts of the four resources every Mesos has. Mesos says MB and means mebibytes; here they are bytes."""

    cpus: float = 0.0
    mem_bytes: float = 0.0
    disk_bytes: float = 0.0
    gpus: float = 0.0


class TaskCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks by state. The five terminal counts come from a ring buffer: they saturate and fall, so no rate is made of them.

    Document: https://mesos.apache.org/documentation/latest/endpoints/master/state-summary/
    """

    staging: int = 0
    starting: int = 0
    running: int = 0
    killing: int = 0
    unreachable: int = 0
    finished: int = 0
    failed: int = 0
    killed: int = 0
    lost: int = 0
    error: int = 0


class MasterSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One Mesos master process, as it described itself."""

    host: str
    port: int
    taken_at: datetime
    elected: bool
    uptime_seconds: float | None
    version: str | None
    metrics: Mapping[str, float]
    """The process's own names and values, unknown names included; `master/mem_total` and its kin stay in MB."""


class AgentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One registered Mesos agent: identity, allocation and task counts (never use: Mesos does not know it)."""

    agent_id: str
    host: str
    """The agent's IP out of its pid, else its hostname: agents are known by it, ids change when work_dir is wiped."""
    port: int
    hostname: str
    active: bool
    deactivated: bool
    draining: bool
    public: bool
    region: str
    zone: str
    version: str
    registered_at: datetime | None
    reregistered_at: datetime | None
    attributes: Mapping[str, str]
    total: Resources
    allocated: Resources
    offered: Resources
    tasks: TaskCounts


class FrameworkSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One registered framework (scheduler)."""

    framework_id: str
    name: str
    active: bool
    connected: bool
    allocated: Resources
    offered: Resources
    tasks: TaskCounts
    agents: int


class ClusterSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The leading master's whole view at one moment."""

    taken_at: datetime
    leader_hostname: str
    cluster_name: str | None
    agents: tuple[AgentSummary, ...]
    frameworks: tuple[FrameworkSummary, ...]


class UnitOnNode(msgspec.Struct, frozen=True, kw_only=True):
    """One systemd unit on one node. `health` is the wire's code: 0 healthy, 1 unhealthy, 2 warning, 3 N/A."""

    unit: str
    name: str
    description: str
    health: int
    output: str


class NodeHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One node of the health report. `units` is None where diagnostics has none for it: then nothing is known, not "healthy"."""

    host: str
    hostname: str
    role: str
    """`master`, `agent` or `agent_public`."""
    health: int
    mesos_id: str
    units: tuple[UnitOnNode, ...] | None
    asked: bool = True
    """False where this poll did not ask for the node's units (large clusters are read in turn): the last answer stays."""


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """dcos-diagnostics' view of all nodes. `taken_at` is its last pull (`Last-Modified-3DT`), else the moment of the answer."""

    taken_at: datetime
    nodes: tuple[NodeHealth, ...]


class ClusterVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What Admin Router says the cluster is; both None on plain Mesos."""

    dcos_version: str | None
    dcos_variant: str | None


class FilesystemReading(msgspec.Struct, frozen=True, kw_only=True):
    """One mounted filesystem of a machine. total is not used + free: the difference is reserved for root."""

    path: str
    total_bytes: float | None = None
    used_bytes: float | None = None
    free_bytes: float | None = None
    inodes_total: float | None = None
    inodes_used: float | None = None
    inodes_free: float | None = None


class InterfaceReading(msgspec.Struct, frozen=True, kw_only=True):
    """One network interface of a machine. All are counters since it came up."""

    name: str
    in_bytes: float | None = None
    out_bytes: float | None = None
    in_packets: float | None = None
    out_packets: float | None = None
    in_errors: float | None = None
    out_errors: float | None = None
    in_dropped: float | None = None
    out_dropped: float | None = None


class HostMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """What one machine measured of itself, as dcos-metrics (DC/OS 1.9–1.11) or Telegraf (1.12 and later) tells it."""

    host: str
    role: str
    """`master` or `agent`."""
    agent_id: str
    """The agent asked for; empty for a master. The answer itself does not say it from 1.12 on."""
    taken_at: datetime
    """The oldest of the datapoints' own times: the whole is as old as that."""
    generation: str
    """`dcos-metrics` or `telegraf`: their cpu.total means different things."""
    metrics: Mapping[str, float]
    """By the cluster's names, those of `HOST_METRICS`; a datapoint that is no number is absent."""
    filesystems: tuple[FilesystemReading, ...]
    interfaces: tuple[InterfaceReading, ...]
    filtered: int
    """Mounts and interfaces left out because they repeat a device or are a container's (overlay, bind mounts, veth)."""


class AgentPlace(msgspec.Struct, frozen=True, kw_only=True):
    """An agent to be asked."""

    agent_id: str
    host: str


Record = MasterSnapshot | ClusterSummary | HealthReport | ClusterVersion | HostMetrics


MASTER_PORT = 5050


def place(host: str, port: int | None) -> str:
    """What a node is called: its host, and its port too where it is not the masters' usual one (several on one host)."""
    return host if port in (None, MASTER_PORT) else f"{host}:{port}"


@dataclass(frozen=True, kw_only=True)
class NodeOutcome:
    """How one node's part of a poll ended. `detail` is one line for the operator."""

    host: str
    outcome: Outcome
    port: int | None = None
    """The port asked, where the source knows nodes by host and port (masters)."""
    detail: str = ""
    direct: bool = True
    """False where the node was reached through Admin Router, True where its own port was asked."""

    @property
    def place(self) -> str:
        return place(self.host, self.port)


@dataclass(frozen=True, kw_only=True)
class Harvest:
    """What one poll of one source brought: records, the fate of every node asked, and what had to be dropped, by reason."""

    records: tuple[Record, ...]
    nodes: tuple[NodeOutcome, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """Lines for the operator about how this poll was made (for instance: the report is too large, nodes are read in turn)."""
    requests: int = 0
    bytes_read: int = 0

    @property
    def outcome(self) -> Outcome:
        whole = not self.dropped and all(node.outcome is Outcome.OK for node in self.nodes)
        return Outcome.OK if whole else Outcome.PARTIAL


@dataclass(frozen=True, kw_only=True)
class Turn:
    """The slot a poll fills, and what the caller already knows: enough for a source to ask only for what it needs."""

    tick: int
    """Start of the slot, seconds since 1970, a multiple of the source's period."""
    period_seconds: int
    known_masters: tuple[str, ...] = ()
    """Hosts of the masters seen so far."""
    known_node_health: Mapping[str, int] = field(default_factory=dict)
    """Overall health code of each node in the last report."""
    agents: tuple[AgentPlace, ...] = ()
    """The agents of this shard, for sources that ask each agent."""
    shard: int = 0
    """The first shard also asks what belongs to no agent (the masters' machines)."""
