"""The breakdown as its table shows it: a row for each part, a cell for each resource, and what its use is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from collectors.errors import Outcome
from dashboard import figures
from dashboard.charts import allocation
from dashboard.models import Cluster
from dashboard.pages.capacity_asked import Asked
from dashboard.queries import reasons
from dashboard.queries.breakdown import BY, OF_AGENTS, Breakdown, Row
from dashboard.queries.capacity import Kind
from dashboard.queries.freshness import Freshness
from dashboard.queries.parts import Held

NAMELESS = {"zone": "no zone", "region": "no region"}
SHOWN = 50
"""The largest are shown; all are in the API."""


@dataclass(frozen=True)
class Cell:
    """One resource of one part: two shares for the double bar, and the amounts in words."""

    key: str
    name: str
    allocated_ratio: float | None
    used_ratio: float | None
    words: str
    quota: str = ""
    """A role's guarantee and limit; empty where neither is set."""


@dataclass(frozen=True)
class Line:
    """One row of the table. `use` says of what the use is, or why there is none (`unknown`)."""

    name: str
    href: str
    agents: int | None
    cells: list[Cell]
    use: str
    unknown: bool


@dataclass(frozen=True, kw_only=True)
class Table:
    by: str
    title: str
    basis: str
    lines: list[Line]
    total: int
    empty: str


BASIS = {
    "zone": "shares of the zone’s active agents",
    "pool": "shares of the pool’s active agents",
    "region": "shares of the region’s active agents",
    "framework": "shares of all active agents",
    "role": "shares of all active agents; a role below another may count in both",
}
OFFERS_COUNTED = "; offers count as allocated, this version of Mesos does not tell them apart"
EMPTY = {
    "zone": "No agent says its zone: neither its fault domain nor an attribute names one.",
    "region": "No agent says its region: neither its fault domain nor an attribute names one.",
    "pool": "No agent is active.",
    "framework": "No framework is registered with the leading master.",
    "role": "No role holds anything, and none has a quota.",
}


def table(cluster: Cluster, found: Breakdown, resources: Sequence[Kind], now: datetime) -> Table:
    """The largest parts. `resources` are those the cluster has any of."""
    return Table(
        by=found.by,
        title=BY[found.by],
        basis=BASIS[found.by] + (OFFERS_COUNTED if any(row.part.offers_counted for row in found.rows) else ""),
        lines=[_line(cluster, found, row, resources, now) for row in found.rows[:SHOWN]],
        total=len(found.rows),
        empty=EMPTY[found.by],
    )


def state_of(found: Breakdown) -> dict[str, Any]:
    """How far the table may be called the present, and why not. Roles have a source of their own, which can be refused."""
    source = found.source
    if source is None or found.by != "role":
        return {"state": "", "word": "", "because": "", "as_of": None}
    mark, word = "", ""
    if source.outcome in (Outcome.FORBIDDEN, Outcome.AUTH):
        mark, word = "unk", "Denied"
    elif source.outcome is Outcome.NOT_FOUND:
        mark, word = "mute", "Not offered"
    elif source.freshness is Freshness.NEVER:
        mark, word = "unk", "Learning"
    elif not source.freshness.current:
        mark, word = "warn", "Stale"
    return {
        "state": mark,
        "word": word,
        "because": reasons.why_old(source.outcome, source.detail),
        "as_of": source.sample_at,
    }


def tabs(found: Breakdown, asked: Asked) -> list[dict[str, object]]:
    """A tab for each way to break it down, with how many parts there are."""
    return [
        {"word": title, "count": found.counts[by], "href": f"{asked.link(by=by)}#where", "current": by == found.by}
        for by, title in BY.items()
    ]


def _line(cluster: Cluster, found: Breakdown, row: Row, resources: Sequence[Kind], now: datetime) -> Line:
    return Line(
        name=row.part.name or NAMELESS.get(found.by, ""),
        href=_href(cluster, found.by, row.part.name),
        agents=row.part.agents,
        cells=[_cell(found.by, row, resource) for resource in resources],
        use=_use(row, found, now),
        unknown=row.use is None,
    )


def _href(cluster: Cluster, by: str, name: str) -> str:
    """The nodes of a zone or a pool; empty where no list shows just these."""
    asked = {"zone": {"zone": name}, "pool": {"is": name}}.get(by)
    return f"{reverse('nodes', args=[cluster.name])}?{urlencode(asked)}" if asked and name else ""


def _cell(by: str, row: Row, resource: Kind) -> Cell:
    held, used = row.held(resource.key), row.used(resource.key)
    total = held.total if by in OF_AGENTS else None
    words = _amount(resource, held.allocated)
    if total is not None:
        words = _of(words, _amount(resource, total)) if total else "none here"
    if used.used is not None:
        words += f" · used {_amount(resource, used.used)}"
    return Cell(
        key=resource.key,
        name=resource.name,
        allocated_ratio=row.allocated_ratio(resource.key),
        used_ratio=row.used_ratio(resource.key),
        words=words,
        quota=_quota(held, resource),
    )


def _of(part: str, whole: str) -> str:
    """12 of 48 cores: the unit once where it is the same."""
    number, _, unit = part.rpartition(figures.NO_BREAK)
    _, _, unit_of_whole = whole.rpartition(figures.NO_BREAK)
    same = unit.removesuffix("s") == unit_of_whole.removesuffix("s")
    return f"{number if same else part} of {whole}"


def _quota(held: Held, resource: Kind) -> str:
    """at least 4 cores, at most 8 cores."""
    least = f"at least {_amount(resource, held.guarantee)}" if held.guarantee else ""
    most = f"at most {_amount(resource, held.limit)}" if held.limit is not None else ""
    return ", ".join(bound for bound in (least, most) if bound)


def _amount(resource: Kind, value: float | None) -> str:
    return figures.ABSENT if value is None else allocation.amount(resource, value)


def _use(row: Row, found: Breakdown, now: datetime) -> str:
    """containers of 41 of 42 agents, 12 s ago; or why nothing is known."""
    if row.use is None:
        return row.why
    what = found.measured_by
    if row.use.containers is not None and row.use.containers_measured != row.use.containers:
        what = f"{figures.count(row.use.containers_measured)} of {figures.counted(row.use.containers, 'container')}"
    agents = f"{figures.count(row.use.agents_measured)} of {figures.counted(row.use.agents_expected, 'agent')}"
    return f"{what} of {agents}, {figures.ago(now - row.use.taken_at)}"
