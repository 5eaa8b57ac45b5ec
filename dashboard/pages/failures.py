"""Failures: what failed, in which order, how fast it was found and mended; and everything else that changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard import csv_file, figures
from dashboard.charts import incident_bar, incident_lanes
from dashboard.charts.failure_lanes import Lanes
from dashboard.models import Cluster, Incident
from dashboard.pages import failures_asked, incident_links, paging
from dashboard.pages.blocks import attempt
from dashboard.pages.failures_asked import RANGES, Asked
from dashboard.pages.links import ways
from dashboard.pages.ranges import ranges
from dashboard.pages.sorting import query
from dashboard.queries import (
    failures_beside,
    failures_changes,
    failures_earlier,
    failures_folded,
    failures_in_words,
    failures_present,
    incident_means,
    incidents,
    masters,
    window,
)
from dashboard.queries.failures_beside import Found
from dashboard.queries.failures_earlier import Configured
from dashboard.queries.incident_rows import Row
from dashboard.queries.incidents import Listing
from dashboard.queries.window import Window

Timeouts = Mapping[Incident.About, Configured]
ROWS, CHANGES = 50, 40
MEANS_OVER = "30d"


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked = failures_asked.asked(request)
    over = window.of(asked.range, now, ranges=RANGES)
    listing = incidents.listing(cluster, over, now)
    configured = failures_earlier.configured(cluster)
    beside = attempt("beside", lambda: failures_beside.beside(cluster, over))
    context = {
        "cluster": cluster,
        "now": now,
        "asked": asked,
        "window": over,
        "ranges": ranges(asked.range, RANGES, {**asked.parameters, "range": ""}),
        "said": _said(cluster, over, listing, configured),
        "nothing": "" if listing.rows else failures_in_words.nothing(incidents.last(cluster, now), now),
        "lanes": attempt("lanes", lambda: _lanes(cluster, over, listing, beside.answer, now)),
        "open": attempt("open", lambda: _open(cluster, now)),
        "failures": attempt("failures", lambda: _table(cluster, over, listing, asked, now)),
        "beside": beside,
        "beside_rows": attempt("ways", lambda: ways(cluster.name, beside.answer.rows if beside.answer else ())),
        "means": attempt("means", lambda: _means(cluster, configured, now)),
        "changes": attempt("changes", lambda: _changes(cluster, over, asked)),
        "csv": f"failures.csv{query(asked.parameters)}",
    }
    return render(request, "pages/failures.html", context)


def _said(cluster: Cluster, over: Window, listing: Listing, configured: Timeouts) -> failures_in_words.Headline:
    return failures_in_words.headline(listing, incident_means.means(cluster, over), configured, over.words)


def _lanes(cluster: Cluster, over: Window, listing: Listing, beside: Found | None, now: datetime) -> Lanes:
    known_until = masters.now(cluster, now).known_until(now)
    spans = masters.led(cluster, over.starts_at, known_until)
    present = failures_present.present(cluster, now)
    return incident_lanes.timeline(listing.rows, spans, beside.rows if beside else (), present, over, now)


def _open(cluster: Cluster, now: datetime) -> dict[str, Any] | None:
    """The one that matters most of those that go on; None where none does."""
    rows = [row for row in incidents.open_now(cluster, now) if not row.planned]
    if not rows:
        return None
    worst = max(rows, key=lambda row: (row.tasks_at_risk or 0, now - row.began_at))
    detail = incidents.one(cluster, worst.number, now)
    if detail is None:
        return None
    past = failures_earlier.past(cluster, worst.kind, worst.began_at)
    return {
        "detail": detail,
        "others": len(rows) - 1,
        "say": failures_in_words.say(detail),
        "countdown": worst.countdown,
        "phases": incident_bar.bar(detail, past, now),
        "parts": failures_in_words.parts(detail, past, now),
    }


def _table(cluster: Cluster, over: Window, listing: Listing, asked: Asked, now: datetime) -> dict[str, Any]:
    shown = incidents.listing(cluster, over, now, asked.kinds) if asked.kind else listing
    folded = failures_folded.Folded(shown.rows, ()) if asked.kind else failures_folded.fold(shown.rows)
    cut = paging.cut(folded.rows, asked.page, asked.parameters, most=ROWS)
    return {
        "table": cut,
        "rows": [(row, failures_in_words.mark(row), incident_links.of(cluster.name, row)) for row in cut.rows],
        "kinds": failures_asked.kinds(listing, asked),
        "folded": folded,
        "single": failures_asked.address(asked, Incident.Kind.TASK),
        "planned": listing.planned,
        "more": shown.more,
    }


def _means(cluster: Cluster, configured: Timeouts, now: datetime) -> dict[str, Any]:
    over = window.of(MEANS_OVER, now, ranges=RANGES)
    rows = [one for one in incident_means.means(cluster, over) if one.count]
    return {
        "words": over.words,
        "rows": [(one, configured.get(failures_in_words.ABOUT[one.kind])) for one in rows],
    }


def _changes(cluster: Cluster, over: Window, asked: Asked) -> dict[str, Any]:
    tally = failures_changes.tally(cluster, over)
    others = {**asked.parameters, "page": asked.page}
    cut = paging.cut(range(tally.total(asked.change)), asked.changes_page, others, most=CHANGES, name="changes")
    found = failures_changes.page(cluster, over, asked.change, skipped=cut.first - 1, most=CHANGES)
    return {"table": cut, "rows": ways(cluster.name, found), "kinds": failures_asked.changes(tally, asked)}


COLUMNS = (
    "number",
    "kind",
    "object",
    "state",
    "planned",
    "effect",
    "failures",
    "tasks_at_risk",
    "tasks_failed",
    "began_at",
    "detected_at",
    "declared_at",
    "ended_at",
    "detected_in_seconds",
    "recovered_in_seconds",
    "taken_by",
)


def table(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """The failures of the range and kind, newest first; what is not known as empty cells."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked = failures_asked.asked(request)
    listing = incidents.listing(cluster, window.of(asked.range, now, ranges=RANGES), now, asked.kinds)
    return csv_file.response(f"{cluster.name}-failures-{asked.range}.csv", COLUMNS, _cells(listing.rows))


def _cells(rows: Sequence[Row]) -> Iterator[list[csv_file.Cell]]:
    for row in rows:
        moments = (row.began_at, row.detected_at, row.declared_at, row.ended_at)
        yield [
            row.number,
            row.kind_word,
            row.name,
            row.mark.word,
            "yes" if row.planned else "no",
            row.effect,
            row.failures,
            row.tasks_at_risk,
            row.tasks_failed,
            *(figures.iso(moment) if moment else None for moment in moments),
            _seconds(row.detected_in),
            _seconds(row.recovered_in),
            row.taken_by,
        ]


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds(), 3)
