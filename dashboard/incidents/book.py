"""What one pass knows of a cluster's incidents and does to them, before any of it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from dashboard.models import Event, Incident

About, State = Incident.About, Incident.State

AGAIN_WITHIN = timedelta(minutes=10)
"""What fails again so soon after its recovery goes on with the same incident: who flaps is one incident, not ten."""
LONGEST = {
    **{"kind_reason": 500, "subject": 255, "name": 500, "planned_reason": 255},
    **{"effect": 500, "cause_reason": 255, "timeout_reason": 255},
}
COUNTS = ("tasks_at_risk", "tasks_running_before", "tasks_failed", "failures")
MOST = 2**31 - 1
"""No column of counts holds more."""


class Link(NamedTuple):
    """An event that an incident is owed, and why."""

    incident: Incident
    event: Event
    reason: str


@dataclass
class Book:
    """Open incidents by what they are about, those that ended a short while ago, and what this pass changed of them."""

    cluster_id: int
    open: dict[tuple[str, str], Incident]
    ended: list[Incident] = field(default_factory=list)
    closed: dict[tuple[str, str], Incident] = field(default_factory=dict)
    """By operators, though what failed may go on failing: the latest of each subject."""
    links: list[Link] = field(default_factory=list)
    _changed: dict[int, Incident] = field(default_factory=dict)

    @classmethod
    def of(cls, cluster_id: int, known: Iterable[Incident]) -> Book:
        """Of incidents that are open or have just ended."""
        known = list(known)
        return cls(
            cluster_id,
            {(one.about, one.subject): one for one in known if one.ended_at is None},
            [one for one in known if one.ended_at is not None],
            {(one.about, one.subject): one for one in sorted(known, key=_ended_at) if one.state == State.CLOSED},
        )

    @property
    def changed(self) -> list[Incident]:
        """Those to be written, their words and counts cut to what their columns hold."""
        for incident in self._changed.values():
            _fit(incident)
        return list(self._changed.values())

    @property
    def begun(self) -> list[Incident]:
        return [one for one in self._changed.values() if one._state.adding]

    def get(self, about: Incident.About, subject: str) -> Incident | None:
        return self.open.get((about, subject[: LONGEST["subject"]]))

    def of_kind(self, about: Incident.About) -> list[Incident]:
        """The open ones, oldest first."""
        return sorted((one for one in self.open.values() if one.about == about), key=lambda one: one.began_at)

    def every(self, about: Incident.About) -> Iterator[Incident]:
        """The open ones and those that ended a short while ago."""
        yield from (one for one in (*self.open.values(), *self.ended) if one.about == about)

    def begin(self, incident: Incident) -> Incident:
        """Open it, or go on with the one of the same subject that has just ended."""
        again = self._ended_before(incident)
        if again is not None:
            self.ended.remove(again)
            again.last_good_at, again.state, again.ended_at = again.ended_at, State.OPEN, None
            again.declared_at = again.rescheduled_at = None
            again.failures += 1
            incident = again
        incident.cluster_id = self.cluster_id
        self.open[incident.about, incident.subject[: LONGEST["subject"]]] = incident
        return self.change(incident)

    def change(self, incident: Incident) -> Incident:
        """It has to be written."""
        self._changed[id(incident)] = incident
        return incident

    def link(self, incident: Incident, event: Event, reason: str) -> None:
        self.links.append(Link(incident, event, reason[:255]))

    def end(self, incident: Incident, state: Incident.State, at: datetime) -> None:
        """It is over since then, which is never before it began."""
        incident.state, incident.ended_at = state, max(at, incident.began_at)
        self.open.pop((incident.about, incident.subject), None)
        self.ended.append(incident)
        self.change(incident)

    def _ended_before(self, incident: Incident) -> Incident | None:
        alike = (one for one in self.ended if (one.about, one.subject) == (incident.about, incident.subject))
        return next((one for one in alike if _goes_on(one, incident.began_at)), None)


def _ended_at(incident: Incident) -> datetime:
    return incident.ended_at or incident.began_at


def _fit(incident: Incident) -> None:
    for name, length in LONGEST.items():
        setattr(incident, name, getattr(incident, name)[:length])
    for name in COUNTS:
        count = getattr(incident, name)
        setattr(incident, name, None if count is None else min(count, MOST))


def _goes_on(ended: Incident, began_at: datetime) -> bool:
    """Only what recovered can fail again: what was closed or ended for good is another matter."""
    return ended.state == State.RECOVERED and ended.ended_at is not None and began_at - ended.ended_at < AGAIN_WITHIN
