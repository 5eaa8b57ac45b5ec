"""What the address of the apps asks for. Everything on the screen is in it, and every link keeps what it does not change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from dashboard.models import App
from dashboard.pages.sorting import query as written
from dashboard.queries import apps_filter, apps_query, filter_line
from dashboard.queries.apps_query import ALLOWED
from dashboard.queries.apps_row import AppRow
from dashboard.queries.filter_line import LineQuery


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The parameters by their names in the address; a value that is none of those offered is as if it were not there."""

    q: str
    state: str
    """Set by the links above the list."""
    group: str
    marathon: str
    kind: str
    """`pod`, or empty for apps."""
    sort: str
    page: str

    @property
    def pods(self) -> bool:
        return self.kind == App.Kind.POD

    @property
    def query(self) -> LineQuery:
        """The whole filter: the line as it was written, and the words that links added to it."""
        given = {"state": self.state, "group": self.group, "marathon": self.marathon}
        added = [filter_line.word(key, value) for key, value in given.items() if value]
        return apps_query.parse(self.q).with_terms(*added)

    @property
    def parameters(self) -> dict[str, str]:
        """As the address has them, but for the page: another choice begins on the first one."""
        given = {"q": self.q, "state": self.state, "group": self.group, "marathon": self.marathon}
        return {"kind": self.kind, **given, "sort": self.sort}

    def link(self, **changes: str) -> str:
        return written({**self.parameters, **changes})

    def kept(self, *names: str) -> list[tuple[str, str]]:
        """What a form has to send along, without the parameters it has fields for."""
        return [(name, value) for name, value in self.parameters.items() if value and name not in names]


def asked(request: HttpRequest) -> Asked:
    """What the address says."""
    get = request.GET.get
    state = get("state", "")
    return Asked(
        q=get("q", "").strip(),
        state=state if state in ALLOWED["state"] else "",
        group=get("group", ""),
        marathon=get("marathon", ""),
        kind=App.Kind.POD if get("kind") == App.Kind.POD else "",
        sort=get("sort", ""),
        page=get("page", ""),
    )


def everyone(rows: Sequence[AppRow], asked: Asked) -> list[AppRow]:
    """The kind of apps the address is about."""
    return [row for row in rows if (row.app.kind == App.Kind.POD) is asked.pods]


def filtered(rows: Sequence[AppRow], asked: Asked) -> list[AppRow]:
    return apps_filter.filtered(rows, asked.query)
