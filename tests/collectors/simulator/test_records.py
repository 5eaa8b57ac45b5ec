"""The simulated past as records, against what the collector reads of the same answers."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import msgspec
import pytest

from collectors.records import AgentContainers, HostMetrics
from collectors.simulator import Settings, World, containers_at, machines, world_of
from collectors.simulator.records import container_records, machine_records
from collectors.sources.container_lists import of_operator_api
from collectors.sources.node_datapoints import host_metrics, read
from tests.collectors.simulator.scene import NOW

MOMENTS = [NOW - hours * 3_517.0 for hours in range(24)]


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(Settings(anchor=NOW), net=119)


def read_machines(world: World, at: float) -> list[HostMetrics]:
    moment = datetime.fromtimestamp(at, UTC)
    return [
        host_metrics(
            read(msgspec.json.encode(body), Counter()), host=host, role=role, agent_id=agent_id, answered_at=moment
        )
        for host, role, agent_id, body in machines(world, at)
    ]


def read_containers(world: World, at: float) -> list[AgentContainers]:
    moment, found = datetime.fromtimestamp(at, UTC), []
    for host, agent_id, body in containers_at(world, at):
        said = of_operator_api(msgspec.json.encode(body), Counter(), answered_at=moment)
        oldest = min((one.taken_at for one in said), default=moment)
        found.append(
            AgentContainers(
                host=host, agent_id=agent_id, taken_at=oldest, route="operator-api", containers=tuple(said), partial=""
            )
        )
    return found


@pytest.mark.parametrize("at", MOMENTS)
def test_machines_are_what_would_have_been_read(world: World, at: float) -> None:
    assert list(machine_records(world, at)) == read_machines(world, at)


@pytest.mark.parametrize("at", MOMENTS)
def test_containers_are_what_would_have_been_read(world: World, at: float) -> None:
    assert list(container_records(world, at)) == read_containers(world, at)


def test_the_day_has_silent_agents_nested_containers_and_some_that_start(world: World) -> None:
    """Else the comparison above would be of easy moments only."""
    agents = len(world.plan.agents)
    answers = [list(container_records(world, at)) for at in range(int(NOW) - 86_400, int(NOW), 310)]
    assert min(map(len, answers)) < agents == max(map(len, answers))
    assert any(not one.metrics for answer in answers for agent in answer for one in agent.containers)
    assert any(one.parent_id for answer in answers for agent in answer for one in agent.containers)
