"""One app or pod: its row, how it stands, which of its instances are at risk, and its configurations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.models import App, AppVersion, Cluster, LaunchWait, Marathon, Task
from dashboard.queries import app_in_words, app_instances
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark

SOURCE = "apps"
Sources = dict[str, SourceAge]


@dataclass(frozen=True, kw_only=True)
class Found:
    app: App
    wait: LaunchWait | None
    """Its place in the launch queue; None where it waits for nothing."""
    versions: tuple[AppVersion, ...]
    """The newest first."""
    instances: int
    """Tasks of it that the master lists as not ended."""
    at_risk: int
    """How many of those are on agents that are lost."""
    current: bool
    """Whether its figures may be called the present."""
    state: Mark
    say: str
    why: str


def one(cluster: Cluster, path: str, sources: Sources, now: datetime) -> Found | None:
    """The app at `marathon key/app id without its first slash`; None where there is none. A key may hold slashes: the
    longest that fits is meant. Nine queries at most."""
    app = _named(cluster, path)
    if app is None:
        return None
    wait = LaunchWait.objects.filter(app=app).first()
    source = sources.get(SOURCE)
    current = source is not None and source.judge(app.marathon.apps_taken_at, now).current
    at_risk = app_instances.at_risk(app, app_instances.lost_agents(cluster))
    state, say, why = app_in_words.verdict(app, wait, at_risk, now, current=current)
    return Found(
        app=app,
        wait=wait,
        versions=tuple(AppVersion.objects.filter(app=app).order_by("-seen_at", "-pk")),
        instances=Task.objects.filter(app=app, ended_at=None).count(),
        at_risk=at_risk,
        current=current,
        state=state,
        say=say,
        why=why,
    )


def _named(cluster: Cluster, path: str) -> App | None:
    """Two queries."""
    keys = Marathon.objects.filter(cluster=cluster).values_list("key", flat=True)
    key = max((key for key in keys if path.startswith(f"{key}/")), key=len, default="")
    found = App.objects.filter(cluster=cluster, marathon__key=key, app_id=path[len(key) :])
    return found.select_related("marathon", "cluster").first() if key else None
