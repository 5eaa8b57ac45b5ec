"""The open failures and firing alerts of a node, as a list of links on its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from dashboard.models import Alert, Cluster
from dashboard.models.rules import Severity
from dashboard.pages.alert_rows import SEVERITIES, STANDINGS
from dashboard.queries import node_trouble
from dashboard.queries.alert_list import Standing, standing
from dashboard.queries.incident_rows import Row
from dashboard.queries.marks import Mark


@dataclass(frozen=True, kw_only=True)
class Line:
    """`text` is the cluster's."""

    mark: Mark
    text: str
    href: str
    since: datetime
    whose: str
    """Empty while nobody has it."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    lines: tuple[Line, ...]
    """Failures, then alerts."""
    more_href: str
    """Where the other alerts are; empty where all are here."""


def trouble(cluster: Cluster, host: str, now: datetime) -> Trouble:
    """Two queries."""
    found = node_trouble.trouble(cluster, host, now)
    every = f"{reverse('alerts', args=[cluster.name])}?node={host}"
    return Trouble(
        lines=(
            *(_of_incident(cluster, row) for row in found.incidents),
            *(_of_alert(cluster, alert) for alert in found.alerts),
        ),
        more_href=every if found.more else "",
    )


def _of_incident(cluster: Cluster, row: Row) -> Line:
    text = f"{row.kind_word}: {row.effect}" if row.effect else f"{row.kind_word} {row.name}"
    href = reverse("incident", args=[cluster.name, row.number])
    return Line(mark=row.mark, text=text, href=href, since=row.began_at, whose=row.taken_by)


def _of_alert(cluster: Cluster, alert: Alert) -> Line:
    stands = standing(alert)
    mark = SEVERITIES[Severity(alert.severity)] if stands == Standing.FIRING else STANDINGS[stands]
    href = reverse("alert", args=[cluster.name, alert.pk])
    whose = alert.acknowledged_by.get_username() if alert.acknowledged_by else ""
    return Line(mark=mark, text=alert.sentence, href=href, since=alert.fired_at or alert.pending_since, whose=whose)
