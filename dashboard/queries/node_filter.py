"""Which nodes a list shows: words of an allow-list, the zone, and a text. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dashboard.queries.freshness import Freshness
from dashboard.queries.nodes import NodeRow

IS: dict[str, Callable[[NodeRow], bool]] = {
    "healthy": lambda row: row.units is not None and row.units.state.mark == "good",
    "unhealthy": lambda row: row.units is not None and row.units.state.mark in ("bad", "warn"),
    "silent": lambda row: row.silent,
    "public": lambda row: row.kind == "public",
    "private": lambda row: row.kind == "private",
    "unmeasured": lambda row: not row.measured.current,
}
"""What `is=` may say: health is that of its units, silent is lost to Mesos, unmeasured is without a figure of use now."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which nodes; empty texts stand for all."""

    text: str = ""
    word: str = ""
    """A key of IS."""
    zone: str = ""

    @property
    def everything(self) -> bool:
        return not (self.text.strip() or self.word or self.zone)


def filtered(rows: Iterable[NodeRow], wanted: Wanted) -> list[NodeRow]:
    """The rows that are all that is wanted, in the order they came in. Text is looked for in any case."""
    text = wanted.text.strip().lower()
    return [
        row
        for row in rows
        if (not wanted.word or IS[wanted.word](row))
        and wanted.zone in ("", row.zone)
        and any(text in name.lower() for name in names(row))
    ]


def names(row: NodeRow) -> list[str]:
    """What a node can be found by."""
    own = [row.agent.node.hostname, row.agent.node.agent_id, row.zone, row.agent.node.region] if row.agent else []
    return [row.host, *own]


def counts(rows: Iterable[NodeRow]) -> Counter[str]:
    """How many are what."""
    return Counter(word for row in rows for word, holds in IS.items() if holds(row))


def zones(rows: Iterable[NodeRow]) -> Counter[str]:
    """How many are in each zone; those without one are in none."""
    return Counter(row.zone for row in rows if row.zone)


def never_measured(rows: Iterable[NodeRow]) -> bool:
    """Whether no machine ever told its use."""
    return all(row.measured is Freshness.NEVER for row in rows)
