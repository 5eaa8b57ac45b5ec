"""The past day of one unit on one node, put together from what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from collectors.errors import ANSWERED
from dashboard.models import Event, UnitState
from dashboard.models.components import Health
from dashboard.queries import marks
from dashboard.queries.components import SOURCE
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark

WITHIN = timedelta(hours=24)
BY_LABEL = {health.label: health for health in Health}


@dataclass(frozen=True)
class Span:
    """A stretch of time in one state."""

    health: Health
    starts_at: datetime
    ends_at: datetime

    @property
    def state(self) -> Mark:
        return marks.HEALTH[self.health]

    @property
    def lasted(self) -> timedelta:
        return self.ends_at - self.starts_at


@dataclass(frozen=True)
class _Change:
    """A moment, and what is known of the unit right before and after it; None where only the neighbours tell."""

    at: datetime
    before: Health | None
    after: Health | None


def day(state: UnitState, source: SourceAge, now: datetime) -> tuple[Span, ...]:
    """The past 24 h, oldest first, as far back as the unit is known here. One query.

    A time in which the node was dark or no report came is No data; so is the time since the last report when it is too old.
    """
    starts_at = max(now - WITHIN, state.component.first_seen)
    known_until = now if source.freshness.current or source.sample_at is None else source.sample_at
    changes = [change for change in _changes(state, now - WITHIN) if change.at < known_until]
    if changes and changes[0].before is None and changes[0].after not in (None, Health.NO_DATA):
        starts_at = changes.pop(0).at
    spans = _spans(changes, Health(state.last_known), max(starts_at, now - WITHIN), known_until)
    if known_until < now:
        spans.append(Span(Health.NO_DATA, max(known_until, now - WITHIN), now))
    return tuple(span for span in spans if span.ends_at > span.starts_at)


def _changes(state: UnitState, starts_at: datetime) -> list[_Change]:
    here = Q(kind=Event.Kind.UNIT_HEALTH, subject=state.component.unit, place=state.node.host)
    node = Q(kind=Event.Kind.NODE_HEALTH, subject=state.node.host)
    reports = Q(kind=Event.Kind.COLLECTION, subject=SOURCE, place="")
    events = Event.objects.filter(here | node | reports, cluster=state.component.cluster_id, taken_at__gt=starts_at)
    changes: list[_Change] = []
    for event in events.order_by("taken_at", "id"):
        if event.kind == Event.Kind.UNIT_HEALTH and not event.before:
            changes.clear()  # it appeared: what the node was before is not about it
        changes.append(_change(event))
    # The return of a unit that was missing is no event, but its row says since when it is what it is.
    if state.since > starts_at and (not changes or changes[-1].at < state.since):
        changes.append(_Change(state.since, None, Health(state.health)))
    return changes


def _change(event: Event) -> _Change:
    before, after = BY_LABEL.get(event.before), BY_LABEL.get(event.after)
    if event.kind == Event.Kind.UNIT_HEALTH:
        return _Change(event.taken_at, before, after)
    if event.kind == Event.Kind.COLLECTION:
        # Without reports nothing was known of any unit.
        return _Change(
            event.taken_at, *(None if word in ANSWERED else Health.NO_DATA for word in (event.before, event.after))
        )
    # Of a node only darkness is its units' affair; what each of them was before and after it, their own events tell.
    dark = Health.NO_DATA
    return _Change(event.taken_at, dark if before is dark else None, dark if after is dark else None)


def _spans(changes: Sequence[_Change], last_known: Health, starts_at: datetime, ends_at: datetime) -> list[Span]:
    """The stretches between the changes, each by what the change on its left or right says, else by what came later."""
    spans: list[Span] = []
    known, end = last_known, ends_at
    for left, right in zip([None, *changes][::-1], [*changes, None][::-1], strict=True):
        said = left.after if left and left.after is not None else right.before if right else None
        health = known if said is None else said
        spans.append(Span(health, left.at if left else starts_at, end))
        if health is not Health.NO_DATA:
            known = health
        end = left.at if left else end
    return spans[::-1]
