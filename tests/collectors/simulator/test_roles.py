"""`/roles` tells of the same cluster as `/state-summary` and the leader's metrics, in the form of real masters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.collectors.simulator.scene import Scene, Stage

LIVE = Path(__file__).resolve().parents[4] / "shared" / "live"
NAMES = ("cpus", "mem", "disk", "gpus")


def roles(scene: Scene) -> dict[str, dict[str, Any]]:
    return {role["name"]: role for role in scene.read("/mesos/master/roles")["roles"]}


def test_roles_hold_together_what_frameworks_and_agents_have(scene: Scene) -> None:
    summary = scene.read("/mesos/state-summary")
    found = roles(scene)
    for name in NAMES:
        held = sum(role["allocated"].get(name, 0) for role in found.values())
        assert held == sum(framework["used_resources"][name] for framework in summary["frameworks"]) > 0
    subscribed = [one for role in found.values() for one in role["frameworks"]]
    assert sorted(subscribed) == sorted(framework["id"] for framework in summary["frameworks"])


def test_public_agents_are_reserved_for_slave_public_whoever_runs_there(scene: Scene) -> None:
    public = [agent for agent in scene.read("/mesos/state-summary")["slaves"] if agent["reserved_resources"]]
    found = roles(scene)
    assert found["slave_public"]["reserved"]["mem"] == sum(agent["resources"]["mem"] for agent in public) > 0
    assert not any(role["reserved"] for name, role in found.items() if name != "slave_public")
    quota = found["slave_public"]["quota"]["consumed"]
    assert quota["mem"] > found["slave_public"]["allocated"]["mem"]


def test_a_guarantee_is_met_and_a_limit_is_kept(scene: Scene) -> None:
    found = roles(scene)
    kafka, cassandra = found["kafka-role"], found["cassandra-role"]
    assert kafka["quota"]["guarantee"]["mem"] <= kafka["allocated"]["mem"] < kafka["quota"]["limit"]["mem"]
    assert cassandra["quota"]["guarantee"] and not cassandra["quota"]["limit"]
    assert found["*"]["quota"]["guarantee"] == {}


def test_a_role_is_told_as_real_masters_tell_it(scene: Scene) -> None:
    paths = sorted(LIVE.glob("*/*-5050/roles.json"))
    if not paths:
        pytest.skip("the recordings are not here")
    known = [role for path in paths for role in json.loads(path.read_bytes())["roles"]]
    for role in roles(scene).values():
        assert {frozenset(role)} == {frozenset(one) for one in known}
        assert {frozenset(role["quota"])} == {frozenset(one["quota"]) for one in known}


def test_the_leaders_metrics_agree(scene: Scene) -> None:
    values = scene.read("/metrics/snapshot", listener=scene.masters[0])
    for name, role in roles(scene).items():
        consumed = role["quota"]["consumed"].get("mem", 0.0)
        assert values[f"allocator/mesos/quota/roles/{name}/resources/mem/consumed"] == consumed


def test_without_a_leader_there_is_no_answer(stage: Stage) -> None:
    scene = stage(with_stories=True)
    scene.now = scene.world.anchor - 9 * 3_600 + 1
    assert scene.ask("/roles", listener=scene.masters[1]).status in (307, 503)
    assert scene.ask("/mesos/roles").status == 502
