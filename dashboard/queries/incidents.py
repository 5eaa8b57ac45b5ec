"""Failures: those of a time, one with its causes, effects, events and notes, and how fast each kind is found and mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from dashboard.models import Cluster, Event, Incident, IncidentEvent, IncidentNote
from dashboard.queries import failures_told, happenings, incident_phases, incident_tree
from dashboard.queries.happenings import Happening
from dashboard.queries.incident_phases import Countdown, Phase
from dashboard.queries.incident_rows import Row, row
from dashboard.queries.incident_tree import Branch
from dashboard.queries.window import Window

Kind, State = Incident.Kind, Incident.State

MOST_ROWS = 500
MOST_LINKS = 60
MOST_EARLIER = 5
EARLIER_WITHIN = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Newest first. `counts` and `open` are of all kinds, whichever were asked for; planned ones are in the rows only."""

    rows: tuple[Row, ...]
    counts: dict[Incident.Kind, int]
    """Every kind is in it, with 0 where there is none."""
    open: int
    planned: int
    more: int
    """How many of those asked for are not in `rows`, which are no more than MOST_ROWS."""


@dataclass(frozen=True, kw_only=True)
class Linked:
    """An event that belongs to an incident."""

    event_id: int
    happening: Happening
    reason: str
    """Why it belongs to it: "on the same host, 4 min before"."""
    after: timedelta
    """From the incident's beginning; below 0 for one before."""


@dataclass(frozen=True, kw_only=True)
class Note:
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One incident as its page shows it."""

    row: Row
    kind_reason: str
    cause: Row | None
    cause_reason: str
    tree: Branch
    """From its first known cause down to its last effects."""
    effects: int
    """How many incidents hang below it."""
    phases: tuple[Phase, ...]
    countdown: Countdown | None
    last_good_at: datetime | None
    rescheduled_at: datetime | None
    timeout: timedelta | None
    timeout_reason: str
    taken_at: datetime | None
    links: tuple[Linked, ...]
    """Oldest first."""
    notes: tuple[Note, ...]
    """Newest first."""
    earlier: tuple[Row, ...]
    """The latest of the same kind before it, planned ones left out."""


def listing(cluster: Cluster, window: Window, now: datetime, kinds: Collection[str] = ()) -> Listing:
    """Those that were going on at any time of the window; no `kinds` are all kinds. Two queries."""
    going_on = _going_on(cluster, window)
    tallied = list(going_on.values_list("kind", "state", "planned"))
    counted = Counter(Kind(kind) for kind, _, planned in tallied if not planned)
    asked = going_on.filter(kind__in=list(kinds)) if kinds else going_on
    rows = tuple(row(one, now) for one in asked.select_related("taken_by").order_by("-began_at", "-id")[:MOST_ROWS])
    return Listing(
        rows=rows,
        counts={kind: counted[kind] for kind in Kind},
        open=sum(state == State.OPEN and not planned for _, state, planned in tallied),
        planned=sum(planned for *_, planned in tallied),
        more=sum(not kinds or kind in kinds for kind, *_ in tallied) - len(rows),
    )


def last(cluster: Cluster, now: datetime) -> Row | None:
    """The latest failure of all that was not planned: "Last one: 3 d 4 h ago". One query."""
    found = Incident.objects.filter(cluster=cluster, planned=False).select_related("taken_by")
    latest = found.order_by("-began_at", "-id").first()
    return None if latest is None else row(latest, now)


def open_now(cluster: Cluster, now: datetime) -> list[Row]:
    """Those that go on, planned ones too, oldest first. One query."""
    found = Incident.objects.filter(cluster=cluster, ended_at=None).select_related("taken_by")
    return [row(one, now) for one in found.order_by("began_at", "id")[:MOST_ROWS]]


def on_host(cluster: Cluster, host: str, window: Window, now: datetime) -> list[Row]:
    """Those of one agent or master that were going on at any time of the window, the latest five first. One query."""
    about = (Incident.About.AGENT, Incident.About.MASTER)
    found = _going_on(cluster, window).filter(about__in=about, subject=host).select_related("taken_by")
    return [row(one, now) for one in found.order_by("-began_at", "-id")[:MOST_EARLIER]]


def one(cluster: Cluster, number: int, now: datetime) -> Detail | None:
    """The incident of this number; None where this cluster has none. At most 4 queries and those of the tree."""
    found = Incident.objects.filter(cluster=cluster, pk=number).select_related("taken_by", "cause", "cause__taken_by")
    incident = found.first()
    if incident is None:
        return None
    tree = incident_tree.tree(incident, now)
    branch = tree.found(number)
    return Detail(
        row=row(incident, now),
        kind_reason=incident.kind_reason,
        cause=None if incident.cause is None else row(incident.cause, now),
        cause_reason=incident.cause_reason,
        tree=tree,
        effects=branch.below if branch else 0,
        phases=incident_phases.phases(incident),
        countdown=incident_phases.countdown(incident, now),
        last_good_at=incident.last_good_at,
        rescheduled_at=incident.rescheduled_at,
        timeout=None if incident.timeout_seconds is None else timedelta(seconds=incident.timeout_seconds),
        timeout_reason=incident.timeout_reason,
        taken_at=incident.taken_at,
        links=_links(incident),
        notes=tuple(_note(one) for one in incident.notes.order_by("-at", "-id")[:MOST_LINKS]),
        earlier=_earlier(incident, now),
    )


def _going_on(cluster: Cluster, window: Window) -> QuerySet[Incident]:
    still = Q(ended_at=None) | Q(ended_at__gte=window.starts_at)
    return Incident.objects.filter(still, cluster=cluster, began_at__lte=window.ends_at)


def _linked(link: IncidentEvent, event: Event) -> Linked:
    return Linked(
        event_id=link.event_id,
        happening=happenings.told(event),
        reason=link.reason,
        after=link.event.taken_at - link.incident.began_at,
    )


def _links(incident: Incident) -> tuple[Linked, ...]:
    found = IncidentEvent.objects.filter(incident=incident).select_related("event", "incident")
    links = found.order_by("event__taken_at", "event_id")[:MOST_LINKS]
    events = failures_told.whole(link.event for link in links)
    return tuple(_linked(link, event) for link, event in zip(links, events, strict=True))


def _note(note: IncidentNote) -> Note:
    return Note(at=note.at, by=note.by, text=note.text)


def _earlier(incident: Incident, now: datetime) -> tuple[Row, ...]:
    alike = Incident.objects.filter(
        cluster=incident.cluster_id,
        kind=incident.kind,
        planned=False,
        began_at__lt=incident.began_at,
        began_at__gte=incident.began_at - EARLIER_WITHIN,
    )
    return tuple(row(one, now) for one in alike.select_related("taken_by").order_by("-began_at", "-id")[:MOST_EARLIER])
