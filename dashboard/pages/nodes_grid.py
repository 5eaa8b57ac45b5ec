"""The nodes as squares, a zone a group: how a thousand of them are, on one screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from dashboard.charts import node_grid
from dashboard.charts.node_grid import Square
from dashboard.models import Cluster
from dashboard.pages.node_href import host_href
from dashboard.pages.nodes_asked import Asked
from dashboard.queries import node_basis, use
from dashboard.queries.node_row import NodeRow, worst_first

MEANS = {
    "good": "as it should be",
    "bad": "silent, or with unhealthy units",
    "warn": "not settled, or nearly full",
    "unk": "no data",
    "mute": "taken out by somebody",
}


def context(cluster: Cluster, rows: Sequence[NodeRow], asked: Asked) -> dict[str, Any]:
    """What parts/nodes_grid.html shows. No query."""
    basis, choices = bases(cluster, asked)
    zones = node_grid.drawn(sorted(rows, key=worst_first), basis)
    href, on_it = reverse("nodes", args=[cluster.name]), node_grid.states(zones)
    return {
        "basis": basis,
        "bases": choices,
        "as_list": asked.link(view=""),
        "grid": [(zone.name, len(zone.squares), _squares(zone.squares, href)) for zone in zones],
        "legend": [(state, words) for state, words in MEANS.items() if state in on_it],
    }


def bases(cluster: Cluster, asked: Asked) -> tuple[node_basis.Basis, list[dict[str, object]]]:
    """What the picture is drawn by, and the choices."""
    measured = use.offered(cluster)
    basis = node_basis.chosen(asked.by, measured=measured or asked.masters)
    offered = node_basis.offered(measured=measured, allocated=not asked.masters)
    return basis, [{"word": one.title, "href": asked.link(by=one.key), "current": one is basis} for one in offered]


def _squares(squares: Sequence[Square], href: str) -> SafeString:
    return mark_safe("".join(_square(square, href) for square in squares))  # noqa: S308  texts are escaped in _square


def _square(square: Square, href: str) -> str:
    if square.filled is None:
        filling = '<rect class="no" width="100%" height="100%"/>'
    else:
        filling = f'<rect y="{100 - square.filled:g}%" width="100%" height="{square.filled:g}%"/>'
    shape = (
        "" if square.state == "good" else f'<use href="#m-{square.state}" x="15%" y="15%" width="70%" height="70%"/>'
    )
    link, says = escape(host_href(href, square.host)), escape(square.says)
    return f'<a class="{square.state}" href="{link}" title="{says}"><svg aria-hidden="true">{filling}{shape}</svg></a>'
