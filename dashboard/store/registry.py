"""What the registry says of agents that left, and of machines under maintenance: states, times, and events of changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from collectors.records import ClusterRegistry, MachineMode, Mode
from dashboard.models import Collection, Event, Node
from dashboard.store.writing import Writing

SOURCE = "registry"
COLUMNS = ["state", "state_since", "maintenance", "maintenance_begins_at", "maintenance_ends_at"]
State, Maintenance = Node.State, Node.Maintenance


def write(writing: Writing, said: ClusterRegistry, *, whole: bool) -> int:
    """Bring every known agent up to the registry; returns how many entries it had.

    Not `whole` is a registry some of whose entries could not be read: what it does not say may be among those. Agents that no
    summary ever listed have no row and get none. The first registry of a cluster is no change. Three queries, one an event.
    """
    first_look = not Collection.objects.filter(
        cluster=writing.cluster, source=SOURCE, host="", last_success_at__isnull=False
    ).exists()
    nodes = list(Node.objects.filter(cluster=writing.cluster).order_by("host", "port"))
    moved = {node.pk for node in nodes if _note_state(writing, node, said, whole=whole, silent=first_look)}
    moved |= _note_maintenance(writing, nodes, said, whole=whole, silent=first_look)
    Node.objects.bulk_create(
        [node for node in nodes if node.pk in moved],
        update_conflicts=True,
        unique_fields=["cluster", "host", "port"],
        update_fields=COLUMNS,
    )
    return len(said.admitted) + len(said.unreachable) + len(said.gone) + len(said.machines)


def _note_state(writing: Writing, node: Node, said: ClusterRegistry, *, whole: bool, silent: bool) -> bool:
    """Whether the registry changes an agent's state. A summary that listed it later knows better: it is back."""
    if node.last_seen >= said.taken_at:
        return False
    state, at = _declared(node, said, whole=whole)
    if state == node.state:
        return False
    # Whatever clock it is by: neither after the answer nor while a summary still had it well.
    well_at = node.state_since if node.state == State.INACTIVE else node.last_seen
    at = said.taken_at if at is None or at > said.taken_at else max(at, well_at)
    if not silent:
        writing.event(Event.Kind.AGENT_STATE, node.host, name=node.host, before=node.state, after=state, taken_at=at)
    node.state, node.state_since = state, at
    return True


def _declared(node: Node, said: ClusterRegistry, *, whole: bool) -> tuple[str, datetime | None]:
    """The state by the registry, and since when by Mesos' clock.

    An unreachable agent that the registry has forgotten (there is an age and a number after which it does) only is not
    registered any more; one that is admitted again will be listed by the next summary.
    """
    if node.agent_id in said.gone:
        return State.GONE, said.gone[node.agent_id]
    if node.agent_id in said.unreachable:
        return State.UNREACHABLE, said.unreachable[node.agent_id]
    if whole and node.state == State.UNREACHABLE and node.agent_id not in said.admitted:
        return State.UNREGISTERED, None
    return node.state, None


def _note_maintenance(
    writing: Writing, nodes: Sequence[Node], said: ClusterRegistry, *, whole: bool, silent: bool
) -> set[int]:
    """The agents whose machine's maintenance changed, in word or in times; an event for each host whose word did."""
    machines, moved = _by_name(said.machines), set()
    told: set[str] = set()
    for node in nodes:
        machine = _machine_of(node, machines)
        if machine is None and not whole:
            continue
        word, begins_at, ends_at = _maintenance(machine, said.taken_at)
        if (word, begins_at, ends_at) == (node.maintenance, node.maintenance_begins_at, node.maintenance_ends_at):
            continue
        if word != node.maintenance and not silent and node.host not in told:
            told.add(node.host)
            writing.event(
                Event.Kind.MAINTENANCE,
                node.host,
                name=node.host,
                before=node.maintenance,
                after=word,
                taken_at=said.taken_at,
            )
        node.maintenance, node.maintenance_begins_at, node.maintenance_ends_at = word, begins_at, ends_at
        moved.add(node.pk)
    return moved


def _maintenance(machine: MachineMode | None, at: datetime) -> tuple[str, datetime | None, datetime | None]:
    """Mesos calls a machine draining as soon as it is scheduled; here it is not before its time has come."""
    if machine is None or machine.mode is Mode.UP:
        return Maintenance.NONE, None, None
    if machine.mode is Mode.DOWN:
        word = Maintenance.DOWN
    else:
        ahead = machine.begins_at is not None and machine.begins_at > at
        word = Maintenance.SCHEDULED if ahead else Maintenance.DRAINING
    return word, machine.begins_at, machine.ends_at


def _by_name(machines: Sequence[MachineMode]) -> dict[str, list[MachineMode]]:
    found: dict[str, list[MachineMode]] = {}
    for machine in machines:
        for name in {machine.ip.lower(), machine.hostname.lower()} - {""}:
            found.setdefault(name, []).append(machine)
    return found


def _machine_of(node: Node, machines: Mapping[str, list[MachineMode]]) -> MachineMode | None:
    candidates = [*machines.get(node.host.lower(), ()), *machines.get(node.hostname.lower(), ())]
    return next((machine for machine in candidates if machine.is_of(host=node.host, hostname=node.hostname)), None)
