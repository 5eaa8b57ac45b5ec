"""Nodes: every agent or master with what is allocated on it beside what it uses, worst first; as list, grid or heat map."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Cluster
from dashboard.pages import nodes_asked, nodes_grid, nodes_heat, nodes_list
from dashboard.pages.nodes_asked import Asked
from dashboard.pages.sorting import query as written
from dashboard.pages.tiles import is_stale
from dashboard.queries import node_filter, nodes, reasons, use, use_in_words
from dashboard.queries.node_query import EXAMPLES
from dashboard.queries.node_row import NodeRow
from dashboard.queries.nodes import Nodes

VIEWS = (("list", "List"), ("grid", "Grid"), ("heat", "Heat map"))
CHOICES = {
    "healthy": ("Healthy", "good"),
    "unhealthy": ("Unhealthy", "bad"),
    "na": ("N/A", "unk"),
    "silent": ("Silent", "bad"),
    "public": ("Public", ""),
    "private": ("Private", ""),
    "unmeasured": ("Unmeasured", "unk"),
}
OF_AGENTS = {"silent", "public", "private"}
"""Words that say nothing of masters, or what their state says already."""


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked = nodes_asked.asked(request)
    found = nodes.listing(cluster, now)
    everyone = nodes_asked.everyone(found, asked)
    rows, problems = nodes_asked.filtered(cluster, everyone, asked)
    context = {
        "cluster": cluster,
        "now": now,
        "nodes": found,
        "everyone": everyone,
        "shown": rows,
        "asked": asked,
        "noun": "Master" if asked.masters else "Agent",
        "no_match": f"No {'master' if asked.masters else 'agent'} matches",
        "said": _said(everyone),
        "problems": problems,
        **_ages(cluster, found, everyone, asked, now),
        **_ways(cluster, found, everyone, asked),
        **_view(cluster, everyone, rows, asked, now),
    }
    return render(request, "pages/nodes.html", context)


def _ages(cluster: Cluster, found: Nodes, everyone: Sequence[NodeRow], asked: Asked, now: datetime) -> dict[str, Any]:
    """How old all of it is, and what is missing."""
    summary = found.sources["summary"]
    return {
        "use": use_in_words.told(use.of_cluster(cluster, now, found.sources)),
        "never_measured": node_filter.never_measured(everyone),
        "offers_use": use.offered(cluster),
        "summary": summary,
        "stale": not asked.masters and is_stale(summary),
        "reason": reasons.why_old(summary.outcome, summary.detail),
    }


def _ways(cluster: Cluster, found: Nodes, everyone: Sequence[NodeRow], asked: Asked) -> dict[str, Any]:
    """Where the page leads: other views and kinds, other filters, the same as CSV."""
    every_page = written({**asked.parameters, "view": "", "page": ""})
    return {
        "filtered": bool(asked.query.terms),
        "clear": asked.link(q="", zone="", **{"is": ""}),
        "kept": asked.kept("q", "zone"),
        "examples": EXAMPLES,
        "tabs": _tabs(asked, found),
        "views": [
            {"word": word, "href": asked.link(view=name if name != "list" else ""), "current": name == asked.view}
            for name, word in VIEWS
        ],
        "choices": _choices(everyone, asked),
        "zones": sorted(node_filter.zones(everyone).items()),
        "csv": f"{reverse('nodes_csv', args=[cluster.name])}{every_page}",
    }


def _view(
    cluster: Cluster, everyone: Sequence[NodeRow], rows: Sequence[NodeRow], asked: Asked, now: datetime
) -> dict[str, Any]:
    if asked.view == "grid":
        return nodes_grid.context(cluster, rows, asked)
    if asked.view == "heat":
        return nodes_heat.context(cluster, everyone, rows, asked, now)
    return nodes_list.context(cluster, everyone, rows, asked, now)


def _tabs(asked: Asked, found: Nodes) -> list[dict[str, object]]:
    kinds = (("Agents", "", found.agents), ("Masters", nodes_asked.MASTERS, found.masters))
    # What one kind is filtered and sorted by, the other may not have.
    return [
        {
            "word": word,
            "href": written({"role": role, "view": "" if asked.view == "list" else asked.view}),
            "count": len(rows),
            "current": role == asked.role,
        }
        for word, role, rows in kinds
    ]


def _choices(rows: Sequence[NodeRow], asked: Asked) -> list[dict[str, object]]:
    """All, and each word that some node is; the chosen one also when none is."""
    counts = node_filter.counts(rows)
    words = [("", ("All", ""), len(rows)), *((word, CHOICES[word], counts[word]) for word in CHOICES)]
    return [
        {
            "word": title,
            "href": asked.link(**{"is": word}),
            "count": count,
            "current": word == asked.word,
            "state": mark,
        }
        for word, (title, mark), count in words
        if word in ("", asked.word) or (count and not (asked.masters and word in OF_AGENTS))
    ]


def _said(rows: Sequence[NodeRow]) -> str:
    """How many are how: 41 active, 1 silent. 38 private, 4 public."""
    states = _counted([row.state.word.lower() if row.state.word != "No data" else "without data" for row in rows])
    kinds = "" if any(row.master for row in rows) else f" {_counted([row.kind for row in rows])}."
    return f"{states}.{kinds}" if rows else ""


def _counted(words: Sequence[str]) -> str:
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(sorted(words)))
