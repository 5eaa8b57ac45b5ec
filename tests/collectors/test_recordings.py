"""Every recorded answer of these endpoints decodes, and says what was true when it was recorded."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.client import Answer
from collectors.decoding import decode, each, from_http_date
from collectors.errors import Outcome, PollError
from collectors.metrics import MASTER_METRICS
from collectors.records import HostMetrics
from collectors.sources import component_health_in_turn
from collectors.sources.component_health import PULLED_AT, decode_report, from_ctime
from collectors.sources.masters import decode_snapshot
from collectors.sources.node_datapoints import host_metrics, read
from collectors.sources.summary import BYTES_PER_MESOS_MB, decode_summary

SHARED = Path(__file__).resolve().parents[3] / "shared"
NOW = datetime(2026, 11, 22, 23, tzinfo=UTC)
MIB = BYTES_PER_MESOS_MB


def recorded(pattern: str) -> list[Any]:
    found = sorted(SHARED.glob(pattern))
    if not found:
        return [pytest.param(None, marks=pytest.mark.skip(reason="no recordings beside the repository"))]
    return [pytest.param(path, id="/".join(path.parts[-3:])) for path in found]


def truth_of(path: Path) -> dict[str, Any]:
    """What the recorder knew of that step."""
    truth: dict[str, Any] = json.loads((SHARED / "live" / "expected.json").read_text()).get(path.parts[-3], {})
    return truth


def answer_of(path: Path) -> Answer:
    lines = path.with_suffix(".headers").read_text().splitlines()
    headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
    taken_at = from_http_date(headers.get("date", "")) or NOW
    return Answer(
        url="http://recorded", status=200, headers=headers, body=path.read_bytes(), taken_at=taken_at, seconds=0
    )


@pytest.mark.parametrize("path", recorded("live/*/*-5050/state-summary.json"))
def test_a_recorded_summary_agrees_with_what_was_true(path: Path) -> None:
    summary, dropped = decode_summary(path.read_bytes(), NOW)
    truth = truth_of(path)
    assert not dropped
    assert {agent.host for agent in summary.agents} == set(truth["agents"])
    for agent in summary.agents:
        known = truth["agents"][agent.host]
        assert (agent.agent_id, agent.active, agent.public) == (known["id"], known["active"], known["public"])
        assert agent.total.mem_bytes == known["total"]["mem"] * MIB
        assert agent.allocated.cpus == pytest.approx(known["allocated"]["cpus"])
        assert agent.tasks.running == known["running_tasks"]
        assert agent.attributes == {key: str(value) for key, value in known["attributes"].items()}
    for framework in summary.frameworks:
        known = truth["frameworks"][framework.name]
        assert (framework.active, framework.connected) == (known["active"], known["connected"])
        assert framework.tasks.failed == known["TASK_FAILED"]


@pytest.mark.parametrize("path", recorded("live/*/*-5050/metrics_snapshot.json"))
def test_a_recorded_snapshot_keeps_every_value(path: Path) -> None:
    metrics, dropped = decode_snapshot(path.read_bytes())
    known = truth_of(path)["masters"][path.parts[-2].rpartition("-")[0]]
    assert not dropped
    assert len(metrics) == known["metric_keys"]
    assert metrics["master/elected"] == known["elected"]
    assert metrics["master/uptime_secs"] == known["uptime_secs"]
    missing = {metric.name for metric in MASTER_METRICS} - set(metrics)
    assert not {name for name in missing if name.startswith("master/")}


@pytest.mark.parametrize("path", recorded("live/*/*-1050/system_health_v1_report.json"))
def test_a_recorded_report_agrees_with_what_was_true(path: Path) -> None:
    answer, truth = answer_of(path), truth_of(path).get("health")
    if truth is None or truth["reported_by"] != path.parts[-2]:
        with pytest.raises(PollError) as caught:
            decode_report(answer)
        assert caught.value.outcome is Outcome.EMPTY
        return
    report, dropped, _ = decode_report(answer)
    assert not dropped
    assert {node.host: node.health for node in report.nodes} == truth["node_health"]
    units = {node.host: {unit.unit: unit.health for unit in node.units or ()} for node in report.nodes}
    assert units == truth["unit_on_node"]
    assert report.taken_at == from_ctime(answer.headers[PULLED_AT])


@pytest.mark.parametrize("path", recorded("captures/mesos/state-summary/dcosui-*.json"))
def test_summaries_of_older_versions_decode_whole(path: Path) -> None:
    summary, dropped = decode_summary(path.read_bytes(), NOW)
    listed = json.loads(path.read_bytes())
    assert not dropped
    assert len(summary.agents) == len(listed["slaves"])
    assert [agent.draining for agent in summary.agents] == ["drain_info" in entry for entry in listed["slaves"]]


@pytest.mark.parametrize("path", recorded("captures/mesos/metrics-snapshot/master-*.json"))
def test_snapshots_of_older_versions_decode_whole(path: Path) -> None:
    metrics, dropped = decode_snapshot(path.read_bytes())
    assert not dropped
    assert len(metrics) == len(json.loads(path.read_bytes()))


@pytest.mark.parametrize("path", recorded("captures/diagnostics/dcosui-node-units.json"))
def test_a_nodes_units_decode(path: Path) -> None:
    wire = decode(path.read_bytes(), component_health_in_turn.Units, url="")
    dropped: Counter[str] = Counter()
    units = list(each(wire.units or [], component_health_in_turn.Unit, dropped, what="unit"))
    assert len(units) == len(json.loads(path.read_bytes())["units"])


@pytest.mark.parametrize("path", recorded("captures/diagnostics/dcosui-nodes.json"))
def test_nodes_without_a_role_are_dropped_with_the_reason(path: Path) -> None:
    dropped: Counter[str] = Counter()
    answer = Answer(url="", status=200, headers={}, body=path.read_bytes(), taken_at=NOW, seconds=0)
    with pytest.raises(PollError):
        component_health_in_turn.list_nodes(answer, dropped)
    assert list(dropped) == ["node: Object missing required field `role`"]


def measured(path: Path, host: str = "x") -> tuple[HostMetrics, Counter[str]]:
    dropped: Counter[str] = Counter()
    said = read(path.read_bytes(), dropped)
    return host_metrics(said, host=host, role="agent", agent_id="", answered_at=NOW), dropped


@pytest.mark.parametrize("path", recorded("live/*/*-9000/v0_node.json"))
def test_a_recorded_machine_agrees_with_what_was_true(path: Path) -> None:
    host = path.parts[-2].rpartition("-")[0]
    found, dropped = measured(path, host)
    assert found.metrics == truth_of(path)["node_metrics"][host]
    assert not dropped and found.generation == "dcos-metrics"
    assert [disk.path for disk in found.filesystems] == ["/opt/lib"]  # the shortest of three paths to one device
    assert [nic.name for nic in found.interfaces] == ["eth0"]
    assert found.filtered == 5
    listed = json.loads(path.read_bytes())["datapoints"]
    assert found.taken_at.isoformat()[:19] == min(point["timestamp"] for point in listed)[:19]


@pytest.mark.parametrize("path", recorded("captures/dcosmetrics/real-1.10-node.json"))
def test_an_older_machine_decodes_whole(path: Path) -> None:
    found, dropped = measured(path)
    assert not dropped
    assert found.metrics["load.5min"] == 0.02
    assert {disk.path: disk.inodes_total for disk in found.filesystems} == {"/": None, "/usr/share/oem": 32768}
    assert found.taken_at == datetime(2017, 11, 14, 18, 32, 44, 488495, tzinfo=UTC)
