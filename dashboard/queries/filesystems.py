"""Filesystems of all machines, the fullest first. A share is used ÷ (used + free): what its users may have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable

from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Filesystem
from dashboard.queries.use import SOURCE

SHARE: Combinable = F("used_bytes") / (F("used_bytes") + F("free_bytes"))


@dataclass(frozen=True)
class Fullest:
    """The fullest of all that are measured now."""

    rows: tuple[Filesystem, ...]
    measured: int


def used_ratio(row: Filesystem) -> float | None:
    """0…1; None where it is not told, and for one that holds nothing at all."""
    return _ratio(row.used_bytes, row.free_bytes)


def inodes_ratio(row: Filesystem) -> float | None:
    """0…1; None where there are no inodes to count (btrfs, vfat)."""
    return _ratio(row.inodes_used, row.inodes_free)


def fullest(cluster: Cluster, now: datetime, *, limit: int) -> Fullest:
    """Those that fill first. Two queries."""
    found = measured(cluster, now)
    return Fullest(
        tuple(found.select_related("machine").order_by("-share", "machine__host", "path")[:limit]), found.count()
    )


def measured(cluster: Cluster, now: datetime) -> QuerySet[Filesystem]:
    """Those whose figures may be called the present, with their `share`."""
    source = SOURCES_BY_NAME[SOURCE]
    oldest = now - timedelta(seconds=3 * source.period_seconds + source.lag_seconds)
    found = Filesystem.objects.filter(machine__cluster=cluster, measured_at__gte=oldest)
    return found.alias(room=F("used_bytes") + F("free_bytes")).filter(room__gt=0).annotate(share=SHARE)


def _ratio(used: float | None, free: float | None) -> float | None:
    return used / (used + free) if used is not None and free is not None and used + free > 0 else None
