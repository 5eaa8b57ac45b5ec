"""What is deleted by age, in ranges. Tiers of readings arrive with compaction; until then readings are kept as they came."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, Min, OuterRef, QuerySet

from dashboard.models import Collection, Event, Framework, Machine, Master, Node, NodeHealth, Poll, Reading, Subject
from dashboard.store.components import NOT_LISTED
from dashboard.store.unit_states import MISSING_KEPT

GONE_KEPT = timedelta(days=7)
"""Agents, frameworks and masters that no answer lists any more stay so long: their end is part of the story.

They go because later answers left them out, never because there were none: a paused cluster keeps what it had.
"""
POLLS_KEPT = timedelta(hours=48)
AT_ONCE_SECONDS = 3600
"""So many seconds of readings are deleted in one transaction: polls wait while it runs."""
UNASKED_KEPT = timedelta(days=1)
"""How a node answered is kept so long after its source asked it last, counted while the source still asks others."""


def prune(now: datetime) -> dict[str, int]:
    """Delete what is past its time; returns how many rows of each kind went."""
    readings_before = now - timedelta(hours=settings.READINGS_KEPT_HOURS)
    gone_before = now - GONE_KEPT
    deleted = {"readings": _prune_readings(int(readings_before.timestamp()))}
    doomed = {
        "polls": Poll.objects.filter(ended_at__lt=now - POLLS_KEPT),
        "events": Event.objects.filter(seen_at__lt=now - timedelta(days=settings.EVENTS_KEPT_DAYS)),
        "agents": Node.objects.filter(state=Node.State.UNREGISTERED, last_seen__lt=gone_before),
        "frameworks": Framework.objects.filter(state=Framework.State.COMPLETED, last_seen__lt=gone_before),
        "masters": _replaced_masters(),
        "machines": _replaced_machines(),
        "nodes": NodeHealth.objects.filter(reason=NOT_LISTED, taken_at__lt=now - MISSING_KEPT),
        "outcomes": _asked_no_more(),
        "sessions": Session.objects.filter(expire_date__lt=now),
        "subjects": Subject.objects.filter(last_seen__lt=min(readings_before, gone_before)),
    }
    return deleted | {name: rows.delete()[0] for name, rows in doomed.items()}


def _prune_readings(before: int) -> int:
    oldest = Reading.objects.aggregate(oldest=Min("tick"))["oldest"]
    deleted = 0
    while oldest is not None and oldest < before:
        oldest = min(oldest + AT_ONCE_SECONDS, before)
        deleted += Reading.objects.filter(tick__lt=oldest).delete()[0]
    return deleted


def _replaced_masters() -> QuerySet[Master]:
    """Masters that were last asked a week before another one of their cluster."""
    later = Master.objects.filter(cluster=OuterRef("cluster"), last_seen__gt=OuterRef("last_seen") + GONE_KEPT)
    return Master.objects.filter(Exists(later))


def _replaced_machines() -> QuerySet[Machine]:
    """Machines that last answered a week before another one of their cluster."""
    later = Machine.objects.filter(cluster=OuterRef("cluster"), answered_at__gt=OuterRef("answered_at") + GONE_KEPT)
    return Machine.objects.filter(Exists(later))


def _asked_no_more() -> QuerySet[Collection]:
    asking = Collection.objects.filter(
        cluster=OuterRef("cluster"),
        source=OuterRef("source"),
        host="",
        asked_at__gt=OuterRef("asked_at") + UNASKED_KEPT,
    )
    return Collection.objects.exclude(host="").filter(Exists(asking))
