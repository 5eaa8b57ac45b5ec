"""Agents as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Subquery

from dashboard.models import Cluster, Collection, Master, Node
from dashboard.queries import marks
from dashboard.queries.marks import Mark
from dashboard.queries.units import by_address

State = Node.State
REGISTRY = "registry"
"""The source that names the agents."""


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One agent; figures are allocation as of `last_seen`, use is not known to Mesos."""

    node: Node
    state: Mark
    lost: bool
    """Whether its tasks are at risk or gone by failure; drained, deactivated and removed agents are not lost."""

    @property
    def attributes(self) -> dict[str, str]:
        """As the operator gave them; a query for each agent unless `listing` was asked for them."""
        return {attribute.name: attribute.value for attribute in self.node.attributes.all()}

    @property
    def tasks_at_risk(self) -> int:
        return self.node.tasks_running or 0


WORST_FIRST = (
    "Unreachable",
    "Silent",
    "Re-registering",
    "Gone",
    "Marked gone",
    "Maintenance",
    "Draining",
    "Deactivated",
    "Active",
)


def listing(cluster: Cluster, *, with_attributes: bool = False) -> list[Agent]:
    """All agents seen in the past week, worst first, then by host. Two queries, three with their attributes."""
    rows = Node.objects.filter(cluster=cluster).order_by("-state_since")
    nodes = list(rows.prefetch_related("attributes") if with_attributes else rows)
    return _agents(nodes, unnamed(cluster, ((node.pk, node.state, node.state_since) for node in nodes)))


def at(cluster: Cluster, host: str) -> list[Agent]:
    """The agents of one host, worst first: mostly one, none where it has no agent. Four queries."""
    nodes = list(Node.objects.filter(cluster=cluster, host=host).prefetch_related("attributes"))
    left = Node.objects.filter(cluster=cluster, state__in=Node.LEFT).order_by("-state_since")
    return _agents(nodes, unnamed(cluster, left.values_list("pk", "state", "state_since")))


def unnamed(cluster: Cluster, known: Iterable[tuple[int, str, datetime]]) -> set[int]:
    """Agents held for unreachable though the registry has not named them yet, of those known (`pk`, state and since when,
    the latest first; asked for only if the leader counts any). One query.

    The leader counts unreachable agents at once. Which they are its registry says, once a minute: until then, and where it
    cannot be read, they are taken for the latest of those that left since.
    """
    read = Collection.objects.filter(cluster=OuterRef("cluster"), source=REGISTRY, host="")
    leading = Master.objects.filter(cluster=cluster, elected=True)
    told = leading.values_list("agents_unreachable", Subquery(read.values("sample_at"))).first()
    if told is None or not told[0]:
        return set()
    counted, read_at = told
    left = [one for one in known if one[1] in Node.LEFT]
    named = sum(state == State.UNREACHABLE for _, state, _ in left)
    waiting = [pk for pk, state, since in left if state == State.UNREGISTERED and (not read_at or since > read_at)]
    return set(waiting[: max(0, counted - named)])


def _agents(nodes: list[Node], unreachable: set[int]) -> list[Agent]:
    found = [_agent(node, unreachable) for node in nodes]
    return sorted(found, key=lambda agent: (WORST_FIRST.index(agent.state.word), by_address(agent.node.host)))


def _agent(node: Node, unreachable: set[int]) -> Agent:
    is_down = node.maintenance == Node.Maintenance.DOWN
    state, lost = standing(node.state, unreachable=node.pk in unreachable, is_down=is_down)
    return Agent(node=node, state=state, lost=lost)


def standing(state: str, *, unreachable: bool, is_down: bool = False) -> tuple[Mark, bool]:
    """The state as an operator sees it, and whether the agent is lost; who is away from a machine that was taken down is not."""
    if is_down and state in (State.INACTIVE, *Node.LEFT):
        return marks.MAINTENANCE, False
    mark = marks.UNREACHABLE if unreachable else marks.AGENT[State(state)]
    return mark, unreachable or state in (State.INACTIVE, State.UNREACHABLE)


def registered(agents: list[Agent]) -> list[Agent]:
    """Without those that were removed in good order."""
    return [agent for agent in agents if agent.node.state not in Node.LEFT or agent.lost]


def silent_for(agent: Agent, now: datetime) -> float:
    """Seconds since the agent was last known to be connected."""
    return (now - agent.node.state_since).total_seconds()
