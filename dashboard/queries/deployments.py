"""Deployments: those under way, the one that stands still longest first, and those that ended of late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.models import App, Cluster, Deployment
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark

SOURCE = "deployments"
STUCK = timedelta(minutes=15)
"""A step that took so long is called stuck: Marathon's own health checks give up sooner."""
KEPT_DAYS = 30
MOST_ENDED = 200
MOST_UNDER_WAY = 500
MOST_APPS = 5
UNDER_WAY, STUCK_MARK = Mark("note", "Under way"), Mark("warn", "Stuck")
NO_DATA, ENDED = Mark("unk", "No data"), Mark("mute", "Ended")


@dataclass(frozen=True, kw_only=True)
class DeploymentRow:
    own: Deployment
    state: Mark
    apps: tuple[tuple[str, App | None], ...]
    """Id and row of the first few it touches; None where the app is known no more."""
    more: int
    """How many apps it touches beside those."""
    unchanged: timedelta | None
    """How long it has been at its step with the same actions; None where it ended."""

    @property
    def actions(self) -> str:
        """The first few, as Marathon writes them."""
        listed = [str(one) for one in self.own.actions]
        more = len(listed) - MOST_APPS
        return ", ".join(listed[:MOST_APPS]) + (f" and {more} more" if more > 0 else "")

    @property
    def took(self) -> timedelta | None:
        return self.own.ended_at - self.own.started_at if self.own.ended_at else None


def under_way(cluster: Cluster, source: SourceAge | None, now: datetime) -> list[DeploymentRow]:
    """At most MOST_UNDER_WAY, the least moved first. Two queries."""
    found = Deployment.objects.filter(cluster=cluster, ended_at=None).select_related("marathon")
    return _rows(cluster, list(found.order_by("step_since", "pk")[:MOST_UNDER_WAY]), source, now)


def ended(cluster: Cluster, source: SourceAge | None, now: datetime) -> list[DeploymentRow]:
    """Of the last 30 days, the latest first; at most MOST_ENDED. Two queries."""
    since = now - timedelta(days=KEPT_DAYS)
    found = Deployment.objects.filter(cluster=cluster, ended_at__gte=since).select_related("marathon")
    return _rows(cluster, list(found.order_by("-ended_at", "-pk")[:MOST_ENDED]), source, now)


def count(cluster: Cluster) -> int:
    """How many are under way. One query."""
    return Deployment.objects.filter(cluster=cluster, ended_at=None).count()


def _rows(cluster: Cluster, found: list[Deployment], source: SourceAge | None, now: datetime) -> list[DeploymentRow]:
    named = {app_id for one in found for app_id in one.app_ids[:MOST_APPS]}
    listed = App.objects.filter(cluster=cluster, app_id__in=named).select_related("marathon") if named else []
    apps = {(app.marathon_id, app.app_id): app for app in listed}
    return [
        DeploymentRow(
            own=one,
            state=_state(one, source, now),
            apps=tuple((app_id, apps.get((one.marathon_id, app_id))) for app_id in one.app_ids[:MOST_APPS]),
            more=max(0, len(one.app_ids) - MOST_APPS),
            unchanged=None if one.ended_at else now - one.step_since,
        )
        for one in found
    ]


def _state(one: Deployment, source: SourceAge | None, now: datetime) -> Mark:
    if one.ended_at is not None:
        return ENDED
    if source is None or not source.judge(one.marathon.deployments_taken_at, now).current:
        return NO_DATA
    return STUCK_MARK if now - one.step_since >= STUCK else UNDER_WAY
