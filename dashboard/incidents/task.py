"""Tasks that fail while their agent is registered: those of one framework are one incident as long as they go on. Pure.

It lasts from the first failure to the last, and is over when ten minutes passed without one. Tasks that were lost with their
agent are not counted: Mesos calls those lost or unreachable, not failed.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard import figures
from dashboard.incidents.book import Book
from dashboard.models import Event, Incident
from dashboard.models.task_failures import TaskFailures

About, Kind, State = Incident.About, Incident.Kind, Incident.State
QUIET = timedelta(minutes=10)
"""So long after its last failure a framework's failing is over."""


def told(event: Event, book: Book) -> None:
    """What failed tasks do."""
    incident = book.get(About.TASKS, event.subject)
    last_at = incident.last_failed_at if incident else None
    if incident is not None and last_at is not None and event.taken_at - last_at > QUIET:
        book.end(incident, State.RECOVERED, last_at)
        incident = None
    rise = TaskFailures.between(event.before, event.after)
    if incident is None:
        incident = book.begin(_new(event))
    elif last_at is not None:
        incident.failures += 1
    incident.tasks_failed = (incident.tasks_failed or 0) + rise
    incident.effect = f"{figures.counted(incident.tasks_failed, 'task')} failed"
    incident.last_failed_at = max(event.taken_at, incident.last_failed_at or event.taken_at)
    book.change(incident)
    book.link(incident, event, f"{figures.counted(rise, 'task')} of it failed")


def judge(incident: Incident, book: Book, looked_at: datetime) -> None:
    """End one whose framework has had no failure for long enough, with the last of them; `looked_at` is when it was last
    known who fails: while nobody looks nothing is over."""
    last_at = incident.last_failed_at or incident.began_at
    if looked_at - last_at > QUIET:
        book.end(incident, State.RECOVERED, last_at)


def _new(event: Event) -> Incident:
    return Incident(
        about=About.TASKS,
        kind=Kind.TASK,
        kind_reason="Its tasks ended as failed while their agents were registered",
        subject=event.subject,
        name=event.name or event.subject,
        tasks_failed=0,
        began_at=event.taken_at,
        detected_at=event.seen_at,
    )
