"""The alerts of a cluster one by one, the newest first: those that are open, those that ended, or all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet

from dashboard.models import Alert, Cluster
from dashboard.queries.alert_list import STANDING

AT_ONCE = 2000


class Which(StrEnum):
    OPEN = "open"
    ENDED = "ended"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A filter; what is empty lets everything through. Only open alerts have a standing."""

    which: str = Which.OPEN
    standing: str = ""
    severity: str = ""
    rule: str = ""
    host: str = ""
    text: str = ""


def page(cluster: Cluster, wanted: Wanted, *, before: int | None, limit: int) -> list[Alert]:
    """By id, the highest first; `before` is the last of the page before. With rule, holder and silence. One query."""
    found = _found(cluster, wanted)
    found = found if before is None else found.filter(pk__lt=before)
    return list(_told(found)[:limit])


def every(cluster: Cluster, wanted: Wanted) -> Iterator[Alert]:
    """All of them, in one query that is read bit by bit."""
    return _told(_found(cluster, wanted)).iterator(chunk_size=AT_ONCE)


def count(cluster: Cluster, wanted: Wanted) -> int:
    """One query."""
    return _found(cluster, wanted).count()


def some(cluster: Cluster, ids: Iterable[int]) -> dict[int, Alert]:
    """Those of these ids that the cluster has. One query."""
    return {alert.pk: alert for alert in Alert.objects.filter(cluster=cluster, pk__in=list(ids))}


def _found(cluster: Cluster, wanted: Wanted) -> QuerySet[Alert]:
    asked: dict[str, Any] = {"rule__key": wanted.rule, "severity": wanted.severity, "host": wanted.host}
    found = Alert.objects.filter(cluster=cluster, **{name: value for name, value in asked.items() if value})
    if wanted.which != Which.ALL:
        found = found.filter(ended_at__isnull=wanted.which == Which.OPEN)
    if wanted.standing:
        found = found.filter(ended_at=None).alias(standing=STANDING).filter(standing=wanted.standing)
    if wanted.text:
        said = Q(sentence__icontains=wanted.text) | Q(name__icontains=wanted.text) | Q(host__icontains=wanted.text)
        found = found.filter(said)
    return found


def _told(found: QuerySet[Alert]) -> QuerySet[Alert]:
    return found.select_related("rule", "acknowledged_by").order_by("-pk")
