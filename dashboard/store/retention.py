"""What is deleted by age, in ranges. Tiers of readings arrive with compaction; until then readings are kept as they came."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, Min, OuterRef, QuerySet

from dashboard.models import Collection, Event, Framework, Master, Node, NodeHealth, Poll, Reading, Subject
from dashboard.store.components import NOT_LISTED
from dashboard.store.unit_states import MISSING_KEPT

GONE_KEPT = timedelta(days=7)
"""Agents, frameworks and masters that no answer lists any more stay so long: their end is part of the story.

They go because later answers left them out, never because there were none: a paused cluster keeps what it had.
"""
POLLS_KEPT = timedelta(hours=48)
AT_ONCE_SECONDS = 3600
"""So many seconds of readings are deleted in one transaction: polls wait while it runs."""


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
        "nodes": NodeHealth.objects.filter(reason=NOT_LISTED, taken_at__lt=now - MISSING_KEPT),
        "sessions": Session.objects.filter(expire_date__lt=now),
        "subjects": Subject.objects.filter(last_seen__lt=min(readings_before, gone_before)),
    }
    deleted |= {name: rows.delete()[0] for name, rows in doomed.items()}
    return {**deleted, "outcomes": _outcomes_of_nobody().delete()[0]}


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


def _outcomes_of_nobody() -> QuerySet[Collection]:
    """How asking went of masters and nodes that are themselves forgotten."""
    known = {(row.cluster_id, "masters", row.place) for row in Master.objects.all()}
    known |= {
        (cluster, "component_health", host) for cluster, host in NodeHealth.objects.values_list("cluster", "host")
    }
    asked = Collection.objects.filter(source__in=("masters", "component_health")).exclude(host="")
    places = asked.values_list("pk", "cluster", "source", "host")
    return Collection.objects.filter(pk__in=[pk for pk, *place in places if tuple(place) not in known])
