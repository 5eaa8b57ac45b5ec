"""What is known of the containers that one agent listed last, side by side: a row of numbers for each, in one blob an agent.

Containers are many, and every minute all of their figures change: a row of a table for each of them costs as much to change
as everything else that a poll does. Who needs other numbers makes a table of its own: workers of two releases may write at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from dashboard import codec

Matrix = NDArray[np.float64]

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
"""Column of a container → the metric it shows."""
COUNTERS = (
    *("cpus_user_time_secs", "cpus_system_time_secs", "cpus_nr_periods", "cpus_nr_throttled"),
    *("net_rx_bytes", "net_tx_bytes", "blkio_read_bytes", "blkio_write_bytes"),
)
"""What the rates run from."""
FIGURES = (*RATES, *GAUGES, "mem_used_bytes")
"""Columns of `Container` by the same names, NaN where they are not known."""
COLUMNS = ("container", "subject", "listed_at", "measured_at", *FIGURES, *COUNTERS)
"""The row of `Container`, the subject of its readings, two times in seconds since 1970 to the microsecond, then figures."""
CONTAINER, SUBJECT, LISTED_AT, MEASURED_AT = range(4)
SHOWN = slice(4, 4 + len(FIGURES))
COUNTED = slice(4 + len(FIGURES), len(COLUMNS))


def place(name: str) -> int:
    """Where a column stands."""
    return COLUMNS.index(name)


def unpacked(blobs: Iterable[bytes | memoryview]) -> Matrix:
    """All containers of these listings, in their order. It may not be written to."""
    return codec.unpack(map(bytes, blobs), width=len(COLUMNS))


def instant(seconds: float) -> datetime:
    """A time as it was before it stood here."""
    return datetime.fromtimestamp(seconds, UTC)
