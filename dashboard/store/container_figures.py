"""What containers' samples come to: rates between two of them, the columns of a row, the values of a reading. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from collectors.metrics import CONTAINER_METRICS

Matrix = NDArray[np.float64]

AGE = "sample.age_seconds"
MEASURED = tuple(metric.name for metric in CONTAINER_METRICS)
PLACES = {name: place for place, name in enumerate(MEASURED)}
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
COUNTER_PLACES = [PLACES[name] for name in COUNTERS]
MEM_PLACES = [PLACES[name] for name in ("mem_rss_bytes", "mem_total_bytes", "mem_cache_bytes")]
CPUS_DECIMALS = 4
"""Of the cores used that readings keep: with all of theirs they took a fifth of what is kept of a container."""
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
GAUGE_PLACES = [PLACES[name] for name in GAUGES.values()]


def measured(samples: Sequence[Mapping[str, float]]) -> Matrix:
    """One row a sample, MEASURED side by side; NaN where a sample does not tell one."""
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, metrics in enumerate(samples):
        alike[tuple(metrics)].append(row)
    matrix = np.full((len(samples), len(MEASURED)), np.nan)
    for names, rows in alike.items():  # containers of one version and isolation tell the same, in the same order
        told = chain.from_iterable(samples[row].values() for row in rows)
        values = np.fromiter(told, dtype=float, count=len(rows) * len(names)).reshape(len(rows), len(names))
        kept = [place for place, name in enumerate(names) if name in PLACES]
        matrix[np.ix_(rows, [PLACES[names[place]] for place in kept])] = values[:, kept]
    return matrix


def counters(samples: Matrix) -> Matrix:
    """The columns of COUNTERS."""
    return np.ascontiguousarray(samples[:, COUNTER_PLACES])


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


def mems_used(samples: Matrix) -> NDArray[np.float64]:
    """The same of each row."""
    own, total, cache = samples[:, MEM_PLACES].T
    used: NDArray[np.float64] = np.where(np.isnan(own), np.maximum(0.0, total - cache), own)
    return used


def present(samples: Matrix, rates: Matrix, mem_used: NDArray[np.float64]) -> list[list[float | None]]:
    """The columns of RATES, GAUGES and `mem_used_bytes`, a list for each row; None where they are not known."""
    known = np.column_stack([rates, samples[:, GAUGE_PLACES], mem_used])
    shown = known.astype(object)
    shown[np.isnan(known)] = None
    rows: list[list[float | None]] = shown.tolist()
    return rows


def columns(metrics: Mapping[str, float]) -> dict[str, float | bytes | None]:
    """All columns of a row that one sample alone gives."""
    gauged = {column: metrics.get(name) for column, name in GAUGES.items()}
    counted = counters(measured([metrics])).tobytes()
    return {**gauged, "mem_used_bytes": mem_used(metrics), "counters": counted}


def readings(samples: Matrix, cpus_used: NDArray[np.float64], ages: Sequence[float]) -> Matrix:
    """The samples in LAYOUT order; cores used to a ten-thousandth: what they come from counts hundredths of a second."""
    return np.column_stack([samples, np.round(cpus_used, CPUS_DECIMALS), mems_used(samples), ages])
