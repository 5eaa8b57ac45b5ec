"""What containers' samples come to: rates between two of them, the columns of a row, the values of a reading. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from collectors.records.containers import NAMES as MEASURED
from collectors.records.containers import Values, values_of
from dashboard.listings import COUNTERS, GAUGES

Matrix = NDArray[np.float64]

AGE = "sample.age_seconds"
PLACES = {name: place for place, name in enumerate(MEASURED)}
LAYOUT = (*MEASURED, "cpus_used", "mem_used_bytes", AGE)
"""What the containers were measured for, then what follows from it, so that totals and charts agree on what "used" is."""

COUNTER_PLACES = [PLACES[name] for name in COUNTERS]
MEM_PLACES = [PLACES[name] for name in ("mem_rss_bytes", "mem_total_bytes", "mem_cache_bytes")]
CPUS_DECIMALS = 4
"""Of the cores used that readings keep: with all of theirs they took a fifth of what is kept of a container."""
GAUGE_PLACES = [PLACES[name] for name in GAUGES.values()]


def measured(samples: Sequence[Values]) -> Matrix:
    """One row a sample, MEASURED side by side; NaN where a sample does not tell one."""
    count = len(samples) * len(MEASURED)
    return np.fromiter(chain.from_iterable(samples), dtype=float, count=count).reshape(-1, len(MEASURED))


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


def shown(samples: Matrix, rates: Matrix) -> Matrix:
    """The samples in the order of `listings.FIGURES`."""
    return np.column_stack([rates, samples[:, GAUGE_PLACES], mems_used(samples)])


def in_rows(figures: Matrix) -> list[list[float | None]]:
    """The same as columns of rows take them: None where they are not known."""
    told = figures.astype(object)
    told[np.isnan(figures)] = None
    rows: list[list[float | None]] = told.tolist()
    return rows


def columns(metrics: Mapping[str, float]) -> dict[str, float | bytes | None]:
    """All columns of a row that one sample alone gives."""
    gauged = {column: metrics.get(name) for column, name in GAUGES.items()}
    counted = counters(measured([values_of(metrics)])).tobytes()
    return {**gauged, "mem_used_bytes": mem_used(metrics), "counters": counted}


def readings(samples: Matrix, cpus_used: NDArray[np.float64], ages: Sequence[float] | NDArray[np.float64]) -> Matrix:
    """The samples in LAYOUT order; cores used to a ten-thousandth: what they come from counts hundredths of a second."""
    return np.column_stack([samples, np.round(cpus_used, CPUS_DECIMALS), mems_used(samples), ages])
