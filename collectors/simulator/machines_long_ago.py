"""What machines measured of themselves in the months before the demo's stories: the same figures as hosts.py tells of one
moment, of thousands of moments at once. A test holds both ways together.

Nothing breaks then.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from collectors.noise import is_noise_interface
from collectors.simulator import hosts
from collectors.simulator.host_mounts import (
    DROP_BYTES,
    ERROR_BYTES,
    FILLED_A_DAY,
    FILLED_AT_ANCHOR,
    FULLEST,
    PACKET_BYTES,
    Mount,
    links_of,
)
from collectors.simulator.hosts import MASTER_CORES, MASTER_MEMORY_BYTES, MIB, Host
from collectors.simulator.long_ago import held_on
from collectors.simulator.plan import Agent
from collectors.simulator.rhythm import DAY_SECONDS, noises, risen_at
from collectors.simulator.state import World

Values = NDArray[np.float64]
Figures = dict[str, Values]
BUSY_STANDBY = 0.25
OLDEST_LIFE_SECONDS = 200 * DAY_SECONDS
"""Before its last boot a machine had been on for so long."""


def figures(world: World, host: Host, at: Values, *, until: float) -> Figures:
    """CPU, load and memory at each moment, by the names of `/node`; `host` says whose, and since when it was on."""
    place = host.place
    found = _of_agent(world, place, host.key, at, until) if isinstance(place, Agent) else _of_master(host.key, at)
    lives = np.where(at < host.booted_at, OLDEST_LIFE_SECONDS, 0.0)
    steady = {"system.uptime": np.floor(at - host.booted_at + lives), "swap.total": 0 * at, "swap.used": 0 * at}
    return {**steady, **found, "swap.free": 0 * at}


def _of_agent(world: World, agent: Agent, key: int, at: Values, until: float) -> Figures:
    used = np.sum(list(held_on(world, agent, at, until=until).values()), axis=0)
    cores = agent.total.cpus_milli // 1_000
    busy = used[:, 0] / 1_000 / cores * (47.5 + 12.5 * noises(key, at, 1_800)) + 1.2
    total = int((1 << (agent.total.mem_mb - 1).bit_length()) * MIB * (1 - hosts.KERNEL_KEEPS))
    memory = hosts.SYSTEM_BYTES + used[:, 1] * MIB * (0.72 + 0.1 * noises(key + 7, at, 3_600))
    loads = [cores * busy / 100 * (1 + 0.15 * noises(key, at, period)) for period in (300, 900, 2_700)]
    found = _shared(key, at, cores=cores, busy=busy, memory=(total, memory), loads=loads)
    return found | {"process.count": 212 + 9 * used[:, 4]}


def _of_master(key: int, at: Values) -> Figures:
    """As a standby: who led so long ago nobody knows."""
    swings = ((0.9, 300), (0.6, 900), (0.3, 2_700))
    loads = [BUSY_STANDBY * (1.6 + swing * noises(key, at, period)) for swing, period in swings]
    spare = 5.2e9 + 1.4e9 * noises(key + 3, at, 7_200)
    memory = (MASTER_MEMORY_BYTES, MASTER_MEMORY_BYTES - 4 * spare)
    found = _shared(key, at, cores=MASTER_CORES, busy=100 * loads[1] / MASTER_CORES, memory=memory, loads=loads)
    cached = np.floor(MASTER_MEMORY_BYTES - memory[1] - spare - found["memory.buffers"])
    return found | {"memory.free": np.floor(spare), "memory.cached": cached, "process.count": 236 + 0 * at}


def _shared(
    key: int, at: Values, *, cores: int, busy: Values, memory: tuple[float, Values], loads: list[Values]
) -> Figures:
    system = np.round(busy * (0.21 + 0.05 * noises(key + 4, at, 600)), 2)
    user, wait = np.round(busy - system, 2), np.round(0.4 + 0.35 * noises(key + 5, at, 900), 2)
    total, used = memory
    buffers = np.floor(300 * MIB * (1 + 0.3 * noises(key + 6, at, 7_200)))
    cached = np.floor((total - used) * (0.7 + 0.1 * noises(key + 8, at, 10_800)))
    return {
        "cpu.cores": cores + 0 * at,
        "cpu.total": user + system,
        "cpu.user": user,
        "cpu.system": system,
        "cpu.idle": np.round(99.9 - user - system - wait, 2),
        "cpu.wait": wait,
        **{f"load.{name}": np.round(load, 2) for name, load in zip(("1min", "5min", "15min"), loads, strict=True)},
        "memory.total": total + 0 * at,
        "memory.free": np.floor(total - used) - buffers - cached,
        "memory.buffers": buffers,
        "memory.cached": cached,
    }


def filesystems(world: World, host: Host, at: Values) -> dict[str, Values]:
    """By path: total, used and free bytes, inodes in all, used and free, a row for each moment; NaN where none are told."""
    key, found = host.key, {}
    swings = {"/": (0.42, 0.02, 1, 43_200), "/var": (0.48, 0.08, 2, 14_400)}
    swings |= {"/var/lib/mesos": (0.38, 0.1, 3, 21_600), "/var/lib/dcos": (0.22, 0.01, 3, 21_600)}
    filling = host.place is hosts.filling(world)
    for mount in hosts.own_mounts(world, host):
        if mount.path not in swings:
            ratio = np.full(len(at), mount.used / (mount.used + mount.free))
        elif filling and mount.path == "/var":
            ratio = np.clip(FILLED_AT_ANCHOR + FILLED_A_DAY * (at - world.anchor) / DAY_SECONDS, 0.3, FULLEST)
        else:
            mean, swing, place, period = swings[mount.path]
            ratio = mean + swing * noises(key + place, at, period)
        found[mount.path] = _filesystem(mount, ratio)
    return found


def _filesystem(mount: Mount, ratio: Values) -> Values:
    usable = mount.used + mount.free
    used = np.floor(usable * ratio / 4096) * 4096 if mount.inodes else usable * ratio
    inodes = mount.inodes or np.nan
    inodes_used = np.floor(inodes * ratio / 6)
    return np.stack(
        [
            mount.total + 0 * ratio,
            used,
            usable - used,
            inodes + 0 * ratio,
            inodes_used,
            inodes - inodes_used,
        ],
        axis=1,
    )


def interfaces(host: Host, at: Values) -> dict[str, Values]:
    """By name: bytes, packets, errors and dropped packets, in and out of each, a row for each moment since it was on."""
    found = {}
    for number, link in enumerate(links_of(host.key, is_agent=host.is_agent)):
        if is_noise_interface(link.name):
            continue
        key = host.key + 10 * number
        taken, sent = (
            risen_at(key, host.booted_at, at, per_hour=rate) for rate in (link.in_per_hour, link.out_per_hour)
        )
        both = [column // size for size in (1, PACKET_BYTES, ERROR_BYTES) for column in (taken, sent)]
        found[link.name] = np.stack([*both, taken // DROP_BYTES, 0 * at], axis=1)
    return found
