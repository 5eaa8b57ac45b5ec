"""Mesos' ResourceStatistics of one container as the metrics we keep.

Endpoint: `statistics` of GET /containers, `resource_statistics` of GET_CONTAINERS
Document: https://github.com/apache/mesos/blob/master/include/mesos/v1/mesos.proto

Only `timestamp` is required; what an isolator does not measure is left out, and so it is here: absent is not zero.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, NamedTuple

import msgspec

from collectors.decoding import LARGEST_VALUE, Dropped, count, decoder, moment, number, one
from collectors.records.containers import ABSENT, NAMES, NOTHING_MEASURED, Values, values_of
from collectors.sources import container_blkio
from collectors.sources.container_values import BELOW, NO_LIMIT, believed_time, value_of

PLAIN = NAMES[: -len(container_blkio.METRICS)]
"""What the statistics say under its own name; reads and writes of disks come out of tables."""
Careful = dict[str, msgspec.Raw]

Value = Annotated[float, msgspec.Meta(ge=0, le=LARGEST_VALUE)]


class Statistics(msgspec.Struct, frozen=True, gc=False):
    """Statistics in which every number can be true, read at once: a tenth of the cost of one number after the other.

    First PLAIN in its order, so that the struct's values are the reading's.
    """

    cpus_user_time_secs: Value = ABSENT
    cpus_system_time_secs: Value = ABSENT
    cpus_limit: Value = ABSENT
    cpus_soft_limit: Value = ABSENT
    cpus_nr_periods: Value = ABSENT
    cpus_nr_throttled: Value = ABSENT
    cpus_throttled_time_secs: Value = ABSENT
    mem_total_bytes: Value = ABSENT
    mem_rss_bytes: Value = ABSENT
    mem_cache_bytes: Value = ABSENT
    mem_mapped_file_bytes: Value = ABSENT
    mem_swap_bytes: Value = ABSENT
    mem_limit_bytes: Value = ABSENT
    mem_soft_limit_bytes: Value = ABSENT
    mem_low_pressure_counter: Value = ABSENT
    mem_medium_pressure_counter: Value = ABSENT
    mem_critical_pressure_counter: Value = ABSENT
    disk_used_bytes: Value = ABSENT
    disk_limit_bytes: Value = ABSENT
    processes: Value = ABSENT
    threads: Value = ABSENT
    net_rx_bytes: Value = ABSENT
    net_tx_bytes: Value = ABSENT
    net_rx_packets: Value = ABSENT
    net_tx_packets: Value = ABSENT
    net_rx_errors: Value = ABSENT
    net_tx_errors: Value = ABSENT
    net_rx_dropped: Value = ABSENT
    net_tx_dropped: Value = ABSENT
    timestamp: Value = 0.0
    blkio_statistics: container_blkio.UsualTables | None = None


class Measured(NamedTuple):
    """One container's numbers and when they were true."""

    taken_at: datetime
    values: Values


def measured(raw: msgspec.Raw, dropped: Dropped, *, answered_at: datetime) -> Measured:
    """Every number by itself. A container without statistics (it starts, or it ends) has no numbers, and that is silent."""
    try:
        statistics = decoder(Statistics).decode(raw)
    except (ValueError, RecursionError):
        return _with_care(raw, dropped, answered_at)
    return of_usual(statistics, dropped, answered_at=answered_at)


def of_usual(statistics: Statistics, dropped: Dropped, *, answered_at: datetime) -> Measured:
    """The same of statistics in which every number can be true."""
    *plain, timestamp, tables = msgspec.structs.astuple(statistics)
    values = (*plain, *(container_blkio.NOT_TOLD if tables is None else container_blkio.of_usual(tables)))
    if (
        statistics.mem_limit_bytes >= NO_LIMIT
        or statistics.mem_soft_limit_bytes >= NO_LIMIT
        or statistics.disk_limit_bytes >= NO_LIMIT
    ):
        values = tuple(ABSENT if value >= below else value for value, below in zip(values, BELOW.values(), strict=True))
    return Measured(believed_time(moment(timestamp), answered_at, dropped), values)


def _with_care(raw: msgspec.Raw, dropped: Dropped, answered_at: datetime) -> Measured:
    """One number after the other: what cannot be true is left out and counted."""
    if bytes(raw) == b"null":
        return Measured(answered_at, NOTHING_MEASURED)
    statistics: Careful | None = one(raw, Careful, dropped, what="statistics")
    if not statistics:
        return Measured(answered_at, NOTHING_MEASURED)
    metrics: dict[str, float] = {}
    for name in PLAIN:
        entry = statistics.get(name)
        if entry is not None:
            value = value_of(entry, dropped)
            if value is not None and value < BELOW[name]:
                metrics[name] = value
    blkio = statistics.get("blkio_statistics")
    disks = container_blkio.NOT_TOLD if blkio is None else container_blkio.of_mesos(blkio, dropped)
    values = (*values_of(metrics)[: len(PLAIN)], *disks)
    return Measured(believed_time(_sampled_at(statistics, dropped), answered_at, dropped), values)


def _sampled_at(statistics: Careful, dropped: Dropped) -> datetime | None:
    entry = statistics.get("timestamp")
    if entry is None:
        return None
    said = number(entry)
    if said is None:
        count(dropped, "statistics: unreadable time")
    return moment(said)
