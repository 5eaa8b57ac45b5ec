"""The audit: each day that was written down, whether it is what was signed, and what changed since the one before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard import csv_file, figures, keeping
from dashboard.auditing import checking, days, export
from dashboard.auditing.days import Day, State
from dashboard.models import Cluster
from dashboard.pages.access import role
from dashboard.pages.sorting import query
from dashboard.queries import audit_changes, audit_entries
from dashboard.roles import Role

ROWS = 30
CHANGES = 3
LONGEST_NUMBER = 18
AT_ONCE = 50
COLUMNS = (
    *("day", "number", "made_at", "events", "events_since", "events_until", "changes", "bytes", "state", "why"),
    *("digest", "previous_digest", "key_id"),
)


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    before = _number(request.GET.get("before", ""))
    found = days.latest(cluster, limit=ROWS + 1, before=before)
    shown, more = found[:ROWS], len(found) > ROWS
    kept = keeping.kept().audit
    context = {
        "cluster": cluster,
        "now": now,
        "lines": [_line(day) for day in shown],
        "count": audit_entries.count(cluster),
        "broken": [day for day in shown if day.state is State.BROKEN],
        "unsigned": any(day.state is State.UNSIGNED for day in shown),
        "newest": "?" if before else "",
        "older": query({"before": str(shown[-1].entry.number)}) if more else "",
        "kept": "for ever" if kept is None else f"for {figures.duration(kept)}",
        "keys": checking.own_keys(),
        "csv": reverse("audit_csv", args=[cluster.name]),
        "compare": reverse("audit_compare", args=[cluster.name]),
        "download": reverse("audit_export", args=[cluster.name]),
        "may_download": role(request) >= Role.OPERATOR,
    }
    return render(request, "pages/audit.html", context)


def _line(day: Day) -> dict[str, Any]:
    changes = day.head.changes if day.head else []
    return {"day": day, "changes": changes[:CHANGES], "more": max(0, len(changes) - CHANGES)}


def compare(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """Two days side by side; without a choice, the last and the one before it."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    known = audit_entries.days(cluster)
    later = _among(known, request.GET.get("to", ""), 0)
    earlier = _among(known, request.GET.get("from", ""), 1)
    chosen = [day for day in (earlier, later) if day is not None]
    if len(chosen) == 2:
        chosen.sort()
    found = [_read(cluster, day) for day in chosen]
    contents = [days.content(day) for day in found]
    both = [content for content in contents if content is not None]
    context = {
        "cluster": cluster,
        "now": now,
        "known": known,
        "chosen": found,
        "broken": [day for day in found if day.state is State.BROKEN],
        "changes": audit_changes.between(both[0], both[1]) if len(both) == 2 else None,
        "crumbs": [("Audit", reverse("audit", args=[cluster.name])), ("Compare", "")],
    }
    return render(request, "pages/audit_compare.html", context)


def _among(known: Sequence[date], asked: str, place: int) -> date | None:
    """The day asked for where there is an entry of it, else the one at that place."""
    usual = known[place] if len(known) > place else None
    return next((day for day in known if day.isoformat() == asked), usual)


def _read(cluster: Cluster, day: date) -> Day:
    entry = audit_entries.of_day(cluster, day)
    if entry is None:
        raise Http404("There is no entry of this day.")
    return days.of([entry])[0]


def table(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """Every day, the latest first, each checked while it is written."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    return csv_file.response(f"{cluster.name}-audit.csv", COLUMNS, _cells(cluster))


def _cells(cluster: Cluster) -> Iterator[list[csv_file.Cell]]:
    before: int | None = None
    while found := days.latest(cluster, limit=AT_ONCE, before=before):
        for day in found:
            yield _cell(day)
        before = found[-1].entry.number


def _cell(day: Day) -> list[csv_file.Cell]:
    entry, head = day.entry, day.head
    return [
        entry.day.isoformat(),
        entry.number,
        figures.iso(entry.made_at),
        head.events.count if head else None,
        _iso(head.events.since if head else None),
        _iso(head.events.until if head else None),
        "; ".join(head.changes) if head else None,
        day.size_bytes,
        day.state,
        day.why,
        entry.digest,
        entry.previous_digest,
        entry.key_id,
    ]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else figures.iso(moment)


def download(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """The chain as a file that can be checked elsewhere, of all days or of `day`; written while it is read."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    asked = request.GET.get("day", "")
    day = day_named(asked) if asked else None
    entry = audit_entries.of_day(cluster, day) if day else None
    if asked and entry is None:
        raise Http404("There is no entry of this day.")
    lines = export.lines(timezone.now(), cluster=cluster, since=day, until=day)
    answer = StreamingHttpResponse(lines, content_type="application/jsonl; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{export.name(cluster, entry)}"'
    return answer


def day_named(text: str) -> date:
    """Raises Http404 for what is no day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Http404("This is no day.") from None


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else None
