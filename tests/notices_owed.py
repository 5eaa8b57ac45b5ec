"""Alerts, channels and notices as tests of the outbox want them, with only what a test is about spelled out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from dashboard.models import Alert, AlertGroup, Channel, Cluster, Notice, Rule
from dashboard.store import notices, sealing
from dashboard.store.notices import Owed
from tests import builders
from tests.builders import NOON


def channel(name: str = "ops", kind: str = Channel.Kind.WEBHOOK, secret: str = "", **columns: Any) -> Channel:
    columns = {"target": "https://hooks.example.org/x", "created_at": NOON, "per_minute": 600, **columns}
    made = Channel.objects.create(name=name, kind=kind, **columns)
    if secret:
        made.sealed = sealing.seal_for_channel(secret, made.pk)
        made.save(update_fields=["sealed"])
    return made


def rule(cluster: Cluster | None = None, key: str = "R20", **columns: Any) -> Rule:
    cluster = cluster or Cluster.objects.first() or builders.cluster()
    return Rule.objects.create(cluster=cluster, key=key, name="memory allocated", changed_at=NOON, **columns)


def group(of: Rule | None = None, reason: str = "", **columns: Any) -> AlertGroup:
    of = of or Rule.objects.first() or rule()
    columns = {"severity": "critical", "opened_at": NOON, **columns}
    return AlertGroup.objects.create(cluster=of.cluster, rule=of, reason=reason, **columns)


def alert(of: AlertGroup, subject: str = "10.0.0.1", **columns: Any) -> Alert:
    columns = {
        "name": subject,
        "host": subject,
        "state": Alert.State.FIRING,
        "severity": of.severity,
        "value": 0.912,
        "limit": 0.9,
        "sentence": f"memory of {subject} is 91 % allocated, over 90 %",
        "pending_since": NOON,
        "fired_at": NOON,
        "changed_at": NOON,
        **columns,
    }
    return Alert.objects.create(cluster=of.cluster, rule=of.rule, group=of, subject=subject, **columns)


def owe(of: AlertGroup, kind: Notice.Kind = Notice.Kind.PROBLEM, at: datetime = NOON, *alerts: Alert) -> list[Notice]:
    """The notices that this group owes now, in the order of their channels."""
    told = alerts or tuple(of.alerts.all()) or (alert(of, f"10.0.0.1{of.reason}"),)
    known = set(Notice.objects.values_list("pk", flat=True))
    with transaction.atomic():
        notices.owe([Owed(group=of, kind=kind, severity=of.severity, alerts=told, unit="ratio")], at)
    return list(Notice.objects.exclude(pk__in=known).order_by("channel_id"))
