"""What other tools expect of a container's answer: their own cases, where they are present beside the repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from collectors.metrics import CONTAINER_METRICS
from collectors.records import AgentContainers, AgentPlace, ContainerReading, Harvest, Turn
from collectors.sources.container_datapoints import NAMES, REPEATED
from collectors.sources.containers import MEMORY, SOURCE
from collectors.target import Kind, Target
from tests.faults import server as fault
from tests.faults.server import FaultServer, Script

CONFORMANCE = Path(__file__).resolve().parents[3] / "shared" / "conformance"
FILES = ("telegraf-dcos.json", "dcos-metrics-real.json", "mesos-exporter.json", "telegraf-mesos.json")
HOST, SERVICE = "192.168.122.18", "/system/v1/agent/S1/metrics/v0/containers"
UNITS = {metric.name: metric.unit for metric in CONTAINER_METRICS}
UNITS_ON_THE_WIRE = {"s": "seconds", "bytes": "bytes"}  # for all others the wire says no more than "count"
NOT_OURS = {
    "app-prefix-and-no-tags": "metrics that applications send are no container's own; this source does not ask for them",
    "app-dimensions": "the same",
    "app-none": "the same",
    "app-nan": "the same; a container's own NaN is dropped alone, which test_container_datapoints.py shows",
    "node-include-filter": "Telegraf's own option to leave agents out; Day Two asks every agent of the summary",
}
NOT_KEPT = {
    "mem.total.memsw": "memory and swap in one number, which its parts tell",
    "mem.unevictable": "no page shows it",
}
REFUSED = fault.page("403", status="403 Forbidden")


def cases() -> list[Any]:
    found = [case for name in FILES if (CONFORMANCE / name).is_file() for case in cases_of(CONFORMANCE / name)]
    missing = pytest.param(None, marks=pytest.mark.skip(reason="no conformance cases beside the repository"))
    return [pytest.param(case, id=case["id"]) for case in found] or [missing]


def cases_of(path: Path) -> Iterator[dict[str, Any]]:
    """Those that ask an endpoint of containers, alone or in a sequence."""
    for case in json.loads(path.read_text())["cases"]:
        asked = [case.get("endpoint", ""), *(step["endpoint"] for step in case.get("sequence", ()))]
        if any("/containers" in endpoint for endpoint in asked):
            yield case


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    yield
    MEMORY.agents.clear()


def asked(case: dict[str, Any]) -> Harvest:
    """The case's answer, served as that of one agent whose operator API and older endpoint are closed."""
    response, container_id = case["response"], id_in(case)
    script: Script = fault.document(response.get("body"))
    if response["status"] == 204:
        script = fault.answer(status="204 No Content")
    scripts = {"/agent/S1/api/v1": REFUSED, "/agent/S1/containers": REFUSED}
    if container_id:
        scripts |= {SERVICE: fault.document([container_id]), f"{SERVICE}/{container_id}": script}
    else:
        scripts |= {SERVICE: script}
    with ExitStack() as stack:
        front = stack.enter_context(FaultServer(scripts))
        place = AgentPlace(agent_id="S1", host=HOST)
        return SOURCE.poll(Target(Kind.DCOS, front.url), Turn(tick=0, period_seconds=60, agents=(place,)))


def id_in(case: dict[str, Any]) -> str:
    """Which container the case asks for; empty where it asks for the list."""
    named: str = case["endpoint"].partition("/containers/")[2]
    dimensions: dict[str, str] = (case["response"].get("body") or {"dimensions": {}})["dimensions"] if named else {}
    return named if "{" not in named else dimensions.get("container_id", "c1")


def only(harvest: Harvest) -> AgentContainers:
    (record,) = [record for record in harvest.records if isinstance(record, AgentContainers)]
    assert record.host == HOST
    return record


@pytest.mark.parametrize("case", cases())
def test_a_peers_case_holds(case: dict[str, Any]) -> None:
    if case["id"] in NOT_OURS:
        pytest.skip(f"does not apply: {NOT_OURS[case['id']]}")
    harvest = asked(case)
    record = only(harvest)
    if "containers" in case["expect"]:
        # The case has no answer for the container itself: it was asked for, and that is what the list is for.
        assert harvest.requests == 3 + len(case["expect"]["containers"])
        return
    wanted = case["expect"].get("metrics") or (case["response"].get("body") or {}).get("datapoints", [])
    assert len(wanted) == case["expect"].get("metric_count", len(wanted))
    if not wanted:
        assert (record.containers, harvest.outcome.value, sum(harvest.dropped.values())) == ((), "ok", 0)
        return
    (container,) = record.containers
    for each in wanted:
        assert_told(container, each, record.partial)


def assert_told(container: ContainerReading, wanted: dict[str, Any], partial: str) -> None:
    """The value under our name for it, unless the peer's value is known to be wrong or to mean nothing."""
    wire = wanted["name"]
    if wire in REPEATED:
        assert "net_tx_bytes" not in container.metrics and "what was sent" in partial
    elif wire in NOT_KEPT:
        assert wire not in NAMES
    elif wanted["value"] == 0:
        assert container.metrics.get(NAMES[wire], 0) == 0
    else:
        assert container.metrics[NAMES[wire]] == pytest.approx(wanted["value"], rel=1e-9)
        assert wanted["unit"] == UNITS_ON_THE_WIRE.get(UNITS[NAMES[wire]], "count")
    tags = wanted.get("tags", {})
    own = {"container_id": container.container_id, "task_name": container.task_name, "hostname": HOST}
    own |= {"executor_id": container.executor_id, "executor_name": container.executor_name}
    # A command's executor has the id of its task, which is what Mesos calls its source.
    own |= {"framework_id": container.framework_id, "source": container.executor_id, **container.labels}
    assert {name: own[name] for name in tags} == tags


@pytest.mark.skipif(not CONFORMANCE.is_dir(), reason="no conformance cases beside the repository")
def test_every_case_left_out_exists() -> None:
    assert set(NOT_OURS) <= {case["id"] for name in FILES for case in cases_of(CONFORMANCE / name)}
