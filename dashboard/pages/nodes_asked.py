"""What the address of the nodes asks for. Everything on the screen is in it, and every link keeps what it does not change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from django.http import HttpRequest

from dashboard.models import Cluster
from dashboard.pages.sorting import query as written
from dashboard.queries import filter_line, node_filter, node_query
from dashboard.queries.filter_line import LineQuery, Problem
from dashboard.queries.node_query import IS
from dashboard.queries.node_row import NodeRow
from dashboard.queries.nodes import Nodes

View = Literal["list", "grid", "heat"]
VIEWS: tuple[View, ...] = get_args(View)
MASTERS = "master"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The parameters by their names in the address; a value that is none of those offered is as if it were not there."""

    q: str
    word: str
    """`is=`: one of IS, set by the links above the list."""
    zone: str
    role: str
    """MASTERS, or empty for agents."""
    view: View
    by: str
    range: str
    sort: str
    page: str
    cols: tuple[str, ...]
    """The columns to show; empty for the usual ones."""

    @property
    def masters(self) -> bool:
        return self.role == MASTERS

    @property
    def query(self) -> LineQuery:
        """The whole filter: the line as it was written, and the words that links added to it."""
        added = [filter_line.word(key, value) for key, value in (("is", self.word), ("zone", self.zone)) if value]
        return node_query.parse(self.q).with_terms(*added)

    @property
    def parameters(self) -> dict[str, str]:
        """As the address has them; usual values are empty."""
        return {
            "role": self.role,
            "view": "" if self.view == VIEWS[0] else self.view,
            "by": self.by,
            "range": self.range,
            "q": self.q,
            "is": self.word,
            "zone": self.zone,
            "sort": self.sort,
            "cols": ",".join(self.cols),
            "page": self.page,
        }

    def link(self, **changes: str) -> str:
        """The same address with other values; another choice begins on the first page."""
        return written({**self.parameters, "page": "", **changes})

    def kept(self, *names: str) -> list[tuple[str, str]]:
        """What a form has to send along, without the parameters it has fields for."""
        return [(name, value) for name, value in self.parameters.items() if value and name not in (*names, "page")]


def asked(request: HttpRequest) -> Asked:
    """What the address says."""
    get = request.GET.get
    word, role, page = get("is", ""), get("role", ""), get("page", "")
    return Asked(
        q=get("q", "").strip(),
        word=word if word in IS else "",
        zone=get("zone", ""),
        role=MASTERS if role == MASTERS else "",
        view=next((view for view in VIEWS if view == get("view")), VIEWS[0]),
        by=get("by", ""),
        range=get("range", ""),
        sort=get("sort", ""),
        page=page,
        # A form sends one value for each box that is ticked, a link all of them in one.
        cols=tuple(name for value in request.GET.getlist("cols") for name in value.split(",") if name),
    )


def everyone(found: Nodes, asked: Asked) -> list[NodeRow]:
    """The kind of nodes the address is about."""
    return found.masters if asked.masters else found.agents


def filtered(cluster: Cluster, rows: Sequence[NodeRow], asked: Asked) -> tuple[list[NodeRow], tuple[Problem, ...]]:
    """The rows the address asks for, and what of its filter could not be read or answered.

    No query, but for what is asked of attributes and frameworks.
    """
    query = asked.query
    known = node_filter.known(cluster, query)
    return node_filter.filtered(rows, query, known), (*query.problems, *node_filter.unanswerable(query, known))
