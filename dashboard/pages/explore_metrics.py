"""Every metric of the cluster: what it is called, its unit, what it means, who tells it and when that was last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard.models import Cluster
from dashboard.pages import paging
from dashboard.pages.explore_asked import LONGEST_NAME, Asked
from dashboard.pages.sorting import query
from dashboard.queries import catalogue
from dashboard.queries.catalogue import SOURCES, Entry
from dashboard.queries.formula import Formula, Match

FIRST = 8
"""So many of each source stand beside a chart."""


@dataclass(frozen=True)
class Linked:
    """A metric, and where it is drawn."""

    entry: Entry
    href: str


@dataclass(frozen=True)
class Group:
    """The metrics of one source beside a chart; `more` are not shown."""

    key: str
    title: str
    names: int
    first: Sequence[Linked]
    open: bool

    @property
    def more(self) -> int:
        return self.names - len(self.first)


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    text = request.GET.get("q", "").strip()[:LONGEST_NAME]
    source = request.GET.get("source", "")
    source = source if source in SOURCES else ""
    every = catalogue.entries(cluster, now)
    found = catalogue.matching(every, text)
    here = [entry for entry in found if source in ("", entry.source)]
    table = paging.cut(here, request.GET.get("page", ""), {"q": text, "source": source})
    chart = reverse("explore", args=[cluster.name])
    context = {
        "cluster": cluster,
        "now": now,
        "text": text,
        "source": source,
        "any": bool(every),
        "filtered": bool(text or source),
        "matching": len(here),
        "total": len(every),
        "table": table,
        "rows": [Linked(entry, f"{chart}{query({'q': drawn_by(entry)})}") for entry in table.rows],
        "choices": _choices(found, text, source),
        "explore": chart,
    }
    return render(request, "pages/explore_metrics.html", context)


def groups(every: Sequence[Entry], asked: Asked) -> list[Group]:
    """The metrics that are looked for, or all, by source; those that have any."""
    found = catalogue.matching(every, asked.find)
    told: list[Group] = []
    for key, (title, _) in SOURCES.items():
        of_source = [entry for entry in found if entry.source == key]
        first = [Linked(entry, asked.only(drawn_by(entry)).href()) for entry in of_source[:FIRST]]
        if of_source:
            told.append(Group(key, title, len(of_source), first, open=bool(asked.find) or not told))
    return told


def drawn_by(entry: Entry) -> str:
    """The formula that draws it: of a counter its rate."""
    of_kind = (Match("kind", entry.kind.value),)
    return Formula(entry.name, of_kind, as_="rate" if entry.is_counter else "raw").text


def _choices(found: Sequence[Entry], text: str, source: str) -> list[dict[str, object]]:
    counts = {key: sum(entry.source == key for entry in found) for key in SOURCES}
    named = [("", "All", len(found)), *((key, title, counts[key]) for key, (title, _) in SOURCES.items())]
    return [
        {"word": word, "href": query({"q": text, "source": key}), "count": count, "current": key == source}
        for key, word, count in named
    ]
