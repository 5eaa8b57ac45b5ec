"""Every recorded container decodes, and says what was true when it was recorded."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from collectors.decoding import from_http_date, from_rfc3339, moment
from collectors.errors import Outcome, PollError
from collectors.metrics import CONTAINER_METRICS
from collectors.records import ContainerReading
from collectors.sources.container_datapoints import of_message
from collectors.sources.container_lists import of_containers, of_operator_api

SHARED = Path(__file__).resolve().parents[3] / "shared"
NAMES = {metric.name for metric in CONTAINER_METRICS}
GROWING = {metric.name for metric in CONTAINER_METRICS if metric.kind == "counter"}
# Where the recorded agent's isolators do not hold a container in a group of its own, its memory is not a limit's but moves.
MOVING = GROWING | {"mem_rss_bytes", "mem_total_bytes", "mem_cache_bytes", "mem_mapped_file_bytes", "disk_used_bytes"}
Read = Callable[..., list[ContainerReading]]


def recorded(pattern: str) -> list[Any]:
    found = sorted(SHARED.glob(pattern))
    if not found:
        return [pytest.param(None, marks=pytest.mark.skip(reason="no recordings beside the repository"))]
    return [pytest.param(path, id="/".join(path.parts[-3:])) for path in found]


def answered_at(path: Path) -> datetime:
    lines = path.with_suffix(".headers").read_text().splitlines()
    headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines)}
    at = from_http_date(headers["date"])
    assert at is not None
    return at


def readings(path: Path, read: Read) -> dict[str, ContainerReading]:
    dropped: Counter[str] = Counter()
    found = read(path.read_bytes(), dropped, answered_at=answered_at(path))
    assert not dropped
    return {one.container_id: one for one in found}


def expected(path: Path) -> dict[str, dict[str, float]]:
    """What the recorder knew of that agent's containers at that step."""
    known: dict[str, dict[str, float]] = truths()[path.parts[-3]]["containers"][path.parts[-2].rpartition("-")[0]]
    return known


@cache
def truths() -> dict[str, Any]:
    known: dict[str, Any] = json.loads((SHARED / "live" / "expected.json").read_text())
    return known


@pytest.mark.parametrize("path", recorded("live/*/*-5051/containers.json"))
def test_the_older_endpoint_agrees_with_what_was_true_number_by_number(path: Path) -> None:
    found, known = readings(path, of_containers), expected(path)
    assert found.keys() == known.keys()
    wire = {one["container_id"]: one for one in json.loads(path.read_bytes())}
    for container_id, one in found.items():
        statistics = wire[container_id]["statistics"]
        assert {name: one.metrics[name] for name in known[container_id]} == known[container_id]
        assert one.metrics == {name: value for name, value in statistics.items() if name in NAMES}
        assert one.taken_at == moment(statistics["timestamp"])
        assert (one.framework_id, one.parent_id) == (wire[container_id]["framework_id"], "")
        assert one.pid == wire[container_id]["status"]["executor_pid"]
        assert one.task_name == (wire[container_id]["source"] or one.executor_id)


@pytest.mark.parametrize("path", recorded("live/*/*-5051/v1_GET_CONTAINERS.json"))
def test_the_operator_api_agrees_with_what_was_true_a_moment_before(path: Path) -> None:
    """The older endpoint was recorded some seconds earlier: limits are the same, counters have grown."""
    found, known = readings(path, of_operator_api), expected(path)
    roots = {container_id: one for container_id, one in found.items() if not one.parent_id}
    older = readings(path.with_name("containers.json"), of_containers)
    assert roots.keys() == known.keys() == older.keys()
    for container_id, one in roots.items():
        assert one.metrics.keys() == older[container_id].metrics.keys()
        for name, value in older[container_id].metrics.items():
            assert one.metrics[name] == value or name in MOVING
            assert one.metrics[name] >= value or name not in GROWING
        assert one.taken_at > older[container_id].taken_at
        assert (one.framework_id, one.executor_id) == (
            older[container_id].framework_id,
            older[container_id].executor_id,
        )
        assert one.task_name == older[container_id].task_name


@pytest.mark.parametrize("path", recorded("live/17-*/*-5051/v1_GET_CONTAINERS.json"))
def test_the_containers_of_pods_have_framework_and_executor_of_their_pod(path: Path) -> None:
    found = readings(path, of_operator_api)
    nested = [one for one in found.values() if one.parent_id]
    told = json.loads(path.with_name("v1_GET_TASKS.json").read_bytes())["get_tasks"]["launched_tasks"]
    tasks = {}
    for task in told:
        container = next(one["container_status"] for one in task["statuses"] if "container_status" in one)[
            "container_id"
        ]
        tasks[container["value"]] = task
    # In pods of 20 tasks: four of them on one agent, one on the other.
    assert len(nested) == {"127.0.0.21-5051": 80, "127.0.0.24-5051": 20}[path.parts[-2]]
    for one in nested:
        task = tasks[one.container_id]
        assert (one.framework_id, one.executor_id) == (task["framework_id"]["value"], task["executor_id"]["value"])
        assert found[one.parent_id].executor_id == one.executor_id
        assert one.metrics["mem_limit_bytes"] == 8 * 2**20 and one.metrics["cpus_soft_limit"] == 0.05
        assert "mem_rss_bytes" not in one.metrics  # measured for the pod as a whole


@pytest.mark.parametrize("path", recorded("live/*/*-9000/v0_containers_*[0-9a-f].json"))
def test_the_metrics_service_tells_what_its_agent_measured(path: Path) -> None:
    """Not one name more than the agent says of the same container, and none less but what dcos-metrics does not know."""
    container_id = path.stem.removeprefix("v0_containers_")
    dropped: Counter[str] = Counter()
    points = json.loads(path.read_bytes())["datapoints"]
    at = from_rfc3339(points[0]["timestamp"])
    assert at is not None
    told = of_message(path.read_bytes(), container_id, dropped, answered_at=at)
    assert not dropped and told.is_dcos_metrics and told.reading.taken_at == at
    wire = {point["name"]: point["value"] for point in points}
    assert told.reading.metrics["cpus_user_time_secs"] == wire["cpus.user.time"]
    assert told.reading.metrics["mem_limit_bytes"] == wire["mem.limit"]
    assert told.reading.task_name and told.reading.framework_name in ("marathon", "marathon-lb")
    beside = path.parent.with_name(path.parent.name.replace("-9000", "-5051")) / "containers.json"
    own = readings(beside, of_containers).get(container_id) if beside.is_file() else None
    if own is None:
        return  # ended since, or the agent was dead: the service still tells what it measured last
    assert told.reading.metrics.keys() == own.metrics.keys() - {"cpus_soft_limit"}
    assert (told.reading.framework_id, told.reading.executor_name) == (own.framework_id, own.executor_name)
    for name, value in told.reading.metrics.items():
        assert value == own.metrics[name] or name in MOVING
        assert name not in GROWING or value <= own.metrics[name]


@pytest.mark.parametrize("path", recorded("live/*/*-9000/v0_containers.json"))
def test_the_metrics_service_lists_the_ids_it_can_be_asked_for(path: Path) -> None:
    asked = {each.stem.removeprefix("v0_containers_") for each in path.parent.glob("v0_containers_*[0-9a-f].json")}
    assert set(json.loads(path.read_bytes())) <= asked


CAPTURES = "captures/mesos"
# Of its three tables only the throttler's tells reads and writes; the others hold totals.
THROTTLED = {"blkio_read_bytes": 567891, "blkio_write_bytes": 567892, "blkio_reads": 987651, "blkio_writes": 987652}


def captured(path: Path, read: Read, at: datetime) -> tuple[list[ContainerReading], Counter[str]]:
    dropped: Counter[str] = Counter()
    return read(path.read_bytes(), dropped, answered_at=at), dropped


@pytest.mark.parametrize("path", recorded(f"{CAPTURES}/agent-operator-api-v1/get-containers-*.json"))
def test_captures_of_the_operator_api_decode_whole(path: Path) -> None:
    found, dropped = captured(path, of_operator_api, datetime(2014, 1, 1, tzinfo=UTC))
    listed = json.loads(path.read_bytes())["get_containers"].get("containers", [])
    assert len(found) == len(listed) and not dropped
    for one, wire in zip(found, listed, strict=True):
        assert (one.container_id, one.framework_id, one.executor_name) == ("abc123", "framework.id", "executor")
        known = wire["resource_statistics"]
        # Their blkio holds totals only, their network what no metric of ours is.
        assert one.metrics == {name: value for name, value in known.items() if name in NAMES}
        assert one.taken_at == datetime(2014, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("path", recorded(f"{CAPTURES}/docs-operator-api/agent-get_containers.json"))
def test_the_documents_own_example_decodes(path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    ((one,), dropped) = captured(path, of_operator_api, now)
    assert (one.task_name, one.metrics, one.taken_at) == ("default", {"mem_limit_bytes": 2048}, now) and not dropped


@pytest.mark.parametrize("path", recorded(f"{CAPTURES}/agent-containers/dcosmetrics-container-metrics*.json"))
def test_captures_of_the_older_endpoint_decode_whole(path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    found, dropped = captured(path, of_containers, now)
    listed = json.loads(path.read_bytes())
    assert [one.container_id for one in found] == [wire["container_id"] for wire in listed] and not dropped
    for one, wire in zip(found, listed, strict=True):
        known = wire.get("statistics", {})
        blkio = THROTTLED if "blkio_statistics" in known else {}
        assert one.metrics == {name: value for name, value in known.items() if name in NAMES} | blkio
        assert one.task_name == wire["source"] and one.taken_at == now


@pytest.mark.parametrize(
    "path",
    recorded(f"{CAPTURES}/agent-containers/*-state.json") + recorded("captures/dcos/*.json"),
)
def test_captures_of_other_endpoints_are_refused_with_the_reason(path: Path) -> None:
    for read in (of_containers, of_operator_api):
        found, reasons = refused(path, read)
        assert not found and reasons


def refused(path: Path, read: Read) -> tuple[list[ContainerReading], list[str]]:
    """The reasons: one for the whole document, or one for each entry of a list of something else."""
    try:
        found, dropped = captured(path, read, datetime.now(UTC))
    except PollError as error:
        assert error.outcome is Outcome.WRONG_SHAPE
        return [], [error.detail]
    return found, list(dropped)


@pytest.mark.parametrize("path", recorded("captures/dcosmetrics/real-1.10-containers-id.json"))
def test_an_older_container_decodes_and_a_strangers_dimensions_are_left_out(path: Path) -> None:
    """The capture's datapoints are of one container, its dimensions of another: a document's author pasted them."""
    dropped: Counter[str] = Counter()
    container_id = "28dfb041-42bb-4064-bd4f-bd56c472eb1e"
    at = datetime(2017, 11, 14, 18, 24, tzinfo=UTC)
    told = of_message(path.read_bytes(), container_id, dropped, answered_at=at)
    assert told.reading.metrics == {"cpus_limit": 0.101} and told.is_dcos_metrics and not dropped
    assert told.reading.task_name.startswith("test-metrics.") and told.reading.framework_name == ""
    with pytest.raises(PollError):
        of_message(path.read_bytes(), "d46f5b51-2adb-4978-bf8a-2a4a85103ab6", dropped, answered_at=at)
    assert dropped == {"datapoint: of another container": 4}


@pytest.mark.parametrize(
    "path",
    recorded("captures/dcosmetrics/real-1.10-node.json")
    + recorded("captures/dcosmetrics/real-1.10-containers-id-app.json")
    + recorded("captures/dcosmetrics/cli-formatted.json")
    + recorded("captures/dcosmetrics/statsd-emitter-output.json"),
)
def test_what_the_service_says_of_others_than_containers_is_refused(path: Path) -> None:
    with pytest.raises(PollError) as caught:
        of_message(path.read_bytes(), "c1", Counter(), answered_at=datetime.now(UTC))
    assert caught.value.outcome in (Outcome.WRONG_SHAPE, Outcome.EMPTY)
