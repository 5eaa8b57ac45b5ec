"""What was asked of the page of failures: a range, a kind, a kind of change, pages of its two tables; out of allow-lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest

from dashboard.models import Event, Incident
from dashboard.pages.sorting import query
from dashboard.queries.failures_changes import Tally
from dashboard.queries.incidents import Listing

RANGES = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
USUAL = "24h"
Kind = Incident.Kind
SEGMENTS = (
    (Kind.TASK, "Task"),
    (Kind.AGENT_PROCESS, "Agent process"),
    (Kind.HOST, "Host"),
    (Kind.AGENT_OR_HOST, "Agent or host"),
    (Kind.MASTER, "Master"),
    (Kind.SCHEDULER, "Scheduler"),
)
"""In the order in which a reader chooses among them."""
CLASSIC = frozenset({Kind.TASK, Kind.AGENT_PROCESS, Kind.HOST, Kind.MASTER, Kind.SCHEDULER})
"""The five kinds, which are shown with 0 too; what could not be told apart only where there is one."""


@dataclass(frozen=True)
class Asked:
    """`kind` None: all kinds of failure; `change` None: all kinds of change."""

    range: str
    kind: Incident.Kind | None
    change: Event.Kind | None
    page: str
    changes_page: str

    @property
    def parameters(self) -> dict[str, str]:
        """Without the pages: another filter begins at its first."""
        chosen = "" if self.range == USUAL else self.range
        return {"range": chosen, "kind": self.kind or "", "change": self.change or ""}

    @property
    def kinds(self) -> tuple[str, ...]:
        return () if self.kind is None else (self.kind,)


def asked(request: HttpRequest) -> Asked:
    """Anything that is not on a list is as if it was not asked for."""
    given = request.GET
    kind, change = given.get("kind", ""), given.get("change", "")
    return Asked(
        range=chosen if (chosen := given.get("range", "")) in RANGES else USUAL,
        kind=Kind(kind) if kind in Kind else None,
        change=Event.Kind(change) if change in Event.Kind else None,
        page=given.get("page", ""),
        changes_page=given.get("changes", ""),
    )


def kinds(listing: Listing, given: Asked) -> list[dict[str, object]]:
    """The segments; planned ones are counted in All and in no kind of failure but in one of their own words."""
    total = sum(listing.counts.values())
    found = [_segment("All", "", total, given)]
    for kind, word in SEGMENTS:
        if kind in CLASSIC or listing.counts[kind] or given.kind is kind:
            found.append(_segment(word, kind, listing.counts[kind], given))
    return found


def _segment(word: str, kind: str, count: int, given: Asked) -> dict[str, object]:
    return {"word": word, "href": address(given, kind), "current": (given.kind or "") == kind, "count": count}


def address(given: Asked, kind: str) -> str:
    """Of the same range with failures of this kind only; empty: of all kinds."""
    return f"{query({**given.parameters, 'kind': kind})}#all"


def changes(tally: Tally, given: Asked) -> list[dict[str, object]]:
    """The kinds of change there are in the range, and the one asked for."""
    known = [*tally.kinds, *([given.change] if given.change and given.change not in tally.kinds else [])]
    return [
        {"value": kind.value, "word": f"{kind.label} {tally.kinds.get(kind, 0)}", "current": kind is given.change}
        for kind in known
    ]
