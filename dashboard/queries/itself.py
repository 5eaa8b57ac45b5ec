"""How Day Two itself does, over all clusters: for its own metrics."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from dashboard.models import Cluster, Collection, Poll, Reading
from dashboard.queries import freshness, notices
from dashboard.queries.freshness import SourceAge
from dashboard.queries.notices import Total

WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How many polls of a source ended with an outcome in the past ten minutes."""

    cluster: str
    source: str
    outcome: str
    polls: int


@dataclass(frozen=True, kw_only=True)
class Itself:
    sources: tuple[tuple[str, SourceAge], ...]
    """Name of the cluster, and one of its sources."""
    ended: tuple[Ended, ...]
    waiting: int
    """Polls that are due and not yet taken by a worker."""
    last_sent_at: datetime | None
    """When a poll was last handed to the workers."""
    readings: int
    """Readings of the past ten minutes' ticks."""
    notices: Total


def report(now: datetime) -> Itself:
    """Seven queries, none of which reads more than ten minutes of history, however long it is."""
    return Itself(
        sources=tuple(_sources(now)),
        ended=tuple(_ended(now)),
        waiting=Poll.objects.filter(ended_at=None, started_at=None).count(),
        last_sent_at=_last_sent_at(),
        readings=Reading.objects.filter(tick__gte=int((now - WITHIN).timestamp())).count(),
        notices=notices.total(),
    )


def _sources(now: datetime) -> list[tuple[str, SourceAge]]:
    rows: dict[int, dict[str, Collection]] = defaultdict(dict)
    for row in Collection.objects.filter(host=""):
        rows[row.cluster_id][row.source] = row
    return [
        (cluster.name, age)
        for cluster in Cluster.objects.filter(enabled=True).order_by("name")
        for age in freshness.from_rows(cluster, rows[cluster.pk], now).values()
    ]


def _ended(now: datetime) -> list[Ended]:
    found = Poll.objects.filter(ended_at__gt=now - WITHIN).values_list("cluster__name", "source", "outcome")
    return [
        Ended(cluster=cluster, source=source, outcome=outcome, polls=polls)
        for cluster, source, outcome, polls in found.annotate(Count("pk")).order_by(
            "cluster__name", "source", "outcome"
        )
    ]


def _last_sent_at() -> datetime | None:
    return Poll.objects.exclude(sent_at=None).order_by("-pk").values_list("sent_at", flat=True).first()
