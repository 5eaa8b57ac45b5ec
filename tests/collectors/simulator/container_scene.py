"""The containers of a scene's agents, as the collector reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors.records import ContainerReading
from collectors.simulator import World
from collectors.simulator.answers import Answer, Request
from collectors.simulator.plan import Agent
from collectors.simulator.routes import ROUTER
from collectors.sources.container_lists import of_operator_api
from collectors.sources.containers import GET_CONTAINERS
from tests.collectors.simulator.scene import Scene


def agent_of(scene: Scene, host: str) -> Agent:
    return next(agent for agent in scene.world.plan.agents if agent.host == host)


def asked(scene: Scene, agent: Agent, path: str, body: bytes = b"") -> Answer:
    request = Request(ROUTER, "POST" if body else "GET", f"/agent/{agent.agent_id}{path}", {}, body)
    return scene.routes.answer(request).whole()


def body_of(answer: Answer) -> bytes:
    assert isinstance(answer.body, bytes)
    return answer.body


def listed(scene: Scene, agent: Agent, at: float | None = None) -> dict[str, ContainerReading]:
    """What GET_CONTAINERS comes to."""
    scene.now = scene.now if at is None else at
    dropped: Counter[str] = Counter()
    moment = datetime.fromtimestamp(scene.now, UTC)
    body = body_of(asked(scene, agent, "/api/v1", GET_CONTAINERS))
    found = of_operator_api(body, dropped, answered_at=moment)
    assert not dropped
    return {each.container_id: each for each in found}


def pods(world: World) -> Iterator[Agent]:
    return (agent for agent in world.plan.agents if any(slot.app.tasks > 1 for slot in agent.steady))


def used(reading: ContainerReading) -> float:
    return reading.metrics["cpus_user_time_secs"] + reading.metrics["cpus_system_time_secs"]
