"""Components: how many are how, worst first; and the snapshot to take away."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard import figures, snapshots
from dashboard.models import Cluster
from dashboard.models.components import WORST_FIRST
from dashboard.pages import health_filter, paging, sorting
from dashboard.pages.sorting import Column
from dashboard.queries import components, reasons
from dashboard.queries.components import ComponentRow

COLUMNS: tuple[Column[ComponentRow], ...] = (
    Column(title="Name", key="name", by=lambda row: row.name.lower()),
    Column(title="Unit", key="unit", by=lambda row: row.unit, css="wide-only no-print"),
    Column(title="Health", key="health", by=lambda row: -WORST_FIRST.index(row.health), falls=True),
    Column(title="Nodes", key="nodes", by=lambda row: row.nodes_healthy / row.nodes, css="num"),
    Column(title="Since", key="since", by=lambda row: row.since, css="num wide-only", falls=True),
    Column(title="Flips, 24\u00a0h", key="flips", by=lambda row: len(row.flips), css="wide-only no-print", falls=True),
    Column(title="Runs on", key="runs_on", by=lambda row: row.runs_on, css="wide-only"),
)


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster = get_object_or_404(Cluster, name=cluster_name)
    if not components.offered(cluster):
        return render(request, "pages/components_not_offered.html", {"cluster": cluster})
    now = timezone.now()
    overview = components.overview(cluster, now)
    last_poll = reasons.reason(overview.source.outcome, overview.source.detail)
    text, health = request.GET.get("q", ""), health_filter.asked(request.GET.get("health", ""))
    order = sorting.order(COLUMNS, request.GET.get("sort", ""), usual="health")
    asked = {name: request.GET.get(name, "") for name in ("q", "health", "sort")}
    context = {
        "cluster": cluster,
        "now": now,
        "overview": overview,
        "last_poll": last_poll,
        "table": paging.cut(
            order.sorted(components.filtered(overview.rows, text=text, health=health)),
            request.GET.get("page", ""),
            asked,
        ),
        "first_report": f"Diagnostics is asked every {figures.duration(overview.source.period_seconds)}. "
        f"Last poll: {last_poll}.",
        "filtered": bool(text.strip()) or health is not None,
        "counts": health_filter.in_words(overview.counts),
        "choices": health_filter.choices(overview.counts, health, asked),
        "heads": order.heads(asked),
        "asked": asked,
    }
    return render(request, "pages/components.html", context)


def snapshot(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """The file under the name that DC/OS's own server gives it."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    if not components.offered(cluster):
        raise Http404("plain Mesos has no component health")
    return JsonResponse(
        snapshots.take(cluster, timezone.now()),
        headers={"Content-Disposition": f'attachment; filename="{snapshots.FILE_NAME}"'},
    )
