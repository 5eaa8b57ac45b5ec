"""The ways in which the simulated cluster tells of containers, and what the collector makes of them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from collectors.records import AgentContainers, Harvest, Turn
from collectors.simulator import Settings, Simulator
from collectors.simulator.answers import Answer, Request
from collectors.simulator.plan import Agent
from collectors.simulator.routes import ROUTER, Routes
from collectors.sources import summary
from collectors.sources.container_datapoints import Told, of_message
from collectors.sources.containers import GET_CONTAINERS, MEMORY, SOURCE
from collectors.target import Kind, Target
from collectors.turns import agents_in
from tests.collectors.simulator.container_scene import agent_of, asked, body_of, listed, pods
from tests.collectors.simulator.scene import NOW, Scene

LIVE = Path(__file__).resolve().parents[4] / "shared" / "live"


def service(scene: Scene, agent: Agent, path: str = "", generation: str = "dcos-metrics") -> Answer:
    routes = Routes(scene.world, lambda: scene.now, generation=generation)
    target = f"/system/v1/agent/{agent.agent_id}/metrics/v0/containers{path}"
    return routes.answer(Request(ROUTER, "GET", target, {})).whole()


def told(scene: Scene, agent: Agent, generation: str) -> dict[str, Told]:
    found = {}
    for container_id in json.loads(body_of(service(scene, agent, generation=generation))):
        dropped: Counter[str] = Counter()
        body = body_of(service(scene, agent, f"/{container_id}", generation))
        moment = datetime.fromtimestamp(scene.now, UTC)
        found[container_id] = of_message(body, container_id, dropped, answered_at=moment)
        assert not dropped
    return found


@pytest.mark.parametrize("generation", ["dcos-metrics", "telegraf"])
def test_the_metrics_service_tells_what_the_agent_said_within_the_last_minute(generation: str, scene: Scene) -> None:
    agent = next(pods(scene.world))
    found = told(scene, agent, generation)
    measured_at = min(each.reading.taken_at for each in found.values()).timestamp()
    assert 0 <= NOW - measured_at <= 61
    direct = listed(scene, agent, measured_at)
    assert found.keys() == {
        each.container_id for each in direct.values() if generation == "telegraf" or not each.parent_id
    }
    for container_id, one in found.items():
        own = direct[container_id].metrics
        assert one.reading.metrics.keys() <= own.keys()
        for name, value in one.reading.metrics.items():
            assert value == pytest.approx(own[name], rel=1e-4, abs=1e6 if name.endswith("bytes") else 20)
        lost = {name for name in own.keys() - one.reading.metrics.keys() if own[name]}
        sent = {name for name in own if name.startswith("net_tx_") and own[name]}
        assert lost == (sent | {"cpus_soft_limit"} if generation == "dcos-metrics" else set())


def test_dcos_metrics_writes_received_bytes_as_sent_ones_and_zeros_for_what_is_not_measured(scene: Scene) -> None:
    agent = agent_of(scene, scene.agents[0])
    (container_id, *_) = json.loads(body_of(service(scene, agent)))
    said = {
        point["name"]: point["value"]
        for point in json.loads(body_of(service(scene, agent, f"/{container_id}")))["datapoints"]
    }
    assert said["net.tx.bytes"] == said["net.rx.bytes"] > 0
    assert said["mem.total.memsw"] == 0 and len([name for name in said if not name.startswith("blkio.")]) == 30
    assert all(point.is_dcos_metrics for point in told(scene, agent, "dcos-metrics").values())


def test_telegraf_leaves_zeros_out(scene: Scene) -> None:
    agent = agent_of(scene, scene.agents[0])
    for container_id in json.loads(body_of(service(scene, agent, generation="telegraf"))):
        body = json.loads(body_of(service(scene, agent, f"/{container_id}", "telegraf")))
        assert all(point["value"] and point["unit"] == "" for point in body["datapoints"])
        assert body["dimensions"]["mesos_id"] == "" and "framework_id" not in body["dimensions"]


def test_the_service_knows_no_container_of_a_master_and_none_inside_a_pod(scene: Scene) -> None:
    agent = next(pods(scene.world))
    inner = next(each for each in listed(scene, agent).values() if each.parent_id)
    assert service(scene, agent, f"/{inner.container_id}").status == 204
    assert service(scene, agent, f"/{inner.parent_id}/app").status == 204
    assert service(scene, agent, "/nobody").status == 204
    assert scene.ask("/system/v1/metrics/v0/containers").status == 404
    scene.failures.kill_agent(agent.host)
    scene.now += 120
    assert body_of(service(scene, agent)) == b"[]"


def polled(simulator: Simulator, kind: Kind = Kind.DCOS) -> Harvest:
    MEMORY.agents.clear()
    url = simulator.router_url if kind is Kind.DCOS else simulator.master_urls[0]
    target = Target(kind, url)
    tick = Turn(tick=0, period_seconds=10)
    agents = agents_in(summary.SOURCE.poll(target, tick).records)
    return SOURCE.poll(target, Turn(tick=0, period_seconds=60, agents=agents))


@pytest.mark.parametrize("kind", list(Kind))
def test_so_many_tasks_an_agent_cost_one_question_an_agent(kind: Kind) -> None:
    with Simulator(Settings(agents=40, tasks_per_agent=20, with_stories=False)).running() as simulator:
        harvest = polled(simulator, kind)
    records = [record for record in harvest.records if isinstance(record, AgentContainers)]
    assert [len(record.containers) for record in records] == [20] * 40
    assert {record.route for record in records} == {"operator-api"} and not harvest.dropped
    assert harvest.requests == 40 and harvest.bytes_read < 40 * 60_000


@pytest.mark.parametrize("generation", ["dcos-metrics", "telegraf"])
def test_where_agents_are_closed_the_collector_takes_the_metrics_service(generation: str) -> None:
    with Simulator(Settings(agents=3, with_stories=False, generation=generation)).running() as simulator:
        simulator.fault("/agent/*", "403")
        harvest = polled(simulator)
        simulator.clear()
        direct = polled(simulator)
    closed, opened = (
        [record for record in each.records if isinstance(record, AgentContainers)] for each in (harvest, direct)
    )
    assert {record.route for record in closed} == {"dcos-metrics"} and len(closed) == 3
    roots = sum(not each.parent_id for record in opened for each in record.containers)
    assert sum(len(record.containers) for record in closed) >= roots - 2
    assert harvest.notes and not direct.notes and not harvest.dropped


recordings = pytest.mark.skipif(not LIVE.is_dir(), reason="the recordings are not here")


def shapes(entries: list[Any]) -> set[tuple[str, str]]:
    """Every key of containers with the kind of its value; those of statistics behind a dot."""
    found = set()
    for each in entries:
        for key, value in each.items():
            found.add((key, kind_of(value)))
            if "statistics" in key:
                found |= {(f".{name}", kind_of(number)) for name, number in value.items()}
    return found


def kind_of(value: Any) -> str:
    return "number" if isinstance(value, (int, float)) else type(value).__name__


# What the recorded agents' isolators did not measure, and what ours leaves out because nobody reads it.
NOT_RECORDED = (".blkio_statistics", ".net_", ".processes", ".threads")
NOT_SIMULATED = {(".disk_statistics", "list")}


@recordings
@pytest.mark.parametrize(
    ("pattern", "operator_api"),
    [("17-*/*-5051/v1_GET_CONTAINERS.json", True), ("*/*-5051/containers.json", False)],
)
def test_the_answers_have_the_recordings_keys(pattern: str, operator_api: bool, scene: Scene) -> None:
    theirs: set[tuple[str, str]] = set()
    for path in LIVE.glob(pattern):
        document = json.loads(path.read_bytes())
        theirs |= shapes(document["get_containers"]["containers"] if operator_api else document)
    ours: set[tuple[str, str]] = set()
    for agent in scene.world.plan.agents:
        answer = asked(scene, agent, *(("/api/v1", GET_CONTAINERS) if operator_api else ("/containers",)))
        document = msgspec.json.decode(body_of(answer))
        ours |= shapes(document["get_containers"]["containers"] if operator_api else document)
    assert theirs - ours == NOT_SIMULATED
    assert {key for key, _ in ours - theirs if not key.startswith(NOT_RECORDED)} == set()


@recordings
def test_the_metrics_services_answers_have_the_recordings_names(scene: Scene) -> None:
    agent = agent_of(scene, scene.agents[0])
    (container_id, *_) = json.loads(body_of(service(scene, agent)))
    ours = json.loads(body_of(service(scene, agent, f"/{container_id}")))
    for path in LIVE.glob("4*/*-9000/v0_containers_*[0-9a-f].json"):
        theirs = json.loads(path.read_bytes())
        assert theirs["dimensions"].keys() <= ours["dimensions"].keys()
        plain = [point for point in ours["datapoints"] if not point["name"].startswith("blkio.")]
        assert {(one["name"], one["unit"]) for one in plain} == {
            (one["name"], one["unit"]) for one in theirs["datapoints"]
        }
        assert plain[0]["tags"].keys() == theirs["datapoints"][0]["tags"].keys()
