"""What one poll asks and brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from collectors.errors import Outcome
from collectors.records.app_metrics import AppContainer, AppMetricsReading
from collectors.records.containers import AgentContainers
from collectors.records.health import HealthReport
from collectors.records.machines import HostMetrics
from collectors.records.marathon import MarathonApps, MarathonDeployments, MarathonQueue, MarathonSnapshot
from collectors.records.mesos import AgentSnapshot, ClusterSummary, ClusterVersion, Flags, MasterSnapshot
from collectors.records.registry import ClusterRegistry
from collectors.records.roles import ClusterRoles
from collectors.records.tasks import ClusterTasks

MASTER_PORT = 5050
AGENT_PORT = 5051


class AgentPlace(msgspec.Struct, frozen=True, kw_only=True):
    """An agent to be asked."""

    agent_id: str
    host: str
    port: int = AGENT_PORT


Record = (
    MasterSnapshot
    | ClusterSummary
    | HealthReport
    | ClusterVersion
    | HostMetrics
    | AgentSnapshot
    | AgentContainers
    | Flags
    | ClusterRoles
    | ClusterRegistry
    | MarathonSnapshot
    | MarathonApps
    | MarathonDeployments
    | MarathonQueue
    | ClusterTasks
    | AppMetricsReading
)


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
    requests: int = 0
    """Questions to this node itself; 0 where it was told of in another's answer or the time was up before its turn."""
    bytes_read: int = 0
    """Of the bodies of its answers, unpacked."""
    seconds: float | None = None
    """How long it took to answer; None where it did not, or was not asked itself."""
    asked: bool = True
    """False where the caller left it out of this turn: then this is its outcome of an earlier one."""

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
    """Hosts of the masters that answered of late."""
    known_node_health: Mapping[str, int] = field(default_factory=dict)
    """Overall health code of each node in the last report."""
    agents: tuple[AgentPlace, ...] = ()
    """The agents of this shard, for sources that ask each agent."""
    failed_apps: tuple[tuple[str, str], ...] = ()
    """Marathon's key and app id of those that lost tasks since their last failure was asked for, or of which it never was."""
    app_containers: tuple[AppContainer, ...] = ()
    """Of the agents of this shard, those to be asked for the metrics of their applications."""
    shard: int = 0
    """The first shard also asks what belongs to no agent (the masters' machines)."""
