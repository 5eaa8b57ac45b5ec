"""What one machine's answer comes to: the columns of its rows, the values of its readings, its interfaces' rates. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from collectors.metrics import HOST_METRICS
from collectors.metrics.metric import Metric
from collectors.records import FilesystemReading, HostMetrics, InterfaceReading

AGE = "sample.age_seconds"
AMOUNTS = ("cores", "cpus_used", "mem_used_bytes", "disk_total_bytes", "disk_used_bytes")
"""Worked out of the machine's own figures, and stored beside them, so that totals and charts agree on what "used" is."""
HOST_LAYOUT = (*(metric.name for metric in HOST_METRICS), *AMOUNTS, AGE)
FILESYSTEM_VALUES = FilesystemReading.__struct_fields__[1:]
INTERFACE_VALUES = InterfaceReading.__struct_fields__[1:]
FILESYSTEM_LAYOUT = (*FILESYSTEM_VALUES, AGE)
INTERFACE_LAYOUT = (*INTERFACE_VALUES, AGE)
INTERFACE_COLUMNS = [name for name in INTERFACE_VALUES if not name.endswith("_packets")]
INTERFACE_PLACES = [INTERFACE_VALUES.index(name) for name in INTERFACE_COLUMNS]
IN_BYTES, OUT_BYTES = INTERFACE_COLUMNS.index("in_bytes"), INTERFACE_COLUMNS.index("out_bytes")

COLUMNS = (
    *("cores", "cpu_used_ratio", "cpu_wait_ratio", "load_1min", "mem_total_bytes", "mem_used_bytes"),
    *("mem_cached_bytes", "swap_used_bytes", "uptime_seconds", "processes"),
)
PERCENT_DECIMALS, CPUS_DECIMALS = 6, 4
"""Of what readings keep of shares, and of cores used."""
BOOT_TOLERANCE = timedelta(seconds=5)
"""Uptime is whole seconds: only a boot later than this is another one."""


def columns(said: HostMetrics, mesos_cpus: float | None) -> list[float | None]:
    """The figures of the machine's row, in the order of COLUMNS; None where it was not told, or cannot be worked out."""
    figures = said.metrics.get
    return [
        cores(said, mesos_cpus),
        _over(figures("cpu.total"), 100),
        _over(figures("cpu.wait"), 100),
        figures("load.1min"),
        figures("memory.total"),
        mem_used(said),
        _sum([figures("memory.buffers"), figures("memory.cached")]),
        figures("swap.used"),
        figures("system.uptime"),
        figures("process.count"),
    ]


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


def host_values(said: HostMetrics, age_seconds: float, mesos_cpus: float | None) -> list[float | None]:
    """One answer of this age in HOST_LAYOUT order."""
    told = [_kept(metric, said.metrics.get(metric.name)) for metric in HOST_METRICS]
    count, busy = cores(said, mesos_cpus), _over(said.metrics.get("cpu.total"), 100)
    # A disk counts with both of its amounts or not at all: a sum of use must be a share of the sum of sizes beside it.
    disks = [one for one in said.filesystems if one.used_bytes is not None and one.total_bytes is not None]
    return [
        *told,
        count,
        None if count is None or busy is None else round(count * busy, CPUS_DECIMALS),
        mem_used(said),
        _sum([one.total_bytes for one in disks]),
        _sum([one.used_bytes for one in disks]),
        age_seconds,
    ]


def _kept(metric: Metric, value: float | None) -> float | None:
    """A share to a millionth of a percent: agents divide and add floats, and the noise of that is as long as the number."""
    return value if value is None or metric.unit != "percent" else round(value, PERCENT_DECIMALS)


def child_values(child: FilesystemReading | InterfaceReading) -> tuple[float | None, ...]:
    """A filesystem's or an interface's values, in the order of FILESYSTEM_VALUES or INTERFACE_VALUES."""
    return msgspec.structs.astuple(child)[1:]


def counters(said: InterfaceReading) -> list[float | None]:
    """What a row keeps of an interface, in the order of INTERFACE_COLUMNS."""
    values = child_values(said)
    return [values[place] for place in INTERFACE_PLACES]


def booted(measured_at: datetime, uptime_seconds: float | None, said: HostMetrics) -> bool:
    """Whether the machine began anew since it said that uptime: its counters did too."""
    uptime = said.metrics.get("system.uptime")
    if uptime is None or uptime_seconds is None:
        return False
    at = said.taken_at - timedelta(seconds=uptime)
    return at > measured_at - timedelta(seconds=uptime_seconds) + BOOT_TOLERANCE


Rates = tuple[float | None, float | None]


def rates(before: Sequence[float | None], now: Sequence[float | None], seconds: float, longest: timedelta) -> Rates:
    """Bytes in and out per second between two answers, each as `counters` tells it; both None across a reset, a gap, or
    where time stood still.

    A gap is more than the `longest` step.
    One counter that fell tells that the interface came up anew: then none of its rises can be trusted.
    """
    fell = any(old is not None and new is not None and new < old for old, new in zip(before, now, strict=True))
    if fell or not 0 < seconds <= longest.total_seconds():
        return None, None
    return _rise(before[IN_BYTES], now[IN_BYTES], seconds), _rise(before[OUT_BYTES], now[OUT_BYTES], seconds)


def _rise(old: float | None, new: float | None, seconds: float) -> float | None:
    return None if old is None or new is None else (new - old) / seconds


def _over(value: float | None, whole: float) -> float | None:
    return None if value is None else value / whole


def _sum(values: Sequence[float | None]) -> float | None:
    """None where there are none, or one of them is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None
