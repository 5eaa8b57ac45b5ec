"""Every incident of a cluster, the latest first, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from dashboard.models import Cluster, Incident
from dashboard.queries.incident_rows import Row, row
from dashboard.queries.keyset import Place, older

AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A filter; what is empty or None lets everything through."""

    state: str = ""
    kind: str = ""
    planned: bool | None = None
    since: datetime | None = None
    """Only those that went on then or later, so what goes on now is always among them."""


def page(cluster: Cluster, wanted: Wanted, now: datetime, *, before: Place | None, limit: int) -> list[Row]:
    """By their beginnings, those of one moment by number; `before` is the last of the page before (began_at, number).

    One query.
    """
    return [row(one, now) for one in _found(cluster, wanted).filter(older("began_at", before))[:limit]]


def every(cluster: Cluster, wanted: Wanted, now: datetime) -> Iterator[Row]:
    """All of them, in one query that is read bit by bit."""
    return (row(one, now) for one in _found(cluster, wanted).iterator(chunk_size=AT_ONCE))


def _found(cluster: Cluster, wanted: Wanted) -> QuerySet[Incident]:
    asked: dict[str, Any] = {"state": wanted.state or None, "kind": wanted.kind or None, "planned": wanted.planned}
    named = {name: value for name, value in asked.items() if value is not None}
    found = Incident.objects.filter(cluster=cluster, **named)
    if wanted.since is not None:
        found = found.filter(Q(ended_at=None) | Q(ended_at__gte=wanted.since))
    return found.select_related("taken_by").order_by("-began_at", "-pk")
