"""What simulated applications tell of themselves, and what the collector makes of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.records import AppContainer, AppMetricsReading
from collectors.simulator.answers import Answer, Request
from collectors.simulator.container_lives import Container, containers_of
from collectors.simulator.plan import Agent
from collectors.simulator.routes import ROUTER, Routes
from collectors.sources.app_datapoints import of_message
from tests.collectors.simulator.scene import NOW, Scene

BOTH = pytest.mark.parametrize("generation", ["dcos-metrics", "telegraf"])


def running(scene: Scene, *names: str) -> tuple[Agent, Container]:
    """A container of one of these apps that has been running for a while."""
    return next(
        (agent, one)
        for agent in scene.world.plan.agents
        for one in containers_of(scene.world, agent, NOW)
        if one.slot.app.name in names and NOW - one.started_at > 3600
    )


def asked(scene: Scene, agent: Agent, container_id: str, generation: str) -> Answer:
    routes = Routes(scene.world, lambda: scene.now, generation=generation)
    target = f"/system/v1/agent/{agent.agent_id}/metrics/v0/containers/{container_id}/app"
    return routes.answer(Request(ROUTER, "GET", target, {})).whole()


def body(scene: Scene, agent: Agent, one: Container, generation: str) -> Any:
    answer = asked(scene, agent, one.container_id, generation).body
    assert isinstance(answer, bytes)
    return json.loads(answer)


def read(scene: Scene, agent: Agent, one: Container, generation: str) -> AppMetricsReading:
    dropped: Counter[str] = Counter()
    found = of_message(
        json.dumps(body(scene, agent, one, generation)).encode(),
        AppContainer(host=agent.host, agent_id=agent.agent_id, container_id=one.container_id),
        dropped,
        answered_at=datetime.fromtimestamp(scene.now, UTC),
        url="",
    )
    assert not dropped
    return found


@BOTH
def test_an_app_that_answers_by_route_tells_sets_by_their_tags(generation: str, scene: Scene) -> None:
    found = read(scene, *running(scene, "web", "api", "edge-proxy"), generation)
    tags = [dict(one.tags) for one in found.sets]
    assert {} in tags and {"route": "/cart"} in tags and {"route": "/", "status": "200"} in tags
    assert all(0 <= NOW - one.taken_at.timestamp() <= 61 for one in found.sets)


@BOTH
def test_most_containers_tell_nothing(generation: str, scene: Scene) -> None:
    agent, one = running(scene, "cron-proxy", "marathon-lb", "edge-cache")
    assert asked(scene, agent, one.container_id, generation).status == 204
    assert asked(scene, agent, "nobody", generation).status == 204


def test_telegraf_expands_timers_and_tells_whose_a_datapoint_is(scene: Scene) -> None:
    agent, one = running(scene, "search", "accounts", "sessions")
    points = {point["name"]: point for point in body(scene, agent, one, "telegraf")["datapoints"]}
    assert {f"latency.{part}" for part in ("mean", "stddev", "sum", "upper", "lower", "count")} < points.keys()
    assert points["requests"]["tags"]["host"] == agent.host and points["requests"]["timestamp"].endswith("+00:00")


def test_counters_of_telegraf_only_rise(scene: Scene) -> None:
    agent, one = running(scene, "search", "accounts", "sessions")
    counted = []
    for _ in range(6):
        counted.append(read(scene, agent, one, "telegraf").sets[0].values["requests"])
        scene.now += 600
    assert counted == sorted(set(counted)) and counted[0] > 0


def test_dcos_metrics_repeats_what_was_sent_last_and_adds_two_rates(scene: Scene) -> None:
    agent, one = running(scene, "search", "accounts", "sessions")
    points = {point["name"]: point for point in body(scene, agent, one, "dcos-metrics")["datapoints"]}
    assert points["requests"]["value"] == 1 and "tags" not in points["requests"]
    assert "dcos.metrics.module.container_throttled_bytes_per_sec" in points


@pytest.mark.parametrize(("generation", "nan"), [("dcos-metrics", "NaN"), ("telegraf", "")])
def test_a_cache_that_was_never_asked_has_no_hit_ratio(generation: str, nan: str, scene: Scene) -> None:
    agent, one = running(scene, "search", "accounts", "sessions")
    scene.now = one.started_at + 120
    points = {point["name"]: point["value"] for point in body(scene, agent, one, generation)["datapoints"]}
    assert points["cache.hit_ratio"] == nan
    assert "cache.hit_ratio" not in read(scene, agent, one, generation).sets[0].values
