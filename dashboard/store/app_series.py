"""How many metrics of applications are kept. What is known goes on being kept; what is new and past the most is refused.

A name counts once for each of its sets, for as long as its container runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from django.conf import settings
from django.db.models import Sum

from dashboard.models import AppMetrics, Cluster

MOST_OF_CONTAINER = 500
MOST_OF_AGENT = 20_000
MOST_SETS = 100
"""Of one container."""
OWN_NAMES = frozenset({"sample.age_seconds"})
"""What layouts hold beside the metrics of an application."""


class Room:
    """What may still be added to one cluster. One query, when the first new metric comes."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.most: int = settings.APP_SERIES_PER_CLUSTER
        self.dropped: Counter[str] = Counter()
        self._of_agents: Counter[tuple[str, str]] | None = None
        self._of_cluster = 0

    def names(self, agent: tuple[str, str], series: int, known: Sequence[str], told: Collection[str]) -> list[str]:
        """The names of a set from now on, in their order: those known, and of the new ones, sorted, as many as there is room
        for. `series` is what its container has in all."""
        new = sorted(set(told).difference(known, OWN_NAMES))
        self._count("its name is one of Day Two's own", len(OWN_NAMES.intersection(told)))
        if not new:
            return list(known)
        of_agents = self._agents()
        limits = [
            (MOST_OF_CONTAINER - series, f"more than {MOST_OF_CONTAINER} of one container"),
            (MOST_OF_AGENT - of_agents[agent], f"more than {MOST_OF_AGENT} of one agent"),
            (self.most - self._of_cluster, f"more than {self.most} of one cluster"),
        ]
        room, why = min(limits)
        kept = new[: max(0, room)]
        self._count(why, len(new) - len(kept))
        of_agents[agent] += len(kept)
        self._of_cluster += len(kept)
        return [*known, *kept]

    def no_set(self, told: int) -> None:
        """So many metrics are refused with a set past the most."""
        self._count(f"in more than {MOST_SETS} sets of one container", told)

    def _count(self, why: str, times: int) -> None:
        if times:
            self.dropped[f"app metric: {why}"] += times

    def _agents(self) -> Counter[tuple[str, str]]:
        """What is kept of the containers that run, by host and agent id."""
        if self._of_agents is None:
            running = AppMetrics.objects.filter(container__cluster=self.cluster, container__ended_at=None)
            of = running.order_by().values_list("container__host", "container__agent_id").annotate(kept=Sum("series"))
            self._of_agents = Counter({(host, agent_id): kept for host, agent_id, kept in of})
            self._of_cluster = sum(self._of_agents.values())
        return self._of_agents
