"""One component: on which nodes it is how."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone

from dashboard.hostile_text import visible
from dashboard.models import Cluster
from dashboard.models.components import WORST_FIRST
from dashboard.pages import health_filter, paging, sorting
from dashboard.pages.sorting import Column
from dashboard.queries import reasons, units
from dashboard.queries.units import NodeRow

COLUMNS: tuple[Column[NodeRow], ...] = (
    Column(title="Health", key="health", by=lambda row: -WORST_FIRST.index(row.health), falls=True),
    Column(title="Node", key="node", by=lambda row: units.by_address(row.host)),
    Column(title="Role", key="role", by=lambda row: row.role),
    Column(title="Node overall", key="overall", by=lambda row: -WORST_FIRST.index(row.node_health), falls=True),
    Column(title="Since", key="since", by=lambda row: row.since, css="num", falls=True),
    Column(title="Flips, 24\u00a0h", key="flips", by=lambda row: len(row.flips), css="wide-only", falls=True),
    Column(title="Report age", key="age", by=lambda row: row.taken_at, css="num wide-only"),
)


def page(request: HttpRequest, cluster_name: str, unit: str) -> HttpResponse:
    cluster = get_object_or_404(Cluster, name=cluster_name)
    now = timezone.now()
    found = units.unit(cluster, unit, now)
    if found is None:
        raise Http404(f"no component {unit} on {cluster_name}")
    text, health = request.GET.get("q", ""), health_filter.asked(request.GET.get("health", ""))
    order = sorting.order(COLUMNS, request.GET.get("sort", ""), usual="health")
    asked = {name: request.GET.get(name, "") for name in ("q", "health", "sort")}
    context = {
        "cluster": cluster,
        "now": now,
        "unit": found,
        "table": paging.cut(
            order.sorted(units.filtered(found.rows, text=text, health=health)), request.GET.get("page", ""), asked
        ),
        "last_poll": reasons.reason(found.source.outcome, found.source.detail),
        "counts": health_filter.in_words(found.counts),
        "choices": health_filter.choices(found.counts, health, asked),
        "heads": order.heads(asked),
        "asked": asked,
        "crumbs": [
            ("Components", reverse("components", args=[cluster_name])),
            (f"{visible(found.component.name, one_line=True)} ({found.state.word})", ""),
        ],
    }
    return render(request, "pages/unit.html", context)
