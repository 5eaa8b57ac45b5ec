from __future__ import annotations

import time

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import Harvest, MasterSnapshot, Turn
from collectors.sources.masters import SOURCE, decode_snapshot
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage, snapshot
from tests.faults import server as fault
from tests.faults.server import FaultServer

TURN = Turn(tick=0, period_seconds=10)
QUIET_TURN = Turn(tick=10, period_seconds=10, known_masters=("127.0.0.41",))


def masters_of(harvest: Harvest) -> dict[str, MasterSnapshot]:
    return {record.host: record for record in harvest.records if isinstance(record, MasterSnapshot)}


def router(stage: Stage, leader: str, *, elected: bool = True) -> FaultServer:
    """Admin Router in front of a leader, with two masters in diagnostics' list."""
    nodes = [{"host_ip": host, "role": "master", "health": 0} for host in (leader, "127.0.0.41")]
    listed = [*nodes, {"host_ip": "10.0.0.5", "role": "agent"}]
    return stage.server(
        {
            "/mesos/redirect": fault.redirect(f"//{leader}:5050"),
            "/mesos/metrics/snapshot": fault.document(snapshot(elected=elected)),
            "/mesos/version": fault.document({"version": "1.9.0"}),
            "/system/health/v1/nodes": fault.document({"nodes": listed}),
        }
    )


def test_every_master_given_is_asked_and_says_whether_it_leads(stage: Stage) -> None:
    leader, standby = stage.master("127.0.0.41", elected=True), stage.master("127.0.0.42", elected=False)
    harvest = SOURCE.poll(Target(Kind.MESOS, standby.url, (leader.url,)), TURN)
    found = masters_of(harvest)
    assert {host: master.elected for host, master in found.items()} == {"127.0.0.41": True, "127.0.0.42": False}
    assert found["127.0.0.41"].port == leader.port
    assert found["127.0.0.41"].version == "1.11.0"
    assert found["127.0.0.41"].uptime_seconds == 42.5
    assert harvest.outcome is Outcome.OK
    assert (harvest.requests, harvest.bytes_read > 0) == (4, True)


def test_the_time_limit_that_drops_metrics_is_never_sent(stage: Stage) -> None:
    master = stage.master(elected=True)
    SOURCE.poll(Target(Kind.MESOS, master.url), TURN)
    assert master.paths == ["/metrics/snapshot", "/version"]


def test_one_url_is_enough_to_find_the_leader(stage: Stage) -> None:
    leader = stage.master("127.0.0.41", elected=True)
    standby = stage.master("127.0.0.42", elected=False, port=leader.port)
    standby.scripts["/redirect"] = fault.redirect(f"//127.0.0.41:{leader.port}")
    harvest = SOURCE.poll(Target(Kind.MESOS, standby.url, token="t"), TURN)
    assert masters_of(harvest)["127.0.0.41"].elected
    assert all("authorization" not in request.headers for request in leader.seen)


def test_a_silent_master_is_named_and_the_others_stay(stage: Stage) -> None:
    leader = stage.master("127.0.0.41", elected=True)
    dead = f"http://127.0.0.42:{fault.free_port()}"
    harvest = SOURCE.poll(Target(Kind.MESOS, leader.url, (dead,)), TURN)
    assert list(masters_of(harvest)) == ["127.0.0.41"]
    assert {node.host: node.outcome for node in harvest.nodes} == {
        "127.0.0.41": Outcome.OK,
        "127.0.0.42": Outcome.REFUSED,
    }
    assert harvest.outcome is Outcome.PARTIAL


def test_no_master_that_answers_is_a_failed_poll(stage: Stage) -> None:
    urls = [f"http://127.0.0.{host}:{fault.free_port()}" for host in (41, 42)]
    with pytest.raises(PollError) as caught:
        SOURCE.poll(Target(Kind.MESOS, urls[0], (urls[1],)), TURN)
    assert caught.value.outcome is Outcome.REFUSED
    assert [node.outcome for node in caught.value.nodes] == [Outcome.REFUSED, Outcome.REFUSED]


def test_three_hung_masters_cost_no_more_than_one(stage: Stage) -> None:
    hung = [stage.server({"/metrics/snapshot": fault.hang}, f"127.0.0.{host}") for host in (41, 42, 43)]
    leader = stage.master(elected=True)
    started = time.monotonic()
    harvest = SOURCE.poll(Target(Kind.MESOS, leader.url, tuple(server.url for server in hung)), TURN)
    assert time.monotonic() - started < fault.HUNG_SECONDS / 2
    assert len(masters_of(harvest)) == 1
    assert [node.outcome for node in harvest.nodes[1:]] == [Outcome.TIMEOUT_HEADERS] * 3


def test_a_master_without_a_version_is_still_a_master(stage: Stage) -> None:
    master = stage.server({"/metrics/snapshot": fault.document(snapshot(elected=True))})
    assert masters_of(SOURCE.poll(Target(Kind.MESOS, master.url), TURN))["127.0.0.1"].version is None


def test_the_dcos_leader_answers_through_admin_router_and_only_there(stage: Stage) -> None:
    direct = stage.master("127.0.0.41", elected=False)
    front = router(stage, "127.0.0.40")
    target = Target(Kind.DCOS, front.url, (direct.url,), "secret")
    harvest = SOURCE.poll(target, TURN)
    assert {host: master.elected for host, master in masters_of(harvest).items()} == {
        "127.0.0.40": True,
        "127.0.0.41": False,
    }
    assert [(node.host, node.direct) for node in harvest.nodes] == [("127.0.0.40", False), ("127.0.0.41", True)]
    assert all(request.headers["authorization"] == "token=secret" for request in front.seen)
    assert all("authorization" not in request.headers for request in direct.seen)


def test_masters_that_diagnostics_lists_are_tried_at_their_own_port(stage: Stage) -> None:
    front = router(stage, "127.0.0.40")
    harvest = SOURCE.poll(Target(Kind.DCOS, front.url), TURN)
    other = harvest.nodes[1]
    assert (other.host, other.port, other.outcome, other.direct) == ("127.0.0.41", 5050, Outcome.REFUSED, True)
    assert other.detail.startswith("Not reachable from here: ")
    assert list(masters_of(harvest)) == ["127.0.0.40"]


def test_known_masters_spare_the_list_of_nodes_between_full_minutes(stage: Stage) -> None:
    front = router(stage, "127.0.0.40")
    harvest = SOURCE.poll(Target(Kind.DCOS, front.url), QUIET_TURN)
    assert "/system/health/v1/nodes" not in front.paths
    assert [node.host for node in harvest.nodes] == ["127.0.0.40", "127.0.0.41"]


def test_a_router_that_still_leads_to_the_old_leader_is_not_believed(stage: Stage) -> None:
    front = router(stage, "127.0.0.40", elected=False)
    direct = stage.master("127.0.0.41", elected=True)
    harvest = SOURCE.poll(Target(Kind.DCOS, front.url, (direct.url,)), TURN)
    assert list(masters_of(harvest)) == ["127.0.0.41"]
    assert harvest.nodes[0].outcome is Outcome.NOT_LEADER


def test_without_admin_router_the_masters_own_ports_still_answer(stage: Stage) -> None:
    direct = stage.master("127.0.0.41", elected=True)
    target = Target(Kind.DCOS, f"http://127.0.0.1:{fault.free_port()}", (direct.url,))
    harvest = SOURCE.poll(target, TURN)
    assert list(masters_of(harvest)) == ["127.0.0.41"]
    assert harvest.outcome is Outcome.PARTIAL
    assert "Admin Router" in harvest.notes[0]


def test_hostile_host_names_are_never_asked(stage: Stage) -> None:
    front = router(stage, "127.0.0.40")
    hosts = [
        "../../x",
        "a b",
        "evil\r\nHost: x",
        "a:b",
        "169.254.169.254",
        *(f"127.9.0.{number}" for number in range(20)),
    ]
    nodes = [{"host_ip": host, "role": "master"} for host in hosts]
    front.scripts["/system/health/v1/nodes"] = fault.document({"nodes": nodes})
    harvest = SOURCE.poll(Target(Kind.DCOS, front.url), TURN)
    assert harvest.dropped == {"master: unsafe host name": 5, "master: more than 9": 12}
    assert len(harvest.nodes) == 9


def test_an_agents_metrics_are_no_masters() -> None:
    with pytest.raises(PollError) as caught:
        decode_snapshot(b'{"slave/registered": 1}')
    assert caught.value.outcome is Outcome.WRONG_SHAPE
