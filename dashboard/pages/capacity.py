"""How much of each resource is allocated and used, who holds it, what more fits, and which filesystems fill first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from numpy.typing import NDArray

from dashboard import csv_file, figures
from dashboard.charts import allocation
from dashboard.models import Cluster
from dashboard.pages import capacity_asked, capacity_parts, capacity_room, fit_form
from dashboard.pages.blocks import attempt
from dashboard.pages.capacity_asked import Asked
from dashboard.pages.filesystem_rows import FilesystemRow
from dashboard.pages.fit_form import FitForm
from dashboard.pages.ranges import ranges
from dashboard.pages.tiles import is_stale
from dashboard.queries import (
    breakdown,
    capacity,
    filesystems,
    fit,
    freshness,
    growth,
    growth_in_words,
    loss,
    reasons,
    room,
    use,
    use_in_words,
)
from dashboard.queries.capacity import OFFERED, RESOURCES, Capacity
from dashboard.queries.use import USED, Sources
from dashboard.queries.window import DEFAULT, LONG_RANGES

FILESYSTEMS_SHOWN = 10


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, at = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked, form = capacity_asked.asked(request), fit_form.of(request.GET)
    sources = freshness.of(cluster, at)
    history = attempt("history", lambda: _history(cluster, asked, at, sources))
    source = sources["summary"]
    context = {
        "cluster": cluster,
        "at": at,
        "asked": asked,
        "source": source,
        "stale": is_stale(source),
        "reason": reasons.why_old(source.outcome, source.detail),
        "ranges": _ranges(asked),
        "history": history,
        "where": attempt("where", lambda: _where(cluster, asked, at, sources)),
        "room": attempt("room", lambda: _room(cluster, form)),
        "form": form,
        "kept": asked.kept(*fit_form.USUAL),
        "disks": attempt("filesystems", lambda: _filesystems(cluster, at, sources)),
    }
    return render(request, "pages/capacity.html", context)


def _ranges(asked: Asked) -> list[dict[str, object]]:
    """Every range; the comparison stays where it goes with it."""
    chosen, found = asked.range or DEFAULT, []
    for name in LONG_RANGES:
        kept = asked.parameters if capacity.may_compare(name) else {**asked.parameters, "compare": ""}
        found += ranges(chosen, [name], kept)
    return found


def _history(cluster: Cluster, asked: Asked, at: datetime, sources: Sources) -> dict[str, Any]:
    answer = capacity.history(cluster, asked.range, at, compare=asked.compare, sources=sources)
    csv = f"{reverse('capacity_csv', args=[cluster.name])}?range={answer.window.name}"
    comparable = capacity.may_compare(answer.window.name)
    return {
        "capacity": answer,
        "csv": csv,
        "charts": [_chart(resource, answer) for resource in answer.resources],
        "use": use_in_words.told(answer.use),
        "partial": use_in_words.is_partial(answer.use),
        "compare": asked.link(compare="" if asked.compare else capacity_asked.COMPARE) if comparable else "",
    }


def _where(cluster: Cluster, asked: Asked, at: datetime, sources: Sources) -> dict[str, Any]:
    found = breakdown.of(cluster, asked.by, at, sources)
    resources = capacity.present(cluster)
    return {
        "table": capacity_parts.table(cluster, found, resources, at),
        "tabs": capacity_parts.tabs(found, asked),
        "resources": resources,
        **capacity_parts.state_of(found),
    }


def _room(cluster: Cluster, form: FitForm) -> dict[str, Any]:
    rooms = room.of_agents(cluster)
    losses = loss.losses(rooms)
    return {
        "agents": len(rooms),
        "fit": capacity_room.fit(fit.fit(rooms, form.need, form.wanted)) if form.is_valid() else None,
        "losses": capacity_room.losses(losses),
        "without_zones": capacity_room.without_zones(losses),
    }


def _filesystems(cluster: Cluster, at: datetime, sources: Sources) -> dict[str, Any]:
    fullest = filesystems.fullest(cluster, at, limit=FILESYSTEMS_SHOWN, period_seconds=use.period_seconds(sources))
    paces = growth.of(fullest.rows, at, growth.DEFAULT)
    return {
        "rows": [FilesystemRow(one, paces[one.pk]) for one in fullest.rows],
        "measured": fullest.measured,
        "basis": growth_in_words.basis(growth.DEFAULT),
    }


def table(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """Every step of the range as CSV, gaps as empty cells; amounts in cores, bytes and GPUs."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    answer = capacity.history(cluster, request.GET.get("range"), timezone.now())
    columns = {
        key: (total, allocated, *USED.get(key, ())[:1], OFFERED[key]) for key, _, _, total, allocated in RESOURCES
    }
    header = ["begins_at", *(name for resource in answer.resources for name in columns[resource.key])]
    return csv_file.response(f"{cluster.name}-capacity-{answer.window.name}.csv", header, _rows(answer))


def _rows(answer: Capacity) -> Iterator[list[csv_file.Cell]]:
    for step in range(answer.window.steps):
        amounts = [float(column[step]) for resource in answer.resources for column in _columns(resource)]
        yield [figures.iso(answer.window.moment(step)), *amounts]


def _columns(resource: capacity.Resource) -> Sequence[NDArray[np.float64]]:
    used = [resource.useds] if resource.key in USED else []
    return [resource.totals, resource.allocateds, *used, resource.offereds]


def _chart(resource: capacity.Resource, answer: Capacity) -> dict[str, object]:
    """A resource with everything the page says of it."""
    now = answer.use.now(resource.key)
    spare = None if resource.total is None or resource.allocated is None else resource.total - resource.allocated
    return {
        "resource": resource,
        "figure": allocation.figure(resource, answer),
        "title": allocation.title(resource, answer),
        "basis": allocation.basis(resource, answer),
        "id": f"{resource.key}-allocation",
        "used_ratio": now.ratio,
        "amounts": [
            (label, figures.ABSENT if value is None else allocation.amount(resource, value))
            for label, value in (
                ("Allocated", resource.allocated),
                ("Not allocated", spare),
                ("Total", resource.total),
                ("Used", now.used),
                ("Used of", now.measured),
            )
        ],
    }
