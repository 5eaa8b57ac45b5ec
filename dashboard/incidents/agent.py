"""Agents that fall silent: one incident from the silence over Mesos' declaration to the return. Pure.

What an operator does to an agent (drained, deactivated, marked gone, left in good order) is no failure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboard import figures
from dashboard.incidents import hosts
from dashboard.incidents.book import Book
from dashboard.incidents.hosts import Heard
from dashboard.incidents.samples import Samples
from dashboard.incidents.timeouts import Timeout, Timeouts
from dashboard.models import Event, Incident, Node
from dashboard.queries.incident_phases import silent_since

About, Kind, State = Incident.About, Incident.Kind, Incident.State
Agent = Node.State
SET_ASIDE = (Agent.DRAINING, Agent.DEACTIVATED)
AWAY = (Node.Maintenance.DRAINING, Node.Maintenance.DOWN)
"""States of maintenance in which an agent may be away."""
LOST_FOR_GOOD = timedelta(hours=24)
"""So long after Mesos declared it lost, an agent that is still away is held for gone for good."""
GONE_TOGETHER = timedelta(seconds=30)
"""An agent marked gone falls silent because of it: a poll may see the silence first."""
ELECTED_LATELY = timedelta(minutes=5)
"""An agent that is missed because of an election is missed so soon after it."""
LONGEST_UNSEEN = timedelta(minutes=30)
"""A hung agent is listed until it is declared lost: its own port tells since when it hung, if it is no longer ago than this."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """The host of an agent as it is known now."""

    states: frozenset[str] = frozenset()
    """Of its agents, mostly one."""
    zone: str = ""
    last_seen: datetime | None = None
    """When a summary last listed its agent."""
    tasks: int | None = None
    """Running there, as last known."""
    heard: Sequence[Heard] = ()
    port_failing_since: datetime | None = None
    port_answered_at: datetime | None = None
    held_for_lost: bool = False
    """The leader counts it among the unreachable, though its registry has not been read since."""
    maintenance: str = ""
    """As Mesos knows it: draining or down; empty where there is none now."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What agents are judged by."""

    now: datetime
    hosts: Mapping[str, Host]
    timeouts: Timeouts = field(default_factory=Timeouts)
    tasks_running: int | None = None
    """On all active agents together."""
    samples: Samples = field(default_factory=Samples)
    """Of the summary."""
    elected_at: datetime | None = None
    """Since when the leader leads; None where that is not known."""
    left_as: Mapping[str, str] = field(default_factory=dict)
    """The state in which each agent was that lately went from the list, by its host."""
    back_by: Mapping[str, int] = field(default_factory=dict)
    """The event by which an agent was first back after an operator had closed its loss, by its host."""

    def host(self, name: str) -> Host:
        return self.hosts.get(name, Host())


def told(event: Event, book: Book, known: Known) -> None:
    """What a change of an agent's state does."""
    incident = book.get(About.AGENT, event.subject)
    match event.after:
        case Agent.INACTIVE if incident is None:
            _begin(event, book, known, timeout=known.timeouts.agent_lost)
        case Agent.UNREGISTERED:
            _left(event, book, known, incident)
        case Agent.UNREACHABLE:
            _declared(event, book, known, incident)
        case _ if incident is not None:
            _ended(event, book, incident)


def settle(held: Sequence[Event], book: Book, known: Known) -> None:
    """Of agents that went from the list at once, begin those that the leader counts as lost; the others left in good order,
    or the registry will tell."""
    for event in held:
        incident = book.get(About.AGENT, event.subject)
        lost = known.host(event.subject).held_for_lost
        if incident is None and lost and not _is_closed(event, book, known):
            incident = _begin(event, book, known, timeout=known.timeouts.agent_lost)
            _declare(incident, event.taken_at)


def count(book: Book, known: Known) -> None:
    """How many tasks ran before those were lost that are new: those that run elsewhere, and those of all agents that are away."""
    if known.tasks_running is None:
        return
    lost = book.of_kind(About.AGENT)
    before = known.tasks_running + sum(one.tasks_at_risk or 0 for one in lost if one.rescheduled_at is None)
    for incident in lost:
        if incident.tasks_running_before is None and incident.tasks_at_risk is not None and not incident.rescheduled_at:
            incident.tasks_running_before = before
            book.change(incident)


def judge(incident: Incident, book: Book, known: Known) -> None:
    """Look again at one that is open: whose failure it is, whether its tasks run again, whether it will come back."""
    host = known.host(incident.subject)
    found = hosts.judge(host.heard, silent_since(incident), known.now)
    if found.kind != incident.kind and found.kind != Kind.AGENT_OR_HOST:
        incident.kind, incident.kind_reason = found.kind, found.reason
        book.change(incident)
    if _runs_again(incident, known):
        incident.rescheduled_at = known.now
        book.change(incident)
    effect = _effect(incident)
    if effect != incident.effect:
        incident.effect = effect
        book.change(incident)
    if incident.declared_at and known.now - incident.declared_at > LOST_FOR_GOOD and Agent.ACTIVE not in host.states:
        book.end(incident, State.ENDED, known.now)


def _left(event: Event, book: Book, known: Known, incident: Incident | None) -> None:
    if incident is not None:
        if event.taken_at < silent_since(incident):
            return  # it is of a silence before this one
        if incident.declared_at is None and event.before != Agent.REREGISTERING:
            _declare(incident, event.taken_at)
            book.change(incident)
        book.link(incident, event, "Mesos lists it no longer")
    elif event.before == Agent.REREGISTERING and _is_waited_for(event, known) and not _is_closed(event, book, known):
        _begin(event, book, known, timeout=known.timeouts.agent_back)


def _is_waited_for(event: Event, known: Known) -> bool:
    """Whether a new leader waits for it. Many that are taken away at once look like that at first, and left in good order."""
    return known.elected_at is None or event.taken_at - known.elected_at < ELECTED_LATELY


def _declared(event: Event, book: Book, known: Known, incident: Incident | None) -> None:
    """By the registry, with the time by Mesos' own clock."""
    if incident is None:
        if _is_closed(event, book, known):
            return
        incident = _begin(event, book, known, timeout=known.timeouts.agent_lost)
    _declare(incident, event.taken_at)
    book.change(incident)
    book.link(incident, event, "Mesos declared it unreachable")


def _is_closed(event: Event, book: Book, known: Known) -> bool:
    """Whether it tells more of a loss that an operator has closed: the agent was not back since."""
    if (About.AGENT, event.subject) not in book.closed:
        return False
    back_by = known.back_by.get(event.subject)
    return back_by is None or back_by > event.pk


def _declare(incident: Incident, at: datetime) -> None:
    incident.declared_at = max(at, silent_since(incident))


def _ended(event: Event, book: Book, incident: Incident) -> None:
    book.link(incident, event, f"it is {Agent(event.after).label.lower()} now")
    if event.after == Agent.ACTIVE:
        book.end(incident, State.RECOVERED, event.taken_at)
        incident.effect = _effect(incident)
        return
    if event.after == Agent.GONE and event.taken_at <= incident.began_at + GONE_TOGETHER:
        incident.planned, incident.planned_reason = True, "An operator marked it gone"
    if event.after in (Agent.GONE, *SET_ASIDE):
        book.end(incident, State.ENDED, event.taken_at)


def _begin(event: Event, book: Book, known: Known, *, timeout: Timeout | None) -> Incident:
    host = known.host(event.subject)
    began_at, last_good_at = _silence(event, known)
    before = known.left_as.get(event.subject, event.before) if event.before == Agent.UNREGISTERED else event.before
    planned = _planned(before, host)
    incident = book.begin(
        Incident(
            about=About.AGENT,
            kind=Kind.AGENT_OR_HOST,
            kind_reason=hosts.NOTHING_HEARD,
            subject=event.subject,
            name=event.name or event.subject,
            planned=bool(planned),
            planned_reason=planned,
            began_at=began_at,
            last_good_at=last_good_at,
            detected_at=event.seen_at,
        )
    )
    incident.tasks_at_risk, incident.tasks_running_before = host.tasks, None
    incident.timeout_seconds = timeout.seconds if timeout else None
    incident.timeout_reason = timeout.reason if timeout else ""
    incident.effect = _effect(incident)
    book.link(incident, event, "Mesos lost it" if event.after == Agent.INACTIVE else "Mesos lists it no longer")
    return incident


def _planned(before: str, host: Host) -> str:
    """Why it may be away, by the state it was in; empty where nobody meant it to."""
    if before in SET_ASIDE:
        return f"It was {Agent(before).label.lower()} before"
    return f"Its machine is under maintenance: {host.maintenance}" if host.maintenance else ""


def _silence(event: Event, known: Known) -> tuple[datetime, datetime | None]:
    """When it began, and the last good sample: of one that hung while it was listed, its own port may tell both."""
    host = known.host(event.subject)
    if event.after == Agent.INACTIVE:
        return event.taken_at, known.samples.before(event.taken_at)
    since = host.port_failing_since
    if since is not None and timedelta() < event.taken_at - since < LONGEST_UNSEEN:
        return since, host.port_answered_at
    return event.taken_at, host.last_seen if host.last_seen and host.last_seen <= event.taken_at else None


def _runs_again(incident: Incident, known: Known) -> bool:
    if incident.rescheduled_at is not None or incident.declared_at is None or not incident.tasks_at_risk:
        return False
    before, running = incident.tasks_running_before, known.tasks_running
    return before is not None and running is not None and running >= before


def _effect(incident: Incident) -> str:
    tasks = incident.tasks_at_risk
    if tasks is None:
        return "How many tasks ran there is not known"
    if not tasks:
        return "No task ran there"
    ran = figures.counted(tasks, "task")
    if incident.declared_at is not None:
        placed = "; as many run again as before" if incident.rescheduled_at else ""
        return f"{ran} given up when Mesos declared it lost{placed}"
    if incident.state == State.RECOVERED:
        return f"{ran} were at risk; it was back before Mesos gave them up"
    return f"{ran} at risk"
