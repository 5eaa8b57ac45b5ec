"""What dcos-diagnostics answers under `/system/health/v1`: nodes, units and the whole report, as old as its last pull.

Health codes: 0 healthy, 1 unhealthy, 3 the node could not be asked. A node that could not be asked has no units, and
without a Mesos leader only masters are known. In lists of a unit's nodes the health is the node's, not the unit's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from collectors.simulator import stories
from collectors.simulator.incidents import Kind
from collectors.simulator.mesos import Document
from collectors.simulator.state import Moment
from collectors.simulator.units import Unit, units_of

HEALTHY, UNHEALTHY, UNASKED = 0, 1, 3
DIAGNOSTICS_VERSION = "51a46f3"
DCOS_VERSION = "2.0.6"


@dataclass(frozen=True, slots=True)
class Node:
    """One node at the moment of the pull; `units` is None when it could not be asked."""

    host: str
    hostname: str
    role: str
    mesos_id: str
    leader: bool
    units: tuple[Unit, ...] | None
    outputs: dict[str, str] = field(default_factory=dict)
    """What is wrong, by id of the unhealthy unit."""

    @property
    def health(self) -> int:
        if self.units is None:
            return UNASKED
        return UNHEALTHY if self.outputs else HEALTHY

    def health_of(self, unit: Unit) -> int:
        return UNHEALTHY if unit.unit_id in self.outputs else HEALTHY

    @property
    def brief(self) -> Document:
        return {"host_ip": self.host, "health": self.health, "role": self.role}

    @property
    def help(self) -> str:
        command = f"dcos node ssh -mesos-id {self.mesos_id}"
        return f"Node available at `{command}`. Try, `journalctl -xv` to diagnose further."


class Pull:
    """One round of dcos-diagnostics over all nodes; `moment` is the cluster when it was made."""

    def __init__(self, moment: Moment) -> None:
        self.moment = moment
        self.taken_at = datetime.fromtimestamp(moment.at, UTC)
        self.nodes = {node.host: node for node in _nodes(moment)}
        self.units: dict[str, tuple[Unit, list[Node]]] = {}
        for node in self.nodes.values():
            for unit in node.units or ():
                self.units.setdefault(unit.unit_id, (unit, []))[1].append(node)

    @property
    def last_modified(self) -> str:
        """The header's form: C's asctime, in the server's time zone, which is UTC here."""
        return self.taken_at.ctime()

    def health_of(self, unit_id: str) -> int:
        unit, nodes = self.units[unit_id]
        return max(node.health_of(unit) for node in nodes)

    def unit(self, unit_id: str) -> Document:
        unit = self.units[unit_id][0]
        health = self.health_of(unit_id)
        return {"id": unit_id, "name": unit.name, "health": health, "description": unit.description}

    def units_of_node(self, node: Node) -> Document:
        if node.units is None:
            return {"units": None}
        return {
            "units": [
                {"id": u.unit_id, "name": u.name, "health": node.health_of(u), "description": u.description}
                for u in node.units
            ]
        }

    def unit_on_node(self, node: Node, unit: Unit, *, help_text: str) -> Document:
        return {
            "id": unit.unit_id,
            "health": node.health_of(unit),
            "output": node.outputs.get(unit.unit_id, ""),
            "description": unit.description,
            "help": help_text,
            "name": unit.name,
        }

    def node_view(self, node: Node) -> Document:
        """The node's own answer at the base of the API."""
        return {
            "units": [self.unit_on_node(node, unit, help_text="") for unit in node.units or ()],
            "hostname": node.hostname,
            "ip": node.host,
            "dcos_version": DCOS_VERSION,
            "node_role": node.role,
            "mesos_id": node.mesos_id,
            "dcos_diagnostics_version": DIAGNOSTICS_VERSION,
        }

    def report(self) -> Document:
        """The whole tree, with Go's field names. Nodes are shared objects in it: it is small until it is encoded."""
        hosts = {host: self._host(node) for host, node in self.nodes.items()}
        units = {
            unit_id: self._unit(unit, [hosts[node.host] for node in nodes], self.health_of(unit_id))
            for unit_id, (unit, nodes) in self.units.items()
        }
        return {
            "Units": units,
            "Nodes": {host: self._with_units(node, hosts[host]) for host, node in self.nodes.items()},
            "UpdatedTime": self._stamp,
        }

    @property
    def _stamp(self) -> str:
        return self.taken_at.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"

    def _host(self, node: Node) -> Document:
        asked = node.units is not None
        return {
            "Leader": node.leader,
            "Role": node.role,
            "IP": node.host,
            "Host": node.hostname if asked else "",
            "Health": node.health,
            "Output": {u.unit_id: node.outputs.get(u.unit_id, "") for u in node.units} if node.units else None,
            "MesosID": node.mesos_id if asked else "",
        }

    def _unit(self, unit: Unit, hosts: list[Document], health: int) -> Document:
        return {
            "UnitName": unit.unit_id,
            "Nodes": hosts,
            "Health": health,
            "Title": unit.description,
            "Timestamp": self._stamp,
            "PrettyName": unit.name,
        }

    def _with_units(self, node: Node, host: Document) -> Document:
        if node.units is None:
            return host
        return host | {"Units": [self._unit(unit, [host], node.health_of(unit)) for unit in node.units]}


def encoded_report(pull: Pull) -> Iterator[bytes]:
    """The report's JSON, a unit and a node at a time: on large clusters the whole is tens of megabytes."""
    report = pull.report()
    for begin, part in ((b'{"Units":{', "Units"), (b'},"Nodes":{', "Nodes")):
        yield begin
        for place, (name, value) in enumerate(report[part].items()):
            yield (b"," if place else b"") + msgspec.json.encode(name) + b":" + msgspec.json.encode(value)
    yield b'},"UpdatedTime":' + msgspec.json.encode(report["UpdatedTime"]) + b"}"


def _nodes(moment: Moment) -> Iterator[Node]:
    """Masters are known by Exhibitor, agents only by the leading Mesos master."""
    for master in moment.plan.masters:
        yield _node(moment, master.host, master.hostname, "master", moment.plan.run_id)
    for agent in moment.listed:
        role = "agent_public" if agent.agent.public else "agent"
        yield _node(moment, agent.agent.host, agent.agent.hostname, role, agent.agent.agent_id)


def _node(moment: Moment, host: str, hostname: str, role: str, mesos_id: str) -> Node:
    leads = role == "master" and host == moment.plan.masters[0].host
    if moment.timeline.broken(Kind.DIAGNOSTICS_SILENT, host, moment.at):
        return Node(host, hostname, role, mesos_id, leads, None)
    return Node(host, hostname, role, mesos_id, leads, units_of(role), dict(_faults(moment, host, role)))


def _faults(moment: Moment, host: str, role: str) -> Iterator[tuple[str, str]]:
    """Unhealthy units of one node: those broken on purpose, and Mesos' own while its process is dead."""
    timeline, at = moment.timeline, moment.at
    for outage in timeline.of(Kind.UNIT_BROKEN, host):
        if outage.covers(at):
            yield outage.unit, outage.output
    unit, kind, lines = {
        "master": ("dcos-mesos-master.service", Kind.MASTER_DEAD, stories.MASTER_LINES),
        "agent": ("dcos-mesos-slave.service", Kind.AGENT_DEAD, stories.AGENT_LINES),
        "agent_public": ("dcos-mesos-slave-public.service", Kind.AGENT_DEAD, stories.AGENT_LINES),
    }[role]
    if dead := timeline.broken(kind, host, at):
        yield unit, stories.exited(unit, dead.begins_at, lines)
