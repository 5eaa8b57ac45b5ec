"""The machines of the simulated cluster, read as the collector reads them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from collectors.records import HostMetrics, Turn
from collectors.simulator import Settings, Simulator, World, machine_at, machines
from collectors.sources import nodes
from collectors.sources.node_datapoints import host_metrics, read
from collectors.target import Kind, Target
from tests.collectors.simulator.scene import NOW, Scene, Stage

LEADER, OWN = "/system/v1/leader/mesos/metrics/v0/node", "/system/v1/metrics/v0/node"
MIB = 1024**2


def path_of(scene: Scene, host: str) -> str:
    agent = next(agent for agent in scene.world.plan.agents if agent.host == host)
    return f"/system/v1/agent/{agent.agent_id}/metrics/v0/node"


def reading(body: Any, at: float = NOW) -> HostMetrics:
    dropped: Counter[str] = Counter()
    moment = datetime.fromtimestamp(at, UTC)
    found = host_metrics(
        read(msgspec.json.encode(body), dropped), host="x", role="agent", agent_id="", answered_at=moment
    )
    assert not dropped
    return found


def readings(world: World, at: float, generation: str = "dcos-metrics") -> dict[str, HostMetrics]:
    return {host: reading(body, at) for host, _, _, body in machines(world, at, generation=generation)}


def fullest(found: HostMetrics) -> float:
    return max((disk.used_bytes or 0) / ((disk.used_bytes or 0) + (disk.free_bytes or 0)) for disk in found.filesystems)


def test_every_machine_tells_every_metric_four_filesystems_and_its_own_interfaces(scene: Scene) -> None:
    for found in readings(scene.world, NOW).values():
        assert len(found.metrics) == 18
        assert len(found.filesystems) == 4 and len(found.interfaces) in (2, 3)
        assert found.filtered > 5 and found.generation == "dcos-metrics"
        assert 0 <= NOW - found.taken_at.timestamp() < 61


@pytest.mark.parametrize("hours", range(0, 24, 5))
def test_use_stays_below_allocation(hours: int, scene: Scene) -> None:
    at = NOW + 3_600 * hours
    allocated = {now.agent.host: now.used for now in scene.world.at(at).agents}
    found = readings(scene.world, at)
    for host, used in allocated.items():
        said = found[host].metrics
        memory = said["memory.total"] - said["memory.free"] - said["memory.buffers"] - said["memory.cached"]
        busy_milli = said["cpu.total"] / 100 * said["cpu.cores"] * 1_000
        assert 0.3 * used.cpus_milli < busy_milli < 0.75 * used.cpus_milli
        assert 0.5 * used.mem_mb * MIB < memory < used.mem_mb * MIB
        assert said["memory.free"] > 0 and said["memory.cached"] > memory / 20


def test_one_disk_fills_within_the_day_and_the_others_do_not(scene: Scene) -> None:
    day_before, now = readings(scene.world, NOW - 86_400), readings(scene.world, NOW)
    fuller = {host: (fullest(day_before[host]), fullest(now[host])) for host in now}
    (filling,) = [host for host, (_, after) in fuller.items() if after > 0.8]
    assert fuller[filling] == pytest.approx((0.88, 0.93), abs=0.001)


def test_the_same_moment_gives_the_same_answer_and_a_minute_a_new_one(stage: Stage) -> None:
    host = "127.88.1.21"
    first, again = stage().world, stage().world
    assert machine_at(first, NOW, host) == machine_at(again, NOW, host)
    minutes = [reading(machine_at(first, NOW + 60 * minute, host)).taken_at for minute in range(5)]
    assert {round((after - before).total_seconds()) for before, after in pairwise(minutes)} == {60}


def test_counters_never_fall_while_the_machine_runs(scene: Scene) -> None:
    host = scene.agents[0]
    moments = [NOW + 600 * step for step in range(30)]
    taken = [reading(machine_at(scene.world, at, host), at) for at in moments]
    for before, after in pairwise(taken):
        for was, now in zip(before.interfaces, after.interfaces, strict=True):
            assert now.in_bytes is not None and was.in_bytes is not None and now.in_bytes > was.in_bytes
            assert (now.out_errors or 0) >= (was.out_errors or 0)


def test_telegraf_tells_no_cores_and_no_id_and_counts_waiting_as_busy(scene: Scene) -> None:
    host = scene.agents[0]
    ours, theirs = (
        reading(machine_at(scene.world, NOW, host, generation=name)) for name in ("dcos-metrics", "telegraf")
    )
    body = machine_at(scene.world, NOW, host, generation="telegraf")
    assert body is not None and body["dimensions"]["mesos_id"] == ""
    assert theirs.generation == "telegraf" and theirs.taken_at.microsecond == 0
    assert theirs.metrics["cpu.total"] == pytest.approx(100 - ours.metrics["cpu.idle"])
    assert theirs.metrics["cpu.total"] > ours.metrics["cpu.total"]
    assert theirs.filesystems == ours.filesystems and theirs.filtered > ours.filtered


def test_a_dead_agent_process_leaves_its_machine_measuring(scene: Scene) -> None:
    host = scene.agents[0]
    scene.failures.kill_agent(host)
    scene.now += 600
    assert reading(scene.read(path_of(scene, host))).metrics["cpu.total"] > 1


def test_a_machine_that_is_off_is_the_proxys_page(scene: Scene) -> None:
    host = scene.agents[0]
    scene.failures.kill_node(host)
    assert scene.ask(path_of(scene, host)).status == 502
    assert scene.body(path_of(scene, host)).startswith(b"<html>")
    assert host not in readings(scene.world, NOW)


def test_after_a_boot_there_is_nothing_for_a_minute_and_then_counters_begin_again(scene: Scene) -> None:
    host = scene.agents[0]
    before = reading(machine_at(scene.world, NOW, host))
    scene.failures.kill_node(host)
    scene.now += 300
    scene.failures.restart_node(host)
    assert (scene.ask(path_of(scene, host)).status, scene.body(path_of(scene, host))) == (204, b"")
    assert host not in readings(scene.world, scene.now)
    scene.now += 120
    after = reading(scene.read(path_of(scene, host)))
    assert after.metrics["system.uptime"] <= 120 < before.metrics["system.uptime"]
    assert (after.interfaces[0].in_bytes or 0) < (before.interfaces[0].in_bytes or 0)


def test_an_agent_that_admin_router_does_not_know_is_a_line_of_text(scene: Scene) -> None:
    path = "/system/v1/agent/nobody-S0/metrics/v0/node"
    assert scene.ask(path).status == 404
    assert scene.body(path) == b"404 Not Found: agent `nobody-S0` unknown."


def test_masters_answer_for_the_leader_and_for_the_router(scene: Scene) -> None:
    scene.failures.kill_leader()
    scene.now += 60
    assert scene.read(LEADER)["dimensions"]["hostname"] == scene.leader != scene.masters[0]
    assert scene.read(OWN)["dimensions"]["hostname"] == scene.masters[0]


def test_a_masters_machine_agrees_with_its_own_snapshot(scene: Scene) -> None:
    said = reading(scene.read(OWN))
    at = said.taken_at.timestamp()
    scene.now = at
    snapshot = scene.read("/metrics/snapshot", listener=scene.masters[0])
    assert said.metrics["load.1min"] == pytest.approx(snapshot["system/load_1min"], abs=0.01)
    assert said.metrics["memory.total"] == snapshot["system/mem_total_bytes"]
    assert said.metrics["memory.free"] == pytest.approx(snapshot["system/mem_free_bytes"], rel=0.01)


def test_a_router_with_a_token_keeps_metrics_behind_it(stage: Stage) -> None:
    assert stage(token="secret").ask(OWN).status == 401


def test_the_service_says_that_it_is_there(scene: Scene) -> None:
    assert scene.read("/system/v1/metrics/v0/ping") == {"ok": True, "timestamp": "2027-01-15T08:00:00Z"}


def test_the_generation_is_a_setting() -> None:
    with Simulator(Settings(agents=1, generation="telegraf", with_stories=False)).running() as simulator:
        harvest = nodes.SOURCE.poll(Target(Kind.DCOS, simulator.router_url), Turn(tick=0, period_seconds=60))
    assert {record.generation for record in harvest.records if isinstance(record, HostMetrics)} == {"telegraf"}
