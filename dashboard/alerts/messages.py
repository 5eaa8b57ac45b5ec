"""Rows of the outbox as messages, and channels as calls: what a receiver needs to know, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from dashboard.alerts.channels.sending import Call, Line, Message
from dashboard.models import Alert, AlertGroup, Channel, Notice, NoticeLine
from dashboard.store import channels
from dashboard.store.notice_texts import alerts_url, plain


def of_notice(notice: Notice) -> Message:
    """The message of a notice whose channel, cluster, group and rule were read with it; one query, for its lines."""
    rule = notice.group.rule if notice.group else None
    cluster = notice.cluster.name if notice.cluster else ""
    return Message(
        key=notice.key,
        thread=notice.thread,
        kind=notice.kind,
        severity=notice.severity,
        cluster=cluster,
        rule=rule.key if rule else "",
        rule_name=rule.name if rule else "",
        subject=notice.subject,
        text=notice.text,
        alerts=notice.alerts,
        lines=[_line(line) for line in notice.lines.select_related("alert")],
        created_at=notice.created_at,
        url=alerts_url(cluster) if cluster else "",
    )


def of_group(group: AlertGroup, alerts: Iterable[Alert], now: datetime) -> Message:
    """How the alerts of a group, read with its cluster and rule, are now: for a receiver that wants to be told again."""
    return Message(
        key="",
        thread=f"group-{group.pk}",
        kind=Notice.Kind.REMINDER,
        severity=group.severity,
        cluster=group.cluster.name,
        rule=group.rule.key,
        rule_name=group.rule.name,
        subject="",
        text="",
        alerts=0,
        lines=[_now(alert) for alert in alerts],
        created_at=now,
        url=alerts_url(group.cluster.name),
    )


def of_channel(channel: Channel, now: datetime) -> Message:
    """That all is well, for a dead-man switch."""
    return Message(
        key=f"beat-{channel.pk}-{int(now.timestamp())}",
        thread=f"beat-{channel.pk}",
        kind=Notice.Kind.TEST,
        severity=channel.least_severity,
        cluster="",
        rule="",
        rule_name="",
        subject="Day Two is well",
        text="",
        alerts=0,
        lines=(),
        created_at=now,
        url="",
    )


def call(channel: Channel, now: datetime) -> Call:
    """How this channel is reached, its opened secret included. Raises sealing.CannotOpen."""
    return Call(
        target=channel.target,
        server=channel.server,
        login=channel.login,
        sender=channel.sender,
        secret=channels.secret_of(channel),
        now=now,
        allow_here=settings.ALLOW_LOOPBACK,
    )


def _line(line: NoticeLine) -> Line:
    return Line(
        subject=line.alert.subject if line.alert else line.name,
        name=line.name,
        host=line.host,
        state=line.state,
        severity=line.severity,
        sentence=plain(line.sentence),
        value=line.value,
        limit=line.limit,
        began_at=line.began_at,
        ended_at=line.ended_at,
    )


def _now(alert: Alert) -> Line:
    return Line(
        subject=alert.subject,
        name=alert.name,
        host=alert.host,
        state=alert.state,
        severity=alert.severity,
        sentence=plain(alert.sentence),
        value=alert.value,
        limit=alert.limit,
        began_at=alert.fired_at or alert.pending_since,
        ended_at=alert.ended_at,
    )
