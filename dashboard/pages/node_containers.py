"""The containers of one node: what each uses of what it may, nested ones under their roots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard.hostile_text import visible
from dashboard.models import Cluster
from dashboard.pages import paging, sorting
from dashboard.pages.container_columns import COLUMNS, USUAL
from dashboard.pages.sorting import query
from dashboard.queries import container_filter, containers, containers_of_node, freshness
from dashboard.queries.container_filter import IS, Wanted
from dashboard.queries.containers import ContainerRow

WORDS = {"running": "Running", "ended": "Ended", "held": "Held back", "near": "Near a limit"}
MARKS = {"held": "warn", "near": "warn"}


def page(request: HttpRequest, cluster_name: str, host: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    rows, asked_for = listed(cluster, host, now), wanted(request)
    asked = {"q": asked_for.text, "is": asked_for.word, "framework": asked_for.framework}
    asked["sort"] = request.GET.get("sort", "")
    order = sorting.order(COLUMNS, asked["sort"], usual=USUAL)
    kept = container_filter.filtered(rows, asked_for)
    shown = containers.nested(container_filter.with_parents(kept, order.sorted(rows)))
    context = {
        "cluster": cluster,
        "host": host,
        "now": now,
        "rows": rows,
        "matching": len(kept),
        "filtered": not asked_for.everything,
        "table": paging.cut(shown, request.GET.get("page", ""), asked),
        "choices": _choices(rows, asked),
        "frameworks": container_filter.frameworks(rows),
        "heads": order.heads(asked),
        "asked": asked,
        "collected": containers_of_node.collected(cluster, host),
        "most_ended": containers.MOST_ENDED,
        "csv": f"containers.csv{query(asked)}",
        "crumbs": [
            ("Nodes", reverse("nodes", args=[cluster_name])),
            (visible(host, one_line=True), reverse("node", args=[cluster_name, host])),
            ("Containers", ""),
        ],
    }
    return render(request, "pages/node_containers.html", context)


def listed(cluster: Cluster, host: str, now: datetime) -> list[ContainerRow]:
    """Those that run and those that ended lately; Http404 where nobody ever heard of the node. Four queries, or five."""
    source = freshness.of(cluster, now)[containers.SOURCE]
    rows = [*containers.on_host(cluster, host, source, now), *containers.ended_on_host(cluster, host, source, now)]
    if not rows and not containers_of_node.is_known(cluster, host):
        raise Http404(f"no node {host} in {cluster.name}")
    return rows


def wanted(request: HttpRequest) -> Wanted:
    """The filter in the address; a word that is none is as if it were not there."""
    word = request.GET.get("is", "")
    return Wanted(
        text=request.GET.get("q", ""), word=word if word in IS else "", framework=request.GET.get("framework", "")
    )


def _choices(rows: Sequence[ContainerRow], asked: dict[str, str]) -> list[dict[str, object]]:
    """All, and each word that some container is; the chosen one also when none is."""
    counts, chosen = container_filter.counts(rows), asked["is"]
    words = [("", "All", len(rows)), *((word, title, counts[word]) for word, title in WORDS.items())]
    return [
        {
            "word": title,
            "href": query({**asked, "is": word}),
            "count": count,
            "current": word == chosen,
            "state": MARKS.get(word, ""),
        }
        for word, title, count in words
        if count or word in ("", chosen)
    ]
