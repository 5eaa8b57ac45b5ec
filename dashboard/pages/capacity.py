"""How much of each resource is allocated and used, now and over the past hours, and which filesystems fill first."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from numpy.typing import NDArray

from dashboard import figures
from dashboard.charts import allocation
from dashboard.models import Cluster
from dashboard.pages import csv_file
from dashboard.pages.ranges import ranges
from dashboard.pages.tiles import is_stale
from dashboard.queries import capacity, filesystems, reasons, use_in_words
from dashboard.queries.capacity import RESOURCES, Capacity
from dashboard.queries.use import USED

FILESYSTEMS_SHOWN = 10


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, at = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    answer = capacity.history(cluster, request.GET.get("range"), at)
    context = {
        "cluster": cluster,
        "at": at,
        "capacity": answer,
        "stale": is_stale(answer.source),
        "reason": reasons.why_old(answer.source.outcome, answer.source.detail),
        "ranges": ranges(answer.window.name),
        "charts": [_chart(resource, answer) for resource in answer.resources],
        "use": use_in_words.told(answer.use),
        "fullest": filesystems.fullest(cluster, at, limit=FILESYSTEMS_SHOWN),
        "csv": f"{reverse('capacity_csv', args=[cluster.name])}?range={answer.window.name}",
    }
    return render(request, "pages/capacity.html", context)


def table(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """Every step of the range as CSV, gaps as empty cells; amounts in cores, bytes and GPUs."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    answer = capacity.history(cluster, request.GET.get("range"), timezone.now())
    columns = {key: (total, allocated, *USED.get(key, ())[:1]) for key, _, _, total, allocated in RESOURCES}
    header = ["begins_at", *(name for resource in answer.resources for name in columns[resource.key])]
    return csv_file.response(f"{cluster.name}-capacity-{answer.window.name}.csv", header, _rows(answer))


def _rows(answer: Capacity) -> Iterator[list[csv_file.Cell]]:
    for step in range(answer.window.steps):
        amounts = [float(column[step]) for resource in answer.resources for column in _columns(resource)]
        yield [figures.iso(answer.window.moment(step)), *amounts]


def _columns(resource: capacity.Resource) -> list[NDArray[np.float64]]:
    used = [resource.useds] if resource.key in USED else []
    return [resource.totals, resource.allocateds, *used]


def _chart(resource: capacity.Resource, answer: Capacity) -> dict[str, object]:
    """A resource with everything the page says of it."""
    used = answer.use.now(resource.key)
    spare = None if resource.total is None or resource.allocated is None else resource.total - resource.allocated
    return {
        "resource": resource,
        "figure": allocation.figure(resource, answer),
        "title": allocation.title(resource, answer),
        "basis": allocation.basis(resource, answer),
        "id": f"{resource.key}-allocation",
        "used_ratio": used.ratio,
        "amounts": [
            (label, figures.ABSENT if value is None else allocation.amount(resource, value))
            for label, value in (
                ("Allocated", resource.allocated),
                ("Not allocated", spare),
                ("Total", resource.total),
                ("Used", used.used),
                ("Used of", used.measured),
            )
        ],
    }
