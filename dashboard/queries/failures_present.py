"""How much of each kind there is now, beside the lanes of what failed. Figures that are too old are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from dashboard import figures
from dashboard.models import Alert, Cluster, Framework, Node, UnitState
from dashboard.models.components import Health
from dashboard.queries import freshness

SUMMARY, HEALTH = "summary", "component_health"


@dataclass(frozen=True, kw_only=True)
class Present:
    """Each a few words; empty where it is not known of now."""

    agents: str
    schedulers: str
    components: str
    alerts: str


def present(cluster: Cluster, now: datetime) -> Present:
    """Five queries."""
    sources = freshness.of(cluster, now)
    current = {name for name, age in sources.items() if age.freshness.current}
    return Present(
        agents=_agents(cluster) if SUMMARY in current else "",
        schedulers=_schedulers(cluster) if SUMMARY in current else "",
        components=_components(cluster) if HEALTH in current else "",
        alerts=_alerts(cluster),
    )


def _agents(cluster: Cluster) -> str:
    told = Node.objects.filter(cluster=cluster).exclude(state__in=(Node.State.UNREGISTERED, Node.State.GONE))
    counted = told.aggregate(all=Count("pk"), well=Count("pk", filter=Q(state=Node.State.ACTIVE)))
    return _of(counted, "active")


def _schedulers(cluster: Cluster) -> str:
    told = Framework.objects.filter(cluster=cluster).exclude(state=Framework.State.COMPLETED)
    gone = (Framework.State.DISCONNECTED, Framework.State.INACTIVE)
    counted = told.aggregate(all=Count("pk"), well=Count("pk", filter=~Q(state__in=gone)))
    return _of(counted, "connected")


def _components(cluster: Cluster) -> str:
    told = UnitState.objects.filter(component__cluster=cluster)
    counted = told.aggregate(all=Count("pk"), well=Count("pk", filter=Q(health=Health.HEALTHY)))
    return _of(counted, "healthy")


def _of(counted: Mapping[str, int], word: str) -> str:
    return f"{figures.count(counted['well'])} of {figures.count(counted['all'])} {word}" if counted["all"] else ""


def _alerts(cluster: Cluster) -> str:
    going_on = (Alert.State.FIRING, Alert.State.RECOVERING)
    firing = Alert.objects.filter(cluster=cluster, ended_at=None, state__in=going_on).count()
    return f"{figures.count(firing)} firing" if firing else "none fires"
