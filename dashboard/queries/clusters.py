"""All clusters side by side: which one needs somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.models import Cluster
from dashboard.queries import agents, verdict
from dashboard.queries.capacity import RESOURCES
from dashboard.queries.freshness import SourceAge
from dashboard.queries.verdict import Verdict

MARKS_WORST_FIRST = ("bad", "warn", "unk", "mute", "good")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One cluster as it is; its figures are as old as `source` says."""

    cluster: Cluster
    verdict: Verdict
    agents: int
    masters: int
    ratios: dict[str, float | None]
    """Resource key → allocated share of what active agents have; None where there is none or it is not known."""
    source: SourceAge


def enabled_ids() -> list[int]:
    """Clusters that are collected. One query."""
    return list(Cluster.objects.filter(enabled=True).order_by("pk").values_list("pk", flat=True))


def ids() -> list[int]:
    """All clusters, paused ones too. One query."""
    return list(Cluster.objects.order_by("pk").values_list("pk", flat=True))


def standings(now: datetime) -> list[Standing]:
    """All clusters, worst first, then by name. One query and fourteen for each cluster."""
    found = [_standing(cluster, now) for cluster in Cluster.objects.order_by("name")]
    return sorted(found, key=lambda one: MARKS_WORST_FIRST.index(one.verdict.mark))


def _standing(cluster: Cluster, now: datetime) -> Standing:
    facts = verdict.gather(cluster, now)
    return Standing(
        cluster=cluster,
        verdict=verdict.judge(facts, now),
        agents=len(agents.registered(facts.agents)),
        masters=len(facts.masters.rows),
        ratios={key: _ratio(cluster, total, allocated) for key, _, _, total, allocated in RESOURCES},
        source=facts.sources["summary"],
    )


def _ratio(cluster: Cluster, total: str, allocated: str) -> float | None:
    whole, part = getattr(cluster, total), getattr(cluster, allocated)
    return part / whole if whole and part is not None else None
