"""What the page of a node says of its containers: the busiest, how many there are, or why none is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.models import Cluster, Machine, Node
from dashboard.queries import containers, marks, reasons
from dashboard.queries.containers import ContainerRow
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark

SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Here:
    """The containers that run on a node."""

    busiest: Sequence[ContainerRow]
    """At most SHOWN roots."""
    running: int
    """Nested ones included."""
    collected: Collected | None
    """How asking for them went; None where that was not asked for, because there are some."""


@dataclass(frozen=True)
class Collected:
    """How an agent was last asked for its containers: good where it answered."""

    state: Mark
    reason: str

    @property
    def answered(self) -> bool:
        return self.state.mark in ("good", "warn")


def here(cluster: Cluster, host: str, source: SourceAge, now: datetime) -> Here:
    """Two queries."""
    rows = containers.on_host(cluster, host, source, now)
    return Here(
        busiest=containers.busiest(rows, SHOWN),
        running=len(rows),
        collected=None if rows else collected(cluster, host),
    )


def collected(cluster: Cluster, host: str) -> Collected:
    """The one of its agents that answered worst. One query."""
    found = [
        Collected(marks.outcome(row.outcome), reasons.reason(row.outcome, row.detail))
        for row in containers.askings(cluster, host).order_by("host")
    ]
    return min(found, key=lambda one: one.answered, default=Collected(marks.outcome(None), reasons.reason(None)))


def is_known(cluster: Cluster, host: str) -> bool:
    """Whether anything ever ran or was measured at this host. Two queries at most."""
    return any(model.objects.filter(cluster=cluster, host=host).exists() for model in (Node, Machine))
