"""What containers use, all of a framework together, as their agents measured it; of how many of them, and how old it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from dashboard import figures
from dashboard.models import Cluster, Subject
from dashboard.queries import freshness, stored
from dashboard.queries.freshness import Freshness, SourceAge
from dashboard.queries.newest import last_read

SOURCE = "containers"
OF_CLUSTER, FRAMEWORK = "cluster", "framework:"
AGE = "sample.age_seconds"
MEASURED = {
    "cpus_used": "containers_with_cpus",
    "mem_used_bytes": "containers_with_mem",
    "disk_used_bytes": "containers_with_disk",
}
"""Amount → the name of how many containers told it."""


@dataclass(frozen=True, kw_only=True)
class Use:
    """Amounts of `taken_at`, however long ago that is; None where no container told one. Root containers alone count."""

    freshness: Freshness
    taken_at: datetime
    age_seconds: float
    cpus_used: float | None
    mem_used_bytes: float | None
    disk_used_bytes: float | None
    containers: int
    """How many there were."""
    measured: Mapping[str, int]
    """How many of them told each amount, by its name. CPU time must have been told twice."""
    agents_measured: int
    agents_expected: int
    """Of the whole cluster: any agent may run some of a framework's."""

    @property
    def current(self) -> bool:
        return self.freshness.current

    def coverage(self, amount: str) -> str:
        """Of how much the amount is the use: 14 of 15 containers measured, 11 of 12 agents answered."""
        containers = (
            f"{figures.count(self.measured[amount])} of {figures.counted(self.containers, 'container')} measured"
        )
        agents = f"{figures.count(self.agents_measured)} of {figures.counted(self.agents_expected, 'agent')} answered"
        return f"{containers}, {agents}"


def of_frameworks(cluster: Cluster, now: datetime, sources: Mapping[str, SourceAge] | None = None) -> dict[str, Use]:
    """The latest totals by framework id; a framework without containers is in none. Four queries, three with the sources."""
    of_kind = Subject.objects.filter(cluster=cluster, kind=Subject.Kind.CONTAINER_USE)
    latest = last_read(of_kind.filter(key=OF_CLUSTER).values("pk")[:1])
    if latest is None:
        return {}
    source = (sources or freshness.of(cluster, now))[SOURCE]
    # Its name is the framework's id; the key may have been too long for its column.
    frameworks = dict(of_kind.filter(key__startswith=FRAMEWORK).values_list("pk", "name"))
    return {
        frameworks[subject]: _use(
            dict(zip(rows.layout, rows.matrix[0].tolist(), strict=True)), latest.tick, source, now
        )
        for every in stored.at(list(frameworks), [latest.tick], layouts={latest.layout: latest.names})
        if every.layout == latest.names
        for subject, rows in every.by_subject()
    }


def _use(said: Mapping[str, float], tick: int, source: SourceAge, now: datetime) -> Use:
    taken_at = datetime.fromtimestamp(tick - said[AGE], UTC)
    amounts = {name: None if np.isnan(said[name]) else said[name] for name in MEASURED}
    return Use(
        freshness=source.judge(taken_at, now),
        taken_at=taken_at,
        age_seconds=max(0.0, (now - taken_at).total_seconds()),
        **amounts,
        containers=int(said["containers"]),
        measured={name: int(said[counted]) for name, counted in MEASURED.items()},
        agents_measured=int(said["agents_measured"]),
        agents_expected=int(said["agents_expected"]),
    )
