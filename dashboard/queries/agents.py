"""Agents as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.models import Cluster, Master, Node
from dashboard.queries import marks
from dashboard.queries.marks import Mark

State = Node.State


@dataclass(frozen=True, kw_only=True)
class Agent:
    """One agent; figures are allocation as of `last_seen`, use is not known to Mesos."""

    node: Node
    state: Mark
    lost: bool
    """Whether its tasks are at risk or gone by failure; drained, deactivated and removed agents are not lost."""
    attributes: dict[str, str]
    """Empty where they were not asked for."""

    @property
    def tasks_at_risk(self) -> int:
        return self.node.tasks_running or 0


WORST_FIRST = ("Unreachable", "Silent", "Re-registering", "Gone", "Draining", "Deactivated", "Active")


def listing(cluster: Cluster, *, attributes: bool = True) -> list[Agent]:
    """All agents seen in the past week, worst first, then by host. Three queries, two without their attributes."""
    found = Node.objects.filter(cluster=cluster).order_by("-state_since")
    nodes = list(found.prefetch_related("attributes") if attributes else found)
    left = [node.pk for node in nodes if node.state == State.UNREGISTERED]
    return _agents(nodes, set(left[: _counted_unreachable(cluster)]), attributes=attributes)


def at(cluster: Cluster, host: str) -> list[Agent]:
    """The agents of one host, worst first: mostly one, none where it has no agent. Four queries."""
    nodes = list(Node.objects.filter(cluster=cluster, host=host).prefetch_related("attributes"))
    left = Node.objects.filter(cluster=cluster, state=State.UNREGISTERED).order_by("-state_since")
    return _agents(nodes, set(left.values_list("pk", flat=True)[: _counted_unreachable(cluster)]), attributes=True)


def _counted_unreachable(cluster: Cluster) -> int:
    """How many of those that left the list are unreachable: Mesos says how many, not which, so the latest are named."""
    leading = Master.objects.filter(cluster=cluster, elected=True).values_list("agents_unreachable", flat=True)
    return leading.first() or 0


def _agents(nodes: list[Node], unreachable: set[int], *, attributes: bool) -> list[Agent]:
    found = [_agent(node, unreachable, attributes=attributes) for node in nodes]
    return sorted(found, key=lambda agent: (WORST_FIRST.index(agent.state.word), _by_number(agent.node.host)))


def _agent(node: Node, unreachable: set[int], *, attributes: bool) -> Agent:
    state = marks.UNREACHABLE if node.pk in unreachable else marks.AGENT[State(node.state)]
    return Agent(
        node=node,
        state=state,
        lost=state is marks.UNREACHABLE or node.state == State.INACTIVE,
        attributes={one.name: one.value for one in node.attributes.all()} if attributes else {},
    )


def _by_number(host: str) -> tuple[object, ...]:
    """10.0.0.9 before 10.0.0.10; names after addresses."""
    parts = host.split(".")
    return (0, *map(int, parts)) if all(part.isdigit() for part in parts) else (1, host)


def registered(agents: list[Agent]) -> list[Agent]:
    """Without those that were removed in good order."""
    return [agent for agent in agents if agent.node.state != State.UNREGISTERED or agent.lost]


def silent_for(agent: Agent, now: datetime) -> float:
    """Seconds since the agent was last known to be connected."""
    return (now - agent.node.state_since).total_seconds()
