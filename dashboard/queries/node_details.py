"""All that is stored of a few nodes among many: what no list needs of a thousand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.models import Cluster, Machine, Node
from dashboard.queries.node_row import NodeRow


@dataclass(frozen=True)
class Details:
    """The agents by their `pk`, the machines by their hosts."""

    agents: Mapping[int, Node]
    machines: Mapping[str, Machine]


def of(cluster: Cluster, rows: Sequence[NodeRow]) -> Details:
    """What is stored of these nodes. Two queries."""
    agents = Node.objects.in_bulk([row.agent.pk for row in rows if row.agent is not None])
    machines = Machine.objects.filter(cluster=cluster, host__in=[row.host for row in rows])
    return Details(agents, {machine.host: machine for machine in machines})
