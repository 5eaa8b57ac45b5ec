"""Tasks that fail while their agent is registered: those of one app, or of one framework, are one incident as long as they
go on. Pure.

It lasts from the first failure to the last, and is over when ten minutes passed without one. Tasks that were lost with their
agent are not counted: Mesos calls those lost or unreachable, or gives the agent as the reason. Where tasks are listed those of
Marathon's apps are told by their names, an incident for each app, and its framework's counts open none for the same
failures. Counts lead where tasks are not listed, or where no task is named that a count could mean; other frameworks' tasks
are counted, and their names stand with the count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from dashboard import applications, figures
from dashboard.incidents.book import Book
from dashboard.models import Event, Incident
from dashboard.models.task_failures import TaskFailures
from dashboard.queries import task_reasons

About, Kind, State = Incident.About, Incident.Kind, Incident.State
QUIET = timedelta(minutes=10)
"""So long after its last failure a framework's, or an app's, failing is over."""
BEFORE, AFTER = timedelta(minutes=2), timedelta(minutes=1)
"""A task that a count means may have ended so long before it by its agent's clock, or after it: counts are told each minute
at the least."""
AT_ONCE = timedelta(minutes=1)
"""Failures of an app before the first that is told: a list of tasks tells one for all that failed since the one before."""


class End(NamedTuple):
    """How a task failed."""

    at: datetime
    is_told: bool
    """By an event of its own."""
    is_of_agent: bool
    """It ended with its agent, so that it is none of its app's failures."""


class Earlier(NamedTuple):
    """What is counted of an app that goes on failing, besides `Known.ends`."""

    since: datetime
    """Its own failures are those after that."""
    failed: int
    """How many of them were before those in `Known.ends`."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What failing tasks are judged by."""

    counted_at: datetime
    """When both who count failures had last answered."""
    listed_at: datetime | None = None
    """When tasks were last listed; None where they never were."""
    is_listed: bool = False
    """Whether that may be called the present."""
    marathons: Mapping[str, str] = field(default_factory=dict)
    """Framework id → key of the Marathon behind it."""
    ends: Mapping[str, Sequence[End]] = field(default_factory=dict)
    """Tasks that failed of late, by framework id and by the key of their app."""
    earlier: Mapping[str, Earlier] = field(default_factory=dict)
    """What `ends` does not reach back to, by the key of an app that fails since before."""
    resting: frozenset[str] = frozenset()
    """Apps that Marathon launches again later, by key: their next failure is still to come."""
    followed: int = 0
    """The last event that was followed before; of those up to it only what waited for its tasks' names is told."""

    def failed(self, key: str, after: datetime, until: datetime) -> int:
        return sum(after < one.at <= until for one in self.ends.get(key, ()))

    def untold(self, key: str, after: datetime, until: datetime) -> int:
        """Those of which no event tells: they are counted with the next that one does."""
        return sum(not one.is_told for one in self._own(key, after, until))

    def all_of(self, incident: Incident) -> int:
        """Everything that failed from its first failure to its last as far as it is listed by now; 0 where that is not known.

        A list may bring what failed before a failure that was followed already, and no event may tell it.
        """
        earlier = self.earlier.get(incident.subject)
        if earlier is None or incident.last_failed_at is None:
            return 0
        return earlier.failed + sum(1 for _ in self._own(incident.subject, earlier.since, incident.last_failed_at))

    def _own(self, key: str, after: datetime, until: datetime) -> Iterator[End]:
        return (one for one in self.ends.get(key, ()) if after < one.at <= until and not one.is_of_agent)


def told(event: Event, book: Book, known: Known) -> None:
    """What failed tasks do, counted or named."""
    if event.kind == Event.Kind.TASK_FAILED:
        _told_by_name(event, book, known)
    elif _leads(event, book, known):
        rise = TaskFailures.between(event.before, event.after)
        incident = _failing(event, book, event.subject, event.name or event.subject)
        _count(incident, rise, event, book)
        book.link(incident, event, f"{figures.counted(rise, 'task')} of it failed")


def _leads(event: Event, book: Book, known: Known) -> bool:
    """Whether a count is to be told. Of a Marathon whose tasks are listed it waits for the next list, in which they are named."""
    is_known = event.pk <= known.followed
    if event.subject not in known.marathons:
        return not is_known
    if is_known and _has(book, event):
        return False
    if known.failed(event.subject, event.taken_at - BEFORE, event.taken_at + AFTER):
        return False  # also when the list that named them has grown old since
    return not known.is_listed or known.listed_at is None or known.listed_at >= event.taken_at


def _has(book: Book, event: Event) -> bool:
    """Whether an incident has this count already, though it may have more events than are linked with it."""
    alike = (one for one in book.every(About.TASKS) if one.subject == event.subject)
    return any(one.last_failed_at is not None and one.last_failed_at >= event.taken_at for one in alike)


def _told_by_name(event: Event, book: Book, known: Known) -> None:
    if task_reasons.is_of_agent(event.after):
        return
    words, marathon = task_reasons.told(event.after), known.marathons.get(event.before)
    if marathon is None or not event.name.startswith("/"):
        counted = book.get(About.TASKS, event.before)
        if counted is not None:
            book.link(counted, event, f"{event.name or event.subject} {words}")
        return
    subject = applications.subject_key(marathon, event.name)
    since = _last_failed_at(book, subject, event.taken_at) or event.taken_at - AT_ONCE
    incident = _failing(event, book, subject, event.name)
    _count(incident, 1 + known.untold(subject, since, event.taken_at), event, book)
    _count_late(incident, book, known)
    on = f", on {event.place}" if event.place else ""
    incident.kind_reason = f"Its tasks ended by themselves while their agents were registered; the last {words}{on}"
    book.link(incident, event, f"a task of it {words}")


def _last_failed_at(book: Book, subject: str, at: datetime) -> datetime | None:
    """The failure before this one that is still the same failing, whether that was already held for over or not: so that the
    count does not depend on when somebody looks."""
    alike = (one.last_failed_at for one in book.every(About.TASKS) if one.subject == subject)
    return max((last for last in alike if last and at - last <= QUIET), default=None)


def _failing(event: Event, book: Book, subject: str, name: str) -> Incident:
    """The incident this failure belongs to, a new one where the last was long ago."""
    incident = book.get(About.TASKS, subject)
    last_at = incident.last_failed_at if incident else None
    if incident is not None and last_at is not None and event.taken_at - last_at > QUIET:
        book.end(incident, State.RECOVERED, last_at)
        incident = None
    if incident is None:
        return book.begin(_new(event, subject, name))
    if last_at is not None:
        incident.failures += 1
    return incident


def _count(incident: Incident, rise: int, event: Event, book: Book) -> None:
    incident.tasks_failed = (incident.tasks_failed or 0) + rise
    incident.effect = f"{figures.counted(incident.tasks_failed, 'task')} failed"
    incident.last_failed_at = max(event.taken_at, incident.last_failed_at or event.taken_at)
    book.change(incident)


def _count_late(incident: Incident, book: Book, known: Known) -> None:
    """More than was counted where a list has brought more since; never less, for ended tasks are kept for a time only."""
    listed = known.all_of(incident)
    if listed > (incident.tasks_failed or 0):
        incident.tasks_failed = listed
        incident.effect = f"{figures.counted(listed, 'task')} failed"
        book.change(incident)


def is_over(incident: Incident, known: Known) -> bool:
    """Whether it had no failure for long enough, and somebody looked."""
    looked_at = known.listed_at if applications.of_key(incident.subject) is not None else known.counted_at
    last_at = incident.last_failed_at or incident.began_at
    return looked_at is not None and looked_at - last_at > QUIET and incident.subject not in known.resting


def judge(incident: Incident, book: Book, known: Known) -> None:
    """End one that has had no failure for long enough, with the last of them: while nobody looks nothing is over, nor while
    Marathon only rests before the next."""
    if is_over(incident, known):
        _count_late(incident, book, known)
        book.end(incident, State.RECOVERED, incident.last_failed_at or incident.began_at)


def counts_first(events: Iterable[Event]) -> list[Event]:
    """So that names find the incidents that their counts opened."""
    return sorted(events, key=lambda one: one.kind == Event.Kind.TASK_FAILED)


def _new(event: Event, subject: str, name: str) -> Incident:
    return Incident(
        about=About.TASKS,
        kind=Kind.TASK,
        kind_reason="Its tasks ended as failed while their agents were registered",
        subject=subject,
        name=name,
        tasks_failed=0,
        began_at=event.taken_at,
        detected_at=event.seen_at,
    )
