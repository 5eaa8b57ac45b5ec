"""One alert from end to end: itself, every change of it, and those that were told with it."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.models import Alert, Cluster, Event

MOST_CHANGES = 200
MOST_OTHERS = 10


@dataclass(frozen=True, kw_only=True)
class Life:
    """`changes` are events in the order of time, at most the last MOST_CHANGES; `others` are open alerts of its group."""

    alert: Alert
    changes: list[Event]
    others: list[Alert]
    more: int
    """Open alerts of its group that are not among them."""
    earlier: list[Alert]
    """Of the same rule and subject, those that ended last."""


def find(cluster: Cluster, number: int) -> Alert | None:
    """One query."""
    found = Alert.objects.filter(cluster=cluster, pk=number)
    return found.select_related("rule", "silence", "acknowledged_by", "group").first()


def life(alert: Alert) -> Life:
    """Four queries at most."""
    changes = list(Event.objects.filter(alert=alert).order_by("-taken_at", "-pk")[:MOST_CHANGES])
    siblings = Alert.objects.filter(group=alert.group_id, ended_at=None).exclude(pk=alert.pk)
    others = list(siblings.select_related("rule").order_by("-fired_at", "pk")[:MOST_OTHERS]) if alert.group_id else []
    count = siblings.count() if len(others) == MOST_OTHERS else len(others)
    same = Alert.objects.filter(rule=alert.rule_id, subject=alert.subject, ended_at__isnull=False).exclude(pk=alert.pk)
    return Life(
        alert=alert,
        changes=changes[::-1],
        others=others,
        more=count - len(others),
        earlier=list(same.order_by("-ended_at")[:MOST_OTHERS]),
    )
