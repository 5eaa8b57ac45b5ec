"""One container over time: what it used of what it may. NaN where nothing was measured; a counter that began anew is a gap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dashboard.queries.container import Found
from dashboard.queries.rates import rates
from dashboard.queries.readings import Loaded, known_since, loaded
from dashboard.queries.window import Window

Values = NDArray[np.float64]
GAUGES = (
    *("cpus_limit", "cpus_soft_limit", "mem_used_bytes", "mem_cache_bytes", "mem_limit_bytes"),
    *("disk_used_bytes", "disk_limit_bytes"),
)
COUNTERS = (
    *("cpus_user_time_secs", "cpus_system_time_secs", "cpus_nr_periods", "cpus_nr_throttled"),
    *("net_rx_bytes", "net_tx_bytes", "blkio_read_bytes", "blkio_write_bytes"),
)
NAMES = (*GAUGES, *COUNTERS)


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything on the same steps. Cores, bytes, bytes per second; the throttled share is 0…1."""

    window: Window
    begins_at: datetime
    """When the container was first seen."""
    ended_at: datetime | None
    cpus_used: Values
    cpus_limit: Values
    cpus_requested: Values
    throttled: Values
    """Of the scheduling periods it ran in; NaN where it ran in none."""
    memory_used: Values
    """Without file cache."""
    memory_cached: Values
    memory_limit: Values
    disk_used: Values
    disk_limit: Values
    network_in: Values
    network_out: Values
    disk_read: Values
    disk_written: Values

    @property
    def known_since(self) -> datetime | None:
        """When the figures begin, where that is later than asked for and than the container did."""
        since = known_since(self.window, (self.memory_used, self.cpus_limit, self.cpus_used))
        return since if since and (since - self.begins_at).total_seconds() > 2 * self.window.step_seconds else None


Named = Mapping[str, Values]


@dataclass(frozen=True)
class Measured:
    """What is read of a container by name: its gauges, and its counters per second."""

    gauges: Named
    rates: Named


def history(found: Found, window: Window) -> History:
    """The container over the window; all NaN where no reading of it is kept. As many queries as `loaded`."""
    subject = found.subject or 0
    read = loaded([subject], window, names=NAMES)
    return of(measured(read, subject), read.window, found.container.first_seen, found.container.ended_at)


def measured(read: Loaded, subject: int) -> Measured:
    """No query."""
    return Measured(read.series(subject, GAUGES).columns, rates(read, subject, COUNTERS).columns)


def of(own: Measured, window: Window, begins_at: datetime, ended_at: datetime | None) -> History:
    """What follows from what was read."""
    gauge, rate = own.gauges, own.rates
    return History(
        window=window,
        begins_at=begins_at,
        ended_at=ended_at,
        cpus_used=rate["cpus_user_time_secs"] + rate["cpus_system_time_secs"],
        cpus_limit=gauge["cpus_limit"],
        cpus_requested=gauge["cpus_soft_limit"],
        throttled=_share(rate["cpus_nr_throttled"], rate["cpus_nr_periods"]),
        memory_used=gauge["mem_used_bytes"],
        memory_cached=gauge["mem_cache_bytes"],
        memory_limit=gauge["mem_limit_bytes"],
        disk_used=gauge["disk_used_bytes"],
        disk_limit=gauge["disk_limit_bytes"],
        network_in=rate["net_rx_bytes"],
        network_out=rate["net_tx_bytes"],
        disk_read=rate["blkio_read_bytes"],
        disk_written=rate["blkio_write_bytes"],
    )


def _share(held: Values, ran: Values) -> Values:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(ran > 0, held / ran, np.nan)


def known(*lines: Values) -> bool:
    """Whether any of them was measured at any step."""
    return any(bool(np.isfinite(values).any()) for values in lines)
