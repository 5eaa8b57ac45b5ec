"""The list of nodes: chosen columns, an order, a hundred rows to a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from dashboard.models import Cluster
from dashboard.pages import node_cells, sorting
from dashboard.pages.node_columns import COLUMNS, FIXED, Beside, Head, NodeColumn
from dashboard.pages.nodes_asked import Asked
from dashboard.pages.sorting import Column, Order
from dashboard.queries import interfaces, nodes
from dashboard.queries.node_row import NodeRow

PAGE_ROWS = 100
BY_KEY = {column.key: column for column in COLUMNS}


@dataclass(frozen=True, kw_only=True)
class Table:
    """The columns shown, what they say beside the rows, and the order the address asks for."""

    columns: list[NodeColumn]
    beside: Beside
    order: Order[NodeRow]


def table(cluster: Cluster, everyone: Sequence[NodeRow], asked: Asked, now: datetime) -> Table:
    """One query for each column shown that needs its own."""
    columns = shown(asked.cols, everyone, masters=asked.masters)
    beside = _beside(cluster, {column.key for column in columns}, now)
    return Table(columns=columns, beside=beside, order=_order(columns, beside, asked))


def context(
    cluster: Cluster, everyone: Sequence[NodeRow], rows: Sequence[NodeRow], asked: Asked, now: datetime
) -> dict[str, Any]:
    """What parts/nodes_list.html shows. One query for the rows shown, and those of `table`."""
    found = table(cluster, everyone, asked, now)
    of = max(1, -(-len(rows) // PAGE_ROWS))
    number = _number(asked.page, of)
    first = (number - 1) * PAGE_ROWS
    page = found.order.sorted(rows)[first : first + PAGE_ROWS]
    drawn = node_cells.Page(
        href=reverse("nodes", args=[cluster.name]),
        beside=found.beside,
        since=nodes.since(row for row in page if row.state.mark != "good"),
        columns=found.columns,
        chosen=bool(asked.cols),
        searchable=of == 1,
    )
    return {
        "heads": found.order.heads({**asked.parameters, "page": ""}),
        "body": node_cells.rows(page, drawn),
        "searchable": drawn.searchable,
        "first": first + 1,
        "last": first + len(page),
        "pages": [_page(asked, one, number) for one in range(1, of + 1)],
        "kept_of_columns": asked.kept("cols"),
        "usual_columns": asked.link(cols=""),
        "boxes": [(one, one in found.columns) for one in offered(masters=asked.masters) if one.key not in FIXED],
    }


def _number(asked: str, of: int) -> int:
    """The page asked for; the first for what is no number, the last for one beyond it."""
    return min(max(1, int(asked)), of) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1


def offered(*, masters: bool) -> list[NodeColumn]:
    """The columns that say anything, in their order."""
    return [column for column in COLUMNS if column.masters or not masters]


def shown(asked: Iterable[str], everyone: Sequence[NodeRow], *, masters: bool) -> list[NodeColumn]:
    """The columns asked for, in their order; the usual ones where none are. GPUs are usual where an agent has some."""
    wanted = {name for name in asked if name in BY_KEY}
    if not wanted:
        gpus = any(row.agent is not None and row.agent.gpus_total for row in everyone)
        wanted = {column.key for column in COLUMNS if column.usual or (gpus and column.key == "gpu")}
    return [column for column in offered(masters=masters) if column.key in wanted or column.key in FIXED]


def _order(columns: Sequence[NodeColumn], beside: Beside, asked: Asked) -> Order[NodeRow]:
    """Of the columns shown; what somebody has chosen is not dropped on a narrow screen."""
    found: list[Column[NodeRow]] = []
    for column in columns:
        first, *below = column.heads
        css = column.css.replace("wide-only", "").strip() if asked.cols else column.css
        found.append(_column(first, beside, css=css))
        found += [_column(head, beside, under=first.title) for head in below if head.masters or not asked.masters]
    return sorting.order(found, asked.sort, usual="state")


def _column(head: Head, beside: Beside, css: str = "", under: str = "") -> Column[NodeRow]:
    by = head.by
    key = None if by is None else lambda row: by(row, beside)
    return Column(title=head.title, key=head.key, by=key, css=css, under=under, falls=head.falls)


def _beside(cluster: Cluster, keys: set[str], now: datetime) -> Beside:
    return Beside(
        now=now,
        flaps=nodes.flaps(cluster, now) if "flaps" in keys else {},
        attributes=nodes.attributes(cluster) if "attributes" in keys else {},
        traffic=interfaces.traffic(cluster) if "network" in keys else {},
    )


def _page(asked: Asked, number: int, current: int) -> dict[str, object]:
    return {
        "word": number,
        "href": asked.link(page=str(number) if number > 1 else ""),
        "current": number == current,
    }
