"""One incident as a list shows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.models import Incident
from dashboard.queries import incident_phases
from dashboard.queries.incident_phases import Countdown
from dashboard.queries.marks import Mark

State = Incident.State

STATES = {
    State.OPEN: Mark("bad", "Open"),
    State.RECOVERED: Mark("good", "Recovered"),
    State.ENDED: Mark("mute", "Ended"),
    State.CLOSED: Mark("mute", "Closed"),
}
PLANNED = Mark("mute", "Planned")


@dataclass(frozen=True, kw_only=True)
class Row:
    """An incident in a list."""

    number: int
    """Its id: what stands in its address."""
    about: Incident.About
    kind: Incident.Kind
    kind_word: str
    """Task, Agent or host, Agent process, Host, Master, Scheduler."""
    subject: str
    """A host, a master's place, a framework's id, an app's key; empty for "nobody leads"."""
    name: str
    state: Incident.State
    mark: Mark
    """The state as an operator sees it; one that was planned and is open is Planned, not Open."""
    planned: bool
    planned_reason: str
    effect: str
    """One sentence; empty where none is known."""
    failures: int
    tasks_at_risk: int | None
    tasks_failed: int | None
    began_at: datetime
    detected_at: datetime
    declared_at: datetime | None
    ended_at: datetime | None
    lasted: timedelta
    """Until its end, or until now."""
    detected_in: timedelta | None
    recovered_in: timedelta | None
    countdown: Countdown | None
    taken_by: str
    """User name; empty while nobody has it."""


def row(incident: Incident, now: datetime) -> Row:
    """No query where `taken_by` was read with it."""
    return Row(
        number=incident.pk,
        about=Incident.About(incident.about),
        kind=Incident.Kind(incident.kind),
        kind_word=incident.get_kind_display(),
        subject=incident.subject,
        name=incident.name,
        state=State(incident.state),
        mark=PLANNED if incident.planned and incident.ended_at is None else STATES[State(incident.state)],
        planned=incident.planned,
        planned_reason=incident.planned_reason,
        effect=incident.effect,
        failures=incident.failures,
        tasks_at_risk=incident.tasks_at_risk,
        tasks_failed=incident.tasks_failed,
        began_at=incident.began_at,
        detected_at=incident.detected_at,
        declared_at=incident.declared_at,
        ended_at=incident.ended_at,
        lasted=max(timedelta(), (incident.ended_at or now) - incident.began_at),
        detected_in=incident_phases.detected_in(incident),
        recovered_in=incident_phases.recovered_in(incident),
        countdown=incident_phases.countdown(incident, now),
        taken_by=incident.taken_by.get_username() if incident.taken_by else "",
    )
