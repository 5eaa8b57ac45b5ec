"""Changes of other things on the host of an incident, shortly before it and while it lasted: what else went wrong there. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta

from dashboard import figures
from dashboard.incidents.book import Link
from dashboard.models import Event, Incident
from dashboard.queries import task_reasons

About, Kind = Incident.About, Event.Kind
KINDS = (
    *(Kind.UNIT_HEALTH, Kind.NODE_HEALTH, Kind.COLLECTION),
    *(Kind.AGENT_RESTART, Kind.AGENT_REGISTERED, Kind.MAINTENANCE, Kind.TASK_FAILED),
)
"""Changes that make no incident of their own; of failed tasks those whose end belongs to their agent."""
BEFORE = timedelta(minutes=10)
MOST_LINKS = 40
"""Nothing more of others is linked to an incident that has so many links."""


def host_of(incident: Incident) -> str:
    """Of an agent or a master; empty where it is of no host."""
    if incident.about == About.AGENT:
        return incident.subject
    return incident.subject.partition(":")[0] if incident.about == About.MASTER else ""


def links(
    incidents: Iterable[Incident], events: Iterable[Event], linked: Mapping[int | None, int] | None = None
) -> list[Link]:
    """What belongs to which incident, oldest first; `linked` is how many each has already, by its id."""
    by_host: dict[str, list[Incident]] = {}
    for incident in incidents:
        if host_of(incident):
            by_host.setdefault(host_of(incident), []).append(incident)
    room = Counter({id(one): MOST_LINKS - (linked or {}).get(one.pk, 0) for each in by_host.values() for one in each})
    found = []
    for event in sorted(events, key=lambda one: one.taken_at):
        for incident in by_host.get(_host(event), ()):
            if event.kind in KINDS and _is_in(event, incident) and room[id(incident)] > 0:
                room[id(incident)] -= 1
                found.append(Link(incident, event, f"on the same host, {_when(event, incident)}"))
    return found


def _host(event: Event) -> str:
    """Where it happened: a unit's event names its node as its place, a source's names its host as its subject."""
    if event.kind == Kind.TASK_FAILED:
        return event.place if task_reasons.is_of_agent(event.after) else ""
    if event.kind == Kind.UNIT_HEALTH:
        return event.place
    if event.kind == Kind.COLLECTION:
        return event.subject.partition(":")[0] if event.place else ""
    return event.subject


def _is_in(event: Event, incident: Incident) -> bool:
    ended_at = incident.ended_at
    return incident.began_at - BEFORE <= event.taken_at and (ended_at is None or event.taken_at <= ended_at)


def _when(event: Event, incident: Incident) -> str:
    gap = event.taken_at - incident.began_at
    if abs(gap) < timedelta(seconds=1):
        return "at the same moment"
    return f"{figures.duration(abs(gap))} {'after' if gap > timedelta() else 'before'}"
