"""One framework: how it is, what it held and used over time, its roles, what changed, and its failed tasks."""

from __future__ import annotations

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard import figures
from dashboard.charts import allocated_used
from dashboard.hostile_text import visible
from dashboard.models import Cluster
from dashboard.pages.framework_facts import quotas, shares, tasks_by_state
from dashboard.pages.links import ways
from dashboard.pages.ranges import ranges
from dashboard.pages.sorting import query
from dashboard.queries import framework, frameworks, freshness, reasons, window
from dashboard.queries.framework import Found
from dashboard.queries.frameworks import FrameworkRow


def page(request: HttpRequest, cluster_name: str, framework_id: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked, sources = window.of(request.GET.get("range"), now, ranges=window.LONG_RANGES), freshness.of(cluster, now)
    found = framework.one(cluster, framework_id, sources, asked, now)
    if found is None:
        raise Http404(f"no framework {framework_id} in {cluster_name}")
    source, row = sources[frameworks.SOURCE], found.row
    context = {
        "cluster": cluster,
        "now": now,
        "found": found,
        "row": row,
        "own": row.framework,
        "state": row.state,
        "say": _say(row, now),
        "source": source,
        "stale": not row.completed and not source.freshness.current,
        "reason": reasons.why_old(source.outcome, source.detail),
        "ranges": ranges(asked.name, window.LONG_RANGES),
        "window": found.history.window,
        "shares": shares(row),
        "tasks": tasks_by_state(row.framework),
        "quotas": quotas(row.roles),
        "its_tasks": query({"q": f'framework:"{framework_id}"'}),
        "charts": _charts(found),
        "changes": ways(cluster.name, found.changes),
        "crumbs": [
            ("Frameworks", reverse("frameworks", args=[cluster_name])),
            (f"{visible(row.framework.name, one_line=True)} ({row.state.word})", ""),
        ],
    }
    return render(request, "pages/framework.html", context)


def _say(row: FrameworkRow, now: datetime) -> str:
    if row.state == frameworks.NO_DATA:
        return f"it was {row.framework.get_state_display().lower()} {figures.ago(now - row.framework.last_seen)}"
    return (
        f"since {figures.instant(row.framework.state_since, now)}, {figures.duration(now - row.framework.state_since)}"
    )


def _charts(found: Found) -> list[dict[str, object]]:
    """A picture of each resource that it held or used in the range."""
    history = found.history
    return [
        {
            "id": key,
            "figure": allocated_used.drawn(history, key),
            "title": allocated_used.title(history, key),
            "basis": f"allocated by Mesos; used by its containers · {history.window.point}",
        }
        for key in allocated_used.NAMES
        if allocated_used.any_amount(history, key)
    ]
