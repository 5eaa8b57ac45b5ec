"""Who was told of alerts, through which channel and when: what was sent, what is still owed, what was given up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Q

from dashboard.models import Attempt, Cluster, Notice


@dataclass(frozen=True, kw_only=True)
class Told:
    """One channel's part in telling of one group of alerts."""

    channel: str
    sent_at: datetime | None
    """When it last took a notice; None: it took none."""
    owed_since: datetime | None
    """Since when the oldest notice waits that it has not taken."""
    dead: int
    """Notices that were given up."""


def by_group(groups: Iterable[int]) -> dict[int, list[Told]]:
    """Of these groups of alerts, their channels by name. One query."""
    owed = Q(sent_at=None, dead_at=None)
    found = (
        Notice.objects.filter(group_id__in=set(groups))
        .values("group_id", "channel__name")
        .annotate(
            sent=Max("sent_at"),
            owed=Min("created_at", filter=owed),
            dead=Count("pk", filter=Q(dead_at__isnull=False, sent_at=None)),
        )
        .order_by("channel__name")
    )
    told: dict[int, list[Told]] = {}
    for one in found:
        row = Told(channel=one["channel__name"], sent_at=one["sent"], owed_since=one["owed"], dead=one["dead"])
        told.setdefault(one["group_id"], []).append(row)
    return told


@dataclass(frozen=True, kw_only=True)
class Message:
    """One notice and how it went."""

    notice: Notice
    tries: int
    seconds: float | None
    """What its last try took; None while it was not tried."""
    outcome: str
    detail: str


def latest(cluster: Cluster, limit: int) -> list[Message]:
    """The last notices about a cluster, newest first. Two queries."""
    found = Notice.objects.filter(cluster=cluster).exclude(kind=Notice.Kind.TEST)
    return _messages(list(found.select_related("channel").order_by("-created_at", "-pk")[:limit]))


def about(alert_id: int, limit: int) -> list[Message]:
    """The notices that name one alert among their lines, newest first. Two queries."""
    found = Notice.objects.filter(lines__alert_id=alert_id).select_related("channel")
    return _messages(list(found.order_by("-created_at", "-pk")[:limit]))


def _messages(notices: list[Notice]) -> list[Message]:
    tries = Attempt.objects.filter(notice__in=notices).order_by("at")
    last = {attempt.notice_id: attempt for attempt in tries}
    return [
        Message(
            notice=notice,
            tries=notice.attempts,
            seconds=last[notice.pk].seconds if notice.pk in last else None,
            outcome=last[notice.pk].outcome if notice.pk in last else "",
            detail=last[notice.pk].detail if notice.pk in last else "",
        )
        for notice in notices
    ]
