"""What the simulated agents' containers are and how they live."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from collectors.metrics import CONTAINER_METRICS
from collectors.records import ContainerReading
from collectors.simulator import World, containers_at, machine_at, plan
from collectors.simulator.container_lives import containers_of
from collectors.sources.container_lists import of_containers
from collectors.sources.containers import GET_CONTAINERS
from tests.collectors.simulator.container_scene import agent_of, asked, body_of, listed, pods, used
from tests.collectors.simulator.scene import NOW, Scene, Stage

COUNTERS = [metric.name for metric in CONTAINER_METRICS if metric.kind == "counter"]
MOMENTS = [NOW + 5_400 * step for step in range(16)]


@pytest.mark.parametrize("at", MOMENTS)
def test_every_task_is_a_container_and_every_other_container_is_a_pods_root(at: float, scene: Scene) -> None:
    for now in scene.world.at(at).agents:
        found = listed(scene, now.agent, at)
        parents = {each.parent_id for each in found.values()}
        tasks = [each for each in found.values() if each.container_id not in parents]
        assert len(tasks) == now.used.running + now.used.staging
        roots = {each.container_id for each in found.values() if not each.parent_id}
        assert parents - {""} <= roots


def test_what_is_inside_a_pod_has_the_pods_framework_and_its_own_limits(scene: Scene) -> None:
    for agent in pods(scene.world):
        found = listed(scene, agent)
        for inner in (each for each in found.values() if each.parent_id):
            root = found[inner.parent_id]
            assert inner.framework_id == root.framework_id == f"{scene.world.plan.run_id}-0003"
            assert inner.executor_id == root.executor_id and root.executor_name == root.task_name == "cassandra-node"
            assert inner.metrics.keys() == {
                "cpus_limit",
                "cpus_soft_limit",
                "mem_limit_bytes",
                "mem_soft_limit_bytes",
            }
            assert 2 * inner.metrics["cpus_limit"] < root.metrics["cpus_limit"]
    assert list(pods(scene.world))


def test_the_older_endpoint_tells_the_same_roots_with_their_sources(scene: Scene) -> None:
    for agent in scene.world.plan.agents:
        dropped: Counter[str] = Counter()
        moment = datetime.fromtimestamp(scene.now, UTC)
        older = of_containers(body_of(asked(scene, agent, "/containers")), dropped, answered_at=moment)
        assert older == [each for each in listed(scene, agent).values() if not each.parent_id] and not dropped


def test_an_id_stays_as_long_as_its_task_and_a_jobs_next_run_has_a_new_one(scene: Scene) -> None:
    agent = next(agent for agent in scene.world.plan.agents if agent.jobs)
    lives: dict[str, set[float]] = {}
    runs = set()
    for minute in range(180):
        at = NOW + 60 * minute
        for each in containers_of(scene.world, agent, at):
            lives.setdefault(each.container_id, set()).add(each.started_at)
            if each.slot.period_seconds:
                runs.add(each.container_id)
    assert all(max(starts) - min(starts) < 1e-3 for starts in lives.values())
    (job,) = agent.jobs
    assert 180 * 60 // job.period_seconds <= len(runs) <= 180 * 60 // job.period_seconds + 1


def test_a_task_that_comes_with_the_load_began_when_the_load_did(scene: Scene) -> None:
    young = 0
    for agent in scene.world.plan.agents:
        for each in containers_of(scene.world, agent, NOW):
            assert 0 <= NOW - each.started_at < 12 * 86_400
            young += bool(each.slot.threshold) and NOW - each.started_at < 12 * 3_600
    assert young >= 5  # the afternoon's


def test_counters_rise_while_a_container_lives_and_cpu_stays_within_its_limit(scene: Scene) -> None:
    for agent in scene.world.plan.agents:
        before: dict[str, ContainerReading] = {}
        for at in (NOW + 600 * step for step in range(40)):
            now = listed(scene, agent, at)
            for container_id in before.keys() & now.keys():
                was, is_now = before[container_id], now[container_id]
                assert all(is_now.metrics[name] >= was.metrics[name] for name in COUNTERS if name in was.metrics)
                if "cpus_user_time_secs" in was.metrics:
                    assert 0 < used(is_now) - used(was) <= 600 * is_now.metrics["cpus_limit"]
            before = now


def test_memory_is_within_its_limit_and_is_what_its_parts_are(scene: Scene) -> None:
    fullest = 0.0
    for agent in scene.world.plan.agents:
        for each in listed(scene, agent).values():
            said = each.metrics
            if not each.parent_id:
                assert (
                    said["mem_rss_bytes"] + said["mem_cache_bytes"] <= said["mem_total_bytes"] < said["mem_limit_bytes"]
                )
                assert said["disk_used_bytes"] < said["disk_limit_bytes"]
                fullest = max(fullest, said["mem_rss_bytes"] / said["mem_limit_bytes"])
    assert fullest > 0.7  # one gathers memory


def test_a_busy_container_is_held_back_and_a_calm_one_hardly(scene: Scene) -> None:
    readings = [each for agent in scene.world.plan.agents for each in listed(scene, agent).values()]
    shares = [
        each.metrics["cpus_nr_throttled"] / each.metrics["cpus_nr_periods"] for each in readings if not each.parent_id
    ]
    assert all(0 <= share < 0.6 for share in shares)
    assert 0.02 < sum(share > 0.1 for share in shares) / len(shares) < 0.3


def test_all_containers_of_a_machine_use_less_than_the_machine_shows(scene: Scene) -> None:
    for agent in scene.world.plan.agents:
        first, last = listed(scene, agent, NOW), listed(scene, agent, NOW + 3_600)
        roots = [each for each in first.keys() & last.keys() if not first[each].parent_id]
        cores = sum(used(last[each]) - used(first[each]) for each in roots) / 3_600
        machine = machine_at(scene.world, NOW + 3_600, agent.host)
        assert machine is not None
        said = {point["name"]: point["value"] for point in machine["datapoints"]}
        assert 0 < cores < said["cpu.total"] / 100 * said["cpu.cores"]
        memory = said["memory.total"] - said["memory.free"] - said["memory.buffers"] - said["memory.cached"]
        assert sum(last[each].metrics["mem_rss_bytes"] for each in roots) < memory


def test_a_container_has_no_numbers_while_it_starts(scene: Scene) -> None:
    agent = next(agent for agent in scene.world.plan.agents if agent.jobs)
    (job,) = agent.jobs
    begins_at = NOW - (NOW + job.phase_seconds) % job.period_seconds + job.period_seconds
    starting = [each for each in listed(scene, agent, begins_at + 2).values() if not each.metrics]
    assert [each.task_name.partition(".")[0] for each in starting] == ["report"]
    assert listed(scene, agent, begins_at + 6)[starting[0].container_id].metrics["threads"] > 0


def test_after_a_boot_all_containers_are_new_and_counters_begin_again(scene: Scene) -> None:
    agent = agent_of(scene, scene.agents[0])
    before = listed(scene, agent)
    scene.failures.kill_node(agent.host)
    assert asked(scene, agent, "/containers").status == 502
    scene.now += 300
    scene.failures.restart_node(agent.host)
    after = listed(scene, agent, scene.now + 60)
    assert after and not before.keys() & after.keys()
    assert max(used(each) for each in after.values() if not each.parent_id) < 60 * 2


def test_a_restarted_agent_process_keeps_its_containers(scene: Scene) -> None:
    agent = agent_of(scene, scene.agents[0])
    before = listed(scene, agent)
    scene.failures.kill_agent(agent.host)
    scene.now += 60
    scene.failures.restart_agent(agent.host)
    assert len(before.keys() & listed(scene, agent).keys()) >= len(before) - 2


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"type":"KILL_CONTAINER"}'])
def test_a_call_that_is_none_is_refused(body: bytes, scene: Scene) -> None:
    assert asked(scene, scene.world.plan.agents[0], "/api/v1", body).status == 400


def test_without_show_nested_the_operator_api_tells_roots(scene: Scene) -> None:
    agent = next(pods(scene.world))
    short = json.loads(body_of(asked(scene, agent, "/api/v1", b'{"type":"GET_CONTAINERS"}')))
    roots = [each for each in listed(scene, agent).values() if not each.parent_id]
    assert len(short["get_containers"]["containers"]) == len(roots)
    assert asked(scene, agent, "/api/v1").status == 405


def test_an_agent_without_tasks_has_no_list(stage: Stage) -> None:
    world = World(plan.make(seed=1, agents=1, net=88, tasks_per_agent=0), anchor=NOW, with_stories=False)
    scene = Scene(world)
    assert listed(scene, world.plan.agents[0]) == {}
    assert json.loads(body_of(asked(scene, world.plan.agents[0], "/containers"))) == []


def test_the_past_is_what_agents_that_lived_would_have_answered(scene: Scene) -> None:
    dead, *others = scene.agents
    scene.failures.kill_agent(dead)
    scene.now += 60
    told = {host: (agent_id, said) for host, agent_id, said in containers_at(scene.world, scene.now)}
    assert list(told) == others
    agent = agent_of(scene, others[0])
    assert told[agent.host] == (agent.agent_id, json.loads(body_of(asked(scene, agent, "/api/v1", GET_CONTAINERS))))


def test_the_same_moment_gives_the_same_answer(stage: Stage) -> None:
    first, again = stage(), stage()
    for agent in first.world.plan.agents:
        assert listed(first, agent) == listed(again, agent)
