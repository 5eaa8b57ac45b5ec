"""Every recorded answer of agents and every recorded list of flags decodes, number by number, or is refused with a reason."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.flags_said import FLAGS, NAMES, declares_resources
from collectors.metrics import AGENT_METRICS
from collectors.sources.agents import decode_snapshot
from collectors.sources.flags import decode_flags
from tests.collectors.test_recordings import SHARED, recorded, truth_of

KEPT = {metric.name for metric in AGENT_METRICS}
BETWEEN = ("04-", "05b-", "10-")
"""Steps in which tasks came or went while the servers were asked one after another."""
TASKS_A_POD = 20
"""In the step with pods; their executors are a framework's own, which the leader counts like their tasks."""


def host_of(path: Path) -> str:
    return path.parts[-2].rpartition("-")[0]


def refused(path: Path) -> bool:
    """Whether the recorded answer was a refusal, which has no JSON."""
    return not path.read_bytes().startswith(b"{")


@pytest.mark.parametrize("path", recorded("live/*/*-5051/metrics_snapshot.json"))
def test_a_recorded_agent_keeps_its_numbers_one_by_one(path: Path) -> None:
    dropped: Counter[str] = Counter()
    raw, found = json.loads(path.read_bytes()), decode_snapshot(path.read_bytes(), dropped)
    assert found == {name: raw[name] for name in KEPT}  # a Mesos 1.11 agent has every one of them
    assert not dropped
    assert found["slave/uptime_secs"] > found["slave/recovery_time_secs"] > 0


@pytest.mark.parametrize("path", recorded("live/*/*-5051/metrics_snapshot.json"))
def test_a_recorded_agent_runs_what_the_leader_said_of_it(path: Path) -> None:
    known = truth_of(path).get("agents", {}).get(host_of(path))
    if known is None or not known["active"] or path.parts[-3].startswith(BETWEEN):
        pytest.skip("nobody led, or the leader did not list it, or its tasks changed while it was asked")
    found = decode_snapshot(path.read_bytes(), Counter())
    assert found["slave/registered"] == 1
    assert found["slave/tasks_running"] == known["running_tasks"]
    pods = max(0, found["slave/tasks_running"] - found["slave/executors_running"]) // (TASKS_A_POD - 1)
    command_executors = found["slave/executors_running"] - pods
    for name, of_an_executor in (("cpus", 0.1), ("mem", 32), ("disk", 0)):
        assert found[f"slave/{name}_total"] == pytest.approx(known["total"][name])
        more = found[f"slave/{name}_used"] - known["allocated"][name]
        assert more == pytest.approx(of_an_executor * command_executors, abs=1e-9)


@pytest.mark.parametrize("path", recorded("captures/mesos/metrics-snapshot/agent-*.json"))
def test_an_older_agent_decodes_with_what_it_has(path: Path) -> None:
    dropped: Counter[str] = Counter()
    raw, found = json.loads(path.read_bytes()), decode_snapshot(path.read_bytes(), dropped)
    assert found == {name: raw[name] for name in KEPT & raw.keys()}
    assert not dropped and "slave/gpus_total" not in found


@pytest.mark.parametrize("path", recorded("captures/mesos/metrics-snapshot/master-*.json"))
@pytest.mark.parametrize("more", recorded("live/02-four-agents-idle/*-5050/metrics_snapshot.json"))
def test_a_masters_snapshot_is_refused_as_an_agents(path: Path, more: Path) -> None:
    for each in (path, more):
        with pytest.raises(PollError) as caught:
            decode_snapshot(each.read_bytes(), Counter())
        assert caught.value.outcome is Outcome.WRONG_SHAPE


@pytest.mark.parametrize("path", recorded("live/*/*/flags.json"))
def test_recorded_flags_are_the_listed_ones_value_by_value(path: Path) -> None:
    dropped: Counter[str] = Counter()
    if refused(path):
        with pytest.raises(PollError) as caught:
            decode_flags(path.read_bytes(), dropped)
        assert caught.value.outcome is Outcome.NOT_JSON
        return
    raw, found = json.loads(path.read_bytes())["flags"], decode_flags(path.read_bytes(), dropped)
    assert found == {name: raw[name] for name in FLAGS if name in raw}
    assert not dropped
    if path.parts[-2].endswith("-5050"):
        assert (found["agent_ping_timeout"], found["max_agent_ping_timeouts"]) in (("15secs", "5"), ("3secs", "5"))
    else:
        assert declares_resources(found) and found["gc_delay"] == "1weeks"


def said_by_the_operator_api(path: Path) -> dict[str, str]:
    entries: list[dict[str, Any]] = json.loads(path.read_bytes())["get_flags"]["flags"]
    return {entry["name"]: entry["value"] for entry in entries}


@pytest.mark.parametrize(
    "path",
    [
        *recorded("captures/mesos/docs-operator-api/*-get_flags.json"),
        *recorded("captures/mesos/operator-api-v1/*flags*.json"),
    ],
)
def test_the_operator_apis_form_is_refused_and_its_flags_are_known(path: Path) -> None:
    with pytest.raises(PollError) as caught:
        decode_flags(path.read_bytes(), Counter())
    assert caught.value.outcome is Outcome.WRONG_SHAPE
    said = said_by_the_operator_api(path)
    found = decode_flags(json.dumps({"flags": said}).encode(), Counter())
    assert found == {NAMES[name]: value for name, value in said.items() if name in NAMES}
    assert all("dcos_mesos_master:" not in value and "credential" not in value for value in found.values())


@pytest.mark.skipif(not (SHARED / "captures").is_dir(), reason="no recordings beside the repository")
def test_the_old_spelling_of_dcos_is_read_as_todays() -> None:
    path = SHARED / "captures/mesos/operator-api-v1/dcosui-get-flags.json"
    found = decode_flags(json.dumps({"flags": said_by_the_operator_api(path)}).encode(), Counter())
    assert (found["max_agent_ping_timeouts"], found["agent_removal_rate_limit"]) == ("20", "1/20mins")
