"""What other tools expect of a machine's answer: their own cases, where they are present beside the repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from collectors.errors import Outcome, PollError
from collectors.metrics import FILESYSTEM_METRICS, HOST_METRICS, INTERFACE_METRICS
from collectors.records import AgentPlace, Harvest, HostMetrics, Turn
from collectors.sources.node_datapoints import FILESYSTEM_FIELDS, INTERFACE_FIELDS, SHARES
from collectors.sources.nodes import SOURCE
from collectors.target import Kind, Target
from tests.faults import server as fault
from tests.faults.server import FaultServer

CONFORMANCE = Path(__file__).resolve().parents[3] / "shared" / "conformance"
FILES = ("telegraf-dcos.json", "dcos-metrics-real.json")
HOST = "192.168.122.18"
UNITS = {metric.name: metric.unit for metric in (*HOST_METRICS, *FILESYSTEM_METRICS, *INTERFACE_METRICS)}
OWN_UNITS = {"processes", "cores", "inodes", "packets", "s"}  # where the wire says no more than "count"
NOT_OURS = {
    "node-include-filter": "Telegraf's own option to leave agents out; Day Two asks every agent of the summary",
}
FILTERED = {"/etc/hosts": "a bind mount: the same device as /", "lo": "the machine itself"}
NOT_YET = "datapoint: no share of CPU time measured yet"
"""Its first answer says 0 of each of them, idle included."""


def cases() -> list[Any]:
    found = [case for name in FILES if (CONFORMANCE / name).is_file() for case in cases_of(CONFORMANCE / name)]
    missing = pytest.param(None, marks=pytest.mark.skip(reason="no conformance cases beside the repository"))
    return [pytest.param(case, id=case["id"]) for case in found] or [missing]


def cases_of(path: Path) -> list[dict[str, Any]]:
    return [case for case in json.loads(path.read_text())["cases"] if "/node" in json.dumps(case.get("endpoint", case))]


def asked(case: dict[str, Any]) -> Harvest:
    """The case's answer, served as that of one agent."""
    response = case["response"]
    with ExitStack() as stack:
        script = fault.document(response["body"]) if response["status"] == 200 else fault.NOT_FOUND
        front = stack.enter_context(FaultServer({"/system/v1/agent/S1/metrics/v0/node": script}))
        place = AgentPlace(agent_id="S1", host=HOST)
        return SOURCE.poll(Target(Kind.DCOS, front.url), Turn(tick=0, period_seconds=60, agents=(place,), shard=1))


def points(machine: HostMetrics) -> Iterator[tuple[str, str, float | None]]:
    """Name, path or interface, and value, as the wire would say them."""
    yield from ((name, "", value) for name, value in machine.metrics.items())
    for disk in machine.filesystems:
        yield from ((name, disk.path, getattr(disk, field)) for name, field in FILESYSTEM_FIELDS.items())
    for nic in machine.interfaces:
        yield from ((name, nic.name, getattr(nic, field)) for name, field in INTERFACE_FIELDS.items())


def wanted_points(case: dict[str, Any]) -> list[dict[str, Any]]:
    """What the case lists; where it gives their number only, every datapoint of its answer."""
    listed: list[dict[str, Any]] = case["expect"].get("metrics") or case["response"]["body"].get("datapoints", [])
    assert len(listed) == case["expect"].get("metric_count", len(listed))
    return listed


def unit_on_the_wire(name: str) -> str:
    return "count" if UNITS[name] in OWN_UNITS else UNITS[name]


@pytest.mark.parametrize("case", cases())
def test_a_peers_case_holds(case: dict[str, Any]) -> None:
    if case["id"] in NOT_OURS:
        pytest.skip(f"does not apply: {NOT_OURS[case['id']]}")
    wanted = wanted_points(case)
    if not wanted:
        with pytest.raises(PollError) as caught:
            asked(case)
        assert caught.value.outcome is Outcome.EMPTY  # "nothing yet" is said, and it is no error of the machine
        return
    harvest = asked(case)
    (machine,) = [record for record in harvest.records if isinstance(record, HostMetrics)]
    assert harvest.dropped.keys() <= {NOT_YET} and machine.host == HOST
    found = {(name, place): value for name, place, value in points(machine)}
    for each in wanted:
        tags = each.get("tags", {})
        place = tags.get("path") or tags.get("interface") or ""
        assert each.get("unit", unit := unit_on_the_wire(each["name"])) == unit
        if place in FILTERED or (NOT_YET in harvest.dropped and each["name"] in SHARES):
            assert (each["name"], place) not in found
        else:
            assert found[each["name"], place] == pytest.approx(each["value"], rel=1e-9)


@pytest.mark.skipif(not CONFORMANCE.is_dir(), reason="no conformance cases beside the repository")
def test_every_case_left_out_exists() -> None:
    assert set(NOT_OURS) <= {case["id"] for name in FILES for case in cases_of(CONFORMANCE / name)}
