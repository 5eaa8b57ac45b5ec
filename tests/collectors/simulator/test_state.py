from __future__ import annotations

from itertools import pairwise

from collectors.simulator import health_at, history
from collectors.simulator.history import Past
from collectors.simulator.mesos import Document
from tests.collectors.simulator.scene import Scene, Stage

RESOURCES = ("cpus", "mem", "disk", "gpus")
STATES = ("TASK_RUNNING", "TASK_STAGING", "TASK_FINISHED", "TASK_FAILED", "TASK_KILLED")
HOUR = 3_600.0


def total(things: list[Document], key: str, resource: str) -> float:
    return float(round(sum(thing[key][resource] for thing in things), 3))


def pasts(scene: Scene, *, hours: float, step_seconds: float) -> list[Past]:
    return list(history(scene.world, scene.now - hours * HOUR, scene.now, step_seconds=step_seconds))


def test_the_same_seed_tells_the_same_story(stage: Stage) -> None:
    one, other = stage(with_stories=True), stage(with_stories=True)
    assert pasts(one, hours=12, step_seconds=600) == pasts(other, hours=12, step_seconds=600)


def test_another_seed_tells_another_story(stage: Stage) -> None:
    one, other = stage(seed=1), stage(seed=2)
    assert pasts(one, hours=1, step_seconds=600) != pasts(other, hours=1, step_seconds=600)


def test_asking_the_past_changes_nothing(stage: Stage) -> None:
    scene = stage(with_stories=True)
    before = scene.ask("/mesos/state-summary").body
    pasts(scene, hours=24, step_seconds=3_600)
    assert scene.ask("/mesos/state-summary").body == before


def test_what_frameworks_have_is_what_agents_gave(stage: Stage) -> None:
    for past in pasts(stage(with_stories=True), hours=24, step_seconds=1_800):
        if past.summary:
            agents, frameworks = past.summary["slaves"], past.summary["frameworks"]
            for name in RESOURCES:
                assert total(agents, "used_resources", name) == total(frameworks, "used_resources", name)
            for state in STATES:
                assert sum(agent[state] for agent in agents) == sum(framework[state] for framework in frameworks)


def test_the_leaders_gauges_agree_with_its_summary(stage: Stage) -> None:
    for past in pasts(stage(with_stories=True), hours=24, step_seconds=1_800):
        leaders = [values for values in past.metrics.values() if values["master/elected"]]
        if past.summary:
            (gauges,), agents = leaders, past.summary["slaves"]
            assert gauges["master/slaves_active"] + gauges["master/slaves_inactive"] == len(agents)
            assert gauges["master/tasks_running"] == sum(agent["TASK_RUNNING"] for agent in agents)
            for name in RESOURCES:
                assert gauges[f"master/{name}_used"] == total(agents, "used_resources", name)
        else:
            assert not leaders


def test_no_agent_gives_more_than_it_has(stage: Stage) -> None:
    scene = stage(agents=60)
    for past in pasts(scene, hours=48, step_seconds=7_200):
        assert past.summary
        for agent in past.summary["slaves"]:
            assert all(agent["used_resources"][name] <= agent["resources"][name] for name in RESOURCES)


def test_allocation_breathes_with_the_day_inside_its_bounds(stage: Stage) -> None:
    week = pasts(stage(), hours=24 * 7, step_seconds=3_600)
    shares = [values for past in week for values in past.metrics.values() if values["master/elected"]]
    bounds = {"mem": (0.67, 0.88), "cpus": (0.52, 0.74), "disk": (0.25, 0.45)}
    for name, (low, high) in bounds.items():
        seen = [values[f"master/{name}_percent"] for values in shares]
        assert low < min(seen) and max(seen) < high
    memory = [values["master/mem_percent"] for values in shares]
    assert max(memory) - min(memory) > 0.08
    assert all(90 <= values["master/tasks_running"] <= 170 for values in shares)


def test_counters_only_rise_under_one_leader(stage: Stage) -> None:
    day = pasts(stage(), hours=24, step_seconds=900)
    leader = [values for past in day for values in past.metrics.values() if values["master/elected"]]
    counters = [name for name in leader[0] if name.endswith(("_failed", "_finished", "_killed", "/calls", "_runs"))]
    counters += [name for name in leader[0] if name.startswith("master/messages_")]
    for before, after in pairwise(leader):
        assert all(before[name] <= after[name] for name in counters)
    assert leader[-1]["master/tasks_failed"] > leader[0]["master/tasks_failed"]


def test_twelve_agents_two_public_in_three_zones_with_four_gpus(scene: Scene) -> None:
    agents = scene.world.plan.agents
    assert len(agents) == 12 and sum(agent.public for agent in agents) == 2
    assert len({agent.zone for agent in agents}) == 3
    assert sorted(agent.total.gpus for agent in agents if agent.total.gpus) == [2, 2]


def test_a_thousand_agents_have_addresses_of_their_own(stage: Stage) -> None:
    hosts = stage(agents=1_000).agents
    assert len(set(hosts)) == 1_000 and hosts[0] == "127.88.1.21"
    assert all(int(part) < 255 for host in hosts for part in host.split("."))


def test_an_agent_was_silent_for_nine_minutes_five_hours_ago(stage: Stage) -> None:
    scene = stage(with_stories=True)
    minutes = [
        {agent["hostname"]: agent["active"] for agent in past.summary["slaves"]}
        for past in history(scene.world, scene.now - 5 * HOUR - 90, scene.now - 4.5 * HOUR, step_seconds=30)
        if past.summary
    ]
    lost = set(minutes[0]) - set(minutes[len(minutes) // 4])
    assert len(lost) == 1
    (host,) = lost
    told = ["absent" if host not in hosts else "active" if hosts[host] else "inactive" for hosts in minutes]
    order = [told[0], *(after for before, after in pairwise(told) if before != after)]
    assert order == ["active", "inactive", "absent", "active"]
    assert 14 <= told.count("absent") + told.count("inactive") <= 19
    back = next(a for a in scene.world.at(scene.now).agents if a.agent.host == host)
    assert back.reregistered_at is not None and abs(back.reregistered_at - (scene.now - 5 * HOUR + 540)) < 5


def test_the_leader_changed_nine_hours_ago_and_counted_from_zero(stage: Stage) -> None:
    scene = stage(with_stories=True)
    before, after = (scene.world.at(scene.now - hours * HOUR) for hours in (9.1, 8.9))
    assert before.leader and after.leader and before.leader.host != after.leader.host
    failed = [sum(framework.ended[1] for framework in moment.frameworks) for moment in (before, after)]
    assert failed[1] < failed[0]


def test_a_unit_flapped_three_hours_ago_and_another_fails_now(stage: Stage) -> None:
    scene = stage(with_stories=True)
    begin = scene.now - 3 * HOUR
    flaps = [
        [
            n.host
            for n in health_at(scene.world, begin + minute * 60).nodes.values()
            if "dcos-telegraf.service" in n.outputs
        ]
        for minute in range(-5, 40)
    ]
    assert len({host for hosts in flaps for host in hosts}) == 1
    assert sum(bool(after) and not before for before, after in pairwise(flaps)) == 3
    failing = [node.outputs for node in health_at(scene.world, scene.now).nodes.values() if node.outputs]
    assert [list(outputs) for outputs in failing] == [["dcos-checks-poststart.service"]]
    assert "clock offset" in failing[0]["dcos-checks-poststart.service"]


def test_there_are_52_components(scene: Scene) -> None:
    assert len(health_at(scene.world, scene.now).units) == 52


def test_history_is_evenly_spaced_and_ends_before_its_end(scene: Scene) -> None:
    times = [past.at - scene.now for past in history(scene.world, scene.now - 100, scene.now, step_seconds=30)]
    assert times == [-100, -70, -40, -10]
