"""Apps: every app or pod of every Marathon, the worst first: instances, what is allocated beside what is used, failures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard.models import App, Cluster
from dashboard.pages import apps_asked, apps_table
from dashboard.pages.app_cells import app_link
from dashboard.pages.apps_asked import Asked
from dashboard.pages.sorting import query as written
from dashboard.queries import app_in_words, apps_filter, apps_in_words, apps_now, deployments, reasons, waiting
from dashboard.queries.apps_now import Apps
from dashboard.queries.apps_query import EXAMPLES
from dashboard.queries.apps_row import AppRow

STATES = {**{state.value: app_in_words.STATES[state] for state in reversed(App.State)}, "nodata": app_in_words.NO_DATA}
"""Word of the filter → how it is shown, the worst first."""


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """Nine queries and those of the frame at most, whatever the number of apps."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked, found = apps_asked.asked(request), apps_now.listing(cluster, now)
    everyone = apps_asked.everyone(found.rows, asked)
    shown = apps_asked.filtered(everyone, asked)
    several = len(found.marathons) > 1
    context = {
        "cluster": cluster,
        "now": now,
        "apps": found,
        "everyone": everyone,
        "shown": shown,
        "asked": asked,
        "noun": "Pod" if asked.pods else "App",
        "no_match": f"No {'pod' if asked.pods else 'app'} matches",
        "problems": asked.query.problems,
        "filtered": bool(asked.query.terms),
        "all_stale": bool(everyone) and not any(row.current for row in everyone),
        "reason": reasons.why_old(found.source.outcome, found.source.detail) if found.source else "",
        **_said(cluster, everyone),
        **_ways(cluster, found, everyone, asked),
        **apps_table.context(cluster, shown, asked, now, several=several),
    }
    return render(request, "pages/apps.html", context)


def _said(cluster: Cluster, everyone: Sequence[AppRow]) -> dict[str, Any]:
    """How they stand, and the worst by name. One query where one of these waits."""
    named = apps_in_words.named(everyone)
    lacking = apps_now.wait_for(named)
    return {
        "counted": apps_in_words.counted(everyone),
        "looks": [
            (app_link(cluster.name, row.marathon, row.app.app_id), apps_in_words.phrase(row, lacking)) for row in named
        ],
        "more": sum(row.needs_a_look for row in everyone) - len(named),
        "instances": apps_in_words.instances(everyone),
        "unmeasured": sum(row.app.mem_used_p95_bytes is None for row in everyone),
    }


def _ways(cluster: Cluster, found: Apps, everyone: Sequence[AppRow], asked: Asked) -> dict[str, Any]:
    """Where the page leads: other kinds, other filters, the same as CSV. Two queries."""
    return {
        "clear": asked.link(q="", state="", group="", marathon=""),
        "kept": asked.kept("q", "group", "marathon"),
        "examples": EXAMPLES,
        "tabs": _tabs(cluster, found.rows, asked),
        "choices": _choices(everyone, asked),
        "groups": sorted(apps_filter.groups(everyone).items()),
        "csv": f"{reverse('apps_csv', args=[cluster.name])}{asked.link()}",
    }


def _tabs(cluster: Cluster, rows: Sequence[AppRow], asked: Asked) -> list[dict[str, object]]:
    pods = sum(row.app.kind == App.Kind.POD for row in rows)

    def way(name: str) -> str:
        return reverse(name, args=[cluster.name])

    tabs: list[tuple[str, str, int | None, bool]] = [
        ("Apps", way("apps"), len(rows) - pods, not asked.pods),
        ("Pods", f"{way('apps')}{written({'kind': App.Kind.POD.value})}", pods, asked.pods),
        ("Deployments", way("deployments"), deployments.count(cluster), False),
        ("Waiting", way("waiting"), waiting.count(cluster), False),
        ("Tasks", way("tasks"), None, False),
        ("Frameworks", way("frameworks"), None, False),
    ]
    return [{"word": word, "href": href, "count": count, "current": current} for word, href, count, current in tabs]


def _choices(rows: Sequence[AppRow], asked: Asked) -> list[dict[str, object]]:
    """All, and each state that some app is in; the chosen one also when none is."""
    counts = apps_filter.states(rows)
    words = [("", "All", "", len(rows)), *((word, one.word, one.mark, counts[word]) for word, one in STATES.items())]
    return [
        {"word": title, "href": asked.link(state=word), "count": count, "current": word == asked.state, "state": mark}
        for word, title, mark, count in words
        if count or word in ("", asked.state)
    ]
