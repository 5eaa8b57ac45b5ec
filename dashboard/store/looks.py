"""Polls that a stream asks for between two ticks: something changed that only they tell whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from collectors.sources import SOURCES_BY_NAME
from dashboard import pace
from dashboard.models import Cluster, Collection, Poll
from dashboard.store import paces, slots

LEAST_SECONDS = 2.0
MOST_SHARE = 0.25
"""Of the time that polls of one source may take up by such wishes: who answers slowly is asked less often."""
OPENED_WITHIN = timedelta(seconds=5)
"""The clock opens the slot of a tick so soon, and that one tells it as well."""


def is_waiting(cluster: Cluster, source_name: str, now: datetime) -> bool:
    """Whether a poll of it is open that nobody has begun: what is true now it will see."""
    same = Poll.objects.filter(cluster=cluster, source=source_name, ended_at=None, fence=0)
    return same.filter(due_at__gte=now - timedelta(minutes=1)).exists()


def ask(cluster: Cluster, source_name: str, now: datetime) -> Poll | None:
    """Open a slot now; None where that of this tick is not open yet, and comes in a moment. Four queries."""
    source = SOURCES_BY_NAME[source_name]
    period = paces.period_of(cluster.pk, source, paces.unusual())
    tick = datetime.fromtimestamp(pace.slot_start(now.timestamp(), period), UTC)
    of_tick = Poll.objects.filter(cluster=cluster, source=source_name, due_at__gte=tick)
    if now - tick < OPENED_WITHIN and not of_tick.exists():
        return None
    return slots.open_now(cluster, source_name, now)


def is_offered(cluster: Cluster, source_name: str) -> bool:
    source = SOURCES_BY_NAME.get(source_name)
    return source is not None and cluster.kind in source.kinds


def rest_seconds(cluster: Cluster, source_name: str) -> float:
    """How long after such a poll the next may be asked for. One query."""
    took = Collection.objects.filter(cluster=cluster, source=source_name, host="")
    seconds = took.values_list("duration_seconds", flat=True).first() or 0.0
    return max(LEAST_SECONDS, seconds / MOST_SHARE)


def unsend(poll: Poll) -> None:
    """Its message could not be sent: the dispatcher sends it."""
    Poll.objects.filter(pk=poll.pk, fence=0).update(sent_at=None, sends=0)
