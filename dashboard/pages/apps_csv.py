"""The list of apps as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone

from dashboard import applications, csv_file, figures
from dashboard.models import Cluster
from dashboard.pages import apps_asked, apps_table
from dashboard.queries import apps_now
from dashboard.queries.apps_row import AppRow

Cell = Callable[[AppRow], csv_file.Cell]


def page(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """The rows that the filter shows, all pages together; cores, bytes; what is not known as empty cells."""
    cluster, asked = get_object_or_404(Cluster, name=cluster_name), apps_asked.asked(request)
    found = apps_now.listing(cluster, timezone.now())
    rows = apps_asked.filtered(apps_asked.everyone(found.rows, asked), asked)
    taken = {one.key: figures.iso(one.apps_taken_at) for one in found.marathons if one.apps_taken_at}
    ordered = apps_table.order(asked, several=len(found.marathons) > 1).sorted(rows)
    return csv_file.response(f"{cluster.name}-apps.csv", [*CELLS, "listed_at"], _lines(ordered, taken))


def _own(name: str) -> Cell:
    return lambda row: getattr(row.app, name)


def _judged(row: AppRow) -> tuple[int | None, int | None]:
    return applications.judged(row.app.healthy, row.app.unhealthy, checked=row.app.has_health_checks)


CELLS: dict[str, Cell] = {
    "app_id": _own("app_id"),
    "marathon": lambda row: row.marathon,
    "kind": _own("kind"),
    "state": lambda row: row.state.word,
    "state_since": lambda row: figures.iso(row.app.state_since),
    **{name: _own(name) for name in ("instances", "staged", "running")},
    "healthy": lambda row: _judged(row)[0],
    "unhealthy": lambda row: _judged(row)[1],
    "cpus_allocated": lambda row: row.cpus_allocated,
    "cpus_used_p95": _own("cpus_used_p95"),
    "mem_allocated_bytes": lambda row: row.mem_allocated_bytes,
    "mem_used_p95_bytes": _own("mem_used_p95_bytes"),
    "p95_seconds": _own("p95_seconds"),
    "failures_24h": lambda row: row.failures,
    "restarts_15min": lambda row: row.restarts,
    "last_changed_at": lambda row: figures.iso(row.app.last_changed_at) if row.app.last_changed_at else None,
    "last_scaled_at": lambda row: figures.iso(row.app.last_scaled_at) if row.app.last_scaled_at else None,
    "role": _own("role"),
    "image": _own("image"),
}


def _lines(rows: Iterable[AppRow], taken: dict[str, str]) -> Iterator[list[csv_file.Cell]]:
    for row in rows:
        yield [*(cell(row) for cell in CELLS.values()), taken.get(row.marathon)]
