"""Whose turn it is among the channels that are told by the clock: Alertmanagers and dead-man switches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from dashboard.models import Channel
from dashboard.store import outbox

SLACK = timedelta(seconds=1)
"""A turn comes with the clock's next stroke, not with the one after it."""


def to_refresh(now: datetime, every: timedelta) -> list[Channel]:
    """Alertmanagers that were not told for so long and are not known to be down."""
    return list(_stale(now, every).filter(outbox.well(now), kind=Channel.Kind.ALERTMANAGER, enabled=True))


def claim_refresh(channel: Channel, now: datetime, every: timedelta) -> bool:
    """Take the turn, unless another process has."""
    return bool(_stale(now, every).filter(pk=channel.pk).update(refreshed_at=now))


def _stale(now: datetime, every: timedelta) -> QuerySet[Channel]:
    turn = outbox.reached("refreshed_at", now - every + SLACK, every)
    return Channel.objects.filter(Q(refreshed_at=None) | turn)


def to_beat(now: datetime) -> list[Channel]:
    """Dead-man switches whose time has come."""
    switches = Channel.objects.filter(kind=Channel.Kind.DEAD_MAN, enabled=True).order_by("pk")
    return [channel for channel in switches if _beats(channel, now)]


def _beats(channel: Channel, now: datetime) -> bool:
    period = timedelta(seconds=channel.beat_seconds)
    last = channel.last_tried_at
    return last is None or last <= now - period + SLACK or last > now + outbox.CLOCKS_DIFFER


def claim_beat(channel: Channel, now: datetime) -> bool:
    """Take the turn, unless another process has."""
    unchanged = Channel.objects.filter(pk=channel.pk, last_tried_at=channel.last_tried_at)
    return bool(unchanged.update(last_tried_at=now))


def hold_back(channels: Sequence[int], why: str) -> None:
    """Note why they are told nothing; when they were last told stays as it is."""
    noted = Channel.objects.filter(pk__in=channels, last_outcome=Channel.HELD_BACK, last_detail=why)
    noted_already = set(noted.values_list("pk", flat=True))
    for pk in set(channels) - noted_already:
        Channel.objects.filter(pk=pk).update(last_outcome=Channel.HELD_BACK, last_detail=why[:500])
