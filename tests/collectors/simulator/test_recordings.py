"""The simulator speaks like the real servers: key by key and type by type against the recordings, where they are present."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.collectors.simulator.scene import Scene, Stage

LIVE = Path(__file__).resolve().parents[4] / "shared" / "live"
MASTER = "127.88.0.11"
UNIT = "dcos-diagnostics.service"
HEALTH = "/system/health/v1"
# Maps whose keys the cluster chooses: their names are no structure.
OPEN_MAPS = ("attributes", "flags", "Units", "Nodes", "Output", "reserved_resources", "reserved_resources_full")
# What real servers say only at times, and why the simulator at rest does not.
OPTIONAL = (
    "/ports:",  # no task asks for ports
    "resources_full/ranges",
    "/offered_resources_full/",  # no offer is out
    "/slaves/attributes/*:float",  # no attribute is a number
    ":NoneType",  # no node is dark
)
ENDPOINTS = {
    "/mesos/state-summary": ("127.0.0.1?-5050", "state-summary"),
    "/mesos/slaves": ("127.0.0.1?-5050", "slaves"),
    "/mesos/version": ("127.0.0.1?-5050", "version"),
    "/mesos/flags": ("127.0.0.1?-5050", "flags"),
    HEALTH: ("*-1050", "system_health_v1"),
    f"{HEALTH}/report": ("127.0.0.11-1050", "system_health_v1_report"),
    f"{HEALTH}/nodes": ("127.0.0.11-1050", "system_health_v1_nodes"),
    f"{HEALTH}/nodes/{MASTER}": ("127.0.0.11-1050", "system_health_v1_nodes_127.0.0.11"),
    f"{HEALTH}/nodes/{MASTER}/units": ("127.0.0.11-1050", "system_health_v1_nodes_127.0.0.11_units"),
    f"{HEALTH}/nodes/{MASTER}/units/{UNIT}": (
        "127.0.0.11-1050",
        f"system_health_v1_nodes_127.0.0.11_units_{UNIT}",
    ),
    "/system/v1/metrics/v0/node": ("127.0.0.11-9000", "v0_node"),
    "/system/v1/leader/mesos/metrics/v0/node": ("127.0.0.11-9000", "v0_node"),
    "/system/v1/metrics/v0/ping": ("127.0.0.11-9000", "v0_ping"),
    f"{HEALTH}/units": ("127.0.0.11-1050", "system_health_v1_units"),
    f"{HEALTH}/units/{UNIT}": ("127.0.0.11-1050", f"system_health_v1_units_{UNIT}"),
    f"{HEALTH}/units/{UNIT}/nodes": ("127.0.0.11-1050", f"system_health_v1_units_{UNIT}_nodes"),
    f"{HEALTH}/units/{UNIT}/nodes/{MASTER}": (
        "127.0.0.11-1050",
        f"system_health_v1_units_{UNIT}_nodes_127.0.0.11",
    ),
}
recordings = pytest.mark.skipif(not LIVE.is_dir(), reason="the recordings are not here")


def shape(value: Any, at: str = "", *, open_map: bool = False) -> Iterator[str]:
    """Every place in a document with the type found there, as `slaves/resources/mem:float`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            place = f"{at}/{'*' if open_map else key}"
            yield from shape(inner, place, open_map=not open_map and key in OPEN_MAPS)
    elif isinstance(value, list):
        yield f"{at}:list"
        for item in value:
            yield from shape(item, at)
    else:
        yield f"{at}:{type(value).__name__}"


def recorded(host: str, name: str) -> list[set[str]]:
    bodies = [json.loads(path.read_bytes()) for path in sorted(LIVE.glob(f"*/{host}/{name}.json"))]
    return [set(shape(body)) for body in bodies]


@recordings
@pytest.mark.parametrize("path", ENDPOINTS)
def test_the_answers_have_the_recordings_structure(path: str, stage: Stage) -> None:
    scene = stage(with_stories=True)
    ours, theirs = set(shape(scene.read(path))), recorded(*ENDPOINTS[path])
    assert theirs
    known = set().union(*theirs)
    left_out = {place for place in known - ours if not any(each in place for each in OPTIONAL)}
    assert not ours - known and not left_out


@recordings
def test_a_follower_has_exactly_the_recorded_metric_names(scene: Scene) -> None:
    real = json.loads((LIVE / "08-old-leader-back-as-follower/127.0.0.11-5050/metrics_snapshot.json").read_bytes())
    ours = scene.read("/metrics/snapshot", listener=scene.masters[1])
    assert ours.keys() == real.keys()
    assert {type(value) for value in ours.values()} == {float}


@recordings
def test_the_leader_has_the_recorded_metric_names_of_cluster_and_framework(scene: Scene) -> None:
    real = json.loads((LIVE / "08-old-leader-back-as-follower/127.0.0.13-5050/metrics_snapshot.json").read_bytes())
    ours = scene.read("/metrics/snapshot", listener=scene.masters[0])

    def names(values: dict[str, float]) -> set[str]:
        plain = {name for name in values if not name.startswith(("master/frameworks/", "allocator/mesos/quota/"))}
        plain = {name for name in plain if "/source_" not in name}
        plain |= {f"framework {name.split('/', 4)[4]}" for name in values if "/frameworks/marathon/" in name}
        return {re.sub("(?<=roles/)[^/]+", "ROLE", name) for name in plain}

    assert names(ours) == names(real)


@recordings
@pytest.mark.parametrize(
    ("path", "listener", "recording"),
    [
        ("/state-summary", "127.88.0.12", "08-old-leader-back-as-follower/127.0.0.11-5050/state-summary.headers"),
        ("/redirect", "127.88.0.12", "08-old-leader-back-as-follower/127.0.0.11-5050/redirect.headers"),
        ("/health", "127.88.0.12", "08-old-leader-back-as-follower/127.0.0.11-5050/health.headers"),
        ("/system/v1/metrics/v0/node", "router", "41-dcos-nodes-running/127.0.0.11-9000/v0_node.headers"),
        (f"{HEALTH}/nodes", "router", "41-dcos-nodes-running/127.0.0.11-1050/system_health_v1_nodes.headers"),
    ],
)
def test_status_and_header_names_are_the_recorded_ones(path: str, listener: str, recording: str, scene: Scene) -> None:
    lines = [line for line in (LIVE / recording).read_text().splitlines() if not line.startswith("#")]
    names = {line.partition(":")[0] for line in lines[1:] if line}
    told = scene.ask(path, listener=listener)
    assert told.status == int(lines[0].split()[1])
    assert {name for name, _ in told.headers} == names - {"Date", "Content-Length", "Transfer-Encoding"}
