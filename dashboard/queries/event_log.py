"""Every event of a cluster, as it was written, the latest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from dashboard.models import Cluster, Event
from dashboard.queries.keyset import Place, older

AT_ONCE = 2000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A filter; what is empty lets everything through. Times are `taken_at`: when it was true."""

    kind: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def page(cluster: Cluster, wanted: Wanted, *, before: Place | None, limit: int) -> list[Event]:
    """The latest, those of one moment by id; `before` is the last of the page before (taken_at, id). One query."""
    return list(_found(cluster, wanted).filter(older("taken_at", before))[:limit])


def every(cluster: Cluster, wanted: Wanted) -> Iterator[Event]:
    """All of them, in one query that is read bit by bit."""
    return _found(cluster, wanted).iterator(chunk_size=AT_ONCE)


def _found(cluster: Cluster, wanted: Wanted) -> QuerySet[Event]:
    asked: dict[str, Any] = {"kind": wanted.kind or None, "subject": wanted.subject or None}
    asked |= {"taken_at__gte": wanted.since, "taken_at__lt": wanted.until}
    named = {name: value for name, value in asked.items() if value is not None}
    return Event.objects.filter(cluster=cluster, **named).order_by("-taken_at", "-pk")
