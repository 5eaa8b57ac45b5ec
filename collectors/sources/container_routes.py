"""Which way each agent's containers were last read, so that an agent costs one question and not three.

Kept in the process and for an hour: then the best way is tried again, for an agent may have been upgraded or a
permission granted. Another process finds out by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock

REMEMBERED_SECONDS = 3600.0
MOST_AGENTS = 20_000
MOST_IDS = 100_000
"""Of kept containers, all agents together: some 30 MB where each is as long as may be."""


class Route(StrEnum):
    """The ways, the best first."""

    OPERATOR_API = "operator-api"
    CONTAINERS = "containers"
    DCOS_METRICS = "dcos-metrics"


@dataclass(frozen=True, kw_only=True)
class Known:
    route: Route
    until: float
    kept: frozenset[str] = frozenset()
    """The containers that were kept where there were more than are kept; empty where all were."""


Agent = tuple[str, str]
"""A cluster's URL and an agent's id: ids alone could meet in two clusters."""


@dataclass
class Memory:
    """What is known of at most so many agents, the longest unused forgotten first. `clock` counts seconds, from whenever."""

    clock: Callable[[], float] = time.monotonic
    most: int = MOST_AGENTS
    most_ids: int = MOST_IDS
    agents: dict[Agent, Known] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def route(self, agent: Agent) -> Route:
        """Where to begin: the way that worked, else the best."""
        known = self.agents.get(agent)
        if known is None or known.until < self.clock():
            return Route.OPERATOR_API
        return known.route

    def kept(self, agent: Agent) -> frozenset[str]:
        known = self.agents.get(agent)
        return known.kept if known else frozenset()

    def worked(self, agent: Agent, route: Route, *, kept: Collection[str] = ()) -> None:
        """This way brought containers; `kept` where not all of them were."""
        now, kept = self.clock(), frozenset(kept)
        with self.lock:
            known = self.agents.pop(agent, None)
            until = known.until if known and known.route is route and known.until >= now else now + REMEMBERED_SECONDS
            self.agents[agent] = Known(route=route, until=until, kept=kept)
            while len(self.agents) > self.most or (kept and self._ids() > self.most_ids):
                del self.agents[next(iter(self.agents))]

    def failed(self, agent: Agent) -> None:
        """No way worked: the next poll begins with the best."""
        with self.lock:
            self.agents.pop(agent, None)

    def _ids(self) -> int:
        return sum(len(known.kept) for known in self.agents.values())


def settled(ids: Sequence[str], most: int, kept: Collection[str]) -> frozenset[str]:
    """At most so many: those kept the last time, then those that stand first.

    No list says which containers are the newest, which are to be refused: they are those that were not there before.
    """
    return frozenset(sorted(ids, key=lambda each: each not in kept)[:most])
