"""The containers of a whole cluster: which are wanted, in which order, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import cast

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from dashboard.models import Cluster, Container
from dashboard.queries import containers, containers_now
from dashboard.queries.containers import ContainerRow
from dashboard.queries.containers_now import Now
from dashboard.queries.freshness import SourceAge

BY_HOST = "host"
FALLING = {
    "cpu": "cpus_used",
    "memory": "mem_used_bytes",
    "held": "throttled_ratio",
    "disk": "disk_used_bytes",
}
"""Orders by a figure, the highest first, those of which it is not known now last."""
ORDERS = (BY_HOST, *FALLING)
CHUNK = 2000

Place = tuple[float | None, int]
"""Where a row stands in an order by figure: the figure, then its id."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which containers; empty texts and None stand for all."""

    host: str = ""
    framework: str = ""
    """Its id or its name."""
    ended: bool | None = None
    text: str = ""
    order: str = BY_HOST


def count(cluster: Cluster, wanted: Wanted) -> int:
    """One query."""
    return _matching(cluster, wanted).count()


def page(
    cluster: Cluster,
    wanted: Wanted,
    source: SourceAge,
    now: datetime,
    *,
    after: tuple[str, str] | Place | None,
    limit: int,
) -> list[ContainerRow]:
    """The first of those that stand after a host and id, or after a place. Two queries, three in an order by figure."""
    found = _matching(cluster, wanted)
    if wanted.order == BY_HOST:
        if after is not None:
            host, container_id = after
            found = found.filter(Q(host__gt=host) | Q(host=host, container_id__gt=container_id))
        rows = list(found.order_by("host", "container_id")[:limit])
        return [containers.row(one, source, now) for one in containers_now.brought_up(cluster, rows)]
    present = _listed(cluster, wanted)
    ranked = _ranked(found, wanted.order, present, source, now)
    first = 0 if after is None else ranked.first_after(cast("Place", after))
    return list(_rows(cluster, ranked.part(first, limit), present, source, now))


def every(cluster: Cluster, wanted: Wanted, source: SourceAge, now: datetime) -> Iterator[ContainerRow]:
    """All of them, read while they are used. Two queries; in an order by figure one for each CHUNK beside them."""
    present, found = _listed(cluster, wanted), _matching(cluster, wanted)
    if wanted.order == BY_HOST:
        for some in _batched(found.order_by("host", "container_id").iterator(chunk_size=CHUNK), CHUNK):
            for container in containers_now.brought_up(cluster, some, present):
                yield containers.row(container, source, now)
        return
    ranked = _ranked(found, wanted.order, present, source, now)
    for first in range(0, len(ranked.ids), CHUNK):
        yield from _rows(cluster, ranked.part(first, CHUNK), present, source, now)


def place_of(row: ContainerRow) -> Place:
    """Where a row of an order by figure stands, as it was ranked."""
    return getattr(row.container, "figure"), row.container.pk  # noqa: B009  set by `_rows`


@dataclass(frozen=True)
class Ranked:
    """Containers in the order of a figure, the highest first, those of which it is not known now (NaN) last."""

    ids: NDArray[np.int64]
    figures: NDArray[np.float64]

    def part(self, first: int, count: int) -> Ranked:
        return Ranked(self.ids[first : first + count], self.figures[first : first + count])

    def first_after(self, after: Place) -> int:
        """How many stand before it or there."""
        figure, pk = after
        if figure is None:
            return int((~np.isnan(self.figures) | (self.ids <= pk)).sum())
        return int(((self.figures > figure) | ((self.figures == figure) & (self.ids <= pk))).sum())


def _batched(rows: Iterator[Container], most: int) -> Iterator[list[Container]]:
    """So many at once."""
    while some := list(islice(rows, most)):
        yield some


def _listed(cluster: Cluster, wanted: Wanted) -> Now:
    """One query."""
    return containers_now.of(cluster, [wanted.host] if wanted.host else None)


def _ranked(found: QuerySet[Container], order: str, present: Now, source: SourceAge, now: datetime) -> Ranked:
    """One query."""
    oldest = now - timedelta(seconds=3 * source.period_seconds + source.source.lag_seconds)
    rows = list(found.order_by().values_list("pk", "ended_at"))
    ids = np.fromiter((pk for pk, _ in rows), dtype=np.int64, count=len(rows))
    runs = np.fromiter((ended_at is None for _, ended_at in rows), dtype=bool, count=len(rows))
    places = present.places(ids)
    known = np.append(present.figures(FALLING[order], oldest.timestamp()), np.nan)  # of -1, the last, nothing is known
    figures = np.where(runs, known[places], np.nan)
    ranked = np.lexsort((ids, -figures, np.isnan(figures)))
    return Ranked(ids[ranked], figures[ranked])


def _rows(cluster: Cluster, ranked: Ranked, present: Now, source: SourceAge, now: datetime) -> Iterator[ContainerRow]:
    """In the order of their ranks. One query."""
    found = Container.objects.defer("counters").in_bulk(ranked.ids.tolist())
    containers_now.brought_up(cluster, list(found.values()), present)
    for pk, figure in zip(ranked.ids.tolist(), ranked.figures.tolist(), strict=True):
        if (container := found.get(pk)) is not None:
            setattr(container, "figure", None if figure != figure else figure)  # noqa: B010  for `place_of`
            yield containers.row(container, source, now)


def _matching(cluster: Cluster, wanted: Wanted) -> QuerySet[Container]:
    found = Container.objects.filter(cluster=cluster).defer("counters")
    if wanted.host:
        found = found.filter(host=wanted.host)
    if wanted.framework:
        found = found.filter(Q(framework_id=wanted.framework) | Q(framework_name=wanted.framework))
    if wanted.ended is not None:
        found = found.filter(ended_at__isnull=not wanted.ended)
    if text := wanted.text.strip():
        names = ("container_id", "task_name", "executor_id", "executor_name")
        found = found.filter(Q(*((f"{name}__icontains", text) for name in names), _connector=Q.OR))
    return found
