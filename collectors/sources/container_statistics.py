"""Mesos' ResourceStatistics of one container as the metrics we keep.

Endpoint: `statistics` of GET /containers, `resource_statistics` of GET_CONTAINERS
Document: https://github.com/apache/mesos/blob/master/include/mesos/v1/mesos.proto

Only `timestamp` is required; what an isolator does not measure is left out, and so it is here: absent is not zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec

from collectors.decoding import Dropped, count, moment, number, one
from collectors.sources import container_blkio
from collectors.sources.container_values import BELOW, believed_time, value_of

NAMES = tuple((name, below) for name, below in BELOW.items() if not name.startswith("blkio_"))
Statistics = dict[str, msgspec.Raw]


class Measured(NamedTuple):
    """One container's numbers and when they were true."""

    taken_at: datetime
    metrics: Mapping[str, float]


def measured(raw: msgspec.Raw, dropped: Dropped, *, answered_at: datetime) -> Measured:
    """Every number by itself. A container without statistics (it starts, or it ends) has no metrics, and that is silent."""
    if bytes(raw) == b"null":
        return Measured(answered_at, {})
    statistics: Statistics | None = one(raw, Statistics, dropped, what="statistics")
    if not statistics:
        return Measured(answered_at, {})
    metrics: dict[str, float] = {}
    for name, below in NAMES:
        entry = statistics.get(name)
        if entry is not None:
            value = value_of(entry, dropped)
            if value is not None and value < below:
                metrics[name] = value
    blkio = statistics.get("blkio_statistics")
    if blkio is not None:
        metrics.update(container_blkio.of_mesos(blkio, dropped))
    return Measured(believed_time(_sampled_at(statistics, dropped), answered_at, dropped), metrics)


def _sampled_at(statistics: Statistics, dropped: Dropped) -> datetime | None:
    entry = statistics.get("timestamp")
    if entry is None:
        return None
    said = number(entry)
    if said is None:
        count(dropped, "statistics: unreadable time")
    return moment(said)
