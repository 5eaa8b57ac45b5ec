"""What machines use, as they measure it themselves; how much of the cluster that covers, and how far it is the present."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster
from dashboard.queries import freshness
from dashboard.queries.freshness import Freshness, SourceAge

Sources = Mapping[str, SourceAge]
"""The cluster's sources, by name."""

SOURCE = "nodes"
OF_CLUSTER = "cluster"
"""Key of the subject that holds the cluster's own totals of use."""

USED = {
    "cpu": ("cpus_used", "cpus_measured"),
    "mem": ("mem_used_bytes", "mem_measured_bytes"),
    "disk": ("disk_used_bytes", "disk_measured_bytes"),
}
"""Resource → the names of what is used, and of what the machines that were measured have."""


@dataclass(frozen=True)
class Used:
    """An amount in use, and what the machines it was measured on have of it."""

    used: float | None
    measured: float | None

    @property
    def ratio(self) -> float | None:
        """0…1 of what the measured machines have."""
        return self.used / self.measured if self.measured and self.used is not None else None


@dataclass(frozen=True, kw_only=True)
class Use:
    """Use of all measured agents together. The amounts are those of `taken_at`, however long ago that is."""

    offered: bool
    """Whether this kind of cluster tells what its machines use at all; plain Mesos does not."""
    period_seconds: int
    """How often machines are asked."""
    freshness: Freshness
    taken_at: datetime | None
    age_seconds: float | None
    amounts: Mapping[str, Used]
    agents_measured: int | None
    agents_expected: int | None

    def now(self, resource: str) -> Used:
        """The amount as the present; nothing where it was not measured, or too long ago."""
        nothing = Used(None, None)
        return self.amounts.get(resource, nothing) if self.freshness.current else nothing


def offered(cluster: Cluster) -> bool:
    return cluster.kind in SOURCES_BY_NAME[SOURCE].kinds


def judge(measured_at: datetime | None, now: datetime, sources: Sources) -> Freshness:
    """How far what a machine measured at that time may be called the present."""
    return freshness.judge(measured_at, now, SOURCES_BY_NAME[SOURCE], period_seconds(sources))


def period_seconds(sources: Sources) -> int:
    """How often machines are asked."""
    known = sources.get(SOURCE)
    return known.period_seconds if known else SOURCES_BY_NAME[SOURCE].period_seconds


def of_cluster(cluster: Cluster, now: datetime, sources: Sources) -> Use:
    """The latest total as it stands in the cluster's own row, judged by how often machines are asked. No query."""
    taken_at = cluster.use_taken_at
    return Use(
        offered=offered(cluster),
        period_seconds=period_seconds(sources),
        freshness=judge(taken_at, now, sources),
        taken_at=taken_at,
        age_seconds=None if taken_at is None else max(0.0, (now - taken_at).total_seconds()),
        amounts={
            key: Used(getattr(cluster, used), getattr(cluster, measured)) for key, (used, measured) in USED.items()
        },
        agents_measured=cluster.agents_measured,
        agents_expected=cluster.agents_expected,
    )
