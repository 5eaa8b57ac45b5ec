"""Nodes: every agent with what is allocated on it beside what it uses, worst first; a hundred to a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard.models import Cluster
from dashboard.pages import sorting
from dashboard.pages.node_columns import COLUMNS
from dashboard.pages.sorting import query
from dashboard.pages.tiles import is_stale
from dashboard.queries import node_filter, nodes, reasons, use, use_in_words
from dashboard.queries.node_filter import IS, Wanted
from dashboard.queries.nodes import NodeRow

PAGE_ROWS = 100


@dataclass(frozen=True)
class Sheet:
    """One page of the rows; `first` and `last` are counted from 1."""

    rows: Sequence[NodeRow]
    number: int
    of: int
    first: int
    last: int


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    found = nodes.listing(cluster, now)
    order = sorting.order(COLUMNS, request.GET.get("sort", ""), usual="state")
    asked_for = wanted(request)
    rows = order.sorted(node_filter.filtered(found.agents, asked_for))
    asked = {"q": asked_for.text, "is": asked_for.word, "zone": asked_for.zone, "sort": request.GET.get("sort", "")}
    sheet = _sheet(rows, request.GET.get("page", ""))
    summary = found.sources["summary"]
    context = {
        "cluster": cluster,
        "now": now,
        "nodes": found,
        "said": _said(found.agents),
        "shown": rows,
        "filtered": not asked_for.everything,
        "sheet": sheet,
        "pages": [_link(asked, number, sheet.number) for number in range(1, sheet.of + 1)],
        "choices": _choices(found.agents, asked),
        "zones": sorted(node_filter.zones(found.agents).items()),
        "heads": order.heads({**asked, "page": ""}),
        "asked": asked,
        "use": use_in_words.told(use.of_cluster(cluster, now)),
        "never_measured": node_filter.never_measured(found.agents),
        "offers_use": use.offered(cluster),
        "summary": summary,
        "stale": is_stale(summary),
        "reason": reasons.why_old(summary.outcome, summary.detail),
        "csv": f"nodes.csv{query(asked)}",
    }
    return render(request, "pages/nodes.html", context)


def wanted(request: HttpRequest) -> Wanted:
    """The filter in the address; a word that is none is as if it were not there."""
    word = request.GET.get("is", "")
    zone, text = request.GET.get("zone", ""), request.GET.get("q", "")
    return Wanted(text=text, word=word if word in IS else "", zone=zone)


def _sheet(rows: Sequence[NodeRow], asked: str) -> Sheet:
    of = max(1, -(-len(rows) // PAGE_ROWS))
    number = min(max(1, int(asked)), of) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    shown = rows[(number - 1) * PAGE_ROWS : number * PAGE_ROWS]
    first = (number - 1) * PAGE_ROWS + 1
    return Sheet(shown, number, of, first, first + len(shown) - 1)


def _link(asked: dict[str, str], number: int, current: int) -> dict[str, object]:
    href = query({**asked, "page": str(number) if number > 1 else ""})
    return {"word": number, "href": href, "current": number == current}


MARKS = {"healthy": "good", "unhealthy": "bad", "silent": "bad", "unmeasured": "unk"}


def _choices(rows: Sequence[NodeRow], asked: dict[str, str]) -> list[dict[str, object]]:
    """All, and each word that some node is; the chosen one also when none is."""
    counts, chosen = node_filter.counts(rows), asked["is"]
    words = [("", "All", len(rows)), *((word, word.capitalize(), counts[word]) for word in IS)]
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


def _said(rows: Sequence[NodeRow]) -> str:
    """How many are how: 41 active, 1 silent. 38 private, 4 public."""
    states = _counted([row.state.word.lower() if row.state.word != "No data" else "without data" for row in rows])
    kinds = _counted([row.kind for row in rows])
    return f"{states}. {kinds}." if rows else ""


def _counted(words: Sequence[str]) -> str:
    return ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(sorted(words)))
