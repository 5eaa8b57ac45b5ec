"""Nodes and tasks by what an operator has at hand: a host, an agent's id, a hostname; a task's id or how it begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from dashboard.models import Cluster, Machine, Master, Node, Task

MOST_NAMED = 10
"""So many candidates are named."""


@dataclass(frozen=True)
class Place:
    """A host of a cluster; `agent_id` is empty where no agent was seen there."""

    cluster: Cluster
    host: str
    agent_id: str = ""


def nodes(clusters: Sequence[Cluster], text: str) -> list[Place]:
    """Whose host, agent id or hostname is exactly this, a host of a cluster once; MOST_NAMED and one more. Three queries."""
    agents = Node.objects.filter(Q(host=text) | Q(agent_id=text) | Q(hostname=text), cluster__in=clusters)
    known: dict[tuple[int, str], Place] = {}
    for node in agents.select_related("cluster").order_by("cluster__name", "host", "-last_seen")[: MOST_NAMED + 1]:
        known.setdefault((node.cluster_id, node.host), Place(node.cluster, node.host, node.agent_id))
    for model in (Master, Machine):
        others: Iterable[Master | Machine] = model.objects.filter(host=text, cluster__in=clusters).select_related(
            "cluster"
        )
        for one in others:
            known.setdefault((one.cluster_id, one.host), Place(one.cluster, one.host))
    return list(known.values())[: MOST_NAMED + 1]


def tasks(clusters: Sequence[Cluster], text: str) -> list[Task]:
    """Whose id is exactly this, else begins with it; those that run first, then the latest, MOST_NAMED and one more. Two
    queries."""
    every = Task.objects.filter(cluster__in=clusters).select_related("cluster").order_by("-is_active", "-pk")
    exact = list(every.filter(task_id=text)[: MOST_NAMED + 1])
    return exact or list(every.filter(task_id__startswith=text)[: MOST_NAMED + 1])
