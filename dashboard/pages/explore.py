"""Explore: any metric of any subject over time, by a formula that stands in the address, up to four side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard import csv_file, figures
from dashboard.models import Cluster
from dashboard.pages import explore_asked, explore_metrics, explore_panels
from dashboard.pages.explore_asked import MOST_PANELS, Asked
from dashboard.queries import catalogue, happenings
from dashboard.queries.explored import Explored
from dashboard.queries.formula import EXAMPLES, Unreadable
from dashboard.queries.happenings import Happening
from dashboard.queries.window import LONGER_RANGES, in_words

MOST_MARKS = 20
HEADER = ("formula", "kind", "line", "series", "unit", "basis", "begins_at", "value", "series_told", "series_expected")


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked = explore_asked.asked(request)
    entries = cache(lambda: catalogue.entries(cluster, now))
    results = explore_panels.evaluated(cluster, asked.texts, asked.range, now, entries)
    marks = _marks(cluster, asked, now) if any(isinstance(one, Explored) for one in results) else []
    panels = [explore_panels.shown(place, asked, one, marks, now) for place, one in enumerate(results, 1)]
    found = [panel.found for panel in panels if panel.found]
    context = {
        "cluster": cluster,
        "now": now,
        "asked": asked,
        "not_shown": explore_asked.not_shown(request),
        "panels": panels,
        "room": len(panels) < MOST_PANELS,
        "most": MOST_PANELS,
        "drawable": any(panel.parts and panel.parts["figure"] for panel in panels),
        "oldest": min((one.taken_at for one in found if one.taken_at), default=None),
        "range_words": in_words(asked.range),
        "ranges": [
            {"word": in_words(name), "href": asked.href(name), "current": name == asked.range} for name in LONGER_RANGES
        ],
        "examples": [(asked.only(text).href(), text, means) for text, means in EXAMPLES],
        "groups": explore_metrics.groups(entries(), asked),
        "names": len(entries()),
        "metrics": reverse("explore_metrics", args=[cluster.name]),
        "csv": f"{reverse('explore_csv', args=[cluster.name])}{asked.href()}",
        "json": f"{reverse('api-explore', args=[cluster.name])}{_api(asked)}",
        "drawn": bool(found) and len(found) == len(panels),
    }
    return render(request, "pages/explore.html", context)


def table(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """Every step of every line of every formula; what is not known as empty cells. Refused as a whole where a part is wrong:
    a file does not say what it lacks.
    """
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked = explore_asked.asked(request)
    results = explore_panels.evaluated(
        cluster, asked.texts, asked.range, now, cache(lambda: catalogue.entries(cluster, now))
    )
    wrong = [*explore_asked.not_shown(request), *_wrong(asked, results)]
    if wrong:
        return HttpResponse("\n".join(wrong) + "\n", status=400, content_type="text/plain; charset=utf-8")
    return csv_file.response(f"{cluster.name}-explore.csv", HEADER, _cells(results))


def _marks(cluster: Cluster, asked: Asked, now: datetime) -> Sequence[Happening]:
    """What happened meanwhile, the latest of it. One query."""
    return happenings.recent(cluster, now, within=LONGER_RANGES[asked.range], limit=MOST_MARKS)


def _wrong(asked: Asked, results: Sequence[Explored | Unreadable]) -> list[str]:
    """Of each formula that cannot be drawn why; of no formula that it is missing."""
    named = zip(asked.texts, results, strict=True)
    told = [f"{text}: {one.why}" for text, one in named if isinstance(one, Unreadable)]
    return told if results else ["Give a formula: ?q=cpu.total{kind=host}"]


def _api(asked: Asked) -> str:
    return Asked(tuple(explore_asked.Panel(text) for text in asked.texts), asked.range).href()


def _cells(results: Sequence[Explored | Unreadable]) -> Iterator[list[csv_file.Cell]]:
    for found in (one for one in results if isinstance(one, Explored)):
        begins = [figures.iso(found.window.moment(step)) for step in range(found.window.steps)]
        for line in found.lines:
            of = [found.formula.text, found.kind.value, line.name, line.series, found.unit, found.basis]
            told = zip(begins, line.values.tolist(), line.told.tolist(), line.expected.tolist(), strict=True)
            yield from ([*of, *cells] for cells in told)
