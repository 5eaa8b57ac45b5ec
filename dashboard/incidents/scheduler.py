"""Schedulers that lose their master: disconnected or inactive, until they register again or Mesos ends them. Pure.

One that was torn down, or that ended while it was connected, is no failure.
"""

from __future__ import annotations

from collections.abc import Mapping

from dashboard import figures
from dashboard.incidents.book import Book
from dashboard.incidents.samples import Samples
from dashboard.models import Event, Framework, Incident

About, Kind, State = Incident.About, Incident.Kind, Incident.State
Scheduler = Framework.State
DOWN = {
    Scheduler.DISCONNECTED: "Its connection to the leading master is lost",
    Scheduler.INACTIVE: "It is connected, and takes no offers",
}


def told(event: Event, book: Book, tasks: Mapping[str, int], samples: Samples) -> None:
    """What a change of a framework's state does; `tasks` are those it runs, by its id, as last known;
    `samples` those of the summary."""
    incident = book.get(About.SCHEDULER, event.subject)
    if event.after in DOWN:
        if incident is None and event.before in DOWN and (About.SCHEDULER, event.subject) in book.closed:
            return  # an operator has closed it, and it was not back since
        if incident is None:
            incident = book.begin(_new(event, tasks.get(event.subject), samples))
        incident.kind_reason = DOWN[Scheduler(event.after)]
        book.change(incident)
        book.link(incident, event, f"it is {Scheduler(event.after).label.lower()}")
    elif incident is not None:
        _end(event, book, incident)


def _new(event: Event, tasks: int | None, samples: Samples) -> Incident:
    go = figures.verb(tasks, "goes", "go")
    running = "its tasks run on" if tasks is None else f"its {figures.counted(tasks, 'running task')} {go} on"
    return Incident(
        about=About.SCHEDULER,
        kind=Kind.SCHEDULER,
        subject=event.subject,
        name=event.name or event.subject,
        effect=f"It starts nothing new and replaces nothing; {running}" if tasks != 0 else "It starts nothing new",
        tasks_at_risk=tasks,
        began_at=event.taken_at,
        last_good_at=samples.before(event.taken_at),
        detected_at=event.seen_at,
    )


def _end(event: Event, book: Book, incident: Incident) -> None:
    if event.after == Scheduler.ACTIVE:
        book.link(incident, event, "it registered again")
        book.end(incident, State.RECOVERED, event.taken_at)
    elif event.after == Scheduler.COMPLETED:
        book.link(incident, event, "Mesos lists it no longer")
        incident.declared_at = event.taken_at
        book.end(incident, State.ENDED, event.taken_at)
