"""Collection: what Day Two sees and what it does not, why, how often it asks, and what asking costs the cluster."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from collectors.errors import Outcome
from dashboard.models import Cluster, Node
from dashboard.pages import collection_cells, paging
from dashboard.pages.access import role
from dashboard.pages.sorting import query
from dashboard.queries import asked_nodes, collection, reasons, streams
from dashboard.queries.asked_nodes import ANSWERING, FAILING, LATE, OTHER, Listed, Wanted
from dashboard.queries.collection import Report
from dashboard.queries.freshness import SourceAge
from dashboard.roles import Role

PAGE_ROWS = 100
LONGEST_TEXT, LONGEST_PLACE = 200, 255
CHOICES = {
    FAILING: ("Failing", "bad"),
    LATE: ("Late or no data", "warn"),
    OTHER: ("In part", "warn"),
    ANSWERING: ("On time", "good"),
}


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster = get_object_or_404(Cluster, name=cluster_name)
    now = timezone.now()
    report = collection.report(cluster, now)
    columns = {row.age.source.name: row.age for row in report.sources if row.nodes}
    wanted = asked_for(request, columns)
    told = streams.of(cluster, now)
    listed = asked_nodes.listed(cluster, columns, now, wanted)
    asked = {"q": wanted.text, "is": wanted.word, "source": wanted.source, "outcome": wanted.outcome}
    matching = [one for one in listed if wanted.word in ("", one.word)]
    table = paging.cut(matching, request.GET.get("page", ""), asked, most=PAGE_ROWS)
    host = request.GET.get("node", "")[:LONGEST_PLACE]
    context = {
        "cluster": cluster,
        "now": now,
        "report": report,
        "said": collection.in_words(report),
        "streams": told,
        "silent": sum(one.is_missing for one in told),
        "asked": asked,
        "filtered": not wanted.everything,
        "choices": _choices(listed, asked),
        "outcomes": _outcomes(report, wanted),
        "columns": columns.values(),
        "table": table,
        "rows": collection_cells.rows(
            asked_nodes.rows(cluster, columns, table.rows, now), columns.values(), asked=asked, now=now
        ),
        "busiest": max(listed, key=lambda one: one.requests_per_minute, default=None),
        "may_set": role(request) >= Role.ADMIN,
        "place": host,
        "closed": f"{query(asked)}#nodes",
        "node": asked_nodes.one(cluster, columns, host, now) if host else None,
        "is_agent": bool(host) and Node.objects.filter(cluster=cluster, host=host).exists(),
    }
    return render(request, "pages/collection.html", context)


def asked_for(request: HttpRequest, columns: dict[str, SourceAge]) -> Wanted:
    """The filter in the address; a word that is none is as if it were not there."""
    word, source, outcome = (request.GET.get(name, "") for name in ("is", "source", "outcome"))
    return Wanted(
        text=request.GET.get("q", "")[:LONGEST_TEXT],
        word=word if word in CHOICES else "",
        source=source if source in columns else "",
        outcome=outcome if outcome in set(Outcome) else "",
    )


def _choices(listed: Sequence[Listed], asked: dict[str, str]) -> list[dict[str, object]]:
    """All, and each word that some node is; the chosen one also when none is."""
    counts, chosen = asked_nodes.counts(listed), asked["is"]
    words = [("", ("All", ""), len(listed)), *((word, CHOICES[word], counts[word]) for word in CHOICES)]
    return [
        {
            "word": title,
            "href": query({**asked, "is": word}),
            "count": count,
            "current": word == chosen,
            "state": mark,
        }
        for word, (title, mark), count in words
        if count or word in ("", chosen)
    ]


def _outcomes(report: Report, wanted: Wanted) -> list[tuple[str, str]]:
    """Outcomes that some node had, and the chosen one, in words."""
    known = {group.outcome for group in report.blind} | {wanted.outcome}
    return sorted((outcome, reasons.WORDS[Outcome(outcome)].partition(":")[0]) for outcome in known - {""})
