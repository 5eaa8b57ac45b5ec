"""Events as sentences, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from collectors.errors import ANSWERED, Outcome
from collectors.sources import SOURCES_BY_NAME
from dashboard.models import Cluster, Event, Framework, Node
from dashboard.models.components import Health
from dashboard.queries import marks
from dashboard.queries.reasons import WORDS

Kind = Event.Kind
Link = tuple[str, ...]
"""Name of a page and what comes after the cluster in its address; empty where there is nothing more to see."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """One change: what an operator reads, its mark (or "note" where it is neither good nor bad), and where to look."""

    id: int
    taken_at: datetime
    mark: str
    text: str
    link: Link


def recent(
    cluster: Cluster, now: datetime, *, within: timedelta, limit: int, kinds: Iterable[Kind] = Kind
) -> list[Happening]:
    """The latest changes of these kinds, newest first. One query."""
    found = Event.objects.filter(cluster=cluster, taken_at__gt=now - within, kind__in=list(kinds))
    return [told(event) for event in found.order_by("-taken_at", "-id")[:limit]]


def last(cluster: Cluster) -> Happening | None:
    """The latest change of all, however long ago; None when nothing ever changed. One query."""
    event = Event.objects.filter(cluster=cluster).order_by("-taken_at", "-id").first()
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
    }.get(Node.State(event.after), f"{event.name} is {event.after}")
    return (mark if event.before else "note"), text, ("node", event.subject)


def _agent_id(event: Event) -> Sentence:
    return "note", f"{event.name} registered under a new agent id", ("node", event.subject)


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
    source = SOURCES_BY_NAME[event.place or event.subject].title
    what = f"{source} of {event.subject}" if event.place else source
    if event.after in ANSWERED:
        return "good", f"{what}: collected again", ("collection",)
    return "warn", f"{what}: {WORDS[Outcome(event.after)]}", ("collection",)


def _version(event: Event) -> Sentence:
    return "note", f"{event.name} went from {event.before} to {event.after}", ()


SENTENCES: dict[Event.Kind, Callable[[Event], Sentence]] = {
    Kind.AGENT_STATE: _agent_state,
    Kind.AGENT_ID: _agent_id,
    Kind.FRAMEWORK_STATE: _framework_state,
    Kind.LEADER: _leader,
    Kind.MASTER_RESTART: _master_restart,
    Kind.MASTER_ANSWER: _master_answer,
    Kind.UNIT_HEALTH: _unit_health,
    Kind.NODE_HEALTH: _node_health,
    Kind.COLLECTION: _collection,
    Kind.VERSION: _version,
}
