"""Alerts, rules, silences and who was told, with only what a test is about spelled out; and an operator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from dashboard.alerts import catalogue
from dashboard.alerts.rules import RULES
from dashboard.models import Alert, AlertGroup, Channel, Cluster, Notice, NoticeLine, Rule, Silence, Watch
from dashboard.store.rules import ensure
from tests import builders

HOUR = timedelta(hours=1)


def watched(name: str = "prod", *, judged_ago: timedelta = timedelta(seconds=5)) -> Cluster:
    """A cluster with the catalogue's rules, judged a moment ago."""
    cluster, now = builders.cluster(name), timezone.now()
    Cluster.objects.filter(pk=cluster.pk).update(created_at=now - timedelta(days=60))
    known = catalogue.of_kind(cluster, RULES)
    ensure(cluster, map(catalogue.row, known.values()), now - timedelta(days=50))
    Watch.objects.create(cluster=cluster, evaluated_at=now - judged_ago)
    cluster.refresh_from_db()
    return cluster


def rule(cluster: Cluster, key: str, **columns: Any) -> Rule:
    if columns:
        Rule.objects.filter(cluster=cluster, key=key).update(**columns)
    return Rule.objects.get(cluster=cluster, key=key)


def alert(cluster: Cluster, key: str = "R38", host: str = "10.0.0.1", **columns: Any) -> Alert:
    """One that has fired for an hour, in the open group of its rule and reason."""
    now = timezone.now()
    columns = {"state": "firing", "severity": "warning", "subject": host, "name": host, "reason": "", **columns}
    columns.setdefault("sentence", f"{host} is over its limit")
    columns.setdefault("fired_at", None if columns["state"] == "pending" else now - HOUR)
    one = rule(cluster, key)
    group, _ = AlertGroup.objects.get_or_create(
        cluster=cluster,
        rule=one,
        reason=columns["reason"],
        closed_at=None,
        defaults={"severity": columns["severity"], "opened_at": now - HOUR},
    )
    columns = {"pending_since": now - HOUR, "changed_at": now - HOUR, "group": group, **columns}
    return Alert.objects.create(cluster=cluster, rule=one, host=host, **columns)


def silence(
    cluster: Cluster, matcher: str, *, begins: timedelta = -HOUR, ends: timedelta = HOUR, **columns: Any
) -> Silence:
    now = timezone.now()
    return Silence.objects.create(
        cluster=cluster,
        matcher=matcher,
        **{
            "why": "disk ordered",
            "by": "k.lind",
            "created_at": now,
            "begins_at": now + begins,
            "ends_at": now + ends,
            **columns,
        },
    )


def channel(name: str = "mail ops@") -> Channel:
    return Channel.objects.create(name=name, kind="email", target="ops@example.org", created_at=timezone.now())


def notice(of: Alert, to: Channel, *, sent_at: datetime | None = None, **columns: Any) -> Notice:
    now = timezone.now()
    found = Notice.objects.create(
        channel=to,
        cluster=of.cluster,
        group=of.group,
        kind="problem",
        severity=of.severity,
        key=f"k{Notice.objects.count()}",
        thread="t",
        subject=f"WARNING prod: {of.sentence}",
        text=of.sentence,
        created_at=now,
        next_at=now,
        sent_at=sent_at,
        **columns,
    )
    line = {"state": of.state, "severity": of.severity, "sentence": of.sentence, "began_at": of.pending_since}
    NoticeLine.objects.create(notice=found, alert=of, position=1, **line)
    return found
