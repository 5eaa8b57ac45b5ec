"""The containers of a whole cluster: which are wanted, in which order, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, F, FloatField, Q, QuerySet, When

from dashboard.models import Cluster, Container
from dashboard.queries import containers
from dashboard.queries.containers import ContainerRow
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
    """The first of those that stand after a host and id, or after a place. One query."""
    found = _ordered(_matching(cluster, wanted), wanted.order, source, now)
    if after is not None:
        found = found.filter(_after(wanted.order, after))
    return [containers.row(container, source, now) for container in found[:limit]]


def every(cluster: Cluster, wanted: Wanted, source: SourceAge, now: datetime) -> Iterator[ContainerRow]:
    """All of them, read while they are used. One query."""
    for container in _ordered(_matching(cluster, wanted), wanted.order, source, now).iterator(chunk_size=CHUNK):
        yield containers.row(container, source, now)


def place_of(row: ContainerRow) -> Place:
    """Where a row of an order by figure stands, as the database saw it."""
    return getattr(row.container, "figure"), row.container.pk  # noqa: B009  an annotation of `_ordered`


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


def _ordered(found: QuerySet[Container], order: str, source: SourceAge, now: datetime) -> QuerySet[Container]:
    if order == BY_HOST:
        return found.order_by("host", "container_id")
    oldest = now - timedelta(seconds=3 * source.period_seconds + source.source.lag_seconds)
    present = Q(ended_at=None, measured_at__gte=oldest)
    figure = Case(When(present, then=F(FALLING[order])), default=None, output_field=FloatField(null=True))
    return found.annotate(figure=figure).order_by(F("figure").desc(nulls_last=True), "pk")


def _after(order: str, after: tuple[str, str] | Place) -> Q:
    first, second = after
    if order == BY_HOST:
        return Q(host__gt=first) | Q(host=first, container_id__gt=second)
    if first is None:
        return Q(figure=None, pk__gt=second)
    return Q(figure__lt=first) | Q(figure=first, pk__gt=second) | Q(figure=None)
