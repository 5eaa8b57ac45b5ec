from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import ClusterRegistry, MachineMode, Mode, Turn
from collectors.sources.registry import SOURCE, decode_registry
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.faults import server as fault

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TURN = Turn(tick=60, period_seconds=60)
MASTER = {"info": {"id": "m", "ip": 16777343, "port": 5050, "pid": "master@127.0.0.1:5050", "hostname": "m1"}}
PATH = "/registrar(1)/registry"


def nanoseconds(at: datetime) -> dict[str, int]:
    return {"nanoseconds": int(at.timestamp()) * 10**9}


def left(agent_id: Any, at: datetime = NOW) -> dict[str, Any]:
    return {"id": {"value": agent_id}, "timestamp": nanoseconds(at)}


def machine(mode: str = "DRAINING", *, start: datetime = NOW, hours: float | None = 2, **named: str) -> dict[str, Any]:
    lasts = {} if hours is None else {"duration": {"nanoseconds": int(hours * 3600 * 10**9)}}
    return {"info": {"id": named, "mode": mode, "unavailability": {"start": nanoseconds(start), **lasts}}}


def document(**said: Any) -> dict[str, Any]:
    lists = ("slaves", "unreachable", "gone")
    return {"master": MASTER, **{key: {"slaves": said[key]} if key in lists else said[key] for key in said}}


def decoded(**said: Any) -> tuple[ClusterRegistry, dict[str, int]]:
    return decode_registry(json.dumps(document(**said)).encode(), NOW)


def test_who_is_unreachable_and_who_was_marked_gone_is_told_with_mesos_own_times() -> None:
    earlier = NOW - timedelta(minutes=7)
    found, dropped = decoded(
        slaves=[{"info": {"id": {"value": "S0"}, "hostname": "a", "resources": [{"name": "cpus"}]}}],
        unreachable=[left("S1", earlier)],
        gone=[left("S2"), {"id": {"value": "S3"}}],
    )
    assert not dropped
    assert (found.taken_at, found.admitted) == (NOW, ("S0",))
    assert (found.unreachable, found.gone) == ({"S1": earlier}, {"S2": NOW, "S3": None})


def test_a_machine_has_its_mode_and_the_window_of_its_maintenance() -> None:
    machines = [
        machine(ip="10.0.0.1"),
        machine("DOWN", hours=None, hostname="a2"),
        {"info": {"id": {"ip": "10.0.0.3"}}},
    ]
    found, dropped = decoded(machines={"machines": machines})
    assert not dropped
    draining, down, up = found.machines
    assert (draining.mode, draining.begins_at, draining.ends_at) == (Mode.DRAINING, NOW, NOW + timedelta(hours=2))
    assert (down.hostname, down.mode, down.ends_at) == ("a2", Mode.DOWN, None)
    assert (up.mode, up.begins_at) == (Mode.UP, None)


@pytest.mark.parametrize(
    ("ip", "hostname", "is_its"),
    [
        ("10.0.0.1", "", True),
        ("", "Host-1", True),
        ("10.0.0.1", "host-1", True),
        ("10.0.0.1", "host-2", False),
        ("10.0.0.2", "", False),
        ("", "", False),
    ],
)
def test_a_machine_is_an_agents_where_all_that_was_given_of_it_agrees(ip: str, hostname: str, is_its: bool) -> None:
    one = MachineMode(hostname=hostname, ip=ip, mode=Mode.DOWN, begins_at=None, ends_at=None)
    assert one.is_of(host="10.0.0.1", hostname="host-1") is is_its


def test_what_is_left_out_is_empty_as_it_is_in_every_version() -> None:
    found, dropped = decoded()
    assert not dropped
    assert (found.admitted, found.unreachable, found.gone, found.machines) == ((), {}, {}, ())


def test_an_entry_that_cannot_be_read_is_dropped_with_the_reason_and_the_others_stay() -> None:
    found, dropped = decoded(
        slaves=[{"info": {}}, {"info": {"id": {"value": "S0"}}}],
        unreachable=[left(7), left(""), left("S1")],
        gone=["S2"],
        machines={"machines": [machine("ON FIRE", ip="10.0.0.1"), machine(ip="10.0.0.2")]},
    )
    assert (found.admitted, list(found.unreachable), found.gone) == (("S0",), ["S1"], {})
    assert [one.ip for one in found.machines] == ["10.0.0.2"]
    assert sum(dropped.values()) == 5


@pytest.mark.parametrize("nanoseconds", [0, -1, 1e30, None])
def test_a_time_that_is_none_is_not_told(nanoseconds: float | None) -> None:
    entry = {"id": {"value": "S1"}, "timestamp": {"nanoseconds": nanoseconds}}
    assert decoded(unreachable=[entry])[0].unreachable == {"S1": None}


def test_a_master_that_never_led_has_no_registry_and_is_not_believed_to_know_nobody() -> None:
    with pytest.raises(PollError) as caught:
        decode_registry(b"{}", NOW)
    assert caught.value.outcome is Outcome.NOT_LEADER


@pytest.mark.parametrize("body", [b"[]", b'{"master": {"info": {}}, "unreachable": []}'])
def test_another_shape_is_refused_with_the_reason(body: bytes) -> None:
    with pytest.raises(PollError) as caught:
        decode_registry(body, NOW)
    assert caught.value.outcome is Outcome.WRONG_SHAPE


def test_on_dcos_the_leader_behind_the_router_is_asked(stage: Stage) -> None:
    router = stage.server({f"/mesos{PATH}": fault.document(document(gone=[left("S2")]))})
    harvest = SOURCE.poll(Target(Kind.DCOS, router.url), TURN)
    assert [record.gone for record in harvest.records if isinstance(record, ClusterRegistry)] == [{"S2": NOW}]
    assert harvest.requests == 1


def test_on_mesos_the_leader_that_a_follower_names_is_asked(stage: Stage) -> None:
    leader = stage.server({PATH: fault.document(document(unreachable=[left("S1")]))})
    follower = stage.server({"/redirect": fault.redirect(f"//127.0.0.1:{leader.port}"), PATH: fault.document({})})
    harvest = SOURCE.poll(Target(Kind.MESOS, follower.url, (leader.url,)), TURN)
    (record,) = harvest.records
    assert isinstance(record, ClusterRegistry)
    assert (record.unreachable, harvest.outcome) == ({"S1": NOW}, Outcome.OK)


def test_a_cluster_without_the_path_says_that_it_is_not_found(stage: Stage) -> None:
    router = stage.server({})
    with pytest.raises(PollError) as caught:
        SOURCE.poll(Target(Kind.DCOS, router.url), TURN)
    assert caught.value.outcome is Outcome.NOT_FOUND
