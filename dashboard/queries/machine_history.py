"""One machine over time: what it used beside what was allocated on it. NaN where nothing was measured."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from dashboard.models import Cluster, Event, Subject
from dashboard.queries import happenings
from dashboard.queries.extremes import Extremes, extremes
from dashboard.queries.happenings import Happening
from dashboard.queries.rates import rates
from dashboard.queries.readings import Loaded, Series, known_since, loaded
from dashboard.queries.stored import Rows
from dashboard.queries.window import ALL_RANGES, RANGES, Window
from dashboard.queries.window import of as window_of
from dashboard.rises import AGE
from dashboard.tiers import Tier

Kind = Subject.Kind
Values = NDArray[np.float64]
MEMORY = ("memory.total", "memory.free", "memory.buffers", "memory.cached")
HOST = ("cpu.total", "load.1min", "process.count", *MEMORY)
ALLOCATION = ("cpus_total", "cpus_allocated", "mem_allocated_bytes")
ROOM = ("used_bytes", "free_bytes")
TRAFFIC = ("in_bytes", "out_bytes")
TROUBLE = ("in_dropped", "out_dropped", "in_errors", "out_errors")
CHANGES = (Event.Kind.AGENT_STATE, Event.Kind.AGENT_RESTART)
"""What is marked on the charts of a machine, beside its boots."""
UPTIME = "system.uptime"
BOOT_TOLERANCE_SECONDS = 60
"""Uptime is whole seconds of another clock: only a boot later than this is another one."""
MACHINE_RANGES = {**RANGES, **{name: ALL_RANGES[name] for name in ("48h", "7d", "30d", "90d")}}
MOST_POINTS = 360
"""Three charts stand side by side: more points would be narrower than what draws them."""
MOST_MARKS = 20
"""So many changes are marked, the latest: more of them say no more than that it flaps."""
NAMES = (*HOST, *ALLOCATION, *ROOM, *TRAFFIC, *TROUBLE, UPTIME)
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
    """Those asked for that were measured in the window, the fullest first."""
    filesystems_known: int
    """How many it has readings of, asked for or not."""
    network_in: Values
    network_out: Values
    dropped: Values
    """Packets per second, in and out, over all interfaces; the same of errors."""
    errors: Values
    processes: Values
    cpu_extremes: Extremes | None = None
    """Within each step, of what is used; None where steps are of readings. The same of the load."""
    load_extremes: Extremes | None = None
    happenings: tuple[Happening, ...] = ()
    """What changed with its agents, and its boots, oldest first."""

    @property
    def begins_at(self) -> datetime | None:
        """When the figures begin, where that is later than asked for."""
        own = (self.cpu_used, self.load, self.memory_total, self.network_in, self.cpu_allocated)
        return known_since(self.window, own)

    @property
    def measured(self) -> bool:
        """Whether the machine told anything at all in the window."""
        own = (self.cpu_used, self.load, self.memory_total, self.network_in, self.network_out)
        return bool(self.filesystems) or any(np.isfinite(values).any() for values in own)


def history(
    cluster: Cluster, host: str, ports: Sequence[int], window: Window, *, paths: Collection[str] = ()
) -> History:
    """The machine of a host, and the allocation of its agents, which are known by their ports. At most five queries.

    Of its filesystems only those at `paths`, where some are given: there may be dozens, each with a day of readings.
    """
    subjects = _subjects(cluster, host, ports)
    disks = subjects[Kind.FILESYSTEM]
    subjects[Kind.FILESYSTEM] = [(pk, path) for pk, path in disks if path in paths] or disks
    every = loaded([pk for known in subjects.values() for pk, _ in known], window, names=NAMES)
    found = every.only(pk for kind in OF_HOST for pk, _ in subjects[kind])
    machine = _sum([found.series(pk, HOST) for pk, _ in subjects[Kind.HOST]], HOST, found.window)
    cpu_allocated, mem_allocated = _allocated(every.only(pk for pk, _ in subjects[Kind.NODE]), found.window)
    busy, load = (extremes(found, [pk for pk, _ in subjects[Kind.HOST]], name) for name in ("cpu.total", "load.1min"))
    links = [rates(found, pk, (*TRAFFIC, *TROUBLE)) for pk, _ in subjects[Kind.INTERFACE]]
    boots = [boot for pk, _ in subjects[Kind.HOST] for boot in _boots(found, pk)]
    caches = machine["memory.buffers"] + machine["memory.cached"]
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
        filesystems_known=len(disks),
        network_in=_together([one["in_bytes"] for one in links], found.window),
        network_out=_together([one["out_bytes"] for one in links], found.window),
        dropped=_together([one["in_dropped"] + one["out_dropped"] for one in links], found.window),
        errors=_together([one["in_errors"] + one["out_errors"] for one in links], found.window),
        processes=machine["process.count"],
        cpu_extremes=busy and (busy[0] / 100, busy[1] / 100),
        load_extremes=load,
        happenings=_happenings(cluster, host, window, boots),
    )


def asked(name: str | None, now: datetime) -> Window:
    """The named range up to now; an unknown name is the usual one."""
    return window_of(name, now, points=MOST_POINTS, ranges=MACHINE_RANGES)


def _boots(found: Loaded, subject: int) -> list[datetime]:
    """When the machine came up, as its uptime tells: those in the window, each once."""
    at = sorted(moment for rows in found.rows(subject) for moment in _came_up(rows))
    latest, boots = found.window.starts_at.timestamp(), []
    for _, epoch, tolerance in at:
        if epoch > latest + tolerance:
            boots.append(datetime.fromtimestamp(epoch, UTC))
            latest = epoch
    return boots


def _came_up(rows: Rows) -> Iterator[tuple[int, float, int]]:
    """Row by row its tick, when the machine came up as its uptime tells, and within how many seconds that is true: of a step
    it is only known that its last reading was in it."""
    uptimes, ages = rows.column(UPTIME, "last"), rows.column(AGE, "last")
    if uptimes is None:
        return
    step = rows.tier.step_seconds
    known = rows.own & ~np.isnan(uptimes)
    aged = np.zeros(len(known)) if ages is None or rows.tier is not Tier.RAW else np.nan_to_num(ages)
    epochs = rows.ticks + step - aged - uptimes
    for tick, epoch in zip(rows.ticks[known].tolist(), epochs[known].tolist(), strict=True):
        yield tick, epoch, step + BOOT_TOLERANCE_SECONDS


def _happenings(cluster: Cluster, host: str, window: Window, boots: Sequence[datetime]) -> tuple[Happening, ...]:
    events = Event.objects.filter(
        cluster=cluster, kind__in=CHANGES, subject=host, taken_at__gt=window.starts_at, taken_at__lte=window.ends_at
    )
    told = [happenings.told(event) for event in events.order_by("-taken_at", "-id")[:MOST_MARKS]]
    told += [Happening(id=0, taken_at=boot, mark="warn", text=f"{host} booted", link=()) for boot in boots]
    return tuple(sorted(told, key=lambda one: one.taken_at))


def _subjects(cluster: Cluster, host: str, ports: Sequence[int]) -> dict[str, list[tuple[int, str]]]:
    """Ids and names of everything at the host that has readings, by kind."""
    # Three ways that each have an index: over a join the database would look through the subjects of all hosts.
    machine = Subject.objects.filter(cluster=cluster, kind=Kind.HOST, key=host).values("pk")
    below = Q(parent__in=machine, kind__in=OF_HOST)
    agents = Q(cluster=cluster, kind=Kind.NODE, key__in=[f"{host}:{port}" for port in ports])
    found: dict[str, list[tuple[int, str]]] = {kind: [] for kind in (*OF_HOST, Kind.NODE)}
    rows = Subject.objects.filter(Q(pk__in=machine) | below | agents).order_by("key")
    for kind, pk, name in rows.values_list("kind", "pk", "name"):
        found.setdefault(kind, []).append((pk, name))
    return found


def _sum(every: Sequence[Series], names: Sequence[str], window: Window) -> Series:
    """Value by value; NaN where one of them is not known, and everywhere where there are none."""
    if not every:
        return Series(window, {name: np.full(window.steps, np.nan) for name in names})
    return Series(window, {name: np.sum([one[name] for one in every], axis=0) for name in names})


def _allocated(agents: Loaded, window: Window) -> tuple[Values, Values]:
    """Of all agents at once: the share of their CPUs, and bytes of memory."""
    allocation = _sum([agents.series(pk, ALLOCATION).on(window) for pk in agents.by_subject], ALLOCATION, window)
    with np.errstate(invalid="ignore", divide="ignore"):
        cpus = allocation["cpus_allocated"] / allocation["cpus_total"]
    # A lost agent counts with nothing at all: that is no allocation of 0, its tasks may run.
    return cpus, np.where(np.isfinite(cpus), allocation["mem_allocated_bytes"], np.nan)


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
