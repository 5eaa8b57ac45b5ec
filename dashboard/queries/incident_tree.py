"""Causes and effects: from an incident up to its first known cause, and down again to the last effects."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.models import Incident
from dashboard.queries.incident_rows import Row, row

DEEPEST = 6
"""So many causes are gone up, and so many levels of effects down."""
MOST_BRANCHES = 60
"""So many effects of a level are shown."""


@dataclass(frozen=True, kw_only=True)
class Branch:
    """An incident in a tree of causes and effects, with the reason why it hangs there: order and place, never proof."""

    row: Row
    reason: str
    """Empty at the root."""
    gap: timedelta | None
    """From the cause's beginning to its own."""
    own: bool
    """Whether it is the one that was asked for."""
    effects: tuple[Branch, ...]

    @property
    def below(self) -> int:
        """How many incidents hang below it."""
        return sum(1 + branch.below for branch in self.effects)

    def found(self, number: int) -> Branch | None:
        """The branch of this incident, itself or below."""
        if self.row.number == number:
            return self
        return next((hit for branch in self.effects if (hit := branch.found(number)) is not None), None)


def tree(incident: Incident, now: datetime) -> Branch:
    """The whole tree that this incident is in. At most 2 × DEEPEST queries: one for a cause, one for a level of effects."""
    root = _root(incident)
    level, effects, seen = [root.pk], defaultdict[int, list[Incident]](list), {root.pk}
    for _ in range(DEEPEST):
        below = Incident.objects.filter(cause__in=level).exclude(pk__in=seen).select_related("taken_by")
        found = list(below.order_by("began_at", "id")[:MOST_BRANCHES])
        for one in found:
            effects[one.cause_id or 0].append(one)
        level = [one.pk for one in found]
        seen.update(level)
        if not level:
            break
    return _branch(root, None, effects, incident.pk, now)


def _root(incident: Incident) -> Incident:
    """Its first known cause; itself where it has none."""
    seen = {incident.pk}
    for _ in range(DEEPEST):
        if incident.cause_id is None or incident.cause_id in seen:
            break
        seen.add(incident.cause_id)
        incident = Incident.objects.select_related("taken_by").get(pk=incident.cause_id)
    return incident


def _branch(
    incident: Incident, cause: Incident | None, effects: dict[int, list[Incident]], own: int, now: datetime
) -> Branch:
    return Branch(
        row=row(incident, now),
        reason=incident.cause_reason if cause else "",
        gap=incident.began_at - cause.began_at if cause else None,
        own=incident.pk == own,
        effects=tuple(_branch(one, incident, effects, own, now) for one in effects.get(incident.pk, ())),
    )
