"""Every task of every framework: those that run, those that ended of late, and those that failed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard import csv_file, figures
from dashboard.models import Cluster
from dashboard.pages.task_rows import MOST_ROWS, SEGMENTS, Asked, asked, following
from dashboard.queries import freshness, reasons, task_query, tasks
from dashboard.queries.tasks import Show, TaskRow

TEXTS = (
    *("task_id", "name", "framework_id", "executor_id", "agent_id", "host", "container_id", "role", "state"),
    *("reason", "message", "source"),
)
AMOUNTS = ("cpus_allocated", "mem_allocated_bytes", "disk_allocated_bytes", "gpus_allocated")
MOMENTS = ("first_seen", "first_status_at", "running_at", "last_status_at", "ended_at")
HEADER = (*TEXTS, "framework_name", "marathon", "app_id", "healthy", *AMOUNTS, *MOMENTS)


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """Seven queries at most and those of the frame, whatever the number of tasks."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    source, given = freshness.of(cluster, now)[tasks.SOURCE], asked(request)
    wanted, counts = given.wanted, tasks.counts(cluster, given.show)
    found = tasks.page(cluster, wanted, source, after=given.after, limit=MOST_ROWS + 1)
    rows, following_page = following(given, found)
    filtered = bool(wanted.query.terms)
    context = {
        "cluster": cluster,
        "now": now,
        "source": source,
        "stale": source.sample_at is not None and not source.freshness.current,
        "reason": reasons.why_old(source.outcome, source.detail),
        "asked": given,
        "rows": rows,
        "any": sum(counts[show] for show in (Show.ACTIVE, Show.ENDED)),
        "total": counts[given.show],
        "matching": tasks.count(cluster, wanted) if filtered else counts[given.show],
        "filtered": filtered,
        "problems": wanted.query.problems,
        "examples": task_query.EXAMPLES,
        "choices": _choices(counts, given),
        "clear": given.link(q=""),
        "first": given.link() if given.after else "",
        "following": following_page,
        "csv": f"tasks.csv{given.link()}",
    }
    return render(request, "pages/tasks.html", context)


def table(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """The rows that the filter shows, on all pages; cores, bytes; what is not known as empty cells."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    source = freshness.of(cluster, timezone.now())[tasks.SOURCE]
    rows = tasks.every(cluster, asked(request).wanted, source)
    return csv_file.response(f"{cluster.name}-tasks.csv", HEADER, _cells(rows))


def _choices(counts: Mapping[Show, int], given: Asked) -> list[dict[str, object]]:
    return [
        {
            "word": word,
            "href": given.link(show="" if show is Show.ACTIVE else show.value),
            "count": counts.get(show),
            "current": show is given.show,
        }
        for show, word in SEGMENTS
    ]


def _cells(rows: Iterator[TaskRow]) -> Iterator[list[csv_file.Cell]]:
    for row in rows:
        own, app = row.task, row.app
        yield [
            *(getattr(own, name) for name in TEXTS),
            row.framework,
            *((app.marathon.key, app.app_id) if app else (None, None)),
            None if own.healthy is None else str(own.healthy).lower(),
            *(getattr(own, name) for name in AMOUNTS),
            *(figures.iso(at) if (at := getattr(own, name)) else None for name in MOMENTS),
        ]
