"""Agents as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.models import Cluster, Master, Node
from dashboard.queries import marks
from dashboard.queries.marks import Mark
from dashboard.queries.units import by_address

State = Node.State


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


WORST_FIRST = ("Unreachable", "Silent", "Re-registering", "Gone", "Draining", "Deactivated", "Active")


def listing(cluster: Cluster, *, with_attributes: bool = False) -> list[Agent]:
    """All agents seen in the past week, worst first, then by host. Two queries, three with their attributes."""
    rows = Node.objects.filter(cluster=cluster).order_by("-state_since")
    nodes = list(rows.prefetch_related("attributes") if with_attributes else rows)
    return _agents(nodes, _unreachable_hosts(nodes, counted_unreachable(cluster)))


def at(cluster: Cluster, host: str) -> list[Agent]:
    """The agents of one host, worst first: mostly one, none where it has no agent. Four queries."""
    nodes = list(Node.objects.filter(cluster=cluster, host=host).prefetch_related("attributes"))
    left = Node.objects.filter(cluster=cluster, state=State.UNREGISTERED).order_by("-state_since")
    return _agents(nodes, set(left.values_list("pk", flat=True)[: counted_unreachable(cluster)]))


def counted_unreachable(cluster: Cluster) -> int:
    """How many agents the leader counts as unreachable. One query."""
    leading = Master.objects.filter(cluster=cluster, elected=True).values_list("agents_unreachable", flat=True)
    return leading.first() or 0


def _unreachable_hosts(nodes: list[Node], counted: int) -> set[int]:
    """The latest `counted` of the agents that left the list: Mesos says how many are unreachable, not which."""
    left = [node.pk for node in nodes if node.state == State.UNREGISTERED]
    return set(left[:counted])


def _agents(nodes: list[Node], unreachable: set[int]) -> list[Agent]:
    found = [_agent(node, unreachable) for node in nodes]
    return sorted(found, key=lambda agent: (WORST_FIRST.index(agent.state.word), by_address(agent.node.host)))


def _agent(node: Node, unreachable: set[int]) -> Agent:
    state, lost = standing(node.state, unreachable=node.pk in unreachable)
    return Agent(node=node, state=state, lost=lost)


def standing(state: str, *, unreachable: bool) -> tuple[Mark, bool]:
    """The state as an operator sees it, and whether the agent is lost."""
    mark = marks.UNREACHABLE if unreachable else marks.AGENT[State(state)]
    return mark, unreachable or state == State.INACTIVE


def registered(agents: list[Agent]) -> list[Agent]:
    """Without those that were removed in good order."""
    return [agent for agent in agents if agent.node.state != State.UNREGISTERED or agent.lost]


def silent_for(agent: Agent, now: datetime) -> float:
    """Seconds since the agent was last known to be connected."""
    return (now - agent.node.state_since).total_seconds()
