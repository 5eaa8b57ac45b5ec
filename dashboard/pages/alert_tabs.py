"""The tabs above all pages about alerts. One more is one line in TABS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse

from dashboard.models import Cluster
from dashboard.pages.access import role
from dashboard.queries import alert_counts, told_whom
from dashboard.roles import Role

Count = Callable[[Cluster, datetime], int]


@dataclass(frozen=True)
class Tab:
    """`page` is the name of a page of PAGES; `count` None: it counts nothing."""

    page: str
    title: str
    count: Count | None = None
    needs: Role = Role.VIEWER


@dataclass(frozen=True)
class Shown:
    """One tab as a reader sees it; `count` None is shown as nothing."""

    title: str
    href: str
    current: bool
    count: int | None


TABS = (
    Tab("alerts", "Firing", alert_counts.firing),
    Tab("rules", "Rules", alert_counts.rules_on),
    Tab("silences", "Silences", alert_counts.silences),
    Tab("channels", "Channels", told_whom.channels),
    Tab("deliveries", "Delivery log"),
)


def tabs(request: HttpRequest, cluster: Cluster, current: str, now: datetime) -> list[Shown]:
    """Those that the user may see; a query for each that counts."""
    return [
        Shown(
            title=tab.title,
            href=reverse(tab.page, kwargs={"cluster_name": cluster.name}),
            current=tab.page == current,
            count=tab.count(cluster, now) if tab.count else None,
        )
        for tab in TABS
        if role(request) >= tab.needs
    ]
