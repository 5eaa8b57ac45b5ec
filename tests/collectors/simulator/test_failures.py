from __future__ import annotations

import pytest

from collectors.simulator.failures import UnknownCueError
from tests.collectors.simulator.scene import Scene

HEALTH = "/system/health/v1"


def agents(scene: Scene) -> dict[str, bool]:
    return {a["hostname"]: a["active"] for a in scene.read("/mesos/state-summary")["slaves"]}


def gauges(scene: Scene, host: str = "") -> dict[str, float]:
    values: dict[str, float] = scene.read("/metrics/snapshot", listener=host or scene.leader)
    return values


def node(scene: Scene, host: str) -> dict[str, object]:
    told: dict[str, object] = scene.read(f"{HEALTH}/nodes/{host}")
    return told


def unreachable_tasks(scene: Scene) -> int:
    return sum(f["TASK_UNREACHABLE"] for f in scene.read("/mesos/state-summary")["frameworks"])


def test_a_killed_agent_is_inactive_then_gone_then_back(scene: Scene) -> None:
    host = scene.agents[3]
    scene.failures.kill_agent(host)
    scene.now += 1
    assert agents(scene)[host] is False and gauges(scene)["master/slaves_inactive"] == 1
    scene.now += 75
    assert host not in agents(scene) and unreachable_tasks(scene) > 0
    assert gauges(scene)["master/slaves_unreachable"] == gauges(scene)["master/slave_removals"] == 1
    scene.failures.restart_agent(host)
    scene.now += 5
    assert agents(scene)[host] is True and unreachable_tasks(scene) == 0
    assert gauges(scene)["master/slaves_unreachable"] == 0
    assert gauges(scene)["master/slave_reregistrations"] == 1


def test_a_hung_agent_stays_active_until_the_ping_timeout(scene: Scene) -> None:
    host = scene.agents[0]
    scene.failures.hang_agent(host)
    scene.now += 74
    assert agents(scene)[host] is True
    scene.now += 2
    assert host not in agents(scene)


def test_an_agent_that_hung_briefly_was_never_away(scene: Scene) -> None:
    before = scene.world.at(scene.now).agents[0]
    scene.failures.hang_agent(scene.agents[0])
    scene.now += 20
    scene.failures.restart_agent(scene.agents[0])
    scene.now += 20
    after = scene.world.at(scene.now).agents[0]
    assert (after.registered_at, after.reregistered_at) == (before.registered_at, before.reregistered_at)


def test_a_dead_node_is_health_three_without_units(scene: Scene) -> None:
    host = scene.agents[1]
    scene.failures.kill_node(host)
    scene.now += 60
    assert node(scene, host)["health"] == 3
    assert scene.read(f"{HEALTH}/nodes/{host}/units") == {"units": None}
    assert scene.read(f"{HEALTH}/report")["Nodes"][host]["Output"] is None


def test_health_is_as_old_as_the_last_pull(scene: Scene) -> None:
    scene.now = scene.world.pulled_at(scene.now) + 1
    scene.failures.stop_diagnostics(scene.agents[0])
    scene.now += 30
    assert node(scene, scene.agents[0])["health"] == 0
    scene.now += 30
    assert node(scene, scene.agents[0])["health"] == 3
    scene.failures.start_diagnostics(scene.agents[0])
    scene.now += 60
    assert node(scene, scene.agents[0])["health"] == 0


def test_one_broken_unit_colours_its_node_and_no_other(scene: Scene) -> None:
    host, unit = scene.agents[2], "dcos-net.service"
    scene.failures.break_unit(unit, host, "exit status 7")
    scene.now += 60
    assert [n["host_ip"] for n in scene.read(f"{HEALTH}/nodes")["nodes"] if n["health"]] == [host]
    assert scene.read(f"{HEALTH}/units/{unit}/nodes/{host}")["output"] == "exit status 7"
    assert scene.read(f"{HEALTH}/units/dcos-telegraf.service")["health"] == 0
    scene.failures.mend_unit(unit, host)
    scene.now += 60
    assert node(scene, host)["health"] == 0


def test_after_the_leaders_death_the_others_point_to_it_until_the_election(scene: Scene) -> None:
    dead = scene.failures.kill_leader()
    follower = scene.masters[1]
    scene.now += 9
    assert dict(scene.ask("/state-summary", listener=follower).headers)["Location"].startswith(f"//{dead}:5050")
    assert scene.ask("/mesos/state-summary").status == 502
    assert gauges(scene, follower)["master/elected"] == 0
    scene.now += 1
    assert gauges(scene, follower)["master/elected"] == 1


def test_a_new_leader_begins_with_no_agents_and_zero_counters(scene: Scene) -> None:
    assert gauges(scene)["master/tasks_failed"] > 0
    scene.failures.kill_leader()
    scene.now += 10.1
    answer = scene.read("/mesos/slaves")
    assert answer["slaves"] == [] and len(answer["recovered_slaves"]) == 12
    assert gauges(scene)["master/slaves_active"] == gauges(scene)["master/tasks_failed"] == 0
    scene.now += 3
    assert len(agents(scene)) == 12 and gauges(scene)["master/slave_reregistrations"] == 12


def test_an_agent_that_died_with_its_leader_stays_recovered_for_ten_minutes(scene: Scene) -> None:
    host = scene.agents[0]
    scene.failures.kill_agent(host)
    scene.failures.kill_leader()
    scene.now += 60
    recovered = scene.read("/mesos/slaves")["recovered_slaves"]
    assert [agent["hostname"] for agent in recovered] == [host]
    assert gauges(scene)["master/slaves_unreachable"] == 0
    scene.now += 600
    assert gauges(scene)["master/slaves_unreachable"] == 1


def test_an_old_leader_comes_back_as_a_follower_with_a_young_process(scene: Scene) -> None:
    old = scene.failures.kill_leader()
    scene.now += 30
    scene.failures.restart_master(old)
    scene.now += 5
    assert gauges(scene, old)["master/elected"] == 0
    assert gauges(scene, old)["master/uptime_secs"] == 5


def test_without_zookeeper_nobody_leads_and_nobody_knows_a_leader(scene: Scene) -> None:
    scene.failures.zookeeper_hang()
    scene.now += 5
    assert scene.ask("/mesos/state-summary").status == 200
    scene.now += 20
    told = scene.ask("/state-summary", listener=scene.masters[1])
    assert (told.status, told.body) == (503, b"No leader elected")
    assert scene.ask("/health", listener=scene.masters[1]).status == 200
    scene.failures.zookeeper_back()
    scene.now += 30
    assert scene.ask("/mesos/state-summary").status == 200


def test_without_a_leader_only_masters_have_health(scene: Scene) -> None:
    for host in scene.masters:
        scene.failures.stop_master(host)
    scene.now += 60
    nodes = scene.read(f"{HEALTH}/nodes")["nodes"]
    assert {n["role"] for n in nodes} == {"master"} and {n["health"] for n in nodes} == {1}


def test_all_masters_restarted_elect_a_leader_again(scene: Scene) -> None:
    for host in scene.masters:
        scene.failures.stop_master(host)
    scene.now += 60
    scene.failures.restart_master(scene.masters[2])
    scene.now += 30
    assert gauges(scene)["master/elected"] == 1 and gauges(scene)["registrar/log/ensemble_size"] == 1


def test_a_cue_for_what_is_not_there_says_so(scene: Scene) -> None:
    with pytest.raises(UnknownCueError, match=r"no 10\.0\.0\.1 among"):
        scene.failures.cue("kill_agent", host="10.0.0.1")
    with pytest.raises(UnknownCueError, match="there are app_fits, app_waits"):
        scene.failures.cue("explode")
    with pytest.raises(UnknownCueError, match="unexpected keyword"):
        scene.failures.cue("kill_leader", hots="x")
