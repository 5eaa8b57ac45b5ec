from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.records import Bounds, ClusterRoles, Resources, RoleSummary, Turn
from collectors.sources.roles import SOURCE, decode_roles
from collectors.target import Kind, Target
from tests.collectors.conftest import Stage
from tests.faults import server as fault

SHARED = Path(__file__).resolve().parents[4] / "shared"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MIB = 1024**2
TURN = Turn(tick=60, period_seconds=60)


def decoded(*roles: Any) -> tuple[ClusterRoles, dict[str, int]]:
    return decode_roles(json.dumps({"roles": roles}).encode(), NOW)


def one(**said: Any) -> RoleSummary:
    found, dropped = decoded({"name": "dev", **said})
    assert not dropped
    return found.roles[0]


def test_what_is_not_named_is_none_of_it_and_megabytes_become_bytes() -> None:
    role = one(allocated={"cpus": 1.5, "mem": 64.0, "ports": 3.0}, offered={}, reserved={"disk": 2})
    assert role.allocated == Resources(cpus=1.5, mem_bytes=64 * MIB)
    assert (role.offered, role.reserved) == (Resources(), Resources(disk_bytes=2 * MIB))


def test_an_old_masters_resources_are_both_allocated_and_offered_so_offered_is_not_known() -> None:
    role = one(resources={"cpus": 2, "gpus": 0, "mem": 1, "disk": 0}, weight=2.5, frameworks=["a", "b", "a"])
    assert role.allocated == Resources(cpus=2.0, mem_bytes=MIB)
    assert (role.offered, role.reserved, role.weight, role.frameworks) == (None, None, 2.5, ("a", "b"))


def test_a_role_without_amounts_is_not_a_role_that_holds_nothing() -> None:
    assert one().allocated is None
    assert one(allocated={}).allocated == Resources()


def test_an_old_quota_has_a_guarantee_and_no_limit_and_a_new_one_what_it_names() -> None:
    old = one(quota={"role": "dev", "guarantee": {"cpus": 4.0, "mem": 512.0}, "principal": "ops"})
    assert (old.guarantee, old.limit) == (Bounds(cpus=4.0, mem_bytes=512 * MIB), Bounds())
    new = one(quota={"role": "dev", "guarantee": {}, "limit": {"gpus": 0}, "consumed": {"cpus": 9}})
    assert (new.guarantee, new.limit) == (Bounds(), Bounds(gpus=0.0))


def test_a_role_that_cannot_be_read_or_comes_twice_is_dropped_with_the_reason_and_the_others_stay() -> None:
    found, dropped = decoded(
        {"name": "a"}, {"name": ""}, {"weight": 1}, {"name": "a"}, {"name": "b", "allocated": {"cpus": -1}}
    )
    assert [role.name for role in found.roles] == ["a"]
    assert sorted(dropped.values()) == [1, 1, 1, 1]
    assert "role: named twice" in dropped


def test_an_id_that_is_none_is_dropped_alone() -> None:
    found, dropped = decoded({"name": "a", "frameworks": ["x", 7, None, ""]})
    assert found.roles[0].frameworks == ("x",)
    assert sum(dropped.values()) == 2


@pytest.mark.parametrize("body", [b"{}", b'{"roles": null}', b"[]"])
def test_another_shape_is_refused_with_the_reason(body: bytes) -> None:
    with pytest.raises(PollError) as caught:
        decode_roles(body, NOW)
    assert caught.value.outcome is Outcome.WRONG_SHAPE


def test_the_leader_is_asked_wherever_it_is_found(stage: Stage) -> None:
    leader = stage.server({"/master/roles": fault.document({"roles": [{"name": "*", "allocated": {"cpus": 1}}]})})
    sent_on = fault.redirect(f"//127.0.0.1:{leader.port}/master/roles")
    follower = stage.server({"/master/roles": sent_on})
    harvest = SOURCE.poll(Target(Kind.MESOS, follower.url, (leader.url,)), TURN)
    (record,) = harvest.records
    assert isinstance(record, ClusterRoles)
    assert (record.roles[0].name, harvest.requests, harvest.outcome) == ("*", 2, Outcome.OK)


def recorded(pattern: str) -> list[Any]:
    found = sorted(SHARED.glob(pattern))
    if not found:
        return [pytest.param(None, marks=pytest.mark.skip(reason="no recordings beside the repository"))]
    return [pytest.param(path, id="/".join(path.parts[-3:])) for path in found]


@pytest.mark.parametrize("path", [*recorded("live/*/*-5050/roles.json"), *recorded("captures/dcos/roles-quota.json")])
def test_a_recorded_answer_keeps_every_amount(path: Path) -> None:
    found, dropped = decode_roles(path.read_bytes(), NOW)
    said = {role["name"]: role for role in json.loads(path.read_bytes())["roles"]}
    assert not dropped and {role.name for role in found.roles} == set(said)
    for role in found.roles:
        raw = said[role.name]
        amounts, quota = raw.get("allocated", raw.get("resources")), raw.get("quota", {})
        assert (role.allocated is None) == (amounts is None)
        if role.allocated is not None:
            assert (role.allocated.cpus, role.allocated.mem_bytes) == (
                amounts.get("cpus", 0),
                amounts.get("mem", 0) * MIB,
            )
        assert role.guarantee.cpus == quota.get("guarantee", {}).get("cpus")
        assert role.limit.gpus == quota.get("limit", {}).get("gpus")
        assert list(role.frameworks) == raw.get("frameworks", [])
