"""What the verdict is made from, asked for once, and the shape of what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.models import Cluster
from dashboard.queries import agents, alerts_now, components, freshness, happenings, incidents, masters
from dashboard.queries.agents import Agent
from dashboard.queries.alerts_now import Firing, Judging
from dashboard.queries.components import Overview
from dashboard.queries.freshness import SourceAge
from dashboard.queries.happenings import Happening, Link
from dashboard.queries.incident_rows import Row
from dashboard.queries.masters import Masters

NAMED = 3
"""So many things are named in a sentence; more are counted."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is not well: its mark, the word for the whole if it is the worst, a sentence, where to look."""

    mark: str
    word: str
    text: str
    link: Link = ()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the verdict is made from; each part says itself how old it is."""

    cluster: Cluster
    sources: dict[str, SourceAge]
    masters: Masters
    agents: list[Agent]
    """All that are listed, those that left in good order included."""
    components: Overview | None
    """None where the cluster has no component health (plain Mesos)."""
    last_change: Happening | None
    incidents: list[Row]
    """Those that are open, oldest first, planned ones among them."""
    alerts: list[Firing]
    judging: Judging


def gather(cluster: Cluster, now: datetime) -> Facts:
    """The facts of a cluster as they are. Fourteen queries with component health, nine without."""
    sources = freshness.of(cluster, now)
    return Facts(
        cluster=cluster,
        sources=sources,
        masters=masters.now(cluster, now),
        agents=agents.listing(cluster),
        components=components.overview(cluster, now) if components.SOURCE in sources else None,
        last_change=happenings.last(cluster),
        incidents=incidents.open_now(cluster, now),
        alerts=alerts_now.firing(cluster),
        judging=alerts_now.judging(cluster),
    )


def names(found: list[str]) -> str:
    """A, B and C; more than three are counted: A, B, C and 4 more."""
    if len(found) > NAMED:
        return f"{', '.join(found[:NAMED])} and {len(found) - NAMED} more"
    return ", ".join(found[:-1]) + (" and " if len(found) > 1 else "") + found[-1]


def lower_first(sentence: str) -> str:
    """As it goes on within another sentence."""
    return sentence[:1].lower() + sentence[1:]
