"""Everything that changed in a time, whatever its kind, a page of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from dashboard.models import Cluster, Event
from dashboard.queries import failures_told, happenings
from dashboard.queries.happenings import Happening
from dashboard.queries.window import Window

MOST_COUNTED = 10_000
"""Further back nobody turns pages: the latest so many can be."""


@dataclass(frozen=True)
class Tally:
    """How many events of which kind; `kinds` in the order of how many there are."""

    kinds: Mapping[Event.Kind, int]

    def total(self, kind: Event.Kind | None) -> int:
        """Of one kind, or of all, as far as pages go."""
        return min(MOST_COUNTED, sum(self.kinds.values()) if kind is None else self.kinds.get(kind, 0))


def tally(cluster: Cluster, window: Window) -> Tally:
    """One query."""
    counted = _events(cluster, window).order_by().values_list("kind").annotate(count=Count("pk"))
    known = [(Event.Kind(kind), count) for kind, count in counted if kind in Event.Kind]
    return Tally(dict(sorted(known, key=lambda one: (-one[1], one[0].label))))


def page(cluster: Cluster, window: Window, kind: Event.Kind | None, *, skipped: int, most: int) -> list[Happening]:
    """Newest first. One query, one more where a failure gave no reason."""
    found = _events(cluster, window)
    if kind is not None:
        found = found.filter(kind=kind)
    shown = found.order_by("-taken_at", "-id")[skipped : skipped + most]
    return [happenings.told(event) for event in failures_told.whole(shown)]


def _events(cluster: Cluster, window: Window) -> QuerySet[Event]:
    return Event.objects.filter(cluster=cluster, taken_at__gt=window.starts_at, taken_at__lte=window.ends_at)
