"""Events as sentences, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Q, QuerySet

from collectors.errors import ANSWERED, Outcome
from collectors.sources import SOURCES_BY_NAME
from dashboard import figures
from dashboard.models import App, Cluster, Event, Framework, Node, TaskFailures
from dashboard.models.components import Health
from dashboard.queries import happenings_of_apps, happenings_of_rules, marks
from dashboard.queries.reasons import WORDS

Kind = Event.Kind
TOLD_ELSEWHERE = frozenset({Kind.ALERT, Kind.TASKS_FAILED, Kind.TASK_FAILED, Kind.APP_SCALED, Kind.DEPLOYMENT})
"""An alert repeats the change it came from; a crash loop, an app that is scaled up and down, and jobs that are deployed would
each fill the list by themselves. All have pages of their own."""
TOLD_ONCE = frozenset({Kind.APP_STATE, Kind.APP_VERSION})
"""Of one app only the latest of each of these is told: one that flaps goes from state to state each minute."""
MOST_LOOKED_AT = 400
"""Changes that are looked at for those that are told."""
CHANGES = tuple(kind for kind in Kind if kind not in TOLD_ELSEWHERE)
Link = tuple[str, ...]
"""Name of a page and what comes after the cluster in its address; empty where there is nothing more to see."""
LONGEST_VALUE = 60
"""A flag may be a page long: so many characters of it stand in a sentence."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One change: what an operator reads, its mark (or "note" where it is neither good nor bad), and where to look."""

    id: int
    taken_at: datetime
    mark: str
    text: str
    link: Link


def recent(
    cluster: Cluster, now: datetime, *, within: timedelta, limit: int, kinds: Iterable[Kind] = CHANGES
) -> list[Happening]:
    """The latest changes of these kinds, newest first. One query."""
    found = _changes(cluster, kinds).filter(taken_at__gt=now - within)
    looked_at = found.order_by("-taken_at", "-id")[: max(limit, MOST_LOOKED_AT)]
    return [told(event) for event in islice(_once(looked_at), limit)]


def _changes(cluster: Cluster, kinds: Iterable[Kind]) -> QuerySet[Event]:
    """Without the beginnings of deployments and their good ends, which are the same change as the new configuration."""
    deployed = Q(after=App.State.DEPLOYING) | Q(before=App.State.DEPLOYING, after=App.State.RUNNING)
    found = Event.objects.filter(cluster=cluster, kind__in=list(kinds))
    return found.exclude(deployed, kind=Kind.APP_STATE)


def _once(events: Iterable[Event]) -> Iterator[Event]:
    """Newest first: without what a later change of the same app has overtaken."""
    seen: set[tuple[str, str]] = set()
    for event in events:
        if event.kind in TOLD_ONCE:
            if (event.kind, event.subject) in seen:
                continue
            seen.add((event.kind, event.subject))
        yield event


def last(cluster: Cluster) -> Happening | None:
    """The latest change, however long ago; None when nothing ever changed. One query."""
    event = _changes(cluster, CHANGES).order_by("-taken_at", "-id").first()
    return None if event is None else told(event)


def told(event: Event) -> Happening:
    mark, text, link = SENTENCES[Kind(event.kind)](event)
    return Happening(id=event.pk, taken_at=event.taken_at, mark=mark, text=text, link=link)


Sentence = tuple[str, str, Link]


def _agent_state(event: Event) -> Sentence:
    mark = marks.AGENT[Node.State(event.after)].mark
    text = {
        Node.State.ACTIVE: f"{event.name} is back" if event.before else f"{event.name} joined",
        Node.State.INACTIVE: f"{event.name} lost its connection to Mesos",
        Node.State.UNREGISTERED: f"{event.name} is no longer registered with Mesos",
        Node.State.DEACTIVATED: f"{event.name} was deactivated",
        Node.State.DRAINING: f"{event.name} is draining",
        Node.State.UNREACHABLE: f"{event.name} is unreachable: Mesos gave up waiting for it",
        Node.State.GONE: f"{event.name} was marked gone by an operator",
    }.get(Node.State(event.after), f"{event.name} is {event.after}")
    return (mark if event.before else "note"), text, ("node", event.subject)


def _agent_id(event: Event) -> Sentence:
    return "note", f"{event.name} registered under a new agent id", ("node", event.subject)


def _agent_restart(event: Event) -> Sentence:
    return "warn", f"The agent process on {event.name} restarted", ("node", event.subject)


def _agent_registered(event: Event) -> Sentence:
    if event.after == "registered":
        return "good", f"The agent on {event.name} says that it is registered again", ("node", event.subject)
    return "bad", f"The agent on {event.name} says that it is not registered with a master", ("node", event.subject)


def _flag(event: Event) -> Sentence:
    role = event.subject.partition("/")[0]
    what = f"Flag {event.name} of {role} {event.place}"
    link: Link = ("masters",) if role == "master" else ("node", event.place)
    if not event.before:
        return "note", f"{what} is set: {_short(event.after)}", link
    if not event.after:
        return "note", f"{what} is set no longer; it was {_short(event.before)}", link
    return "note", f"{what} went from {_short(event.before)} to {_short(event.after)}", link


def _short(value: str) -> str:
    return value if len(value) <= LONGEST_VALUE else f"{value[: LONGEST_VALUE - 1]}…"


def _framework_state(event: Event) -> Sentence:
    if not event.before:
        return "note", f"Framework {event.name} registered", ()
    state = marks.FRAMEWORK[Framework.State(event.after)]
    return state.mark, f"Framework {event.name} is {state.word.lower()}", ()


def _leader(event: Event) -> Sentence:
    if not event.after:
        return "bad", f"No master leads any more; {event.before} led", ("masters",)
    if event.after == event.before:
        return "warn", f"{event.after} leads again after its restart", ("masters",)
    came = f", after {event.before}" if event.before else ""
    return "warn", f"{event.after} leads{came}", ("masters",)


def _master_restart(event: Event) -> Sentence:
    return "warn", f"Master {event.name} restarted", ("masters",)


def _master_answer(event: Event) -> Sentence:
    if event.after in ANSWERED:
        return "good", f"Master {event.name} answers again", ("masters",)
    return "bad", f"Master {event.name} stopped answering: {WORDS[Outcome(event.after)]}", ("masters",)


def _unit_health(event: Event) -> Sentence:
    word = event.after.lower() if event.after != "N/A" else event.after
    mark = next((mark.mark for health, mark in marks.HEALTH.items() if Health(health).label == event.after), "note")
    link = ("unit_on_node", event.subject, event.place)
    return (mark if event.before else "note"), f"{event.name} {word} on {event.place}", link


def _node_health(event: Event) -> Sentence:
    if event.after == Health.NO_DATA.label:
        return "unk", f"No component data from {event.name}", ("components",)
    return "good", f"Component data from {event.name} again", ("components",)


def _collection(event: Event) -> Sentence:
    if event.subject == Event.STORAGE:
        return _storage(event)
    if event.subject == Event.RETENTION:
        return "note", f"{event.by} changed how long history is kept: {event.name}", ("storage",)
    source = SOURCES_BY_NAME[event.place or event.subject].title
    what = f"{source} of {event.subject}" if event.place else source
    if event.after in ANSWERED:
        return "good", f"{what}: collected again", ("collection",)
    return "warn", f"{what}: {WORDS[Outcome(event.after)]}", ("collection",)


def _storage(event: Event) -> Sentence:
    if event.after == "paused":
        return "bad", f"{event.name}: collecting is paused, nothing is polled", ("collection",)
    return (
        "good",
        f"Collecting goes on after a pause of {event.name}: what happened meanwhile is not known",
        ("collection",),
    )


def _pace(event: Event) -> Sentence:
    source, before, after = SOURCES_BY_NAME[event.subject].title, int(event.before), int(event.after)
    mark = "warn" if after > before else "note"
    return mark, f"{source}: asked every {figures.duration(after)}, {event.name}", ("collection",)


def _version(event: Event) -> Sentence:
    return "note", f"{event.name} went from {event.before} to {event.after}", ()


def _tasks_failed(event: Event) -> Sentence:
    count = TaskFailures.between(event.before, event.after)
    return "warn", f"{figures.counted(count, 'task')} of {event.name} failed", ()


def _two_leaders(event: Event) -> Sentence:
    if event.after:
        return "bad", f"More than one master claims to lead: {event.after}", ("masters",)
    return "good", f"One master leads again; {event.before} had claimed to", ("masters",)


def _maintenance(event: Event) -> Sentence:
    word = Node.Maintenance
    ended = f"{event.name} is up again after maintenance"
    mark, text = {
        word.SCHEDULED: ("note", f"Maintenance of {event.name} is scheduled"),
        word.DRAINING: ("note", f"Maintenance of {event.name} is due: frameworks are asked to leave it"),
        word.DOWN: ("mute", f"{event.name} was taken down for maintenance"),
        word.NONE: ("good", ended) if event.before == word.DOWN else ("note", f"Maintenance of {event.name} is off"),
    }[word(event.after)]
    return mark, text, ("node", event.subject)


SENTENCES: dict[Event.Kind, Callable[[Event], Sentence]] = {
    Kind.AGENT_STATE: _agent_state,
    Kind.AGENT_ID: _agent_id,
    Kind.AGENT_RESTART: _agent_restart,
    Kind.AGENT_REGISTERED: _agent_registered,
    Kind.FLAG: _flag,
    Kind.FRAMEWORK_STATE: _framework_state,
    Kind.LEADER: _leader,
    Kind.MASTER_RESTART: _master_restart,
    Kind.MASTER_ANSWER: _master_answer,
    Kind.UNIT_HEALTH: _unit_health,
    Kind.NODE_HEALTH: _node_health,
    Kind.COLLECTION: _collection,
    Kind.PACE: _pace,
    Kind.VERSION: _version,
    Kind.TASKS_FAILED: _tasks_failed,
    Kind.TWO_LEADERS: _two_leaders,
    Kind.MAINTENANCE: _maintenance,
    **happenings_of_apps.SENTENCES,
    **happenings_of_rules.SENTENCES,
}
