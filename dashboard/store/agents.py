"""Agents: one row each, upserted from a summary; what changed becomes events."""

from __future__ import annotations

from datetime import datetime

from collectors.records import AgentSummary, ClusterSummary
from dashboard.models import Attribute, Event, Node
from dashboard.store import totals
from dashboard.store.writing import Writing

State = Node.State
DECLARED = (State.UNREACHABLE, State.GONE)
"""What the registry said of an agent stays until a later summary lists it."""
QUIET = {State.REREGISTERING}
"""Entering or leaving these is no event of its own: after an election every agent passes through."""

COLUMNS = [
    "agent_id",
    "hostname",
    "state",
    "state_since",
    "last_seen",
    "public",
    "region",
    "zone",
    "version",
    "registered_at",
    "reregistered_at",
    *(totals.column(resource, basis) for resource in totals.RESOURCES for basis in ("total", "allocated")),
    "cpus_unreserved",
    "mem_unreserved_bytes",
    *(f"tasks_{state}" for state in totals.TASK_STATES),
]


def write(writing: Writing, summary: ClusterSummary, *, whole: bool) -> None:
    """Bring every agent's row up to this summary; those a `whole` one no longer lists too. A fixed number of queries."""
    known = {(node.host, node.port): node for node in Node.objects.filter(cluster=writing.cluster)}
    first_look = not known
    listed = {(agent.host, agent.port): agent for agent in summary.agents}
    for place, agent in listed.items():
        node = known.get(place)
        known[place] = _update(writing, node, agent, at=summary.taken_at, silent=first_look)
    missing = [known[place] for place in known.keys() - listed.keys()] if whole else []
    left = [node for node in missing if _miss(writing, node, at=summary.taken_at)]
    Node.objects.bulk_create(
        [*(known[place] for place in listed), *left],
        update_conflicts=True,
        unique_fields=["cluster", "host", "port"],
        update_fields=COLUMNS,
    )
    _write_attributes(writing, listed)


def state_of(agent: AgentSummary) -> Node.State:
    """Deactivated and draining agents are `active: false` too, by an operator's will and not by failure."""
    if agent.draining:
        return State.DRAINING
    if agent.deactivated:
        return State.DEACTIVATED
    return State.ACTIVE if agent.active else State.INACTIVE


def _update(writing: Writing, node: Node | None, agent: AgentSummary, *, at: datetime, silent: bool) -> Node:
    state = state_of(agent)
    if node is not None and node.state in DECLARED and node.agent_id == agent.agent_id and at < node.state_since:
        state = State(node.state)
    if node is None:
        node = Node(cluster=writing.cluster, host=agent.host, port=agent.port, first_seen=at, state="", state_since=at)
        node.agent_id = agent.agent_id
    if node.agent_id != agent.agent_id:
        _event(writing, node, Event.Kind.AGENT_ID, before=node.agent_id, after=agent.agent_id, at=at)
    _set_state(writing, node, state, at=at, silent=silent)
    for name in ("agent_id", "hostname", "public", "region", "zone", "registered_at", "reregistered_at"):
        setattr(node, name, getattr(agent, name))
    node.version = agent.version[: Node._meta.get_field("version").max_length]
    for resource in totals.RESOURCES:
        for basis in ("total", "allocated"):
            setattr(node, totals.column(resource, basis), getattr(getattr(agent, basis), resource))
    node.cpus_unreserved = agent.unreserved.cpus if agent.unreserved else None
    node.mem_unreserved_bytes = agent.unreserved.mem_bytes if agent.unreserved else None
    for counted in totals.TASK_STATES:
        setattr(node, f"tasks_{counted}", getattr(agent.tasks, counted))
    node.last_seen = at
    return node


def _miss(writing: Writing, node: Node, *, at: datetime) -> bool:
    """Note that a node is not listed; whether that changes it. Only active ones are waited for: a silent one stays silent."""
    before, until = node.state, writing.cluster.reregistering_until
    if before in DECLARED:
        return False
    if until is None or at >= until:
        _set_state(writing, node, State.UNREGISTERED, at=at)
    elif before == State.ACTIVE:
        _set_state(writing, node, State.REREGISTERING, at=at)
    return node.state != before


def _set_state(writing: Writing, node: Node, state: Node.State, *, at: datetime, silent: bool = False) -> None:
    if node.state == state:
        return
    told = not silent and state not in QUIET and not (node.state in QUIET and state is State.ACTIVE)
    if told:
        _event(writing, node, Event.Kind.AGENT_STATE, before=node.state, after=state, at=at)
    node.state, node.state_since = state, at


def _event(writing: Writing, node: Node, kind: Event.Kind, *, before: str, after: str, at: datetime) -> None:
    writing.event(kind, node.host, name=node.host, before=before, after=after, taken_at=at)


def _write_attributes(writing: Writing, listed: dict[tuple[str, int], AgentSummary]) -> None:
    places = {
        (node.host, node.port): node for node in Node.objects.filter(cluster=writing.cluster).only("id", "host", "port")
    }
    held = {
        (attribute.node_id, attribute.name): attribute
        for attribute in Attribute.objects.filter(node__cluster=writing.cluster)
    }
    wanted = {
        (places[place].pk, name[:255]): value[:1000]
        for place, agent in listed.items()
        for name, value in agent.attributes.items()
    }
    asked = {places[place].pk for place in listed}
    gone = [row.pk for key, row in held.items() if key not in wanted and row.node_id in asked]
    changed = [
        Attribute(node_id=node, name=name, value=value)
        for (node, name), value in wanted.items()
        if (node, name) not in held or held[node, name].value != value
    ]
    Attribute.objects.filter(pk__in=gone).delete()
    Attribute.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["node", "name"], update_fields=["value"]
    )
