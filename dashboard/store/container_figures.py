"""What containers' samples come to: rates between two of them, the columns of a row, the values of a reading. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from collectors.metrics import CONTAINER_METRICS
from collectors.records import ContainerReading

Matrix = NDArray[np.float64]

AGE = "sample.age_seconds"
MEASURED = tuple(metric.name for metric in CONTAINER_METRICS)
LAYOUT = (*MEASURED, "cpus_used", "mem_used_bytes", AGE)
"""What the containers were measured for, then what follows from it, so that totals and charts agree on what "used" is."""

COUNTERS = (
    *("cpus_user_time_secs", "cpus_system_time_secs", "cpus_nr_periods", "cpus_nr_throttled"),
    *("net_rx_bytes", "net_tx_bytes", "blkio_read_bytes", "blkio_write_bytes"),
)
"""What the rates run from, in the order in which a row keeps it."""
RATES = (
    *("cpus_used", "throttled_ratio", "in_bytes_per_second", "out_bytes_per_second"),
    *("read_bytes_per_second", "write_bytes_per_second"),
)
GAUGES = {
    "cpus_limit": "cpus_limit",
    "cpus_requested": "cpus_soft_limit",
    "mem_cached_bytes": "mem_cache_bytes",
    "mem_limit_bytes": "mem_limit_bytes",
    "disk_used_bytes": "disk_used_bytes",
    "disk_limit_bytes": "disk_limit_bytes",
    "processes": "processes",
    "threads": "threads",
}
"""Column of the row → the metric it shows."""


def counters(samples: Sequence[Mapping[str, float]]) -> Matrix:
    """One row a sample, COUNTERS side by side; NaN where a sample does not tell one."""
    told = [[metrics.get(name, np.nan) for name in COUNTERS] for metrics in samples]
    return np.array(told, dtype=float).reshape(-1, len(COUNTERS))


def rates(before: Matrix, after: Matrix, seconds: NDArray[np.float64], longest: timedelta) -> Matrix:
    """One row a container, RATES side by side, out of its counters at two samples that many seconds apart.

    NaN across a gap, which is more than the `longest` step, and where time stood still. One counter that fell tells that
    all began anew: then none is trusted.
    One that ran in no scheduling period was held back in none: 0.
    """
    rise = after - before
    with np.errstate(invalid="ignore", divide="ignore"):
        known = (seconds > 0) & (seconds <= longest.total_seconds()) & ~(rise < 0).any(axis=1)
        rise[~known] = np.nan
        per_second = rise / seconds[:, None]
        idle = (rise[:, 2] == 0) & (rise[:, 3] == 0)
        throttled = np.where(idle, 0.0, rise[:, 3] / rise[:, 2])
    return np.column_stack([per_second[:, 0] + per_second[:, 1], throttled, per_second[:, 4:]])


def mem_used(metrics: Mapping[str, float]) -> float | None:
    """Memory without file cache: what its agent says so of, else all memory less the cache; None where neither is told."""
    if (own := metrics.get("mem_rss_bytes")) is not None:
        return own
    total, cache = metrics.get("mem_total_bytes"), metrics.get("mem_cache_bytes")
    return None if total is None or cache is None else max(0.0, total - cache)


def gauges(metrics: Mapping[str, float]) -> list[float | None]:
    """The columns of GAUGES, in its order."""
    return [metrics.get(name) for name in GAUGES.values()]


def columns(metrics: Mapping[str, float]) -> dict[str, float | bytes | None]:
    """All columns of a row that one sample alone gives."""
    gauged = dict(zip(GAUGES, gauges(metrics), strict=True))
    return {**gauged, "mem_used_bytes": mem_used(metrics), "counters": counters([metrics])[0].tobytes()}


def values(said: ContainerReading, tick: int, cpus_used: float | None) -> list[float | None]:
    """One sample in LAYOUT order."""
    metrics = said.metrics
    told = [metrics.get(name) for name in MEASURED]
    return [*told, cpus_used, mem_used(metrics), tick - said.taken_at.timestamp()]
