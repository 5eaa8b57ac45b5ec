"""The samples that all stores are given: machines and containers of a cluster, minute after minute. Deterministic, numpy only.

Rougher than the simulator, whose lines are smooth: increments scatter, gauges wander and stay where they are for a while.
Bytes of counters are whole, memory is counted in pages, CPU time in hundredths of a second, throttled time in nanoseconds,
shares in hundredths, as kernels and agents tell them. In an hour every tenth container ends and another takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from collectors.metrics import CONTAINER_METRICS, FILESYSTEM_METRICS, HOST_METRICS, INTERFACE_METRICS
from tests.bench.peers.container_samples import GIB, TICK_SECONDS, container
from tests.bench.peers.lines import PAGE, Rng, Values, pages, resting, risen, wandering

CONTAINERS = 20
"""On each machine, always."""
ENDED_AN_HOUR = 0.1
MOUNTS = {"/": 50 * GIB, "/var": 100 * GIB, "/var/lib/mesos": 540 * GIB, "/boot/efi": 535_805_952}
LINKS = {"eth0": 8.3e6, "eth1": 3.3e6, "vtep1024": 2.2e6}
"""Interface → bytes it takes in a second."""
WITHOUT_INODES = "/boot/efi"
HOST = tuple(metric.name for metric in HOST_METRICS)
MOUNT = tuple(metric.name for metric in FILESYSTEM_METRICS)
LINK = tuple(metric.name for metric in INTERFACE_METRICS)
CONTAINER = tuple(metric.name for metric in CONTAINER_METRICS)
DECIMALS = frozenset(name for name in HOST if name.startswith(("cpu.", "load."))) - {"cpu.cores"}
DECIMALS |= {name for name in CONTAINER if name.startswith("cpus_") and not name.startswith("cpus_nr_")}
"""Every other value is a whole number."""


@dataclass(frozen=True)
class Fleet:
    """So many machines over so many ticks. Arrays have a row a tick, then a place a machine or container."""

    machines: int
    ticks: int
    seed: int = 5
    ended_an_hour: float = ENDED_AN_HOUR

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        return tuple(f"10.1.{number // 250}.{number % 250 + 1}" for number in range(self.machines))

    @cached_property
    def births(self) -> NDArray[np.bool_]:
        """Where another container has taken a place since the tick before: (tick, container)."""
        chance = self.ended_an_hour * TICK_SECONDS / 3600
        born = self._rng(1).random((self.ticks, self.machines * CONTAINERS)) < chance
        born[0] = False
        return born

    @cached_property
    def lives(self) -> NDArray[np.int64]:
        """Which container holds each place, counted from 0: (tick, container)."""
        return np.cumsum(self.births, axis=0)

    @cached_property
    def of_machines(self) -> Values:
        """(tick, machine, HOST)."""
        return _stacked(_machine(self._rng(2), (self.ticks, self.machines)), HOST)

    @cached_property
    def of_mounts(self) -> Values:
        """(tick, machine, mount, MOUNT); NaN where a filesystem has no number of inodes."""
        rng, shape = self._rng(3), (self.ticks, self.machines)
        made = [_stacked(_mount(rng, shape, path, size), MOUNT) for path, size in MOUNTS.items()]
        return np.stack(made, axis=2)

    @cached_property
    def of_links(self) -> Values:
        """(tick, machine, interface, LINK)."""
        rng, shape = self._rng(4), (self.ticks, self.machines)
        return np.stack([_stacked(_link(rng, shape, rate), LINK) for rate in LINKS.values()], axis=2)

    @cached_property
    def of_containers(self) -> Values:
        """(tick, container, CONTAINER), the places of the first machine first."""
        return _stacked(container(self._rng(6), self.births, self.lives), CONTAINER)

    @cached_property
    def moments(self) -> Values:
        """Seconds after the tick at which a machine's metrics service and its agent measured: (tick, machine, 2)."""
        rng = self._rng(7)
        phase = rng.uniform(2, 28, (1, self.machines, 2))
        return np.round(phase + np.abs(rng.normal(0, 0.02, (self.ticks, self.machines, 2))), 6)

    @cached_property
    def samples(self) -> int:
        """How many numbers there are in all: absent ones are none, and nothing that a store works out itself is one."""
        arrays = (self.of_machines, self.of_mounts, self.of_links, self.of_containers)
        return sum(int(array.size - np.isnan(array).sum()) for array in arrays)

    def _rng(self, part: int) -> Rng:
        return np.random.default_rng((self.seed, part))


def _stacked(columns: Mapping[str, Values], names: tuple[str, ...]) -> Values:
    return np.stack([columns[name] for name in names], axis=2)


def _machine(rng: Rng, shape: tuple[int, int]) -> dict[str, Values]:
    busy = np.clip(rng.uniform(5, 70, shape[1]) + wandering(rng, shape, step=3), 0.5, 95)
    system = np.round(busy * np.clip(0.22 + rng.normal(0, 0.02, shape), 0.1, 0.4), 2)
    user, wait = np.round(busy - system, 2), np.round(np.abs(rng.normal(0.4, 0.3, shape)), 2)
    total = np.full(shape, 67_504_283_648.0)
    used = pages(total * np.clip(rng.uniform(0.2, 0.8, shape[1]) + 0.004 * wandering(rng, shape, step=1), 0.05, 0.9))
    buffers = pages(2.1e9 + resting(rng, 1e6 * wandering(rng, shape, step=1), share=0.3))
    cached = pages((total - used - buffers) * (0.7 + 0.01 * wandering(rng, shape, step=1)))
    loads = {
        f"load.{span}min": np.round(busy / 6 * (1 + wandering(rng, shape, step=0.2 / span)), 2) for span in (1, 5, 15)
    }
    uptime = rng.integers(10**5, 10**7, shape[1]) + TICK_SECONDS * np.arange(shape[0])[:, None]
    return {
        "system.uptime": uptime.astype(float),
        "cpu.cores": np.full(shape, 16.0),
        "cpu.total": user + system,
        "cpu.user": user,
        "cpu.system": system,
        "cpu.idle": np.round(np.maximum(0, 100 - user - system - wait), 2),
        "cpu.wait": wait,
        **{name: np.abs(load) for name, load in loads.items()},
        "memory.total": total,
        "memory.free": total - used - buffers - cached,
        "memory.buffers": buffers,
        "memory.cached": cached,
        **{name: np.zeros(shape) for name in ("swap.total", "swap.used", "swap.free")},
        "process.count": 390 + np.floor(resting(rng, wandering(rng, shape, step=4), share=0.2)),
    }


def _mount(rng: Rng, shape: tuple[int, int], path: str, size: int) -> dict[str, Values]:
    """What root keeps for itself is neither used nor free."""
    still = path == WITHOUT_INODES
    usable = size if still else size * 0.95 // PAGE * PAGE
    base, wander = usable * rng.uniform(0.2, 0.8, shape[1]), wandering(rng, shape, step=40e6)
    used = pages(base + (0 if still else resting(rng, wander, share=0.1)) + np.zeros(shape))
    nodes = np.full(shape, float(size // 16_384))
    taken = np.floor(used / 90_000) + resting(rng, np.floor(wandering(rng, shape, step=30)), share=0.4)
    if still:
        nodes, taken = np.full(shape, np.nan), np.full(shape, np.nan)
    said = (np.full(shape, float(size)), used, usable - used, nodes, taken, nodes - taken)
    return dict(zip(MOUNT, said, strict=True))


def _link(rng: Rng, shape: tuple[int, int], rate: float) -> dict[str, Values]:
    found: dict[str, Values] = {}
    for way in ("in", "out"):
        packets = risen(rng, rng.uniform(0.3, 1.7, shape[1]) * rate * TICK_SECONDS / 900, shape)
        found[f"network.{way}.packets"] = packets + rng.integers(10**8, 10**10, shape[1])
        found[f"network.{way}"] = np.floor(packets * 900 * (1 + rng.normal(0, 1e-7, shape))) + rng.integers(
            10**12, 10**14, shape[1]
        )
        found[f"network.{way}.errors"] = np.zeros(shape)
        found[f"network.{way}.dropped"] = risen(rng, np.full(shape, 0.02 if way == "in" else 0.0), shape)
    found["network.in"] = np.maximum.accumulate(found["network.in"], axis=0)
    found["network.out"] = np.maximum.accumulate(found["network.out"], axis=0)
    return found
