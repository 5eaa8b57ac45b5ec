"""Marathon and its apps: what it lists, why it launches nothing, what befalls it on cue."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from collectors.records import AppSummary, Waiting
from collectors.simulator import World, marathon_records, plan
from collectors.simulator.answers import Request
from collectors.simulator.control import obey
from collectors.simulator.cues import UnknownCueError
from collectors.simulator.faults import Faults
from collectors.simulator.marathon import VERSIONS
from collectors.simulator.routes import ROUTER, Routes
from collectors.sources.apps import decode_apps
from collectors.sources.deployments import decode_deployments
from collectors.sources.queue import decode_queue
from tests.collectors.simulator.scene import NOW, Scene, Stage

ROOT = "/service/marathon"


def at(scene: Scene) -> datetime:
    return datetime.fromtimestamp(scene.now, UTC)


def apps(scene: Scene) -> dict[str, AppSummary]:
    dropped: Counter[str] = Counter()
    found = decode_apps(scene.body(f"{ROOT}/v2/apps"), dropped)
    assert not dropped
    return {app.app_id: app for app in found}


def waiting(scene: Scene) -> dict[str, Waiting]:
    dropped: Counter[str] = Counter()
    found = decode_queue(scene.body(f"{ROOT}/v2/queue"), "marathon", at(scene), dropped)
    assert not dropped and found.whole
    return {one.app_id: one for one in found.waiting}


def deploying(scene: Scene) -> list[tuple[str, ...]]:
    dropped: Counter[str] = Counter()
    found = decode_deployments(scene.body(f"{ROOT}/v2/deployments"), "marathon", at(scene), dropped)
    assert not dropped
    return [one.app_ids for one in found.deployments]


def leader(scene: Scene) -> str:
    told: str = scene.read(f"{ROOT}/v2/info")["leader"]
    return told.partition(":")[0]


def last_failure(scene: Scene, app: str) -> dict[str, Any] | None:
    told: dict[str, Any] | None = scene.read(f"{ROOT}/v2/apps/{app}")["app"].get("lastTaskFailure")
    return told


def test_at_rest_every_instance_runs_and_nothing_waits(scene: Scene) -> None:
    found = apps(scene)
    assert {"/web", "/search", "/marathon-lb"} <= found.keys()
    assert all(app.instances == app.running + app.staged > 0 for app in found.values())
    assert all(app.healthy == app.running for app in found.values() if app.has_health_checks)
    assert (waiting(scene), deploying(scene)) == ({}, [])


def test_the_stories_of_the_day_are_told_by_marathon(stage: Stage) -> None:
    scene = stage(with_stories=True)
    assert deploying(scene) == [("/accounts",)] and apps(scene)["/accounts"].deployments
    assert apps(scene)["/sessions"].unhealthy == 1
    assert (apps(scene)["/monthly-close"].running, apps(scene)["/monthly-close"].instances) == (0, 1)
    held_back = {app_id: one.overdue for app_id, one in waiting(scene).items()}
    assert held_back == {"/monthly-close": True, "/cron-proxy": False}


def test_one_that_is_too_large_waits_for_memory_that_no_agent_has(scene: Scene) -> None:
    scene.failures.app_waits()
    scene.now += 600
    one = waiting(scene)["/monthly-close"]
    declined = {each.reason: each.declined for each in one.last_offers if each.declined}
    assert declined["InsufficientMemory"] > 0 and sum(declined.values()) == len(scene.world.plan.agents)
    assert one.since == datetime.fromtimestamp(NOW, UTC) and one.offers_unused == one.offers_processed
    nearest = min(one.nearest, key=lambda offer: 98_304 * 1_048_576 - offer.offered.mem_bytes)
    assert 0 < nearest.offered.mem_bytes < 98_304 * 1_048_576
    scene.failures.app_fits()
    assert "/monthly-close" not in waiting(scene) and apps(scene)["/monthly-close"].instances == 0


def test_another_that_waits_is_kept_from_every_offer_by_a_requirement(scene: Scene) -> None:
    before = apps(scene)["/web"].instances
    scene.failures.app_waits("/web")
    assert apps(scene)["/web"].instances == before + 1
    assert all(offer.reasons for offer in waiting(scene)["/web"].nearest)


def test_an_app_that_crashes_rests_before_each_launch_and_each_failure_is_a_task(scene: Scene) -> None:
    before = apps(scene)["/web"].instances
    scene.failures.crash_app("web", per_hour=60)
    scene.now += 130
    one, failed = waiting(scene)["/web"], last_failure(scene, "web")
    assert (one.overdue, one.count) == (False, 1) and 0 < one.delay_seconds <= 60
    assert apps(scene)["/web"].instances == before + 1 > apps(scene)["/web"].running
    assert failed and failed["taskId"].startswith("web.") and failed["message"] == "Command exited with status 78"
    assert failed["timestamp"] == datetime.fromtimestamp(NOW + 120, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    scene.failures.mend_app("web")
    assert waiting(scene) == {} and last_failure(scene, "web") == failed


def test_a_deployment_goes_on_until_it_is_ended_and_leaves_a_new_version(scene: Scene) -> None:
    before = apps(scene)["/api"].version
    scene.failures.deploy("/api")
    scene.now += 1_900
    assert deploying(scene) == [("/api",)] and apps(scene)["/api"].version > before
    scene.failures.end_deployment("/api")
    assert deploying(scene) == []


def test_instances_that_fail_their_checks_run_on(scene: Scene) -> None:
    scene.failures.unhealthy_app("search")
    sick = apps(scene)["/search"]
    assert 0 < sick.unhealthy == sick.running - sick.healthy < sick.running == sick.instances
    scene.failures.healthy_app("search")
    assert apps(scene)["/search"].unhealthy == 0


def test_an_election_of_mesos_changes_nothing_for_marathon(scene: Scene) -> None:
    before = {app_id: app.instances for app_id, app in apps(scene).items()}
    scene.failures.kill_leader()
    for seconds in (1, 10, 1, 5):
        scene.now += seconds
        after = {app_id: app.instances for app_id, app in apps(scene).items()}
        assert sum(abs(after[app_id] - before[app_id]) for app_id in before) <= 1
    assert leader(scene) == scene.masters[1]


def test_a_lost_agents_instances_are_still_wanted_and_do_not_run(scene: Scene) -> None:
    before = sum(app.running for app in apps(scene).values())
    scene.failures.kill_agent(scene.agents[0])
    scene.now += 80
    found = apps(scene).values()
    assert sum(app.running for app in found) < before
    assert sum(app.instances for app in found) >= before - 2


def test_what_ran_on_an_agent_that_is_gone_for_good_waits_for_another(scene: Scene) -> None:
    scene.failures.mark_agent_gone(scene.agents[0])
    scene.now += 1
    missing = {
        app_id: app.instances - app.running for app_id, app in apps(scene).items() if app.instances > app.running
    }
    assert missing and {app_id: one.count for app_id, one in waiting(scene).items()} == missing


def test_where_the_leading_marathon_ends_the_next_one_leads_with_counters_at_zero(scene: Scene) -> None:
    first, before = leader(scene), marathon_records.snapshot(scene.world, scene.now)
    assert scene.failures.kill_marathon() == first
    scene.now += 2
    assert scene.ask(f"{ROOT}/v2/info").status == 502 == scene.ask(f"{ROOT}/v2/apps").status
    scene.now += 10
    after = marathon_records.snapshot(scene.world, scene.now)
    assert before and after and leader(scene) != first and after.leader.startswith(leader(scene))
    counter = "mesos.offers.incoming.counter"
    assert after.metrics[counter] < before.metrics[counter] and after.metrics["uptime.gauge.seconds"] < 12
    scene.now += 86_400
    assert leader(scene) != first


def test_a_master_that_dies_takes_no_marathon_with_it_and_a_machine_does(scene: Scene) -> None:
    first = leader(scene)
    scene.failures.stop_master(first)
    scene.now += 30
    assert leader(scene) == first
    scene.failures.kill_node(first)
    scene.now += 30
    assert leader(scene) not in ("", first)


@pytest.mark.parametrize("cue", ["disconnect_framework", "tear_down_framework"])
def test_a_marathon_that_is_away_answers_nothing_of_its_own(scene: Scene, cue: str) -> None:
    getattr(scene.failures, cue)("marathon")
    assert scene.ask(f"{ROOT}/v2/apps").status == 502


def test_what_this_cluster_does_not_have_is_refused(scene: Scene) -> None:
    with pytest.raises(UnknownCueError, match="no nonesuch among monthly-close"):
        scene.failures.crash_app("/nonesuch")
    with pytest.raises(UnknownCueError, match="more than 0"):
        scene.failures.crash_app("web", per_hour="0")
    assert scene.ask(f"{ROOT}/v2/apps/nonesuch").status == 404


def test_cues_of_apps_come_through_the_control_endpoint_too(scene: Scene) -> None:
    wish = msgspec.json.encode({"do": "deploy", "app": "/web"})
    assert obey(Request(ROUTER, "POST", "/_control", {}, wish), scene.failures, Faults()).status == 200
    assert deploying(scene) == [("/web",)]


def test_even_tasks_belong_to_as_many_apps_as_are_wanted() -> None:
    world = World(plan.make(seed=1, agents=30, net=88, tasks_per_agent=20, apps=100), anchor=NOW)
    found = apps(Scene(world))
    assert sorted(found) == [f"/even-{number:04d}" for number in range(1, 101)]
    assert {(app.instances, app.running) for app in found.values()} == {(6, 6)}
    assert len({app.each for app in found.values()}) == 1


@pytest.mark.parametrize("generation", VERSIONS)
def test_every_generation_of_marathon_is_read_alike(stage: Stage, generation: str) -> None:
    scene = stage(with_stories=True)
    scene.routes = Routes(scene.world, lambda: scene.now, marathon_generation=generation)
    assert scene.read(f"{ROOT}/v2/info")["version"] == VERSIONS[generation]
    today = {
        app.app_id: (app.instances, app.running, app.stats) for app in marathon_records.apps(scene.world, NOW).apps
    }
    assert {app_id: (app.instances, app.running, app.stats) for app_id, app in apps(scene).items()} == today
    counts = {one.offers_processed is None for one in waiting(scene).values()}
    assert counts == {generation == "1.4"}
