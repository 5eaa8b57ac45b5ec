"""Which containers are nearest to a limit of theirs: of twenty thousand a rule looks at the few that matter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

import numpy as np

from dashboard import listings
from dashboard.models import Cluster, Container
from dashboard.queries import containers_now
from dashboard.queries.containers_now import Now, Values
from dashboard.queries.freshness import SourceAge


class Of(Enum):
    """What share is asked for: what is added up, and of which limit; a limit of 0 is none, and a ratio is one already."""

    THROTTLED = (("throttled_ratio",), "")
    MEMORY = (("mem_used_bytes",), "mem_limit_bytes")
    MEMORY_AND_CACHE = (("mem_used_bytes", "mem_cached_bytes"), "mem_limit_bytes")
    DISK = (("disk_used_bytes",), "disk_limit_bytes")

    def shares(self, now: Now) -> Values:
        """Of each container; NaN where there is none. What is not told beside the first is nothing."""
        (first, *others), limit = self.value
        used = now.column(first).copy()
        for other in others:
            used += np.nan_to_num(now.column(other))
        if not limit:
            return used
        limits = now.column(limit)
        shares: Values = np.divide(used, limits, out=np.full(len(used), np.nan), where=limits > 0)
        return shares


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


COLUMNS = ("pk", "host", "container_id", "task_name")
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
    as unknown; and those of `also` (host/id). Two queries, three where `also` names others."""
    listed = containers_now.of(cluster)
    oldest = (now - timedelta(seconds=3 * source.period_seconds + source.source.lag_seconds)).timestamp()
    every = _Shares(listed, of.shares(listed), oldest)
    running = Container.objects.filter(cluster=cluster, ended_at=None)
    ids = every.highest(from_ratio, (now - FORGOTTEN).timestamp())
    rows = {row[0]: row for row in running.filter(pk__in=ids).values_list(*COLUMNS)}
    found = [every.near(rows[pk]) for pk in ids if pk in rows]
    known = {f"{one.host}/{one.container_id}" for one in found}
    missing = {name.partition("/")[2]: name for name in also if name not in known}
    if missing:
        others = running.filter(container_id__in=list(missing)[:MOST]).values_list(*COLUMNS)
        wanted = [row for row in others if f"{row[1]}/{row[2]}" in missing.values() and every.has(row[0])]
        found += [every.near(row) for row in wanted]
    return found


@dataclass(frozen=True)
class _Shares:
    """A share of each container that is listed, and before when a sample is not the present."""

    listed: Now
    shares: Values
    oldest: float

    def highest(self, from_ratio: float, since: float) -> list[int]:
        """Keys of those whose share is so high, the highest first, silent ones among them, and of those up to the first that is
        known now; none that were measured before `since`."""
        asked = np.flatnonzero(~np.isnan(self.shares) & (self.listed.measured_at > since))
        asked = asked[np.argsort(-self.shares[asked], kind="stable")][:MOST]
        present = np.flatnonzero(self.listed.measured_at[asked] >= self.oldest)
        to_first = int(present[0]) + 1 if len(present) else len(asked)
        count = max(int((self.shares[asked] >= from_ratio).sum()), to_first)
        ids: list[int] = self.listed.ids[asked[:count]].tolist()
        return ids

    def has(self, pk: int) -> bool:
        place = self.listed.place(pk)
        return place >= 0 and not np.isnan(self.shares[place])

    def near(self, row: tuple[int, str, str, str]) -> Near:
        pk, host, container_id, task_name = row
        place = self.listed.place(pk)
        measured_at = float(self.listed.measured_at[place])
        share = float(self.shares[place]) if measured_at >= self.oldest else None
        return Near(host, container_id, task_name, listings.instant(measured_at), share)
