"""What the machines of masters and agents measure of themselves, as dcos-metrics or Telegraf tells it.

Document: https://github.com/dcos/dcos-metrics. Use follows allocation: processes take some 35–60 % of the CPU that Mesos
gave them and less memory than they were given, the rest of the memory caches files. Every value is a function of the
world and the moment, measured once a minute; uptime and counters begin again when a machine boots.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import floor

from collectors.simulator.host_mounts import GIB, Mount, counters, links_of, mounts_of, noise_mounts
from collectors.simulator.incidents import Kind
from collectors.simulator.mesos import Document
from collectors.simulator.plan import Agent, Master
from collectors.simulator.presence import Presence
from collectors.simulator.rhythm import DAY_SECONDS, noise, scatter
from collectors.simulator.state import AgentNow, World, place_tasks

DCOS_METRICS, TELEGRAF = "dcos-metrics", "telegraf"
GENERATIONS = (DCOS_METRICS, TELEGRAF)
MEASURED_EVERY_SECONDS = 60.0
POLLERS_TAKE_SECONDS = 0.0053
OLDEST_BOOT_DAYS = 40
MASTER_CORES, MASTER_MEMORY_BYTES = 8, 33_600_000_000
SYSTEM_BYTES = 1.3 * GIB
KERNEL_KEEPS = 0.016  # of the memory, before anybody can use it
MIB = 1024**2


@dataclass(frozen=True, slots=True)
class Host:
    """A machine at the moment of its measurement."""

    place: Agent | Master
    key: int
    booted_at: float
    at: float

    @property
    def is_agent(self) -> bool:
        return isinstance(self.place, Agent)


def host_of(world: World, at: float, whose: str) -> str | None:
    """Whom a path of Admin Router means: "/agent/<id>", "/leader/mesos" or "" for its own machine.

    None while no master has ever led; KeyError with the id for an agent that it does not know.
    """
    if whose.startswith("/agent/"):
        agent_id = whose.removeprefix("/agent/")
        agent = next((agent for agent in world.plan.agents if agent.agent_id == agent_id), None)
        if agent is None:
            raise KeyError(agent_id)
        return agent.host
    if not whose:
        return world.plan.masters[0].host
    reign = world.timeline.reign(at)
    return reign.host if reign else None


def is_on(world: World, at: float, host: str) -> bool:
    """Whether the machine runs, whatever has happened to its Mesos process."""
    return world.timeline.broken(Kind.MACHINE_OFF, host, at) is None


def ping(at: float) -> Document:
    return {"ok": True, "timestamp": datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


def machines(world: World, at: float, *, generation: str = DCOS_METRICS) -> Iterator[tuple[str, str, str, Document]]:
    """Host, role, agent id and `/node` of every machine that had one to show then: masters first."""
    for place in places(world):
        body = _body(world, at, place, generation) if is_on(world, at, place.host) else None
        if body is not None:
            role, agent_id = ("agent", place.agent_id) if isinstance(place, Agent) else ("master", "")
            yield place.host, role, agent_id, body


def machine_at(world: World, at: float, host: str, *, generation: str = DCOS_METRICS) -> Document | None:
    """One machine's `/node`; None until its first measurement after a boot. KeyError for a host that is none."""
    for place in places(world):
        if place.host == host:
            return _body(world, at, place, generation)
    raise KeyError(host)


def places(world: World) -> Iterator[Agent | Master]:
    yield from world.plan.masters
    yield from world.plan.agents


def host_at(world: World, at: float, place: Agent | Master) -> Host | None:
    """The machine as it last measured itself; None until its first measurement after a boot."""
    key = _key(world, place)
    phase = scatter(key, 5) * MEASURED_EVERY_SECONDS
    measured_at = floor((at - phase) / MEASURED_EVERY_SECONDS) * MEASURED_EVERY_SECONDS + phase
    booted_at = _booted_at(world, place.host, key, measured_at)
    if any(booted_at < outage.ends_at <= at for outage in world.timeline.of(Kind.MACHINE_OFF, place.host)):
        return None
    return Host(place, key, booted_at, measured_at)


def _body(world: World, at: float, place: Agent | Master, generation: str) -> Document | None:
    host = host_at(world, at, place)
    if host is None:
        return None
    telegraf = generation == TELEGRAF
    points = [*_machine_points(world, host, telegraf=telegraf), *_subject_points(world, host, telegraf=telegraf)]
    random.Random(host.key ^ int(host.at)).shuffle(points)
    return {"datapoints": points, "dimensions": _dimensions(world, place, telegraf=telegraf)}


def _key(world: World, place: Agent | Master) -> int:
    return world.plan.key + 1_000 * (place.index + 1) + (500_000 if isinstance(place, Agent) else 0)


def figures_of_agent(world: World, agent: Agent, at: float) -> dict[str, float]:
    """CPU, load and memory of an agent's machine at this very moment, by the names of `/node`."""
    return _of_agent(world, Host(agent, _key(world, agent), at, at))


def _booted_at(world: World, host: str, key: int, at: float) -> float:
    first = world.timeline.begins_at - scatter(key, 6) * OLDEST_BOOT_DAYS * DAY_SECONDS
    return max((o.ends_at for o in world.timeline.of(Kind.MACHINE_OFF, host) if o.ends_at <= at), default=first)


def _dimensions(world: World, place: Agent | Master, *, telegraf: bool) -> Document:
    own_id = place.agent_id if isinstance(place, Agent) else world.plan.run_id
    return {
        "mesos_id": "" if telegraf else own_id,
        "cluster_id": str(uuid.UUID(int=world.plan.key, version=4)),
        "hostname": place.host,
    }


def figures_of(world: World, host: Host) -> dict[str, float]:
    """Everything the machine says of itself as a whole, by the names of `/node`, as dcos-metrics counts it."""
    figures = _of_agent(world, host) if host.is_agent else _of_master(world, host)
    return {"system.uptime": int(host.at - host.booted_at), **figures, "swap.total": 0, "swap.used": 0, "swap.free": 0}


def _machine_points(world: World, host: Host, *, telegraf: bool) -> Iterator[Document]:
    values = figures_of(world, host)
    if telegraf:
        del values["cpu.cores"]
        values["cpu.total"] = round(100 - values["cpu.idle"], 2)
    stamp = timestamp(host.at, telegraf=telegraf)
    for name, value in values.items():
        yield {"name": name, "value": value, "unit": _unit(name), "timestamp": stamp}


def _of_agent(world: World, host: Host) -> dict[str, float]:
    agent, key, at = host.place, host.key, host.at
    assert isinstance(agent, Agent)
    now = AgentNow(agent, Presence.ACTIVE, at, None)
    place_tasks(world, now, at)
    cores = agent.total.cpus_milli // 1_000
    busy = now.used.cpus_milli / 1_000 / cores * (47.5 + 12.5 * noise(key, at, 1_800)) + 1.2
    total = int((1 << (agent.total.mem_mb - 1).bit_length()) * MIB * (1 - KERNEL_KEEPS))
    used = SYSTEM_BYTES + now.used.mem_mb * MIB * (0.72 + 0.1 * noise(key + 7, at, 3_600))
    loads = [cores * busy / 100 * (1 + 0.15 * noise(key, at, period)) for period in (300, 900, 2_700)]
    processes = 212 + 9 * (now.used.running + now.used.staging)
    return _figures(key, at, cores=cores, busy=busy, memory=(total, used), loads=loads) | {"process.count": processes}


def _of_master(world: World, host: Host) -> dict[str, float]:
    """Load and free memory are those that the master's own `/metrics/snapshot` tells of its host."""
    key, at = host.key, host.at
    reign = world.timeline.reign(at)
    busy = 1.0 if reign and reign.host == host.place.host and at < reign.ends_at else 0.25
    loads = [busy * (1.6 + swing * noise(key, at, period)) for swing, period in ((0.9, 300), (0.6, 900), (0.3, 2_700))]
    spare = 5.2e9 + 1.4e9 * noise(key + 3, at, 7_200)
    memory = (MASTER_MEMORY_BYTES, MASTER_MEMORY_BYTES - 4 * spare)
    figures = _figures(key, at, cores=MASTER_CORES, busy=100 * loads[1] / MASTER_CORES, memory=memory, loads=loads)
    cached = int(MASTER_MEMORY_BYTES - memory[1] - spare - figures["memory.buffers"])
    return figures | {"memory.free": int(spare), "memory.cached": cached, "process.count": 236}


def _figures(
    key: int, at: float, *, cores: int, busy: float, memory: tuple[int, float], loads: list[float]
) -> dict[str, float]:
    system = round(busy * (0.21 + 0.05 * noise(key + 4, at, 600)), 2)
    user, wait = round(busy - system, 2), round(0.4 + 0.35 * noise(key + 5, at, 900), 2)
    total, used = memory
    buffers = int(300 * MIB * (1 + 0.3 * noise(key + 6, at, 7_200)))
    cached = int((total - used) * (0.7 + 0.1 * noise(key + 8, at, 10_800)))
    return {
        "cpu.cores": cores,
        "cpu.total": user + system,
        "cpu.user": user,
        "cpu.system": system,
        "cpu.idle": round(99.9 - user - system - wait, 2),
        "cpu.wait": wait,
        "load.1min": round(loads[0], 2),
        "load.5min": round(loads[1], 2),
        "load.15min": round(loads[2], 2),
        "memory.total": total,
        "memory.free": int(total - used) - buffers - cached,
        "memory.buffers": buffers,
        "memory.cached": cached,
    }


def _subject_points(world: World, host: Host, *, telegraf: bool) -> Iterator[Document]:
    """Everything with a tag: own mounts and interfaces, and the noise between them."""
    own = own_mounts(world, host)
    stamp = timestamp(host.at + POLLERS_TAKE_SECONDS / 2, telegraf=telegraf)
    for mount in (*own, *noise_mounts(host.key, own, telegraf=telegraf)):
        yield from _tagged(mount.values(), "path", mount.path, stamp)
    stamp = timestamp(host.at + POLLERS_TAKE_SECONDS, telegraf=telegraf)
    for place, link in enumerate(links_of(host.key, is_agent=host.is_agent)):
        values = counters(link, host.key + 10 * place, booted_at=host.booted_at, at=host.at)
        yield from _tagged(values, "interface", link.name, stamp)


def own_mounts(world: World, host: Host) -> list[Mount]:
    """The machine's filesystems, those left out that only repeat one."""
    anchor = world.anchor if host.place is filling(world) else None
    disk = (host.place.total.disk_mb + 5_120) * MIB if isinstance(host.place, Agent) else 0
    return list(mounts_of(host.key, host.at, disk_bytes=disk, anchor=anchor))


def filling(world: World) -> Agent | None:
    """The agent whose `/var` fills: one of the first three quarters, which are private."""
    agents = world.plan.agents
    return agents[int(scatter(world.plan.key, 77) * max(1, len(agents) * 3 // 4))] if agents else None


def _tagged(values: Iterable[tuple[str, int]], tag: str, place: str, stamp: str) -> Iterator[Document]:
    for name, value in values:
        yield {"name": name, "value": value, "unit": _unit(name), "timestamp": stamp, "tags": {tag: place}}


def _unit(name: str) -> str:
    if name.startswith("cpu.") and name != "cpu.cores":
        return "percent"
    is_bytes = name.startswith(("memory.", "swap.", "filesystem.capacity.")) or name in ("network.in", "network.out")
    return "bytes" if is_bytes else "count"


def timestamp(at: float, *, telegraf: bool) -> str:
    """Whole seconds by Telegraf; nanoseconds without their trailing zeros by dcos-metrics, as Go writes them."""
    seconds = datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{seconds}Z" if telegraf else f"{seconds}.{int((at - int(at)) * 1e9):09d}".rstrip("0").rstrip(".") + "Z"
