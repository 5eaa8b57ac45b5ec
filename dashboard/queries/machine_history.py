"""One machine over time: what it used beside what was allocated on it. NaN where nothing was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Subject
from dashboard.queries.rates import rates
from dashboard.queries.readings import Loaded, Series, loaded
from dashboard.queries.use import SOURCE
from dashboard.queries.window import Window

Kind = Subject.Kind
Values = NDArray[np.float64]
MEMORY = ("memory.total", "memory.free", "memory.buffers", "memory.cached")
HOST = ("cpu.total", "load.1min", *MEMORY)
ALLOCATION = ("cpus_total", "cpus_allocated", "mem_allocated_bytes")
ROOM = ("used_bytes", "free_bytes")
TRAFFIC = ("in_bytes", "out_bytes")
LONG = timedelta(hours=6)
PERIOD_SECONDS = SOURCES_BY_NAME[SOURCE].period_seconds
OF_HOST = (Kind.HOST, Kind.FILESYSTEM, Kind.INTERFACE)


@dataclass(frozen=True)
class Share:
    """How full a filesystem was, 0…1."""

    path: str
    values: Values

    @property
    def latest(self) -> float:
        """The newest share that is known; below 0 where none is."""
        measured = self.values[np.isfinite(self.values)]
        return float(measured[-1]) if len(measured) else -1.0


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything on the same steps. Ratios are 0…1, network rates bytes per second over all interfaces."""

    window: Window
    cpu_used: Values
    cpu_allocated: Values
    """Of the CPUs that the agents give to Mesos; NaN on a machine without one."""
    load: Values
    memory_total: Values
    memory_used: Values
    memory_cached: Values
    """Buffers and caches."""
    memory_allocated: Values
    filesystems: tuple[Share, ...]
    """Those measured in the window, the fullest first."""
    network_in: Values
    network_out: Values

    @property
    def measured(self) -> bool:
        """Whether the machine told anything at all in the window."""
        own = (self.cpu_used, self.load, self.memory_total, self.network_in, self.network_out)
        return bool(self.filesystems) or any(np.isfinite(values).any() for values in own)


def history(cluster: Cluster, host: str, ports: Sequence[int], window: Window) -> History:
    """The machine of a host, and the allocation of its agents, which are known by their ports. Five queries."""
    subjects = _subjects(cluster, host, ports)
    found = loaded([pk for kind in OF_HOST for pk, _ in subjects[kind]], window)
    machine = _sum([found.series(pk, HOST) for pk, _ in subjects[Kind.HOST]], HOST, found.window)
    agents = loaded([pk for pk, _ in subjects[Kind.NODE]], found.window, every_seconds=_every(found.window))
    allocated = [agents.series(pk, ALLOCATION).on(found.window) for pk, _ in subjects[Kind.NODE]]
    allocation = _sum(allocated, ALLOCATION, found.window)
    traffic = [rates(found, pk, TRAFFIC) for pk, _ in subjects[Kind.INTERFACE]]
    caches = machine["memory.buffers"] + machine["memory.cached"]
    with np.errstate(invalid="ignore", divide="ignore"):
        cpu_allocated = allocation["cpus_allocated"] / allocation["cpus_total"]
    # A lost agent counts with nothing at all: that is no allocation of 0, its tasks may run.
    mem_allocated = np.where(np.isfinite(cpu_allocated), allocation["mem_allocated_bytes"], np.nan)
    return History(
        window=found.window,
        cpu_used=machine["cpu.total"] / 100,
        cpu_allocated=cpu_allocated,
        load=machine["load.1min"],
        memory_total=machine["memory.total"],
        memory_used=machine["memory.total"] - machine["memory.free"] - caches,
        memory_cached=caches,
        memory_allocated=mem_allocated,
        filesystems=_shares(found, subjects[Kind.FILESYSTEM]),
        network_in=_together([one["in_bytes"] for one in traffic], found.window),
        network_out=_together([one["out_bytes"] for one in traffic], found.window),
    )


def _every(window: Window) -> int:
    """Allocation is read six times as often as machines are: of a long time every sixth of its readings is enough."""
    return PERIOD_SECONDS if window.step_seconds >= PERIOD_SECONDS and window.ends_at - window.starts_at > LONG else 1


def _subjects(cluster: Cluster, host: str, ports: Sequence[int]) -> dict[str, list[tuple[int, str]]]:
    """Ids and names of everything at the host that has readings, by kind."""
    machine = Q(kind=Kind.HOST, key=host) | Q(parent__kind=Kind.HOST, parent__key=host)
    agents = Q(kind=Kind.NODE, key__in=[f"{host}:{port}" for port in ports])
    found: dict[str, list[tuple[int, str]]] = {kind: [] for kind in (*OF_HOST, Kind.NODE)}
    rows = Subject.objects.filter(machine | agents, cluster=cluster).order_by("key")
    for kind, pk, name in rows.values_list("kind", "pk", "name"):
        found.setdefault(kind, []).append((pk, name))
    return found


def _sum(every: Sequence[Series], names: Sequence[str], window: Window) -> Series:
    """Value by value; NaN where one of them is not known, and everywhere where there are none."""
    if not every:
        return Series(window, {name: np.full(window.steps, np.nan) for name in names})
    return Series(window, {name: np.sum([one[name] for one in every], axis=0) for name in names})


def _shares(found: Loaded, subjects: Sequence[tuple[int, str]]) -> tuple[Share, ...]:
    shares = []
    for subject, path in subjects:
        one = found.series(subject, ROOM)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = one["used_bytes"] / (one["used_bytes"] + one["free_bytes"])
        shares.append(Share(path, ratios))
    measured = [share for share in shares if np.isfinite(share.values).any()]
    return tuple(sorted(measured, key=lambda share: (-share.latest, share.path)))


def _together(every: Sequence[Values], window: Window) -> Values:
    """The sum over all interfaces. Between its first and its last rate one that has none makes the sum unknown."""
    total, known = np.zeros(window.steps), np.zeros(window.steps, dtype=bool)
    for values in every:
        measured = np.flatnonzero(np.isfinite(values))
        if len(measured):
            alive = slice(int(measured[0]), int(measured[-1]) + 1)
            total[alive] += values[alive]
            known[alive] = True
    return np.where(known, total, np.nan)
