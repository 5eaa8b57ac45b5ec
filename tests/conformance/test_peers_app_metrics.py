"""What other tools expect of the metrics of applications: their own cases, where they are present beside the repository."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from collectors.records import AgentPlace, AppContainer, AppMetricsReading, Harvest, Turn
from collectors.sources.app_metrics import SOURCE
from collectors.target import Kind, Target
from tests.faults import server as fault
from tests.faults.server import FaultServer, Script

SHARED = Path(__file__).resolve().parents[3] / "shared"
FILES = ("telegraf-dcos.json", "dcos-metrics-real.json")
RECORDED = SHARED / "captures" / "dcosmetrics" / "real-1.10-containers-id-app.json"


def cases() -> list[Any]:
    paths = [path for name in FILES if (path := SHARED / "conformance" / name).is_file()]
    every = [case for path in paths for case in json.loads(path.read_text())["cases"]]
    found = [pytest.param(case, id=case["id"]) for case in every if case.get("endpoint", "").endswith("/app")]
    return found or [pytest.param(None, marks=pytest.mark.skip(reason="no conformance cases beside the repository"))]


def asked(container_id: str, script: Script) -> Harvest:
    with ExitStack() as stack:
        path = f"/system/v1/agent/S1/metrics/v0/containers/{container_id}/app"
        front = stack.enter_context(FaultServer({path: script}))
        place = AgentPlace(agent_id="S1", host="10.0.0.1")
        one = AppContainer(host=place.host, agent_id="S1", container_id=container_id)
        turn = Turn(tick=0, period_seconds=60, agents=(place,), app_containers=(one,))
        harvest = SOURCE.poll(Target(Kind.DCOS, front.url), turn)
        assert front.paths == [path]
        return harvest


def values(harvest: Harvest) -> dict[str, float]:
    (record,) = harvest.records
    assert isinstance(record, AppMetricsReading)
    return {name: value for one in record.sets for name, value in one.values.items()}


def as_sent_now(body: dict[str, Any]) -> dict[str, Any]:
    """The same without its times, which are long ago: those are judged in test_app_datapoints.py."""
    points = [{key: value for key, value in point.items() if key != "timestamp"} for point in body["datapoints"]]
    return body | {"datapoints": points}


@pytest.mark.parametrize("case", cases())
def test_a_peers_case_holds(case: dict[str, Any]) -> None:
    response = case["response"]
    body = response.get("body")
    script = fault.document(as_sent_now(body)) if body else fault.answer(status="204 No Content")
    container_id = (body or {}).get("dimensions", {}).get("container_id", "c1")
    harvest = asked(container_id, script)
    assert values(harvest) == {each["name"]: each["value"] for each in case["expect"]["metrics"]}
    assert not values(harvest).keys() & set(case["expect"].get("skipped", ()))
    assert (harvest.dropped, harvest.outcome.value) == ({}, "ok")


@pytest.mark.skipif(not RECORDED.is_file(), reason="no captures beside the repository")
def test_a_recorded_answer_decodes() -> None:
    body = json.loads(RECORDED.read_text())
    harvest = asked(body["dimensions"]["container_id"], fault.document(as_sent_now(body)))
    assert values(harvest) == {
        "dcos.metrics.module.container_received_bytes_per_sec": 0,
        "dcos.metrics.module.container_throttled_bytes_per_sec": 0,
    }


@pytest.mark.skipif(not RECORDED.is_file(), reason="no captures beside the repository")
def test_a_recorded_answer_of_years_ago_is_refused_with_a_reason() -> None:
    body = json.loads(RECORDED.read_text())
    harvest = asked(body["dimensions"]["container_id"], fault.document(body))
    assert values(harvest) == {}
    assert harvest.dropped == {"app metric: unreadable time, more than 10 min ahead or 2 h old": 2}
