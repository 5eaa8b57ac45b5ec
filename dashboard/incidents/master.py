"""Masters that fail: a silent one, a restarted one, nobody who leads, two who do; and a fail-over as one incident. Pure.

A fail-over runs from the first sample without its leader over the election to the last agent that is back. Whatever else
happens to masters meanwhile belongs to it: a ZooKeeper that hangs stops several.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectors.errors import ANSWERED
from dashboard import figures
from dashboard.incidents.book import Book
from dashboard.incidents.samples import Samples
from dashboard.incidents.timeouts import Timeouts
from dashboard.models import Event, Incident

Kind = Event.Kind
About, State = Incident.About, Incident.State
TOLD = (Kind.LEADER, Kind.MASTER_ANSWER, Kind.MASTER_RESTART, Kind.TWO_LEADERS)
TOGETHER = timedelta(seconds=15)
"""What happens to masters within so long of one another is one failure."""
SETTLING = timedelta(seconds=60)
"""So long after an election agents may still be registering (store/summary.py holds them for re-registering as long)."""
TWO = "two-leaders"
"""Subject of a cluster with two leaders: it is about neither of them."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """The cluster as it is known now."""

    now: datetime
    leader: str = ""
    """Place of the master that leads as of the last event told before these; empty where nobody does."""
    masters: int = 0
    asked: frozenset[str] = frozenset()
    """Places of all that are asked, and of those that were within the past day."""
    silent: frozenset[str] = frozenset()
    """Places of those that do not answer."""
    returned: frozenset[str] = frozenset()
    """Places that answer again by one of these events: their restart is their return, and no failure of its own."""
    settled_at: datetime | None = None
    """When a summary that is newer than the last election had all agents back; None while some are waited for."""
    samples: Samples = field(default_factory=Samples)
    timeouts: Timeouts = field(default_factory=Timeouts)


def told(event: Event, book: Book, leader: str, known: Known) -> str:
    """What a change of the masters does; `leader` is who led before it, and who leads after it is returned."""
    _settle_overdue(book, event.taken_at)
    match event.kind:
        case Kind.LEADER:
            _leader(event, book, known)
            return event.after
        case Kind.MASTER_ANSWER:
            _answer(event, book, leader, known)
        case Kind.MASTER_RESTART:
            _restart(event, book, leader, known)
        case Kind.TWO_LEADERS:
            _two(event, book, known)
    return leader


def judge(book: Book, leader: str, known: Known) -> None:
    """End the fail-overs that have settled and those of masters that are there no more, and say of the others what they mean."""
    for incident in book.of_kind(About.MASTER):
        if incident.declared_at is None and leader and known.asked and incident.subject not in {TWO, *known.asked}:
            incident.effect = _beside(incident, leader)
            book.end(incident, State.ENDED, known.now)
            continue
        if incident.declared_at is not None and leader:
            at = _settled(incident.declared_at, known)
            if at is not None:
                book.end(incident, State.RECOVERED, at)
        effect = _effect(incident, leader, known)
        if effect != incident.effect:
            incident.effect = effect
            book.change(incident)


def _settled(elected_at: datetime, known: Known) -> datetime | None:
    """When all agents were back; where no summary tells it, when their time was up."""
    if known.settled_at is not None and known.settled_at > elected_at:
        return known.settled_at
    return elected_at + SETTLING if known.now - elected_at >= 2 * SETTLING else None


def _settle_overdue(book: Book, at: datetime) -> None:
    """A fail-over whose agents have had their time is over before anything later happens to the masters."""
    for incident in book.of_kind(About.MASTER):
        if incident.declared_at is not None and at - incident.declared_at > SETTLING + TOGETHER:
            book.end(incident, State.RECOVERED, incident.declared_at + SETTLING)


def _leader(event: Event, book: Book, known: Known) -> None:
    incident = _of_leadership(event, book)
    if incident is None and not event.before:
        return  # what it ends was closed by an operator, or is older than what is followed
    incident = incident or _begin(event, book, event.before, known)
    if event.after:
        incident.declared_at = max(event.taken_at, incident.began_at)
        same = event.after == event.before or event.after == incident.subject
        incident.kind_reason = f"{event.after} leads {'again' if same else f'after {incident.name}'}"
        book.link(incident, event, "elected again" if same else "the new leader was elected")
    else:
        incident.declared_at = None
        incident.kind_reason = f"{event.before} led, and nobody leads after it"
        _set_timeout(incident, known)
        book.link(incident, event, "from here on nobody led")
    book.change(incident)


def _of_leadership(event: Event, book: Book) -> Incident | None:
    """The fail-over that this change of leader belongs to: of the leader that was lost, else the one that waits for a new one."""
    own = book.get(About.MASTER, event.before) if event.before else None
    if own is not None:
        return own
    waiting = [one for one in book.of_kind(About.MASTER) if one.subject != TWO and one.declared_at is None]
    near = [one for one in waiting if not event.before or event.taken_at - one.began_at <= TOGETHER]
    return near[-1] if near else _near(event, book)


def _answer(event: Event, book: Book, leader: str, known: Known) -> None:
    own = book.get(About.MASTER, event.subject)
    if event.after in ANSWERED:
        if own is not None:
            book.link(own, event, "it answers again")
            if own.declared_at is None and leader:
                own.effect = _beside(own, leader)
                book.end(own, State.RECOVERED, event.taken_at)
        return
    incident = own or _failing_over(book, leader) or _near(event, book)
    if incident is None:
        incident = _begin(event, book, event.subject, known)
        incident.kind_reason = f"It stopped answering: {event.after.replace('_', ' ')}"
        if event.subject == leader:
            _set_timeout(incident, known)
    elif own is None:
        incident.failures += 1
    book.change(incident)
    book.link(incident, event, "it stopped answering")


def _restart(event: Event, book: Book, leader: str, known: Known) -> None:
    """A restart nobody saw the silence of is over as soon as it is known, unless the leader has to be elected again."""
    incident = book.get(About.MASTER, event.subject) or _failing_over(book, leader) or _near(event, book)
    if incident is None and event.subject in known.returned:
        incident = next((one for one in book.ended if one.subject == event.subject and one.about == About.MASTER), None)
        if incident is None:
            return
    if incident is None:
        incident = _begin(event, book, event.subject, known)
        incident.kind_reason = "It began a new life"
        if event.subject != leader:
            incident.effect = _beside(incident, leader)
            book.end(incident, State.RECOVERED, event.taken_at)
    book.link(incident, event, "it was started again")


def _two(event: Event, book: Book, known: Known) -> None:
    incident = book.get(About.MASTER, TWO)
    if event.after:
        if incident is None:
            incident = _begin(event, book, TWO, known)
            incident.name = event.after
        incident.kind_reason = f"{event.after} claim to lead at once: a partition, or two ensembles"
        book.change(incident)
        book.link(incident, event, "two claim to lead")
    elif incident is not None:
        book.link(incident, event, "one of them leads")
        book.end(incident, State.RECOVERED, event.taken_at)


def _begin(event: Event, book: Book, subject: str, known: Known) -> Incident:
    return book.begin(
        Incident(
            about=About.MASTER,
            kind=Incident.Kind.MASTER,
            subject=subject,
            name=subject,
            began_at=event.taken_at,
            last_good_at=known.samples.before(event.taken_at),
            detected_at=event.seen_at,
        )
    )


def _set_timeout(incident: Incident, known: Known) -> None:
    timeout = known.timeouts.leader_lost
    if timeout is not None:
        incident.timeout_seconds, incident.timeout_reason = timeout.seconds, timeout.reason


def _failing_over(book: Book, leader: str) -> Incident | None:
    """What is going on while nobody leads, or while agents come back to a new leader."""
    found = [one for one in book.of_kind(About.MASTER) if one.subject != TWO]
    open_ = [one for one in found if one.declared_at is not None or not leader]
    return open_[-1] if open_ else None


def _near(event: Event, book: Book) -> Incident | None:
    """One that began at about the same time."""

    def near() -> Iterator[Incident]:
        for one in book.of_kind(About.MASTER):
            if one.subject != TWO and abs(event.taken_at - one.began_at) <= TOGETHER:
                yield one

    return next(near(), None)


def _beside(incident: Incident, leader: str) -> str:
    """What the failure of one that did not have to be replaced meant."""
    return "It led all the while" if incident.subject == leader else f"{leader} led all the while"


def _effect(incident: Incident, leader: str, known: Known) -> str:
    if incident.subject == TWO:
        return "Agents and schedulers may follow either of them"
    if incident.declared_at is not None:
        if incident.last_good_at is None:
            return "Nothing was started while nobody led; for how long that was is not known"
        gap = figures.duration(incident.declared_at - incident.last_good_at)
        return f"At most {gap} without a leader: nothing was started meanwhile"
    if not leader:
        return "No task can start; those that run go on"
    if known.masters and len(known.silent) == known.masters:
        return "No master answers: whether the cluster runs is not known"
    left = known.masters - len(known.silent)
    answer = figures.verb(left, "answers", "answer")
    return f"{figures.counted(left, 'master')} of {known.masters} {answer}" if known.masters else ""
