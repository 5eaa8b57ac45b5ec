"""Mesos' ResourceStatistics of one container as the metrics we keep.

Endpoint: `statistics` of GET /containers, `resource_statistics` of GET_CONTAINERS
Document: https://github.com/apache/mesos/blob/master/include/mesos/v1/mesos.proto

Only `timestamp` is required; what an isolator does not measure is left out, and so it is here: absent is not zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple, TypedDict

import msgspec

from collectors.decoding import LARGEST_VALUE, Dropped, count, moment, number, one
from collectors.sources import container_blkio
from collectors.sources.container_values import BELOW, believed_time, value_of

NAMES = tuple((name, below) for name, below in BELOW.items() if not name.startswith("blkio_"))
LIMITS = tuple((name, below) for name, below in NAMES if below < math.inf)
Statistics = dict[str, msgspec.Raw]

Value = Annotated[float, msgspec.Meta(ge=0, le=LARGEST_VALUE)]
Usual = TypedDict(
    "Usual",
    {
        **{name: Value for name, _ in NAMES},  # type: ignore[misc]  # its names are the catalogue's
        "timestamp": Value,
        "blkio_statistics": container_blkio.UsualTables,
    },
    total=False,
)
"""Statistics in which every number can be true, read at once: a third of the cost of one number after the other."""
USUAL: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Usual)


class Measured(NamedTuple):
    """One container's numbers and when they were true."""

    taken_at: datetime
    metrics: Mapping[str, float]


def measured(raw: msgspec.Raw, dropped: Dropped, *, answered_at: datetime) -> Measured:
    """Every number by itself. A container without statistics (it starts, or it ends) has no metrics, and that is silent."""
    try:
        metrics = USUAL.decode(raw)
    except (ValueError, RecursionError):
        return _with_care(raw, dropped, answered_at)
    return _of_usual(metrics, dropped, answered_at)


def _of_usual(metrics: dict[str, Any], dropped: Dropped, answered_at: datetime) -> Measured:
    timestamp, tables = metrics.pop("timestamp", None), metrics.pop("blkio_statistics", None)
    for name, below in LIMITS:
        if metrics.get(name, 0.0) >= below:
            del metrics[name]
    if tables is not None:
        metrics.update(container_blkio.of_usual(tables))
    return Measured(believed_time(moment(timestamp), answered_at, dropped), metrics)


def _with_care(raw: msgspec.Raw, dropped: Dropped, answered_at: datetime) -> Measured:
    """One number after the other: what cannot be true is left out and counted."""
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
