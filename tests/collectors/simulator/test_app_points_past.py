"""Both ways to tell what an application told say the same."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from collectors.records import AppContainer
from collectors.simulator import Settings, World, app_points, app_points_past, world_of
from collectors.simulator.container_lives import Container, containers_of
from collectors.simulator.container_points import of_application
from collectors.simulator.hosts import DCOS_METRICS
from collectors.simulator.incidents import Kind
from collectors.simulator.plan import Agent
from collectors.sources.app_datapoints import of_message

ANCHOR = 1_800_000_000
ASKED_AT = np.arange(ANCHOR - 86_400, ANCHOR - 120, 1_790, dtype=float)
Told = dict[tuple[tuple[str, str], ...], dict[str, float]]


@pytest.fixture(scope="module")
def world() -> World:
    return world_of(Settings(anchor=ANCHOR), net=119)


def telling(world: World) -> list[tuple[Agent, Container]]:
    """One container of each app that tells anything, and its agent."""
    found = {}
    for agent in world.plan.agents:
        for container in containers_of(world, agent, ANCHOR - 120):
            if list(app_points.lines_of(container)):
                found[container.slot.app.name] = agent, container
    return list(found.values())


def answered(world: World, agent: Agent, container: Container, at: float) -> tuple[float, Told] | None:
    """When it was measured and what was told, as the collectors read the simulator's answer."""
    said = of_application(world, agent, at, container.container_id, generation=DCOS_METRICS)
    if said is None:
        return None
    asked = AppContainer(host=agent.host, agent_id=agent.agent_id, container_id=container.container_id)
    answered_at = datetime.fromtimestamp(at, UTC)
    read = of_message(msgspec.json.encode(said), asked, Counter(), answered_at=answered_at, url="")
    return read.taken_at.timestamp(), {tuple(one.tags.items()): dict(one.values) for one in read.sets}


def test_of_each_moment_both_tell_the_same(world: World) -> None:
    apps = telling(world)
    assert len(apps) >= 5
    for agent, container in apps:
        measured_at = app_points_past.measured_at(world, agent, container, ASKED_AT)
        sets = app_points_past.sets_of(container, measured_at[np.isfinite(measured_at)])
        place = 0
        for asked_at, at in zip(ASKED_AT.tolist(), measured_at.tolist(), strict=True):
            said = answered(world, agent, container, asked_at)
            if np.isnan(at):
                assert said is None
                continue
            told = {
                tags: {name: float(line[place]) for name, line in lines.items() if np.isfinite(line[place])}
                for tags, lines in sets.items()
            }
            assert said == (int(at), told)
            place += 1
        assert place


def test_while_an_agent_is_dead_nothing_was_told(world: World) -> None:
    agent, outage = next(
        (agent, outage)
        for agent in world.plan.agents
        for outage in world.timeline.of(Kind.AGENT_DEAD, agent.host)
        if outage.ends_at < ANCHOR
    )
    container = containers_of(world, agent, ANCHOR - 120)[0]
    asked_at = np.array([(outage.begins_at + outage.ends_at) / 2 + 60])
    assert np.isnan(app_points_past.measured_at(world, agent, container, asked_at)).all()


def test_an_application_that_tells_nothing_told_nothing(world: World) -> None:
    silent = next(
        container
        for agent in world.plan.agents
        for container in containers_of(world, agent, ANCHOR - 120)
        if not list(app_points.lines_of(container))
    )
    assert app_points_past.sets_of(silent, ASKED_AT) == {}
