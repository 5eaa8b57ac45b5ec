"""Component health of a cluster whose report is too large: the list of nodes, and the units of some of them each poll.

Endpoint: GET /system/health/v1/nodes, …/nodes/<host>/units, …/nodes/<host>/units/<unit> (the output of failing units)
Document: https://github.com/dcos/dcos-diagnostics/blob/master/docs/api.yaml
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from collectors.addresses import safe_id
from collectors.client import Answer, Client
from collectors.decoding import Dropped, count, decode, each, name, tail
from collectors.errors import Outcome, PollError
from collectors.records import NodeHealth, NodeOutcome, Turn, UnitOnNode

TURNS = 10
"""Every healthy node is read once in so many polls."""
SPARE_SECONDS = 2.0
"""Left of the poll's deadline when asking stops, so that what was read is kept."""
MOST_OUTPUTS = 50
NOT_PULLED = 3
Code = Literal[0, 1, 2, 3]


class Node(msgspec.Struct, frozen=True, kw_only=True):
    host_ip: str
    health: Code
    role: str


class Nodes(msgspec.Struct, frozen=True):
    nodes: list[msgspec.Raw] | None


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    health: Code
    name: str = ""
    description: str = ""


class Units(msgspec.Struct, frozen=True):
    units: list[msgspec.Raw] | None


class Output(msgspec.Struct, frozen=True):
    output: str = ""


@dataclass(frozen=True, kw_only=True)
class Reading:
    nodes: tuple[NodeHealth, ...]
    outcomes: tuple[NodeOutcome, ...]
    note: str


@dataclass(kw_only=True)
class Round:
    """One poll's walk over the nodes: the connection, what was dropped, how many outputs may still be asked for."""

    client: Client
    base_url: str
    dropped: Dropped
    outputs_left: int = MOST_OUTPUTS

    def units_of(self, host: str) -> tuple[UnitOnNode, ...] | None:
        """The node's own units; None where diagnostics has none for it."""
        wire = self.client.get_json(f"{self.base_url}/nodes/{host}/units", Units)
        if wire.units is None:
            return None
        return tuple(self._unit(host, unit) for _, unit in each(wire.units, Unit, self.dropped, what="unit"))

    def _unit(self, host: str, wire: Unit) -> UnitOnNode:
        return UnitOnNode(
            unit=name(wire.id),
            name=name(wire.name),
            description=name(wire.description),
            health=wire.health,
            output=self._output(host, wire) if wire.health else "",
        )

    def _output(self, host: str, wire: Unit) -> str:
        """Why a unit fails; '' where that cannot be asked now, which is counted."""
        if not safe_id(wire.id) or self.outputs_left <= 0 or self.client.seconds_left < SPARE_SECONDS:
            count(self.dropped, "unit output: not asked for")
            return ""
        self.outputs_left -= 1
        try:
            return tail(self.client.get_json(f"{self.base_url}/nodes/{host}/units/{wire.id}", Output).output)
        except PollError as error:
            count(self.dropped, f"unit output: {error.outcome}")
            return ""


def read(client: Client, cluster_url: str, answer: Answer, *, turn: Turn, dropped: Dropped) -> Reading:
    """All nodes with their overall health; the units of those that are unhealthy, changed, or whose turn it is."""
    nodes = list_nodes(answer, dropped)
    walk = Round(client=client, base_url=f"{cluster_url}/system/health/v1", dropped=dropped)
    read_nodes: dict[str, NodeHealth] = {}
    outcomes: list[NodeOutcome] = []
    for node in in_order(nodes, turn):
        if client.seconds_left < SPARE_SECONDS:
            break
        outcome = NodeOutcome(host=node.host_ip, outcome=Outcome.OK, direct=False)
        try:
            read_nodes[node.host_ip] = record(node, walk.units_of(node.host_ip), asked=True)
        except PollError as error:
            outcome = NodeOutcome(host=node.host_ip, outcome=error.outcome, detail=error.detail, direct=False)
        outcomes.append(outcome)
    asked = f"{len(read_nodes)} of {len(nodes)} nodes were read this time, the others are read in turn."
    return Reading(
        nodes=tuple(read_nodes.get(node.host_ip) or unread(node) for node in nodes),
        outcomes=tuple(outcomes),
        note=asked,
    )


def list_nodes(answer: Answer, dropped: Dropped) -> list[Node]:
    """Every node once; a node whose name may not stand in a URL is dropped, `empty` where there is none."""
    wire = decode(answer.body, Nodes, url=answer.url)
    nodes: dict[str, Node] = {}
    for _, node in each(wire.nodes or [], Node, dropped, what="node"):
        if safe_id(node.host_ip):
            nodes[node.host_ip] = node
        else:
            count(dropped, "node: unsafe host name")
    if not nodes:
        raise PollError(Outcome.EMPTY, "dcos-diagnostics lists no nodes: it has not pulled them yet", url=answer.url)
    return list(nodes.values())


def in_order(nodes: list[Node], turn: Turn) -> list[Node]:
    """Whom to ask: the unhealthy and the changed, then this turn's share; nodes that were not pulled have no units."""
    pulled = [node for node in nodes if node.health != NOT_PULLED]
    urgent = [node for node in pulled if is_urgent(node, turn.known_node_health)]
    return urgent + [node for node in pulled if node not in urgent and is_its_turn(node.host_ip, turn)]


def is_urgent(node: Node, known: Mapping[str, int]) -> bool:
    return node.health != 0 or known.get(node.host_ip, node.health) != node.health


def is_its_turn(host: str, turn: Turn) -> bool:
    """Spread by the host's name, so that it needs no memory and nodes may come and go."""
    return zlib.crc32(host.encode()) % TURNS == turn.tick // max(1, turn.period_seconds) % TURNS


def record(node: Node, units: tuple[UnitOnNode, ...] | None, *, asked: bool) -> NodeHealth:
    return NodeHealth(
        host=node.host_ip,
        hostname="",
        role=name(node.role),
        health=node.health,
        mesos_id="",
        units=units,
        asked=asked,
    )


def unread(node: Node) -> NodeHealth:
    """A node whose units were not read: known to have none where diagnostics could not pull it, else left as it was."""
    return record(node, None, asked=node.health == NOT_PULLED)
