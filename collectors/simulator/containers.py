"""An agent's containers as its operator API and its older endpoint list them.

Document: https://mesos.apache.org/documentation/latest/operator-http-api/#get_containers-1. Mesos 1.11 tells the parent of
a nested container in its status only, and neither framework nor executor of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from collectors.simulator.answers import Answer, from_json, from_text
from collectors.simulator.container_figures import statistics
from collectors.simulator.container_lives import Container, containers_of
from collectors.simulator.incidents import Kind
from collectors.simulator.mesos import Document
from collectors.simulator.plan import Agent
from collectors.simulator.rhythm import scatter
from collectors.simulator.state import World

CALL = "GET_CONTAINERS"
LARGEST_PID = 65_536


def operator_api(world: World, agent: Agent, at: float, body: bytes) -> Answer:
    """`POST /api/v1`, of whose calls this one is known; 400 in Mesos' words for what is none."""
    try:
        call = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as wrong:
        return from_text(400, f"Failed to parse body into JSON: {wrong}")
    if call.get("type") != CALL:
        return from_text(400, f"Failed to validate agent::Call: this agent knows {CALL} only")
    options = call.get("get_containers")
    with_nested = isinstance(options, dict) and options.get("show_nested") is True
    return from_json(get_containers(world, agent, at, with_nested=with_nested))


def get_containers(world: World, agent: Agent, at: float, *, with_nested: bool = True) -> Document:
    """The answer to GET_CONTAINERS; without a container its list is left out."""
    found = [each for each in containers_of(world, agent, at) if with_nested or not each.parent_id]
    entries = [_entry(world, each, at) for each in found]
    return {"type": CALL, "get_containers": {"containers": entries} if entries else {}}


def containers_at(world: World, at: float) -> Iterator[tuple[str, str, Document]]:
    """Host, agent id and the answer to GET_CONTAINERS of every agent that would have given one then."""
    for agent in world.plan.agents:
        if is_answering(world, agent, at):
            yield agent.host, agent.agent_id, get_containers(world, agent, at)


def is_answering(world: World, agent: Agent, at: float) -> bool:
    return not any(world.timeline.broken(kind, agent.host, at) for kind in (Kind.AGENT_DEAD, Kind.AGENT_HUNG))


def list_containers(world: World, agent: Agent, at: float) -> list[Document]:
    """The answer to `GET /containers`: roots only, each name a plain text, `source` told."""
    return [_root(world, each, at) for each in containers_of(world, agent, at) if not each.parent_id]


def framework_id(world: World, container: Container) -> str:
    return f"{world.plan.run_id}-{container.slot.framework:04d}"


def _entry(world: World, container: Container, at: float) -> Document:
    named = {
        "framework_id": {"value": framework_id(world, container)},
        "executor_id": {"value": container.executor_id},
        "executor_name": container.executor_name,
    }
    own = {"container_id": {"value": container.container_id}}
    return (
        ({} if container.parent_id else named)
        | own
        | _measured(container, at, "container_status", "resource_statistics")
    )


def _root(world: World, container: Container, at: float) -> Document:
    return {
        "container_id": container.container_id,
        "executor_id": container.executor_id,
        "executor_name": container.executor_name,
        "framework_id": framework_id(world, container),
        "source": container.task_id,
        **_measured(container, at, "status", "statistics"),
    }


def _measured(container: Container, at: float, status: str, figures: str) -> Document:
    """What Mesos leaves out while a container starts."""
    if not container.is_measured:
        return {}
    parent = {"parent": {"value": container.parent_id}} if container.parent_id else {}
    own = {"container_id": {"value": container.container_id} | parent, "executor_pid": pid_of(container)}
    return {status: own, figures: statistics(container, at)}


def pid_of(container: Container) -> int:
    return 2 + int(LARGEST_PID * scatter(container.key + len(container.task_id), round(container.started_at)))
