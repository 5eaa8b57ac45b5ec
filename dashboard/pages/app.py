"""One app: how it stands and why, its instances, its failures, the offers it waits for and its configurations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard import csv_file, figures
from dashboard.hostile_text import visible
from dashboard.models import App, Cluster
from dashboard.pages import app_tabs
from dashboard.pages.app_look import Look, found_at
from dashboard.pages.ranges import ranges
from dashboard.pages.sorting import query
from dashboard.queries import app, app_failures, freshness, reasons, window
from dashboard.queries.app import Found

ROOT = "marathon"
"""Key of the Marathon that DC/OS' own interface shows."""
HEADER = ("task_id", "host", "state", "reason", "message", "running_at", "ended_at", "lived_seconds", "version")


def page(request: HttpRequest, cluster_name: str, marathon_key: str, app_id: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    sources = freshness.of(cluster, now)
    found = found_at(cluster, marathon_key, app_id, sources, now)
    own, source = found.app, sources.get(app.SOURCE)
    tab = app_tabs.chosen(request.GET.get("tab", ""))
    asked = window.of(request.GET.get("range"), now, ranges=window.LONGER_RANGES)
    failures = app_failures.count(own)
    context: dict[str, Any] = {
        "cluster": cluster,
        "now": now,
        "found": found,
        "own": own,
        "source": source,
        "reason": reasons.why_old(source.outcome, source.detail) if source else "",
        "tab": tab,
        "tab_template": f"parts/app_{tab.key}.html",
        "tabs": app_tabs.links(tab, asked.name, {"instances": found.instances, "failures": failures}),
        "failures_kept": failures,
        "ranges": ranges(asked.name, window.LONGER_RANGES, {"tab": tab.parameter}),
        "marathon_url": marathon_url(cluster, own),
        "its_tasks": query({"q": f'app:"{own.app_id}"'}),
        "csv": reverse("app_failures_csv", args=[cluster_name, own.marathon.key, own.app_id.lstrip("/")]),
        "crumbs": [
            ("Apps", reverse("apps", args=[cluster_name])),
            (f"{visible(own.app_id, one_line=True)} ({found.state.word})", ""),
        ],
    }
    look = Look(found=found, sources=sources, window=asked, now=now, given=request.GET)
    context |= app_tabs.PARTS[tab.key](look)
    return render(request, "pages/app.html", context)


def table(request: HttpRequest, cluster_name: str, marathon_key: str, app_id: str) -> HttpResponseBase:
    """Every failed task that is kept, the latest first; seconds; what is not known as empty cells."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    found = found_at(cluster, marathon_key, app_id, freshness.of(cluster, now), now)
    return csv_file.response(f"{cluster.name}-app-failures.csv", HEADER, _cells(found))


def marathon_url(cluster: Cluster, own: App) -> str:
    """Of the app in DC/OS' own interface; empty where that does not show it."""
    if cluster.kind != Cluster.Kind.DCOS or own.marathon.key != ROOT or own.gone_at is not None:
        return ""
    return f"{cluster.url.rstrip('/')}/#/services/detail/{quote(own.app_id, safe='')}"


def _cells(found: Found) -> Iterator[list[csv_file.Cell]]:
    for one in app_failures.every(found.app, found.versions):
        own = one.task
        yield [
            *(own.task_id, own.host, own.state, own.reason, own.message),
            *(figures.iso(at) if at else None for at in (own.running_at, own.ended_at)),
            figures.as_seconds(one.lived),
            one.version,
        ]
