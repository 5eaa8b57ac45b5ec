"""What operators do to a cluster, on cue: the same in the summary, the metrics and the registry."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.records import ClusterRegistry, Mode
from collectors.simulator.answers import Request
from collectors.simulator.control import obey
from collectors.simulator.failures import UnknownCueError
from collectors.simulator.faults import Faults
from collectors.sources.registry import decode_registry
from tests.collectors.simulator.scene import Scene

PATH = "/mesos/registrar(1)/registry"


def listed(scene: Scene) -> dict[str, dict[str, Any]]:
    return {agent["hostname"]: agent for agent in scene.read("/mesos/state-summary")["slaves"]}


def framework(scene: Scene, name: str) -> dict[str, Any] | None:
    found = scene.read("/mesos/state-summary")["frameworks"]
    return next((each for each in found if each["name"] == name), None)


def gauges(scene: Scene) -> dict[str, float]:
    said: dict[str, float] = scene.read("/metrics/snapshot", listener=scene.leader)
    return said


def registry(scene: Scene) -> ClusterRegistry:
    found, dropped = decode_registry(scene.body(PATH), datetime.fromtimestamp(scene.now, UTC))
    assert not dropped
    return found


def id_of(scene: Scene, host: str) -> str:
    return next(agent.agent_id for agent in scene.world.plan.agents if agent.host == host)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def counted(scene: Scene, name: str, state: str) -> float:
    keys = [key for key in gauges(scene) if key.startswith(f"master/frameworks/{name}/") and key.endswith(state)]
    (key,) = keys
    return gauges(scene)[key]


def test_at_rest_the_registry_has_every_agent_and_nothing_else(scene: Scene) -> None:
    found = registry(scene)
    assert set(found.admitted) == {agent.agent_id for agent in scene.world.plan.agents}
    assert (found.unreachable, found.gone, found.machines) == ({}, {}, ())


def test_every_master_serves_the_registry_and_only_the_leader_has_one(scene: Scene) -> None:
    told = {host: scene.read("/registrar(1)/registry", listener=host) for host in scene.masters}
    assert [host for host, said in told.items() if said] == [scene.leader]


def test_an_agent_that_is_given_up_is_in_the_registry_with_the_time(scene: Scene) -> None:
    host, killed_at = scene.agents[3], scene.now
    scene.failures.kill_agent(host)
    scene.now += 70
    assert registry(scene).unreachable == {}
    scene.now += 10
    assert registry(scene).unreachable == {id_of(scene, host): at(killed_at + 75)}
    assert id_of(scene, host) not in registry(scene).admitted
    scene.failures.restart_agent(host)
    scene.now += 5
    assert registry(scene).unreachable == {} and id_of(scene, host) in registry(scene).admitted


def test_an_agent_that_a_new_leader_waits_for_is_still_admitted(scene: Scene) -> None:
    scene.failures.kill_agent(scene.agents[0])
    scene.now += 1
    scene.failures.kill_leader()
    scene.now += 30
    assert scene.agents[0] not in listed(scene)
    assert id_of(scene, scene.agents[0]) in registry(scene).admitted


@pytest.mark.parametrize(("cue", "is_draining"), [("drain_agent", True), ("deactivate_agent", False)])
def test_an_agent_that_is_kept_from_offers_runs_on_and_is_connected(scene: Scene, cue: str, is_draining: bool) -> None:
    host = scene.agents[1]
    before, agents = listed(scene)[host]["TASK_RUNNING"], len(scene.agents)
    scene.failures.cue(cue, host=host)
    agent, said = listed(scene)[host], gauges(scene)
    assert (agent["active"], agent["deactivated"], "drain_info" in agent) == (False, True, is_draining)
    assert agent["TASK_RUNNING"] == before
    assert (said["master/slaves_active"], said["master/slaves_inactive"]) == (agents - 1, 1)
    assert (said["master/slaves_connected"], said["master/slaves_disconnected"]) == (agents, 0)
    scene.failures.reactivate_agent(host)
    assert listed(scene)[host]["active"] and not listed(scene)[host]["deactivated"]


def test_an_agent_that_was_deactivated_and_dies_is_lost_like_any_other(scene: Scene) -> None:
    host = scene.agents[1]
    scene.failures.deactivate_agent(host)
    scene.failures.kill_agent(host)
    scene.now += 1
    assert gauges(scene)["master/slaves_disconnected"] == 1


def test_an_agent_marked_gone_is_gone_at_once_and_no_ping_was_missed(scene: Scene) -> None:
    host, now = scene.agents[2], scene.now
    running = listed(scene)[host]["TASK_RUNNING"] + listed(scene)[host]["TASK_STAGING"]
    scene.failures.mark_agent_gone(host)
    scene.now += 100
    said = gauges(scene)
    assert host not in listed(scene)
    assert registry(scene).gone == {id_of(scene, host): at(now)} and registry(scene).unreachable == {}
    assert (said["master/slaves_unreachable"], said["master/slave_removals"], said["master/tasks_unreachable"]) == (
        0,
        0,
        0,
    )
    assert said["master/tasks_gone_by_operator"] == running > 0
    assert sum(counted(scene, each, "task_gone_by_operator") for each in ("marathon", "kafka", "cassandra")) > 0


def test_maintenance_is_scheduled_then_the_machine_is_down_then_back(scene: Scene) -> None:
    host, now = scene.agents[4], scene.now
    scene.failures.schedule_maintenance(host, in_seconds=60, seconds=600)
    (machine,) = registry(scene).machines
    assert (machine.ip, machine.mode) == (host, Mode.DRAINING)
    assert (machine.begins_at, machine.ends_at) == (at(now + 60), at(now + 660))
    assert listed(scene)[host]["active"] is True
    scene.now += 90
    scene.failures.start_maintenance(host)
    scene.now += 90
    assert registry(scene).machines[0].mode is Mode.DOWN and host not in listed(scene)
    assert id_of(scene, host) not in {*registry(scene).admitted, *registry(scene).unreachable}
    assert gauges(scene)["master/slaves_unreachable"] == gauges(scene)["master/slave_removals"] == 0
    scene.failures.end_maintenance(host)
    assert registry(scene).machines == () and registry(scene).unreachable == {}
    scene.now += 5
    assert listed(scene)[host]["active"] is True and id_of(scene, host) in registry(scene).admitted


def test_maintenance_that_is_called_off_brings_no_dead_agent_back(scene: Scene) -> None:
    host = scene.agents[4]
    scene.failures.schedule_maintenance(host)
    scene.failures.kill_agent(host)
    scene.failures.end_maintenance(host)
    scene.now += 10
    assert registry(scene).machines == () and listed(scene)[host]["active"] is False


def test_a_machine_is_taken_down_only_when_that_was_scheduled(scene: Scene) -> None:
    with pytest.raises(UnknownCueError, match="no maintenance of"):
        scene.failures.start_maintenance(scene.agents[4])


def test_a_framework_that_loses_its_scheduler_is_listed_and_its_tasks_run_on(scene: Scene) -> None:
    before = framework(scene, "marathon")
    scene.failures.disconnect_framework("marathon")
    away, said = framework(scene, "marathon"), gauges(scene)
    assert before is not None and away is not None
    assert (away["active"], away["connected"], away["recovered"]) == (False, False, False)
    assert away["TASK_RUNNING"] == before["TASK_RUNNING"]
    assert said["master/frameworks_disconnected"] == said["master/frameworks_inactive"] == 1
    assert counted(scene, "marathon", "-0000/subscribed") == 0
    scene.failures.reconnect_framework("marathon")
    assert framework(scene, "marathon") == before


def test_a_framework_that_is_torn_down_is_in_no_list_and_holds_nothing(scene: Scene) -> None:
    busy = gauges(scene)
    scene.failures.tear_down_framework("kafka")
    said = gauges(scene)
    assert framework(scene, "kafka") is None
    assert not any(key.startswith("master/frameworks/kafka/") for key in said)
    assert (
        said["master/tasks_running"] < busy["master/tasks_running"]
        and said["master/cpus_used"] < busy["master/cpus_used"]
    )
    running = sum(agent["TASK_RUNNING"] for agent in listed(scene).values())
    assert running == said["master/tasks_running"]
    scene.failures.register_framework("kafka")
    assert framework(scene, "kafka") is not None


def test_tasks_fail_at_the_rate_that_was_asked_for_in_every_count_there_is(scene: Scene) -> None:
    before, whole = counted(scene, "cassandra", "task_failed"), gauges(scene)["master/tasks_failed"]
    scene.failures.fail_tasks("cassandra", per_hour=3600)
    scene.now += 20
    assert counted(scene, "cassandra", "task_failed") == before + 20
    assert gauges(scene)["master/tasks_failed"] == whole + 20
    found = framework(scene, "cassandra")
    assert found is not None and found["TASK_FAILED"] == min(1000, before + 20)
    scene.failures.stop_failing_tasks("cassandra")
    scene.now += 20
    assert counted(scene, "cassandra", "task_failed") == before + 20


def test_a_new_leader_counts_what_fails_from_its_election_on(scene: Scene) -> None:
    scene.failures.fail_tasks("cassandra", per_hour=3600)
    scene.now += 60
    scene.failures.kill_leader()
    scene.now += 15
    assert counted(scene, "cassandra", "task_failed") <= 6


@pytest.mark.parametrize(
    "wish",
    [
        {"do": "fail_tasks", "name": "marathon", "per_hour": 60},
        {"do": "schedule_maintenance", "host": "127.88.1.21", "in_seconds": "5"},
        {"do": "mark_agent_gone", "host": "127.88.1.21"},
        {"do": "tear_down_framework", "name": "spark"},
    ],
)
def test_each_is_done_through_the_control_endpoint(scene: Scene, wish: dict[str, object]) -> None:
    request = Request("router", "POST", "/_control", {}, json.dumps(wish).encode())
    before = len(scene.world.outages)
    assert obey(request, scene.failures, Faults()).status == 200
    assert len(scene.world.outages) > before


@pytest.mark.parametrize(
    "wish",
    [
        {"do": "fail_tasks", "name": "nobody"},
        {"do": "fail_tasks", "name": "marathon", "per_hour": "many"},
        {"do": "drain_agent", "host": "10.9.9.9"},
        {"do": "start_maintenance", "host": "127.88.1.21"},
    ],
)
def test_what_this_cluster_does_not_have_is_refused_with_the_reason(scene: Scene, wish: dict[str, object]) -> None:
    request = Request("router", "POST", "/_control", {}, json.dumps(wish).encode())
    assert obey(request, scene.failures, Faults()).status == 400
