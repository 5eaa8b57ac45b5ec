"""The agents of the simulated cluster, which answer for themselves, read as the collectors read them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.flags_said import declares_resources
from collectors.metrics import AGENT_METRICS
from collectors.records import AgentSnapshot, Flags, Harvest, Turn
from collectors.simulator import Settings, Simulator
from collectors.simulator.answers import SILENCE
from collectors.simulator.container_lives import containers_of
from collectors.sources import SOURCES_BY_NAME, summary
from collectors.sources.agents import decode_snapshot
from collectors.sources.flags import decode_flags
from collectors.target import Kind, Target
from collectors.turns import agents_in
from tests.collectors.simulator.scene import NOW, Scene, Stage

LIVE = Path(__file__).resolve().parents[4] / "shared" / "live"
recordings = pytest.mark.skipif(not LIVE.is_dir(), reason="the recordings are not here")
COUNTERS = [metric.name for metric in AGENT_METRICS if metric.kind == "counter"]


def path_of(scene: Scene, host: str, path: str = "/metrics/snapshot") -> str:
    agent_id = next(agent.agent_id for agent in scene.world.plan.agents if agent.host == host)
    return f"/agent/{agent_id}{path}"


def told(scene: Scene, host: str) -> dict[str, float]:
    """The agent's snapshot, through Admin Router."""
    values: dict[str, float] = scene.read(path_of(scene, host))
    return values


def listed(scene: Scene) -> dict[str, dict[str, Any]]:
    return {agent["hostname"]: agent for agent in scene.read("/mesos/state-summary")["slaves"]}


def commands_on(scene: Scene, host: str) -> int:
    """Executors that Mesos adds to tasks and no leader counts: those of all tasks that are no pods."""
    agent = next(agent for agent in scene.world.plan.agents if agent.host == host)
    roots = [each for each in containers_of(scene.world, agent, scene.now) if not each.parent_id]
    return sum(each.slot.app.tasks == 1 for each in roots)


def test_an_agent_allocates_and_runs_what_the_leader_says_of_it(scene: Scene) -> None:
    leader = listed(scene)
    assert len(leader) == 12
    for host, known in leader.items():
        own = told(scene, host)
        for name, of_an_executor in (("cpus", 0.1), ("mem", 32), ("disk", 0), ("gpus", 0)):
            assert own[f"slave/{name}_total"] == known["resources"][name]
            more = own[f"slave/{name}_used"] - known["used_resources"][name]
            assert more == pytest.approx(of_an_executor * commands_on(scene, host))
        assert own["slave/tasks_running"] == known["TASK_RUNNING"]
        assert own["slave/tasks_staging"] == known["TASK_STAGING"]
        assert own["slave/registered"] == 1


def test_an_agents_host_is_the_machine_that_measures_itself(scene: Scene) -> None:
    host = scene.agents[0]
    points = scene.read(
        path_of(scene, host).replace("/agent", "/system/v1/agent").replace("/metrics/snapshot", "") + "/metrics/v0/node"
    )
    machine = {point["name"]: point["value"] for point in points["datapoints"] if "tags" not in point}
    own = told(scene, host)
    assert own["system/mem_total_bytes"] == machine["memory.total"]
    assert own["system/cpus_total"] == machine["cpu.cores"]
    assert own["system/load_1min"] == pytest.approx(machine["load.1min"], rel=0.2)


def test_a_process_that_starts_again_counts_from_the_beginning_and_keeps_its_tasks(scene: Scene) -> None:
    host = scene.agents[0]
    before = told(scene, host)
    scene.failures.kill_agent(host)
    assert scene.ask(path_of(scene, host)).status == 502
    scene.now += 30
    scene.failures.restart_agent(host)
    scene.now += 10
    after = told(scene, host)
    assert before["slave/uptime_secs"] > 86_400 > 10 == after["slave/uptime_secs"]
    assert before["slave/tasks_finished"] + before["slave/tasks_killed"] > 0
    assert after["slave/tasks_finished"] == after["slave/tasks_killed"] == after["slave/executors_terminated"] == 0
    assert after["slave/tasks_running"] > 0


def test_an_agent_says_itself_that_no_master_has_taken_it_back_yet(scene: Scene) -> None:
    host = scene.agents[0]
    scene.failures.kill_agent(host)
    scene.now += 300
    scene.failures.restart_agent(host)
    assert told(scene, host)["slave/registered"] == 0
    scene.now += 5
    assert told(scene, host)["slave/registered"] == 1


def test_without_a_leader_agents_are_not_registered_and_their_tasks_go_on(scene: Scene) -> None:
    host = scene.agents[0]
    scene.failures.kill_leader()
    scene.now += 5
    own = json.loads(scene.body("/metrics/snapshot", listener=host))
    assert own["slave/registered"] == 0 and own["slave/tasks_running"] > 0


def test_counters_never_fall_in_one_life(scene: Scene) -> None:
    host, before = scene.agents[0], dict.fromkeys(COUNTERS, -1.0)
    for _ in range(48):
        after = told(scene, host)
        assert all(after[name] >= before[name] for name in COUNTERS)
        before, scene.now = after, scene.now + 1_800
    assert after["slave/tasks_finished"] > 0


def test_an_agent_that_hangs_gives_no_answer_at_all(scene: Scene) -> None:
    scene.failures.hang_agent(scene.agents[0])
    assert scene.ask(path_of(scene, scene.agents[0])) is SILENCE
    assert scene.ask("/flags", listener=scene.agents[0]) is SILENCE
    scene.failures.restart_agent(scene.agents[0])
    assert told(scene, scene.agents[0])["slave/uptime_secs"] > 86_400


def test_the_routers_own_answers_are_its_texts_and_pages(stage: Stage) -> None:
    scene = stage(token="secret")
    path = path_of(scene, scene.agents[0])
    assert scene.ask(path).status == 401
    assert scene.ask(path, authorization="token=secret").status == 200
    unknown = scene.ask("/agent/none-S9/flags", authorization="token=secret")
    assert (unknown.status, unknown.body) == (404, b"404 Not Found: agent `none-S9` unknown.")


@pytest.mark.parametrize("path", ["/metrics/snapshot", "/slave(1)/metrics/snapshot"])
def test_an_agents_own_port_asks_for_no_token(path: str, stage: Stage) -> None:
    scene = stage(token="secret")
    assert json.loads(scene.body(path, listener=scene.agents[3]))["slave/registered"] == 1


def test_an_agent_knows_its_own_paths_and_methods(scene: Scene) -> None:
    host = scene.agents[0]
    assert scene.ask("/health", listener=host).body == b""
    assert scene.read("/version", listener=host)["version"] == "1.11.0"
    assert scene.ask("/master/state-summary", listener=host).status == 404
    assert scene.ask("/api/v1", listener=host).status == 405


def test_flags_agree_with_the_cluster_they_are_of(scene: Scene) -> None:
    dropped: Counter[str] = Counter()
    masters = [decode_flags(scene.body("/flags", listener=host), dropped) for host in scene.masters]
    ping, most = masters[0]["agent_ping_timeout"], masters[0]["max_agent_ping_timeouts"]
    timing = scene.world.timing
    assert float(ping.removesuffix("secs")) * int(most) == timing.ping_timeout_seconds
    assert masters[0]["zk_session_timeout"] == f"{timing.election_seconds:g}secs"
    assert masters[0] == masters[1] == masters[2] and not dropped
    for agent in scene.world.plan.agents:
        flags = decode_flags(scene.body(path_of(scene, agent.host, "/flags")), dropped)
        assert flags["attributes"].startswith(f"rack:{agent.attributes['rack']}")
        assert not declares_resources(flags)


@recordings
def test_an_agent_has_exactly_the_recorded_metric_names(scene: Scene) -> None:
    real = json.loads((LIVE / "31-dcos-nodes-running/127.0.0.21-5051/metrics_snapshot.json").read_bytes())
    ours = told(scene, scene.agents[0])
    assert ours.keys() == real.keys()
    assert {type(value) for value in ours.values()} == {float}


@recordings
@pytest.mark.parametrize("listener", ["127.88.0.11", "127.88.1.21"])
def test_every_flag_is_one_that_real_processes_print(listener: str, scene: Scene) -> None:
    port = "5050" if listener.startswith("127.88.0") else "5051"
    real = {name for path in LIVE.glob(f"*/*-{port}/flags.json") for name in flags_in(path)}
    ours = scene.read("/flags", listener=listener)["flags"]
    assert ours.keys() - real <= {
        "agent_removal_rate_limit",
        "image_providers",
    }  # set by DC/OS, not where it was recorded
    assert {type(value) for value in ours.values()} == {str}


def flags_in(path: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(path.read_bytes())["flags"]
    except ValueError:
        return {}
    return found


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings(agents=4, with_stories=False)).running() as running:
        yield running


def harvested(simulator: Simulator, kind: Kind, source: str) -> Harvest:
    """All agents of the summary, asked the way this kind of cluster is."""
    url = simulator.router_url if kind is Kind.DCOS else simulator.master_urls[0]
    target = Target(kind, url, tuple(simulator.master_urls[1:]) if kind is Kind.MESOS else ())
    agents = agents_in(summary.SOURCE.poll(target, Turn(tick=1, period_seconds=1)).records)
    return SOURCES_BY_NAME[source].poll(target, Turn(tick=0, period_seconds=60, agents=agents))


@pytest.mark.parametrize("kind", Kind)
def test_the_collector_reads_every_agent_either_way(kind: Kind, simulator: Simulator) -> None:
    harvest = harvested(simulator, kind, "agents")
    found = [record for record in harvest.records if isinstance(record, AgentSnapshot)]
    assert [record.agent_id for record in found] == [agent.agent_id for agent in simulator.world.plan.agents]
    assert all(record.registered and len(record.metrics) == len(AGENT_METRICS) for record in found)
    assert (harvest.outcome, harvest.dropped) == (Outcome.OK, {})
    assert {node.direct for node in harvest.nodes} == {kind is Kind.MESOS}


@pytest.mark.parametrize("kind", Kind)
def test_the_collector_reads_the_flags_of_all_processes_either_way(kind: Kind, simulator: Simulator) -> None:
    harvest = harvested(simulator, kind, "flags")
    found = {record.host: record.flags for record in harvest.records if isinstance(record, Flags)}
    assert harvest.outcome is Outcome.OK
    agents = {agent.host for agent in simulator.world.plan.agents}
    assert {host for host, flags in found.items() if "isolation" in flags} == agents
    assert {host for host, flags in found.items() if "quorum" in flags} == {
        master.host for master in simulator.world.plan.masters
    }


@pytest.mark.parametrize("kind", Kind)
def test_one_dead_and_one_hung_agent_are_named_and_the_others_read(kind: Kind, simulator: Simulator) -> None:
    dead, hung, *others = [agent.host for agent in simulator.world.plan.agents]
    simulator.cue("kill_agent", host=dead)
    simulator.cue("hang_agent", host=hung)
    harvest = harvested(simulator, kind, "agents")
    fates = {node.host: node.outcome for node in harvest.nodes}
    refusal = Outcome.REFUSED if kind is Kind.MESOS else Outcome.SERVER_ERROR
    assert fates == {dead: refusal, hung: Outcome.TIMEOUT_HEADERS, **dict.fromkeys(others, Outcome.OK)}


def test_faults_apply_to_an_agent_as_to_everybody(simulator: Simulator) -> None:
    first = simulator.world.plan.agents[0]
    simulator.fault(f"/agent/{first.agent_id}/metrics/snapshot", "nan", "slave/cpus_used")
    simulator.fault("/flags", "403", listener=first.host)
    harvest = harvested(simulator, Kind.DCOS, "agents")
    assert harvest.dropped == {"metric: not a finite number": 1}
    fates = {node.host: node.outcome for node in harvested(simulator, Kind.MESOS, "flags").nodes}
    assert fates[first.host] is Outcome.FORBIDDEN and list(fates.values()).count(Outcome.OK) == 6


def test_without_its_registration_an_answer_is_no_agents(simulator: Simulator) -> None:
    simulator.fault("/metrics/snapshot", "missing", "slave/registered", listener=simulator.world.plan.agents[0].host)
    (bad, *_) = harvested(simulator, Kind.MESOS, "agents").nodes
    assert bad.outcome is Outcome.WRONG_SHAPE


def test_a_masters_snapshot_is_no_agents(scene: Scene) -> None:
    with pytest.raises(PollError, match="no Mesos agent"):
        decode_snapshot(scene.body("/mesos/metrics/snapshot"), Counter())
    assert decode_snapshot(scene.body(path_of(scene, scene.agents[0])), Counter())["slave/uptime_secs"] < NOW
