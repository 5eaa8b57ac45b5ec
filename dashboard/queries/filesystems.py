"""Filesystems of all machines, the fullest first. A share is used ÷ (used + free): what its users may have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Combinable

from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Filesystem
from dashboard.queries.use import SOURCE

OWN = tuple(field.name for field in Filesystem._meta.concrete_fields)
FULL_RATIO = 0.9
"""From this share on it is called nearly full."""
SHARE: Combinable = F("used_bytes") / (F("used_bytes") + F("free_bytes"))


@dataclass(frozen=True)
class Fullest:
    """Some of all that are measured now, the fullest first."""

    rows: tuple[Filesystem, ...]
    measured: int


def used_ratio(row: Filesystem) -> float | None:
    """0…1; None where it is not told, and for one that holds nothing at all."""
    return _ratio(row.used_bytes, row.free_bytes)


def inodes_ratio(row: Filesystem) -> float | None:
    """0…1; None where there are no inodes to count (btrfs, vfat)."""
    return _ratio(row.inodes_used, row.inodes_free)


def fullest(cluster: Cluster, now: datetime, *, limit: int, period_seconds: int) -> Fullest:
    """Those that fill first. Two queries."""
    found = measured(cluster, now, period_seconds=period_seconds)
    return Fullest(
        tuple(found.select_related("machine").order_by("-share", "machine__host", "path")[:limit]), found.count()
    )


def listing(cluster: Cluster, now: datetime, *, text: str, period_seconds: int) -> Fullest:
    """Those whose path or host holds the text, in any case, the fullest first; of their machines only the host is loaded.

    Two queries.
    """
    found = measured(cluster, now, period_seconds=period_seconds)
    shown = found.filter(Q(path__icontains=text) | Q(machine__host__icontains=text)) if text else found
    rows = shown.select_related("machine").only(*OWN, "machine__host", "machine__cluster")
    return Fullest(tuple(rows.order_by("-share", "machine__host", "path")), found.count())


def measured(cluster: Cluster, now: datetime, *, period_seconds: int) -> QuerySet[Filesystem]:
    """Those whose figures may be called the present where machines are asked so often, with their `share`."""
    oldest = now - timedelta(seconds=3 * period_seconds + SOURCES_BY_NAME[SOURCE].lag_seconds)
    found = Filesystem.objects.filter(machine__cluster=cluster, measured_at__gte=oldest)
    return found.alias(room=F("used_bytes") + F("free_bytes")).filter(room__gt=0).annotate(share=SHARE)


def _ratio(used: float | None, free: float | None) -> float | None:
    return used / (used + free) if used is not None and free is not None and used + free > 0 else None
