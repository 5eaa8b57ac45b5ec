"""Nodes that a source asks, in groups that stand alike: how many answer, and of whom there are no figures and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Count, Exists, Min, OuterRef, Q, Value, When

from collectors.sources import Source, nodes
from dashboard.models import Cluster, Master
from dashboard.queries import marks, reasons
from dashboard.queries.asked_nodes import Sources, asked, is_old
from dashboard.queries.freshness import Freshness
from dashboard.queries.marks import Mark

OLD = {
    "standby": "a master that does not lead: its machine can be measured while it leads, or answers at the cluster's address",
    "old": "it answered, and was not asked again since",
}
"""Why there is nothing new of a node that answered, by what it is."""
WORST_FIRST = ("bad", "warn", "unk", "mute", "good")


@dataclass(frozen=True, kw_only=True)
class Group:
    """All nodes that stand alike with a source."""

    source: Source
    outcome: str
    state: Mark
    reason: str
    nodes: int
    example: str
    """One of them."""
    since: datetime
    """Since when the first of them has stood so."""

    @property
    def others(self) -> int:
        """How many beside the example."""
        return self.nodes - 1


def groups(cluster: Cluster, sources: Sources, now: datetime) -> list[Group]:
    """Every source's nodes. One query."""
    stale = is_old(sources, now, periods=3)
    # Not by what it last said of itself: it may never have been reached.
    others = Master.objects.filter(cluster=cluster, host=OuterRef("host")).exclude(host=cluster.leader_host)
    standby = Q(source=nodes.SOURCE.name) & Exists(others)
    old = Case(
        When(stale & standby, then=Value("standby")),
        When(stale, then=Value("old")),
        default=Value(""),
        output_field=CharField(),
    )
    found = asked(cluster, sources).order_by().annotate(old=old).values("source", "outcome", "old")
    counted = found.annotate(nodes=Count("pk"), example=Min("host"), first=Min("since"))
    return [_group(sources[row["source"]].source, row) for row in counted]


def blind(found: Sequence[Group]) -> list[Group]:
    """Those of which there are no present figures, or not all: the worst first, then the largest."""
    spots = [group for group in found if group.state.mark != "good"]
    return sorted(
        spots, key=lambda group: (WORST_FIRST.index(group.state.mark), -group.nodes, group.source.name, group.outcome)
    )


def _group(source: Source, row: dict[str, Any]) -> Group:
    old = row["old"]
    return Group(
        source=source,
        outcome=row["outcome"],
        state=marks.FRESHNESS[Freshness.NO_DATA] if old else marks.outcome(row["outcome"]),
        reason=OLD[old] if old else reasons.reason(row["outcome"]),
        nodes=row["nodes"],
        example=row["example"],
        since=row["first"],
    )
