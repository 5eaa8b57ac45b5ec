"""A cluster that fails on cue while it is polled: each failure becomes one incident of its kind, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from collectors.simulator import Settings, Simulator
from collectors.simulator.incidents import Timing
from dashboard import polling
from dashboard.incidents.follow import follow
from dashboard.models import Cluster, Incident, Node
from dashboard.store import clusters
from tests.slow_clock import SlowClock

pytestmark = pytest.mark.django_db(transaction=True)
QUICK = Timing(ping_timeout_seconds=2.0, election_seconds=1.0, reregister_seconds=0.5, pull_seconds=0.5)
CLOCK = SlowClock()
OF_HOSTS = {"dcos": ("nodes", "agents", "component_health"), "mesos": ("agents",)}


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    CLOCK.rules(monkeypatch)
    with Simulator(Settings(with_stories=False, timing=QUICK, clock=CLOCK.seconds)).running() as running:
        yield running


@pytest.fixture(params=["dcos", "mesos"])
def cluster(request: pytest.FixtureRequest, simulator: Simulator) -> Cluster:
    urls = [simulator.router_url] if request.param == "dcos" else simulator.master_urls
    wanted = Cluster(name="sim", kind=request.param, url=urls[0])
    made = clusters.save(wanted, master_urls=urls[1:], token=None, now=CLOCK.now())
    look(made)
    look(made)
    ask_hosts(made, simulator)
    assert told() == []
    return made


def look(cluster: Cluster) -> None:
    for source in ("masters", "summary", "registry"):
        polling.poll_now(cluster, source, clock=CLOCK.now)
    follow(cluster.pk, CLOCK.now())


def ask_hosts(cluster: Cluster, simulator: Simulator) -> None:
    CLOCK.pass_seconds(simulator, QUICK.pull_seconds)
    for source in OF_HOSTS[cluster.kind]:
        polling.poll_now(cluster, source, clock=CLOCK.now)
    follow(cluster.pk, CLOCK.now())


def told() -> list[tuple[str, str, str]]:
    return [(one.kind, one.name, one.state) for one in Incident.objects.order_by("pk")]


def a_host() -> str:
    return Node.objects.order_by("host")[0].host


def test_a_killed_agent_is_a_failed_process_until_it_is_back(cluster: Cluster, simulator: Simulator) -> None:
    host = a_host()
    simulator.cue("kill_agent", host=host)
    look(cluster)
    ask_hosts(cluster, simulator)
    assert told() == [("agent_process", host, "open")]
    CLOCK.pass_seconds(simulator, QUICK.ping_timeout_seconds + 0.3)
    look(cluster)
    declared = Incident.objects.get()
    assert declared.declared_at is not None and declared.began_at <= declared.declared_at
    simulator.cue("restart_agent", host=host)
    CLOCK.pass_seconds(simulator, QUICK.reregister_seconds + 0.5)
    look(cluster)
    assert told() == [("agent_process", host, "recovered")]


@pytest.mark.parametrize("cluster", ["dcos"], indirect=True)
def test_a_machine_that_is_off_is_a_lost_host(cluster: Cluster, simulator: Simulator) -> None:
    host = a_host()
    simulator.cue("kill_node", host=host)
    look(cluster)
    ask_hosts(cluster, simulator)
    assert told() == [("host", host, "open")]


def test_a_hung_agent_is_a_failed_process_though_mesos_lists_it_to_the_last(
    cluster: Cluster, simulator: Simulator
) -> None:
    host = a_host()
    simulator.cue("hang_agent", host=host)
    ask_hosts(cluster, simulator)
    assert told() == []
    if cluster.kind == "dcos":  # through Admin Router only the machine's own answer tells that it lives
        polling.poll_now(cluster, "nodes", clock=CLOCK.now)
    CLOCK.pass_seconds(simulator, QUICK.ping_timeout_seconds)
    look(cluster)
    assert told() == [("agent_process", host, "open")]
    incident = Incident.objects.get()
    assert incident.declared_at is not None and incident.last_good_at is not None
    assert incident.last_good_at < incident.began_at <= incident.declared_at


def test_a_killed_leader_is_one_failure_of_the_masters(cluster: Cluster, simulator: Simulator) -> None:
    leader = cluster_now().leader_host
    simulator.cue("kill_leader")
    look(cluster)
    CLOCK.pass_seconds(simulator, QUICK.election_seconds + 0.2)
    for _ in range(3):
        look(cluster)
        CLOCK.pass_seconds(simulator, QUICK.reregister_seconds)
    look(cluster)
    assert told() == [("master", leader, "recovered")]
    simulator.cue("restart_master", host=leader)
    CLOCK.pass_seconds(simulator, 0.5)
    look(cluster)
    assert told() == [("master", leader, "recovered")]


def test_what_operators_do_to_agents_is_no_failure(cluster: Cluster, simulator: Simulator) -> None:
    hosts = [node.host for node in Node.objects.order_by("host")[:4]]
    simulator.cue("drain_agent", host=hosts[0])
    simulator.cue("deactivate_agent", host=hosts[1])
    simulator.cue("mark_agent_gone", host=hosts[2])
    simulator.cue("schedule_maintenance", host=hosts[3], in_seconds="0", seconds="60")
    look(cluster)
    simulator.cue("start_maintenance", host=hosts[3])
    look(cluster)
    CLOCK.pass_seconds(simulator, QUICK.ping_timeout_seconds + 0.3)
    look(cluster)
    assert told() == []


def test_schedulers_and_tasks_fail_as_themselves(cluster: Cluster, simulator: Simulator) -> None:
    simulator.cue("disconnect_framework", name="kafka")
    simulator.cue("tear_down_framework", name="spark")
    simulator.cue("fail_tasks", name="cassandra", per_hour="36000")
    CLOCK.pass_seconds(simulator, 1)
    look(cluster)
    assert sorted(told()) == [("scheduler", "kafka", "open"), ("task", "cassandra", "open")]
    simulator.cue("reconnect_framework", name="kafka")
    look(cluster)
    assert ("scheduler", "kafka", "recovered") in told()


def cluster_now() -> Cluster:
    return Cluster.objects.get()
