"""The nodes over time: a line for each, darker the more of a resource was taken. The same as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from dashboard import csv_file, figures
from dashboard.charts import heat_strip, lanes
from dashboard.charts.heat_strip import Axis
from dashboard.models import Cluster
from dashboard.pages import nodes_asked, nodes_list
from dashboard.pages.node_href import host_href
from dashboard.pages.nodes_asked import Asked
from dashboard.pages.nodes_grid import bases
from dashboard.pages.sorting import query as written
from dashboard.queries import node_heat, nodes
from dashboard.queries.node_heat import Heat, Line
from dashboard.queries.node_row import NodeRow
from dashboard.queries.window import in_words


def context(
    cluster: Cluster, everyone: Sequence[NodeRow], rows: Sequence[NodeRow], asked: Asked, now: datetime
) -> dict[str, Any]:
    """What parts/nodes_heat.html shows. Three queries."""
    basis, choices = bases(cluster, asked)
    heat, href = _heat(cluster, everyone, rows, asked, now), reverse("nodes", args=[cluster.name])
    window, axis = heat.window, Axis(heat.steps)
    return {
        "basis": basis,
        "bases": choices,
        "heat": heat,
        "lines": [_line(line, heat, axis, href) for line in heat.lines],
        "times": lanes.times(window.moment(0), window.moment(window.steps)),
        "levels": heat_strip.LEGEND,
        "step": figures.duration(window.step_seconds),
        "ranges": [
            {"word": in_words(name), "href": asked.link(range=name), "current": name == window.name}
            for name in node_heat.STEPS
        ],
        "heat_csv": f"{reverse('heat_csv', args=[cluster.name])}{written({**asked.parameters, 'view': '', 'page': ''})}",
    }


def table(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """The same lines as CSV: a row for each node, a column for each step, shares 0…1, gaps as empty cells."""
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked, found = nodes_asked.asked(request), nodes.listing(cluster, now)
    everyone = nodes_asked.everyone(found, asked)
    rows, _ = nodes_asked.filtered(cluster, everyone, asked)
    heat = _heat(cluster, everyone, rows, asked, now)
    header = ["host", "basis", *(figures.iso(step) for step in heat.steps)]
    return csv_file.response(f"{cluster.name}-nodes-over-time.csv", header, _cells(heat))


def _cells(heat: Heat) -> Iterator[list[csv_file.Cell]]:
    for line in heat.lines:
        yield [line.row.host, heat.basis.key, *line.values.tolist()]


def _heat(cluster: Cluster, everyone: Sequence[NodeRow], rows: Sequence[NodeRow], asked: Asked, now: datetime) -> Heat:
    """In the order asked for, where one is; else the hottest first."""
    basis, _ = bases(cluster, asked)
    if asked.sort:
        rows = nodes_list.table(cluster, everyone, asked, now).order.sorted(rows)
    window = node_heat.window(asked.range, now)
    return node_heat.heat(cluster, rows, basis, window, ordered=bool(asked.sort))


def _line(line: Line, heat: Heat, axis: Axis, href: str) -> dict[str, Any]:
    row, drawn = line.row, heat_strip.cells(line.values, axis, waiting=line.row.measured.current)
    return {
        "row": row,
        "href": host_href(href, row.host),
        "cells": _svg(drawn),
        "told": f"{heat.basis.title}, {in_words(heat.window.name)}: {heat_strip.told(line.values)}",
        "peak": heat_strip.peak(line.values, axis.steps),
        "now": heat.basis.share(row),
    }


def _svg(cells: Sequence[heat_strip.Cell]) -> SafeString:
    """Not in the template: they are thousands."""
    drawn = (
        f'<rect class="{cell.look}" x="{cell.x}" width="{cell.width}" height="100%"><title>{cell.says}</title></rect>'
        for cell in cells
    )
    return mark_safe("".join(drawn))  # noqa: S308  numbers and times that charts/heat_strip.py wrote
