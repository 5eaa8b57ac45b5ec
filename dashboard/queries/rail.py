"""What the menu counts beside its entries: alerts that fire and nobody has, failures that are open, apps that need a look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from dashboard.models import Alert, App, Cluster, Incident, Upkeep
from dashboard.models.rules import Severity
from dashboard.queries.alert_list import LOUD
from dashboard.queries.apps_row import NEED_A_LOOK
from dashboard.queries.open_failures import REPEATED

FEW = Q(about=Incident.About.TASKS) & ~Q(tasks_failed__gte=REPEATED)
OPEN = Q(ended_at=None, planned=False) & ~FEW
"""One or two failed tasks, which their framework starts again, wait for nobody."""


@dataclass(frozen=True)
class Entry:
    """A cluster and what waits there for somebody."""

    cluster: Cluster
    alerts: int
    alerts_critical: int
    """Of these."""
    failures: int
    apps: int
    """That need a look by what their Marathon last listed."""
    apps_unhealthy: int
    """Of these."""
    paused: bool
    """Collecting is, for want of room: of the whole store, and so of each cluster."""


def entries() -> list[Entry]:
    """All clusters by name. One query."""
    alerts = Alert.objects.filter(LOUD)
    apps = App.objects.filter(gone_at=None, state__in=NEED_A_LOOK)
    found = Cluster.objects.order_by("name").annotate(
        alerts_loud=_count(alerts),
        alerts_critical=_count(alerts.filter(severity=Severity.CRITICAL)),
        failures_open=_count(Incident.objects.filter(OPEN)),
        apps_to_look_at=_count(apps),
        apps_unhealthy=_count(apps.filter(state=App.State.UNHEALTHY)),
        paused=Exists(Upkeep.objects.filter(job=Upkeep.Job.SPACE, cluster=None, outcome=Upkeep.Outcome.FULL)),
    )
    return [_entry(one) for one in found]


def _entry(one: Any) -> Entry:
    """Of a cluster with the counts above."""
    return Entry(
        cluster=one,
        alerts=one.alerts_loud,
        alerts_critical=one.alerts_critical,
        failures=one.failures_open,
        apps=one.apps_to_look_at,
        apps_unhealthy=one.apps_unhealthy,
        paused=one.paused,
    )


def _count(rows: QuerySet[Alert] | QuerySet[Incident] | QuerySet[App]) -> Coalesce:
    of_cluster = rows.filter(cluster=OuterRef("pk")).order_by().values("cluster").annotate(count=Count("pk"))
    return Coalesce(Subquery(of_cluster.values("count")), Value(0))
