"""A Mesos agent process: what it says of itself and of its machine, and the flags it was started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.models import AgentProcess, Cluster, ProcessFlags
from dashboard.queries.freshness import Freshness, SourceAge

SOURCE = "agents"


@dataclass(frozen=True, kw_only=True)
class Agent:
    """Either may be unknown: an agent that was never asked, or that keeps its flags to itself."""

    process: AgentProcess | None
    freshness: Freshness
    """Of the process."""
    flags: Mapping[str, str] | None
    flags_taken_at: datetime | None

    @property
    def now(self) -> AgentProcess | None:
        """The process, where what it said may be called the present."""
        return self.process if self.freshness.current else None


def agent(cluster: Cluster, host: str, port: int, source: SourceAge, now: datetime) -> Agent:
    """The one at this port: several agents may share a host. Two queries."""
    here = {"cluster": cluster, "host": host, "port": port}
    process = AgentProcess.objects.filter(**here).select_related("cluster").first()
    said = ProcessFlags.objects.filter(**here, role=ProcessFlags.Role.AGENT).first()
    return Agent(
        process=process,
        freshness=source.judge(process.taken_at if process else None, now),
        flags=said.flags if said else None,
        flags_taken_at=said.taken_at if said else None,
    )
