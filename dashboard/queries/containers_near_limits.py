"""Which containers are nearest to a limit of theirs: of twenty thousand a rule looks at the few that matter."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.db.models import F, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from dashboard.models import Cluster, Container
from dashboard.queries.freshness import SourceAge

MEMORY: Combinable = F("mem_used_bytes") / F("mem_limit_bytes")
CACHED: Combinable = (F("mem_used_bytes") + Coalesce(F("mem_cached_bytes"), Value(0.0))) / F("mem_limit_bytes")
DISK: Combinable = F("disk_used_bytes") / F("disk_limit_bytes")
THROTTLED: Combinable = F("throttled_ratio") * Value(1.0)


class Of(Enum):
    """What share is asked for: how it is worked out, and of which containers; a limit of 0 is none."""

    THROTTLED = (THROTTLED, Q(throttled_ratio__isnull=False))
    MEMORY = (MEMORY, Q(mem_limit_bytes__gt=0, mem_used_bytes__isnull=False))
    MEMORY_AND_CACHE = (CACHED, Q(mem_limit_bytes__gt=0, mem_used_bytes__isnull=False))
    DISK = (DISK, Q(disk_limit_bytes__gt=0, disk_used_bytes__isnull=False))


@dataclass(frozen=True, slots=True)
class Near:
    """A container and its share; None while its agent is silent."""

    host: str
    container_id: str
    task_name: str
    measured_at: datetime
    ratio: float | None

    @property
    def name(self) -> str:
        return self.task_name or self.container_id


COLUMNS = ("host", "container_id", "task_name", "measured_at")
MOST = 20_000
FORGOTTEN = timedelta(days=1)
"""An agent that was silent for so long has no container that is near a limit."""


def of(
    cluster: Cluster,
    now: datetime,
    source: SourceAge,
    of: Of,
    *,
    from_ratio: float,
    also: Collection[str] = (),
) -> list[Near]:
    """Those whose share is so high, the highest first, and at least the first; those of silent agents whose last share was,
    as unknown; and those of `also` (host/id). One query, two where `also` names others."""
    expression, applies = of.value
    running = Container.objects.filter(applies, cluster=cluster, ended_at=None).annotate(share=expression)
    oldest = now - timedelta(seconds=3 * source.period_seconds + source.source.lag_seconds)
    found = list(_near(running.filter(measured_at__gt=now - FORGOTTEN), oldest, from_ratio))
    known = {f"{one.host}/{one.container_id}" for one in found}
    missing = {name.partition("/")[2]: name for name in also if name not in known}
    if missing:
        rows = running.filter(container_id__in=list(missing)[:MOST]).values_list(*COLUMNS, "share")
        others = [_one(row, oldest) for row in rows]
        found += [one for one in others if f"{one.host}/{one.container_id}" in missing.values()]
    return found


def _near(running: QuerySet[Container], oldest: datetime, from_ratio: float) -> Iterator[Near]:
    told = False
    for row in running.order_by("-share").values_list(*COLUMNS, "share")[:MOST].iterator(chunk_size=200):
        if told and row[-1] < from_ratio:
            return
        one = _one(row, oldest)
        told = told or one.ratio is not None
        yield one


def _one(row: tuple[str, str, str, datetime, float], oldest: datetime) -> Near:
    host, container_id, task_name, measured_at, share = row
    return Near(host, container_id, task_name, measured_at, share if measured_at >= oldest else None)
