"""Deployments for who asks, the latest to start first, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from dashboard.models import Cluster, Deployment
from dashboard.queries.keyset import Place, older


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An empty key and None let all through."""

    marathon: str = ""
    ended: bool | None = None


def count(cluster: Cluster, wanted: Wanted) -> int:
    """One query."""
    return _matching(cluster, wanted).count()


def page(cluster: Cluster, wanted: Wanted, *, before: Place | None, limit: int) -> list[Deployment]:
    """With their Marathons; `before` is the last of the page before (started_at, id). One query."""
    found = _matching(cluster, wanted).filter(older("started_at", before)).select_related("marathon")
    return list(found.order_by("-started_at", "-pk")[:limit])


def _matching(cluster: Cluster, wanted: Wanted) -> QuerySet[Deployment]:
    found = Deployment.objects.filter(cluster=cluster)
    if wanted.marathon:
        found = found.filter(marathon__key=wanted.marathon)
    return found if wanted.ended is None else found.filter(ended_at__isnull=not wanted.ended)
