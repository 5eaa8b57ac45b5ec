"""What one machine's answer comes to: the columns of its rows, the values of its readings, its interfaces' rates. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from collectors.metrics import HOST_METRICS
from collectors.records import FilesystemReading, HostMetrics, InterfaceReading
from dashboard.models import Filesystem, Interface, Machine

AGE = "sample.age_seconds"
AMOUNTS = ("cores", "cpus_used", "mem_used_bytes", "disk_total_bytes", "disk_used_bytes")
"""Worked out of the machine's own figures, and stored beside them, so that totals and charts agree on what "used" is."""
HOST_LAYOUT = (*(metric.name for metric in HOST_METRICS), *AMOUNTS, AGE)
FILESYSTEM_VALUES = FilesystemReading.__struct_fields__[1:]
INTERFACE_VALUES = InterfaceReading.__struct_fields__[1:]
FILESYSTEM_LAYOUT = (*FILESYSTEM_VALUES, AGE)
INTERFACE_LAYOUT = (*INTERFACE_VALUES, AGE)
INTERFACE_COLUMNS = [name for name in INTERFACE_VALUES if not name.endswith("_packets")]

BOOT_TOLERANCE = timedelta(seconds=5)
"""Uptime is whole seconds: only a boot later than this is another one."""


def columns(said: HostMetrics, mesos_cpus: float | None) -> dict[str, float | None]:
    """The typed columns of the machine's row; None where it was not told, or cannot be worked out of what was."""
    figures = said.metrics.get
    return {
        "cores": cores(said, mesos_cpus),
        "cpu_used_ratio": _over(figures("cpu.total"), 100),
        "cpu_wait_ratio": _over(figures("cpu.wait"), 100),
        "load_1min": figures("load.1min"),
        "mem_total_bytes": figures("memory.total"),
        "mem_used_bytes": mem_used(said),
        "mem_cached_bytes": _sum([figures("memory.buffers"), figures("memory.cached")]),
        "swap_used_bytes": figures("swap.used"),
        "uptime_seconds": figures("system.uptime"),
        "processes": figures("process.count"),
    }


def cores(said: HostMetrics, mesos_cpus: float | None) -> float | None:
    """`cpu.cores`, else the CPUs the machine's agent gives to Mesos: Telegraf tells no cores, and they are mostly the same."""
    return said.metrics.get("cpu.cores", mesos_cpus)


def mem_used(said: HostMetrics) -> float | None:
    """What a process could not have: total less free, buffers and cached; None unless all four were told."""
    parts = [said.metrics.get(f"memory.{name}") for name in ("free", "buffers", "cached")]
    total, spare = said.metrics.get("memory.total"), _sum(parts)
    return None if total is None or spare is None else max(0.0, total - spare)


def fullest(filesystems: Iterable[FilesystemReading]) -> tuple[str, float | None]:
    """Path and used ratio, 0…1, of the fullest filesystem; ("", None) where none tells how full it is."""
    told = [
        (one.used_bytes / (one.used_bytes + one.free_bytes), one.path)
        for one in filesystems
        if one.used_bytes is not None and one.free_bytes is not None and one.used_bytes + one.free_bytes > 0
    ]
    ratio, path = max(told, default=(None, ""))
    return path, ratio


def host_values(said: HostMetrics, tick: int, mesos_cpus: float | None) -> list[float | None]:
    """One answer in HOST_LAYOUT order."""
    told = [said.metrics.get(metric.name) for metric in HOST_METRICS]
    count, busy = cores(said, mesos_cpus), _over(said.metrics.get("cpu.total"), 100)
    # A disk counts with both of its amounts or not at all: a sum of use must be a share of the sum of sizes beside it.
    disks = [one for one in said.filesystems if one.used_bytes is not None and one.total_bytes is not None]
    return [
        *told,
        count,
        None if count is None or busy is None else count * busy,
        mem_used(said),
        _sum([one.total_bytes for one in disks]),
        _sum([one.used_bytes for one in disks]),
        tick - said.taken_at.timestamp(),
    ]


def child_values(child: FilesystemReading | InterfaceReading, age: float | None) -> list[float | None]:
    """A filesystem's or an interface's values in the order of its layout."""
    names = FILESYSTEM_VALUES if isinstance(child, FilesystemReading) else INTERFACE_VALUES
    return [*(getattr(child, name) for name in names), age]


def booted(before: Machine, said: HostMetrics) -> bool:
    """Whether the machine began anew since the row: its counters did too."""
    uptime = said.metrics.get("system.uptime")
    if uptime is None or before.uptime_seconds is None:
        return False
    at = said.taken_at - timedelta(seconds=uptime)
    return at > before.measured_at - timedelta(seconds=before.uptime_seconds) + BOOT_TOLERANCE


def rates(
    before: Interface, now: InterfaceReading, step: timedelta, longest: timedelta
) -> tuple[float | None, float | None]:
    """Bytes in and out per second since the row; both None across a reset, a gap, or where time stood still.

    A gap is more than the `longest` step.
    One counter that fell tells that the interface came up anew: then none of its rises can be trusted.
    """
    pairs = {name: (getattr(before, name), getattr(now, name)) for name in INTERFACE_COLUMNS}
    fell = any(old is not None and new is not None and new < old for old, new in pairs.values())
    if fell or not timedelta(0) < step <= longest:
        return None, None
    return _rise(*pairs["in_bytes"], step), _rise(*pairs["out_bytes"], step)


def _rise(old: float | None, new: float | None, step: timedelta) -> float | None:
    return None if old is None or new is None else (new - old) / step.total_seconds()


def _over(value: float | None, whole: float) -> float | None:
    return None if value is None else value / whole


def _sum(values: Sequence[float | None]) -> float | None:
    """None where there are none, or one of them is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def filesystem_row(machine: Machine, said: FilesystemReading, row: Filesystem | None) -> Filesystem:
    """The filesystem's row brought up to the answer."""
    row = row or Filesystem(machine=machine, path=said.path)
    row.machine, row.measured_at = machine, machine.measured_at
    for name in FILESYSTEM_VALUES:
        setattr(row, name, getattr(said, name))
    return row


def interface_row(
    machine: Machine, said: InterfaceReading, row: Interface | None, *, anew: bool, longest: timedelta
) -> Interface:
    """The interface's row brought up to the answer; `anew` where the machine booted since."""
    step = timedelta(0) if row is None or anew else machine.measured_at - row.measured_at
    row = row or Interface(machine=machine, name=said.name)
    row.in_bytes_per_second, row.out_bytes_per_second = rates(row, said, step, longest)
    row.machine, row.measured_at = machine, machine.measured_at
    for name in INTERFACE_COLUMNS:
        setattr(row, name, getattr(said, name))
    return row
