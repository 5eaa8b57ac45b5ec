"""The alerts that a channel was told of, as they are now."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from dashboard.models import Alert, Channel, Notice, NoticeLine

ENDED_WITHIN = timedelta(minutes=15)
"""The end of an alert is told again for so long."""
MOST = 1000


def of_channel(channel: Channel, now: datetime) -> list[Alert]:
    """Those that fire, and those that ended in the past 15 minutes, of groups it took a notice of; with group, cluster, rule.

    One that nobody was told of, being silenced or explained by another, is left out. At most a thousand, the critical
    ones first among groups, those of one group together. One query.
    """
    sent = Notice.objects.filter(channel=channel, sent_at__isnull=False)
    told = NoticeLine.objects.filter(alert=OuterRef("pk"), notice__in=sent)
    heard_of = Exists(sent.filter(group=OuterRef("group")))
    lasting = Q(state__in=(Alert.State.FIRING, Alert.State.RECOVERING), ended_at=None)
    ended = Q(ended_at__gte=now - ENDED_WITHIN, ended_at__lte=now)
    loud = Q(silence=None, inhibited_by="") | Exists(told)
    found = Alert.objects.filter(heard_of, lasting | ended, loud, fired_at__isnull=False)
    with_names = found.select_related("group__cluster", "group__rule")
    return list(with_names.order_by("group__severity", "group_id", "severity", "pk")[:MOST])
