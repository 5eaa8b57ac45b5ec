"""What a Mesos 1.11 agent answers for itself, at its own port and through Admin Router as `/agent/<id>/…`.

Document: https://mesos.apache.org/documentation/latest/endpoints/ (agent endpoints). An agent that was killed refuses, one
that hangs takes the connection and says nothing; either way it is the process, and not what its machine measures.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from collectors.simulator import agent_metrics, containers, flags, mesos
from collectors.simulator.answers import SILENCE, Answer, Request, from_json, from_text, page
from collectors.simulator.incidents import Kind
from collectors.simulator.plan import Agent
from collectors.simulator.state import World

THROUGH_ROUTER = re.compile(r"/(?:agent|slave)/(?P<agent_id>[0-9a-zA-Z-]+)(?P<path>/.*)")
OWN_NAME = "/slave(1)"
"""Every endpoint is also under the process's own name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it reaches a living agent."""

    world: World
    agent: Agent
    at: float
    started_at: float
    request: Request


def started_at(world: World, host: str, at: float) -> float | None:
    """When the agent's running process began; None while it is dead."""
    return world.timeline.started_at(host, at, Kind.AGENT_DEAD)


def answer(world: World, at: float, request: Request, agent: Agent, path: str) -> Answer | None:
    """The agent's answer to `path`; None where no process is there to answer."""
    started = started_at(world, agent.host, at)
    if started is None:
        return None
    if world.timeline.broken(Kind.AGENT_HUNG, agent.host, at):
        return SILENCE
    asked = Asked(world, agent, at, started, request)
    method, found = ANSWERS.get(path.removeprefix(OWN_NAME), ("", None))
    if found is None:
        return Answer(404)
    if request.method not in (method, "HEAD"):
        return from_text(405, f"Expecting one of {{ '{method}' }}, but received '{request.method}'")
    return found(asked)


def at_own_port(world: World, at: float, request: Request) -> Answer:
    """The answer of the agent whose port was asked; a dead one is not asked, for nothing listens there."""
    agent = next(agent for agent in world.plan.agents if agent.host == request.listener)
    return answer(world, at, request, agent, request.path) or Answer(503)


def through_router(world: World, at: float, request: Request, agent_id: str, path: str) -> Answer:
    """What Admin Router makes of it: its own text for an agent it does not know, its page where nobody answers."""
    agent = next((agent for agent in world.plan.agents if agent.agent_id == agent_id), None)
    if agent is None:
        return from_text(404, f"404 Not Found: agent `{agent_id}` unknown.")
    return answer(world, at, request, agent, path) or page(502)


def _snapshot(asked: Asked) -> Answer:
    return from_json(agent_metrics.snapshot(asked.world, asked.agent, asked.at, started_at=asked.started_at))


def _call(asked: Asked) -> Answer:
    return containers.operator_api(asked.world, asked.agent, asked.at, asked.request.body)


def _containers(asked: Asked) -> Answer:
    return from_json(containers.list_containers(asked.world, asked.agent, asked.at))


ANSWERS: dict[str, tuple[str, Callable[[Asked], Answer]]] = {
    "/metrics/snapshot": ("GET", _snapshot),
    "/flags": ("GET", lambda asked: from_json(flags.of_agent(asked.agent))),
    "/version": ("GET", lambda asked: from_json(mesos.version())),
    "/health": ("GET", lambda asked: Answer(200)),
    "/containers": ("GET", _containers),
    "/api/v1": ("POST", _call),
}
"""By path: the method it takes, and what it answers."""
