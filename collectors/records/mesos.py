"""What Mesos masters and agents say: processes, registrations, allocation, configuration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec


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
    unreserved: Resources | None = None
    """Of the total, what is reserved for no role; None where the version does not say."""


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


class ClusterVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What Admin Router says the cluster is; both None on plain Mesos."""

    dcos_version: str | None
    dcos_variant: str | None


class AgentSnapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One Mesos agent process, as it described itself."""

    host: str
    agent_id: str
    """The agent asked for; the answer itself does not say it."""
    taken_at: datetime
    registered: bool
    uptime_seconds: float | None
    metrics: Mapping[str, float]
    """The process's own names and values, those of `AGENT_METRICS` and no others; `slave/mem_total` and its kin stay in MB."""


class Flags(msgspec.Struct, frozen=True, kw_only=True):
    """The flags a Mesos master or agent was started with, those that change how its figures are to be read."""

    host: str
    agent_id: str
    """Empty for a master."""
    taken_at: datetime
    flags: Mapping[str, str]
    """By the flag's name without dashes, as Mesos prints it; those of `FLAGS` and no others: the rest may hold secrets."""
