"""The store: how large each part is, how it grows, how long it is kept, how safe it is. Of all clusters together."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard import csv_file, figures, keeping
from dashboard.charts import storage as storage_chart
from dashboard.models import Cluster
from dashboard.pages import storage_retention, storage_rows
from dashboard.pages.access import role
from dashboard.pages.storage_rows import TierRow
from dashboard.queries import safety, storage, storage_cost, storage_jobs
from dashboard.queries.storage import Part, Storage
from dashboard.roles import Role

BACKUPS = 5
"""So many of the newest are listed."""
COLUMNS = (
    *("part", "every", "kept", "bytes", "share", "rows", "samples"),
    *("growth_bytes_per_day", "growth_low", "growth_high", "measured_at"),
)


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """With lengths in the query it shows what those would cost, to an admin."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    found, kept = storage.look(now), storage_cost.present()
    may_change = role(request) >= Role.ADMIN
    asked = request.GET.dict() if may_change else {}
    basis = storage_cost.basis(found.parts, now)
    kinds = storage_rows.kinds(found)
    context: dict[str, Any] = {
        "cluster": cluster,
        "now": now,
        "found": found,
        "old": found.is_old(now),
        "answer": storage_rows.answer(found),
        "tiers": storage_rows.tiers(found, keeping.kept()),
        "growth": storage_rows.growth(found, Part.ALL),
        "figure": storage_chart.figure(found),
        "least_days": storage_chart.LEAST_DAYS,
        "kept": kept,
        "preview": storage_retention.preview(asked, kept, basis, found.room_bytes),
        "may_change": may_change,
        "kinds": kinds,
        "chunk_bytes": storage_rows.chunk_bytes(kinds),
        "jobs": storage_jobs.of(cluster, now),
        "safety": safety.report(),
        "backups_shown": BACKUPS,
        "csv": reverse("storage_csv", args=[cluster.name]),
    }
    return render(request, "pages/storage.html", context)


def table(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """Each part as last measured; what is not known as empty cells."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    found = storage.look(now)
    rows = [_cells(found, row) for row in storage_rows.tiers(found, keeping.kept()) if row.size]
    return csv_file.response(f"{cluster.name}-storage.csv", COLUMNS, rows)


def _cells(found: Storage, row: TierRow) -> list[csv_file.Cell]:
    size = row.size
    if size is None:
        return [row.name, row.every, row.kept]
    pace = found.paces.get(size.part)
    paces = (pace.median, pace.low, pace.high) if pace else (None, None, None)
    measured = (size.bytes, row.share, size.rows, size.samples)
    return [size.part, row.every, row.kept, *measured, *paces, figures.iso(size.measured_at)]
