"""An agent's containers as DC/OS' metrics service tells them: dcos-metrics with its faults, or Telegraf with its own.

Document: https://github.com/dcos/dcos-metrics. dcos-metrics tells root containers only, writes 0 for what an agent does not
measure and the received bytes where the sent ones belong. Telegraf leaves zeros out. Both measured within the last minute.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from math import floor
from typing import Any

from collectors.simulator import app_points
from collectors.simulator.answers import Answer, from_json, from_text
from collectors.simulator.container_figures import statistics
from collectors.simulator.container_lives import Container, containers_of
from collectors.simulator.containers import framework_id
from collectors.simulator.incidents import Kind
from collectors.simulator.mesos import Document
from collectors.simulator.plan import FRAMEWORKS, Agent
from collectors.simulator.rhythm import scatter
from collectors.simulator.state import World

MEASURED_EVERY_SECONDS = 60.0
SILENT = (Kind.AGENT_DEAD, Kind.AGENT_HUNG)
"""While an agent is so, nothing is measured of its containers."""
TELEGRAF = "telegraf"
BYTES, COUNT, SECONDS = "bytes", "count", "seconds"
# What dcos-metrics calls each of Mesos' numbers, in its order; the sent ones are told as the received ones.
NAMES = (
    ("processes", "processes", COUNT),
    ("threads", "threads", COUNT),
    ("cpus.user.time", "cpus_user_time_secs", SECONDS),
    ("cpus.system.time", "cpus_system_time_secs", SECONDS),
    ("cpus.limit", "cpus_limit", COUNT),
    ("cpus.nr.periods", "cpus_nr_periods", COUNT),
    ("cpus.nr.throttled", "cpus_nr_throttled", COUNT),
    ("cpus.throttled.time", "cpus_throttled_time_secs", SECONDS),
    ("mem.total", "mem_total_bytes", BYTES),
    ("mem.total.memsw", "mem_total_memsw_bytes", BYTES),
    ("mem.limit", "mem_limit_bytes", BYTES),
    ("mem.soft.limit", "mem_soft_limit_bytes", BYTES),
    ("mem.cache", "mem_cache_bytes", BYTES),
    ("mem.rss", "mem_rss_bytes", BYTES),
    ("mem.mapped.file", "mem_mapped_file_bytes", BYTES),
    ("mem.swap", "mem_swap_bytes", BYTES),
    ("mem.unevictable", "mem_unevictable_bytes", BYTES),
    ("mem.low.pressure", "mem_low_pressure_counter", COUNT),
    ("mem.medium.pressure", "mem_medium_pressure_counter", COUNT),
    ("mem.critical.pressure", "mem_critical_pressure_counter", COUNT),
    ("disk.limit", "disk_limit_bytes", BYTES),
    ("disk.used", "disk_used_bytes", BYTES),
    *(
        (f"net.{way}.{what}", f"net_rx_{what}", BYTES if what == "bytes" else COUNT)
        for way in ("rx", "tx")
        for what in ("packets", "bytes", "errors", "dropped")
    ),
)
KINDS = ("io_serviced", "io_service_bytes")


def answer(world: World, agent: Agent | None, at: float, what: str, *, generation: str) -> Answer:
    """`containers`, `containers/<id>` and `containers/<id>/app` of an agent's metrics service; a master's has none of them."""
    if agent is None:
        return from_text(404, "404 page not found\n")
    _, container_id, app = (*what.split("/", 2), "", "")[:3]
    if not container_id:
        return _json(ids(world, agent, at, generation=generation))
    told = of_application if app else message
    body = told(world, agent, at, container_id, generation=generation)
    return Answer(204) if body is None else _json(body)


def _json(document: Any) -> Answer:
    return replace(from_json(document), headers=(("Content-Type", "application/json; charset=UTF-8"),))


def ids(world: World, agent: Agent, at: float, *, generation: str) -> list[str]:
    """The containers that were there when they were last measured; none where the agent did not answer then."""
    return list(_by_id(world, agent, at, generation))


def message(world: World, agent: Agent, at: float, container_id: str, *, generation: str) -> Document | None:
    """One container's datapoints; None for one that nothing is known of."""
    container = _by_id(world, agent, at, generation).get(container_id)
    if container is None or not container.is_measured:
        return None
    measured_at = _measured_at(world, agent, at)
    telegraf = generation == TELEGRAF
    points = list(_of_telegraf(container, measured_at) if telegraf else _of_dcos_metrics(world, container, measured_at))
    random.Random(container.key ^ int(measured_at)).shuffle(points)
    return {"datapoints": points, "dimensions": _dimensions(world, agent, container, telegraf=telegraf)}


def of_application(world: World, agent: Agent, at: float, container_id: str, *, generation: str) -> Document | None:
    """What the application in a container tells of itself; None where it tells nothing."""
    container, telegraf = _by_id(world, agent, at, generation).get(container_id), generation == TELEGRAF
    if container is None:
        return None
    dimensions = _dimensions(world, agent, container, telegraf=telegraf)
    measured_at = _measured_at(world, agent, at)
    return app_points.message(world, agent, container, measured_at, dimensions, telegraf=telegraf)


def _measured_at(world: World, agent: Agent, at: float) -> float:
    phase = scatter(world.plan.key + agent.index, 5) * MEASURED_EVERY_SECONDS
    return floor((at - phase) / MEASURED_EVERY_SECONDS) * MEASURED_EVERY_SECONDS + phase


def _by_id(world: World, agent: Agent, at: float, generation: str) -> dict[str, Container]:
    measured_at = _measured_at(world, agent, at)
    silent = any(world.timeline.broken(kind, agent.host, measured_at) for kind in SILENT)
    found = [] if silent else containers_of(world, agent, measured_at)
    told = {each.container_id: each for each in found if generation == TELEGRAF or not each.parent_id}
    return dict(sorted(told.items()))


def _dimensions(world: World, agent: Agent, container: Container, *, telegraf: bool) -> Document:
    app = container.slot.app.name
    framework = {"framework_name": FRAMEWORKS[container.slot.framework].name}
    task = {"task_name": app} if container.task_id else {}
    labels = {"labels": {"DCOS_SPACE": f"/{app}"}}
    if telegraf:
        own = {"mesos_id": "", "hostname": agent.host, "container_id": container.container_id}
        return own | framework | task | labels
    return {
        "mesos_id": agent.agent_id,
        "cluster_id": app_points.cluster_id(world),
        "container_id": container.container_id,
        "executor_id": container.executor_id,
        **framework,
        "framework_id": framework_id(world, container),
        **task,
        **({"task_id": container.task_id} if container.task_id else {}),
        "hostname": agent.host,
        **labels,
    }


def _of_dcos_metrics(world: World, container: Container, at: float) -> Iterator[Document]:
    known = statistics(container, at)
    stamp = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    tags = {
        "container_id": container.container_id,
        "executor_id": container.executor_id,
        "executor_name": container.executor_name,
        "framework_id": framework_id(world, container),
        "source": container.task_id,
    }
    for name, key, unit in NAMES:
        yield {"name": name, "value": known.get(key, 0), "unit": unit, "timestamp": stamp, "tags": tags}
    for policy, device, kind, op, value in _blkio(known, ":", "total"):
        name = f"blkio.{policy}.{kind}.{op}"
        yield {"name": name, "value": value, "unit": BYTES, "timestamp": stamp, "tags": tags | {"blkio_device": device}}


def _of_telegraf(container: Container, at: float) -> Iterator[Document]:
    known = statistics(container, at)
    stamp = datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    tags = {"container_id": container.container_id}
    if container.executor_name:
        tags["executor_name"] = container.executor_name
    for key, value in known.items():
        if key in ("timestamp", "blkio_statistics") or not value:
            continue
        name = f"container.{key}" if key in ("processes", "threads") else key.replace("_", ".", 1)
        yield {"name": name, "value": value, "unit": "", "timestamp": stamp, "tags": tags}
    for policy, device, kind, op, value in _blkio(known, ".", "default"):
        if value:
            told = tags | {"policy": policy, "device": device}
            yield {"name": f"blkio.{kind}_{op}", "value": value, "unit": "", "timestamp": stamp, "tags": told}


def _blkio(known: Document, joint: str, total: str) -> Iterator[tuple[str, str, str, str, int]]:
    """Policy, device, kind, operation and value of every number of blkio."""
    for policy, entries in known.get("blkio_statistics", {}).items():
        for entry in entries:
            numbers = entry.get("device")
            device = f"{numbers['major_number']}{joint}{numbers['minor_number']}" if numbers else total
            for kind in KINDS:
                for said in entry[kind]:
                    yield policy, device, kind, said["op"].lower(), said["value"]
