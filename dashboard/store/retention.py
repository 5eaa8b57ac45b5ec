"""What is deleted by age, in ranges. Tiers of readings arrive with compaction; until then readings are kept as they came."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from dashboard.models import Collection, Event, Framework, Machine, Node, NodeHealth, Poll, Reading, Subject

GONE_KEPT = timedelta(days=7)
"""Agents, frameworks and nodes that no answer lists any more stay so long: their end is part of the story."""
POLLS_KEPT = timedelta(hours=48)
UNASKED_KEPT = timedelta(days=1)
"""How a node answered is kept so long after its source asked it last, counted while the source still asks others."""


def prune(now: datetime) -> dict[str, int]:
    """Delete what is past its time; returns how many rows of each kind went."""
    readings_before = now - timedelta(hours=settings.READINGS_KEPT_HOURS)
    gone_before = now - GONE_KEPT
    doomed = {
        "readings": Reading.objects.filter(tick__lt=int(readings_before.timestamp())),
        "polls": Poll.objects.filter(ended_at__lt=now - POLLS_KEPT),
        "events": Event.objects.filter(seen_at__lt=now - timedelta(days=settings.EVENTS_KEPT_DAYS)),
        "agents": Node.objects.filter(last_seen__lt=gone_before),
        "frameworks": Framework.objects.filter(last_seen__lt=gone_before),
        "nodes": NodeHealth.objects.filter(taken_at__lt=gone_before),
        "machines": Machine.objects.filter(answered_at__lt=gone_before),
        "standings": _asked_no_more(),
        "subjects": Subject.objects.filter(last_seen__lt=min(readings_before, gone_before)),
    }
    return {name: rows.delete()[0] for name, rows in doomed.items()}


def _asked_no_more() -> QuerySet[Collection]:
    asking = Collection.objects.filter(
        cluster=OuterRef("cluster"),
        source=OuterRef("source"),
        host="",
        asked_at__gt=OuterRef("asked_at") + UNASKED_KEPT,
    )
    return Collection.objects.exclude(host="").filter(Exists(asking))
