"""Whatever is cued in whatever order, the cluster's answers stay consistent."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.simulator import Timing, World, metrics, plan
from collectors.simulator.failures import Failures, UnknownCueError
from collectors.simulator.presence import Presence
from collectors.simulator.state import Moment
from tests.collectors.simulator.scene import NOW, Scene

ON_AGENTS = ("kill_agent", "hang_agent", "restart_agent", "kill_node", "restart_node")
ON_MASTERS = ("stop_master", "restart_master", "kill_node", "restart_node")
PLAN = plan.make(seed=5, agents=4, net=88)
HOSTS = [*(agent.host for agent in PLAN.agents), *(master.host for master in PLAN.masters)]
agent_cues = st.tuples(st.sampled_from(ON_AGENTS), st.sampled_from([agent.host for agent in PLAN.agents[:2]]))
master_cues = st.tuples(st.sampled_from(ON_MASTERS), st.sampled_from([master.host for master in PLAN.masters]))
cluster_cues = st.tuples(st.sampled_from(("kill_leader", "zookeeper_hang", "zookeeper_back")), st.just(""))
waits = st.sampled_from((0.5, 3.0, 11.0, 40.0, 90.0, 700.0))
scripts = st.lists(st.tuples(st.one_of(agent_cues, master_cues, cluster_cues), waits), max_size=12)


def play(script: list[tuple[tuple[str, str], float]]) -> list[Moment]:
    """The moments of ten seconds each while a script is played, and half an hour after it."""
    scene = Scene(World(PLAN, anchor=NOW, timing=Timing(), with_stories=False))
    for (name, host), wait in script:
        cue(scene.failures, name, host)
        scene.now += wait
    return [scene.world.at(NOW + seconds) for seconds in range(0, int(scene.now - NOW) + 1_800, 10)]


def cue(failures: Failures, name: str, host: str) -> None:
    try:
        failures.cue(name, **({"host": host} if host else {}))
    except UnknownCueError:
        assert name == "kill_leader"  # nobody led


@settings(max_examples=30, deadline=None)
@given(scripts)
def test_counters_rise_and_sums_agree_in_every_reign(script: list[tuple[tuple[str, str], float]]) -> None:
    led = [(moment, metrics.snapshot(moment, moment.leader)) for moment in play(script) if moment.leader]
    for moment, values in led:
        assert values is not None, "who leads is alive"
        assert sum(agent.used.running for agent in moment.listed) == sum(f.tally.running for f in moment.frameworks)
        present = [values[f"master/slaves_{name}"] for name in ("active", "inactive", "unreachable")]
        recovered = sum(agent.presence is Presence.RECOVERED for agent in moment.agents)
        assert sum(present) + recovered == len(PLAN.agents)
    for (before, was), (after, now) in pairwise(led):
        if before.elected_at == after.elected_at and was and now:
            for name in ("slave_removals", "slave_reregistrations", "slave_registrations", "tasks_finished"):
                assert was[f"master/{name}"] <= now[f"master/{name}"]


@settings(max_examples=30, deadline=None)
@given(scripts)
def test_when_all_is_mended_all_is_well(script: list[tuple[tuple[str, str], float]]) -> None:
    mend = [("zookeeper_back", ""), *(("restart_node", host) for host in HOSTS)]
    last = play([*script, *((cue, 0.0) for cue in mend)])[-1]
    assert last.leader is not None
    assert {agent.presence for agent in last.agents} == {Presence.ACTIVE}
