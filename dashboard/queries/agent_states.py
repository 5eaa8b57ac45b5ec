"""How an agent was over a time, put together from what changed; a time in which nobody looked is in no stretch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q

from collectors.errors import ANSWERED
from dashboard.models import Cluster, Event, Node
from dashboard.queries import marks
from dashboard.queries.agents import Agent
from dashboard.queries.freshness import SourceAge
from dashboard.queries.marks import Mark
from dashboard.queries.window import Window

Kind, State = Event.Kind, Node.State
SOURCE = "summary"
"""Of which source the states of agents are."""


@dataclass(frozen=True)
class Stretch:
    """A time in one state."""

    state: Mark
    begins_at: datetime
    ends_at: datetime

    @property
    def lasted(self) -> timedelta:
        return self.ends_at - self.begins_at


def stretches(cluster: Cluster, agent: Agent, source: SourceAge, window: Window) -> tuple[Stretch, ...]:
    """The window, oldest first, as far back as the agent is known. One query.

    Events name the host: of several agents on one host they are those of all.
    """
    node, here = agent.node, Q(kind=Kind.AGENT_STATE, subject=agent.node.host)
    looking = Q(kind=Kind.COLLECTION, subject=SOURCE, place="")
    events = Event.objects.filter(here | looking, cluster=cluster, taken_at__gt=window.starts_at)
    told = list(events.order_by("taken_at", "id"))
    # In the order in which they were seen: the registry tells late, and with its own time, who is unreachable.
    changes = sorted((event for event in told if event.kind == Kind.AGENT_STATE), key=lambda event: event.pk)
    until = window.ends_at if source.freshness.current or source.sample_at is None else source.sample_at
    begins_at = max(window.starts_at, node.first_seen)
    known = [one for one in _known(agent, changes, begins_at, until) if one.ends_at > one.begins_at]
    return tuple(_without(known, list(_unseen([one for one in told if one.kind == Kind.COLLECTION], window))))


def _known(agent: Agent, changes: Sequence[Event], begins_at: datetime, ends_at: datetime) -> list[Stretch]:
    """Backwards from what it is now, each stretch in the state that the change at its end left."""
    found: list[Stretch] = []
    state: Mark | None = agent.state
    for change in reversed(changes):
        if state is not None:
            found.append(Stretch(state, max(change.taken_at, begins_at), ends_at))
        ends_at, state = min(ends_at, change.taken_at), _before(change)
    if state is not None:
        found.append(Stretch(state, begins_at, ends_at))
    return found[::-1]


def _before(change: Event) -> Mark | None:
    """What it was before; None before it joined."""
    return marks.AGENT[State(change.before)] if change.before else None


def _unseen(changes: Sequence[Event], window: Window) -> Iterator[tuple[datetime, datetime]]:
    """The times in which the source brought nothing."""
    begins_at = window.starts_at if changes and changes[0].before and changes[0].before not in ANSWERED else None
    for change in changes:
        if change.after in ANSWERED:
            if begins_at is not None:
                yield begins_at, change.taken_at
            begins_at = None
        elif begins_at is None:
            begins_at = change.taken_at
    if begins_at is not None:
        yield begins_at, window.ends_at


def _without(known: Sequence[Stretch], holes: Sequence[tuple[datetime, datetime]]) -> list[Stretch]:
    """The stretches less the holes."""
    found = list(known)
    for begins_at, ends_at in holes:
        cut: list[Stretch] = []
        for one in found:
            parts = (
                replace(one, ends_at=min(one.ends_at, begins_at)),
                replace(one, begins_at=max(one.begins_at, ends_at)),
            )
            cut += [part for part in parts if part.ends_at > part.begins_at]
        found = cut
    return found


def active_ratio(found: Sequence[Stretch]) -> float | None:
    """Share 0…1 of the known time in which it was active; None where nothing is known."""
    known = sum((one.lasted for one in found), timedelta())
    active = sum((one.lasted for one in found if one.state is marks.AGENT[State.ACTIVE]), timedelta())
    return active / known if known else None
