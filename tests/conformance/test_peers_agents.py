"""What other tools expect of a Mesos agent's metrics: their own cases, where they are present beside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from collectors.metrics import AGENT_METRICS
from collectors.records import AgentPlace, AgentSnapshot, Harvest, Turn
from collectors.sources.agents import SOURCE
from collectors.target import Kind, Target
from tests.faults import server as fault
from tests.faults.server import FaultServer

FILE = Path(__file__).resolve().parents[3] / "shared" / "conformance" / "telegraf-mesos.json"
KEPT = {metric.name for metric in AGENT_METRICS}
NOT_OURS = {
    "agent-groups": "Telegraf's own option to leave groups of metrics out; Day Two keeps the metrics of its catalogue",
}
NOT_KEPT = {
    "used of total says the same": [f"slave/{name}_percent" for name in ("cpus", "mem", "disk", "gpus")],
    "Mesos takes back CPUs only, and of those the amounts are kept": [
        "slave/cpus_revocable_percent",
        *(
            f"slave/{name}_revocable_{kind}"
            for name in ("mem", "disk", "gpus")
            for kind in ("total", "used", "percent")
        ),
    ],
    "no page and no rule reads it": [
        "slave/executor_directory_max_allowed_age_secs",
        "slave/invalid_framework_messages",
        "slave/recovery_errors",
        "slave/valid_framework_messages",
    ],
}
LEFT_OUT = {name for names in NOT_KEPT.values() for name in names}


def cases() -> list[Any]:
    found = [case for case in everything() if case.get("role") == "agent"]
    missing = pytest.param(None, marks=pytest.mark.skip(reason="no conformance cases beside the repository"))
    return [pytest.param(case, id=case["id"]) for case in found] or [missing]


def everything() -> list[dict[str, Any]]:
    return json.loads(FILE.read_text())["cases"] if FILE.is_file() else []


def asked(case: dict[str, Any], kind: Kind) -> Harvest:
    """The case's answer, served by an agent at its own port, or behind Admin Router."""
    path = case["endpoint"] if kind is Kind.MESOS else f"/agent/S1{case['endpoint']}"
    with FaultServer({path: fault.document(case["response"]["body"])}) as server:
        place = AgentPlace(agent_id="S1", host=server.host, port=server.port)
        return SOURCE.poll(Target(kind, server.url), Turn(tick=0, period_seconds=60, agents=(place,)))


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("case", cases())
def test_a_peers_case_holds(case: dict[str, Any], kind: Kind) -> None:
    if case["id"] in NOT_OURS:
        pytest.skip(f"does not apply: {NOT_OURS[case['id']]}")
    body = case["response"]["body"]
    assert case["expect"]["every_key_stored_with_same_value"] and len(body) == case["expect"]["metric_count"]
    (agent,) = [record for record in asked(case, kind).records if isinstance(record, AgentSnapshot)]
    assert body.keys() - agent.metrics.keys() == LEFT_OUT
    for name, value in agent.metrics.items():
        assert value == pytest.approx(body[name], rel=1e-9)


@pytest.mark.skipif(not FILE.is_file(), reason="no conformance cases beside the repository")
def test_every_case_left_out_exists() -> None:
    assert set(NOT_OURS) <= {case["id"] for case in everything()}


def test_what_is_left_out_is_in_no_reading() -> None:
    assert not LEFT_OUT & KEPT
