"""What the leading master, the agents and Marathon say of one cluster's tasks: they agree, whatever befalls it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.records import ClusterTasks
from collectors.simulator import Settings, World, world_of
from collectors.simulator.answers import Request
from collectors.simulator.containers import containers_at
from collectors.simulator.plan import FRAMEWORKS
from collectors.simulator.routes import ROUTER
from collectors.sources.tasks import decode_tasks
from tests.collectors.simulator.scene import NOW, Scene

CALL = b'{"type":"GET_TASKS"}'
HOUR = 3_600.0


def document(scene: Scene) -> dict[str, Any]:
    request = Request(ROUTER, "POST", "/mesos/api/v1", {"content-type": "application/json"}, CALL)
    answer = scene.routes.answer(request).whole()
    assert answer.status == 200 and isinstance(answer.body, bytes)
    said: dict[str, Any] = msgspec.json.decode(answer.body)
    return said


def tasks(scene: Scene) -> ClusterTasks:
    at = datetime.fromtimestamp(scene.now, UTC)
    found, dropped = decode_tasks(msgspec.json.encode(document(scene)), at)
    assert not dropped
    return found


def apps(scene: Scene) -> dict[str, dict[str, Any]]:
    return {app["id"]: app for app in scene.read("/service/marathon/v2/apps")["apps"]}


def app_of(task_id: str) -> str:
    return "/" + task_id.partition(".")[0]


@pytest.fixture(scope="module")
def storied() -> World:
    return world_of(Settings(anchor=NOW), net=88)


MOMENTS = st.floats(min_value=NOW - 36 * HOUR, max_value=NOW + 12 * HOUR)


@given(at=MOMENTS)
@settings(max_examples=25, deadline=None)
def test_the_master_the_agents_and_marathon_count_the_same_at_any_moment(storied: World, at: float) -> None:
    scene = Scene(storied, now=at)
    if storied.at(at).leader is None:
        return
    told = tasks(scene)
    summary = scene.read("/mesos/state-summary")
    _same_as_the_summary(told, summary)
    _same_as_the_agents(told, storied, at, {agent["hostname"] for agent in summary["slaves"]})
    if len(storied.at(at).listed) == len(storied.plan.agents):
        _same_as_marathon(told, apps(scene), f"{storied.plan.run_id}-0000")


def _same_as_the_summary(told: ClusterTasks, summary: dict[str, Any]) -> None:
    active = [one for one in told.tasks if one.is_active]
    reachable = Counter(one.framework_id for one in active if one.state != "TASK_UNREACHABLE")
    lost = Counter(one.framework_id for one in active if one.state == "TASK_UNREACHABLE")
    for framework in summary["frameworks"]:
        assert framework["TASK_STAGING"] + framework["TASK_RUNNING"] == reachable[framework["id"]]
        assert framework["TASK_UNREACHABLE"] == lost[framework["id"]]
        cpus = sum(
            one.allocated.cpus
            for one in active
            if one.framework_id == framework["id"] and one.state != "TASK_UNREACHABLE"
        )
        assert cpus == pytest.approx(framework["used_resources"]["cpus"])


def _same_as_the_agents(told: ClusterTasks, world: World, at: float, listed: set[str]) -> None:
    """Of those that are listed and answer, by the root container of each task."""
    agents = {agent_id: said for host, agent_id, said in containers_at(world, at) if host in listed}
    entries = [each for said in agents.values() for each in said["get_containers"].get("containers", ())]
    own = [each["container_status"]["container_id"] for each in entries if "container_status" in each]
    running = {one.container_id for one in told.tasks if one.state == "TASK_RUNNING" and one.agent_id in agents}
    assert {each.get("parent", each)["value"] for each in own} == running


def _same_as_marathon(told: ClusterTasks, apps: dict[str, dict[str, Any]], marathon: str) -> None:
    own = [one for one in told.tasks if one.is_active and one.framework_id == marathon]
    running = Counter(app_of(one.task_id) for one in own if one.state == "TASK_RUNNING")
    unhealthy = Counter(app_of(one.task_id) for one in own if one.healthy is False)
    for app_id, app in apps.items():
        assert app["tasksRunning"] == running[app_id] and app["tasksUnhealthy"] == unhealthy[app_id]
        assert app["instances"] >= app["tasksRunning"] + app["tasksStaged"]
        assert bool(app["healthChecks"]) or app["tasksHealthy"] == 0


def test_every_framework_has_tasks_of_its_own(scene: Scene) -> None:
    found = {one.framework_id for one in tasks(scene).tasks}
    assert found == {f"{scene.world.plan.run_id}-{index:04d}" for index in range(len(FRAMEWORKS))}


def test_tasks_in_a_pod_bear_the_executor_that_runs_them(scene: Scene) -> None:
    pods = [one for one in tasks(scene).tasks if one.is_active and one.name.startswith("cassandra")]
    assert pods and all(one.executor_id.startswith("cassandra-node__") for one in pods)
    assert len({one.executor_id for one in pods}) == len(pods) / 2


def test_a_silent_agents_tasks_are_unreachable_once_it_is_given_up_and_stay_as_many(scene: Scene) -> None:
    host = scene.agents[0]
    agent_id = scene.world.plan.agents[0].agent_id
    before = [one.task_id for one in tasks(scene).tasks if one.agent_id == agent_id and one.is_active]
    scene.failures.kill_agent(host)
    scene.now += 80
    lost = [one for one in tasks(scene).tasks if one.state == "TASK_UNREACHABLE"]
    assert {one.agent_id for one in lost} == {agent_id} and lost[0].running_at is not None
    assert before and abs(len(lost) - len(before)) <= 2
    told = {one.task_id for one in lost}
    scene.now += 6 * HOUR
    assert {one.task_id for one in tasks(scene).tasks if one.state == "TASK_UNREACHABLE"} == told


def test_a_new_leader_hears_of_tasks_agent_by_agent(scene: Scene) -> None:
    before = [one for one in tasks(scene).tasks if one.is_active]
    scene.failures.kill_leader()
    scene.now += 10.2
    assert len([one for one in tasks(scene).tasks if one.is_active]) < len(before) / 2
    scene.now += 3
    assert abs(len([one for one in tasks(scene).tasks if one.is_active]) - len(before)) <= 3


def test_a_new_leader_knows_none_that_ended_before_it(scene: Scene) -> None:
    assert any(not one.is_active for one in tasks(scene).tasks)
    scene.failures.kill_leader()
    scene.now += 13
    assert all(one.is_active for one in tasks(scene).tasks)


def test_tasks_that_failed_are_as_many_as_the_leader_counts(scene: Scene) -> None:
    begun = scene.now
    scene.failures.fail_tasks("spark", per_hour=120)
    scene.now += 600
    failed = [
        one
        for one in tasks(scene).tasks
        if one.state == "TASK_FAILED" and one.last_status_at and one.last_status_at.timestamp() > begun
    ]
    of_spark = [one for one in failed if one.message == "Command exited with status 78"]
    assert len(of_spark) == 20
    assert {one.reason for one in of_spark} == {"REASON_COMMAND_EXECUTOR_FAILED"}


def test_of_a_framework_that_was_torn_down_no_task_is_left(scene: Scene) -> None:
    marathon = f"{scene.world.plan.run_id}-0000"
    scene.failures.tear_down_framework("marathon")
    scene.now += 1
    assert not [one for one in tasks(scene).tasks if one.framework_id == marathon]
