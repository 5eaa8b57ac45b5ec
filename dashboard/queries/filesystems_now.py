"""The filesystems of all machines side by side, as they were last measured."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dashboard.models import Cluster, Filesystem
from dashboard.queries import filesystems
from dashboard.queries.freshness import SourceAge

Values = NDArray[np.float64]
COLUMNS = ("used_bytes", "free_bytes", "inodes_used", "inodes_free")


@dataclass(frozen=True)
class Filesystems:
    """One place for each, in no order; shares 0…1 of what its users may have, NaN where not told or not known now."""

    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    measured_at: tuple[datetime, ...]
    current: NDArray[np.bool_]
    used_ratio: Values
    inodes_ratio: Values


def of(cluster: Cluster, now: datetime, source: SourceAge, hosts: Collection[str]) -> Filesystems:
    """Every filesystem of the machines on these hosts, those of silent machines included. One query."""
    listed = Filesystem.objects.filter(machine__cluster=cluster).order_by()
    found = listed.values_list("machine__host", "path", "measured_at", *COLUMNS)
    rows = [row for row in found if row[0] in hosts]
    moments: dict[datetime, bool] = {}
    for _, _, measured_at, *_ in rows:
        # Those of one machine share their moment: it is judged once.
        if measured_at not in moments:
            moments[measured_at] = source.judge(measured_at, now).current
    values = np.array([row[3:] for row in rows], dtype=np.float64).reshape(-1, len(COLUMNS))
    current = np.fromiter((moments[row[2]] for row in rows), dtype=bool, count=len(rows))
    values[~current] = np.nan
    return Filesystems(
        hosts=tuple(row[0] for row in rows),
        paths=tuple(row[1] for row in rows),
        measured_at=tuple(row[2] for row in rows),
        current=current,
        used_ratio=_share(values[:, 0], values[:, 1]),
        inodes_ratio=_share(values[:, 2], values[:, 3]),
    )


def _share(used: Values, free: Values) -> Values:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio: Values = used / (used + free)
    ratio[~np.isfinite(ratio)] = np.nan
    return ratio


def fullest(cluster: Cluster, now: datetime, *, limit: int, period_seconds: int) -> list[Filesystem]:
    """Those that are measured now and fill first, with their machines. One query."""
    found = filesystems.measured(cluster, now, period_seconds=period_seconds)
    return list(found.select_related("machine").order_by("-share", "machine__host", "path")[:limit])
