"""What is wrong of one node: its open failures, and the alerts about it that have fired and have not ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from dashboard.models import Alert, Cluster, Incident
from dashboard.queries.alert_list import open_alerts
from dashboard.queries.incident_rows import Row, row

MOST_ALERTS = 10
ON_A_NODE = (Incident.About.AGENT, Incident.About.MASTER)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    incidents: tuple[Row, ...]
    """Of its agent and its master, planned ones too, oldest first."""
    alerts: tuple[Alert, ...]
    """The worst first, then the latest; with rule, silence and who has it."""
    more: int
    """0, or 1 where there are more alerts than MOST_ALERTS: how many is not counted."""


def trouble(cluster: Cluster, host: str, now: datetime) -> Trouble:
    """Two queries. A master's failure names its place, which ends with the port where that is unusual."""
    of_host = Q(subject=host) | Q(subject__startswith=f"{host}:")
    failed = Incident.objects.filter(of_host, cluster=cluster, ended_at=None, about__in=ON_A_NODE)
    about = open_alerts(cluster).filter(host=host).exclude(state=Alert.State.PENDING)
    named = about.select_related("rule", "silence", "acknowledged_by").order_by("severity", "-since", "pk")
    found = list(named[: MOST_ALERTS + 1])
    return Trouble(
        incidents=tuple(row(one, now) for one in failed.select_related("taken_by").order_by("began_at", "id")),
        alerts=tuple(found[:MOST_ALERTS]),
        more=len(found) - min(len(found), MOST_ALERTS),
    )
