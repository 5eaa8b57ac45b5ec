"""How many apps and pods stand how, of a cluster as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from dashboard.models import App, Cluster
from dashboard.queries.app_in_words import NO_DATA, STATES
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark

RUNNING = STATES[App.State.RUNNING]
WORST_FIRST = (*(STATES[state] for state in reversed(App.State)), NO_DATA)


@dataclass(frozen=True)
class AppCounts:
    """State → how many, the worst first, those of Marathons that are silent last; only states that any app has."""

    by_state: Mapping[Mark, int]

    @property
    def total(self) -> int:
        return sum(self.by_state.values())

    @property
    def running(self) -> int | None:
        """None where no Marathon answers: then nobody knows."""
        return self.by_state.get(RUNNING, 0) if self.is_current else None

    @property
    def is_current(self) -> bool:
        """Whether the present of any of them is known."""
        return any(state != NO_DATA for state in self.by_state)


def of(cluster: Cluster, source: SourceAge | None, now: datetime) -> AppCounts:
    """One query. Each app is judged by its own Marathon's list."""
    listed = App.objects.filter(cluster=cluster, gone_at=None).order_by()
    found: Counter[Mark] = Counter()
    rows = listed.values_list("state", "marathon__apps_taken_at").annotate(count=Count("pk"))
    for state, taken_at, count in rows:
        current = source is not None and source.judge(taken_at, now).current
        found[STATES[App.State(state)] if current else NO_DATA] += count
    return AppCounts({state: found[state] for state in WORST_FIRST if state in found})
