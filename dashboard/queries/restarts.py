"""Restarts of masters, agents, components and schedulers, out of the events that tell of them.

A restart of a master or of an agent process is told by its start time; an agent that Mesos lost and has back counts too; of a
component it is its turn to unhealthy, of a scheduler its disconnection. How long a life was is known only where its beginning
was seen too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.models import Cluster, Event, Framework, Node
from dashboard.models.components import Health

Kind = Event.Kind

TOLD_TWICE = timedelta(minutes=2)
"""An agent's restart and its loss or return to Mesos are one restart if they are no further apart."""
MOST_EVENTS = 20_000
LOST = (Node.State.INACTIVE, Node.State.UNREGISTERED, Node.State.UNREACHABLE)
DOWN = (Framework.State.DISCONNECTED, Framework.State.INACTIVE)
KINDS = (Kind.MASTER_RESTART, Kind.AGENT_RESTART, Kind.AGENT_STATE, Kind.UNIT_HEALTH, Kind.FRAMEWORK_STATE)


class What(StrEnum):
    """What restarts."""

    MASTER = "master"
    AGENT = "agent"
    COMPONENT = "component"
    SCHEDULER = "scheduler"
    APP = "app"
    """By its tasks, and not by events: `queries/app_restarts.py`."""


@dataclass(frozen=True)
class Restart:
    """When a life ended or the next one began, and how long the one that ended was; None where that is not known."""

    at: datetime
    life: timedelta | None = None
    up: bool = True
    """False on the last one of a thing that has not come back since."""
    back_at: datetime | None = None
    """On the last one: when the life after it began, where that was later."""

    @property
    def lives_from(self) -> datetime:
        return self.back_at or self.at


@dataclass(frozen=True)
class Subject:
    """A thing that restarts. `key` is a master's place, a host, a unit, a framework's id or an app's key; `host` where it is, if
    anywhere."""

    what: What
    key: str
    host: str
    name: str


@dataclass
class _Life:
    """What is known of one thing while its events are read, oldest first."""

    restarts: list[Restart] = field(default_factory=list)
    returns: list[tuple[datetime, Restart]] = field(default_factory=list)
    """Of an agent: when it was lost, and its return."""
    up_at: datetime | None = None
    down_at: datetime | None = None
    """Since when it is down; None while it is up, as far as was told."""


def restarts(cluster: Cluster, since: datetime) -> dict[Subject, list[Restart]]:
    """Of everything that restarted, oldest first. One query; of very many events only the latest are looked at."""
    told = Event.objects.filter(cluster=cluster, kind__in=KINDS, taken_at__gt=since).order_by("-taken_at", "-pk")
    return of_events(list(told[:MOST_EVENTS])[::-1])


def of_events(events: Iterable[Event]) -> dict[Subject, list[Restart]]:
    """The same out of events, oldest first. Pure."""
    lives: dict[tuple[What, str, str], _Life] = {}
    names: dict[tuple[What, str, str], str] = {}
    for event in events:
        what = WHAT[Kind(event.kind)]
        key = (what, event.subject, event.place if what is What.COMPONENT else "")
        names[key] = event.name or event.subject
        _tell(lives.setdefault(key, _Life()), event)
    found = {_subject(key, names[key]): _all(life) for key, life in lives.items()}
    return {subject: told for subject, told in found.items() if told}


WHAT = {
    Kind.MASTER_RESTART: What.MASTER,
    Kind.AGENT_RESTART: What.AGENT,
    Kind.AGENT_STATE: What.AGENT,
    Kind.UNIT_HEALTH: What.COMPONENT,
    Kind.FRAMEWORK_STATE: What.SCHEDULER,
}


def _subject(key: tuple[What, str, str], name: str) -> Subject:
    what, subject, place = key
    host = {What.COMPONENT: place, What.SCHEDULER: ""}.get(what, subject)
    return Subject(what=what, key=subject, host=host, name=name)


def _tell(life: _Life, event: Event) -> None:
    match event.kind:
        case Kind.MASTER_RESTART | Kind.AGENT_RESTART:
            life.restarts.append(Restart(event.taken_at, _between(event.before, event.after)))
        case Kind.AGENT_STATE:
            _tell_agent(life, event)
        case Kind.UNIT_HEALTH if event.after == Health.UNHEALTHY.label:
            _turn_down(life, event.taken_at, known=bool(event.before))
        case Kind.FRAMEWORK_STATE if event.after in DOWN:
            _turn_down(life, event.taken_at, known=event.before not in DOWN)
        case Kind.UNIT_HEALTH if event.after == Health.HEALTHY.label:
            life.up_at, life.down_at = event.taken_at, None
        case Kind.FRAMEWORK_STATE if event.after == Framework.State.ACTIVE:
            life.up_at, life.down_at = event.taken_at, None
        case _:
            # Neither up nor down: without data, or completed.
            life.down_at = None


def _turn_down(life: _Life, at: datetime, *, known: bool) -> None:
    """A turn to worse; what was bad when it was first seen has not turned."""
    if known:
        life.restarts.append(Restart(at, at - life.up_at if life.up_at else None))
    life.up_at, life.down_at = None, at


def _tell_agent(life: _Life, event: Event) -> None:
    if event.after in LOST and event.before not in LOST:
        life.down_at = event.taken_at
    elif event.after == Node.State.ACTIVE and event.before in LOST:
        lost_at = life.down_at or event.taken_at
        lived = lost_at - life.up_at if life.up_at and life.down_at else None
        life.returns.append((lost_at, Restart(event.taken_at, lived)))
        life.up_at, life.down_at = event.taken_at, None
    elif event.after not in LOST:
        # Drained, deactivated or given up: no longer expected back.
        life.down_at = None


def _all(life: _Life) -> list[Restart]:
    """Its restarts, and those returns that no restart explains."""
    alone = [back for lost_at, back in life.returns if not _explained(lost_at, back.at, life.restarts)]
    told = sorted([*life.restarts, *alone], key=lambda one: one.at)
    if not told:
        return []
    back_at = life.up_at if life.up_at and life.up_at > told[-1].at else None
    return [*told[:-1], replace(told[-1], up=life.down_at is None, back_at=back_at)]


def _explained(lost_at: datetime, back_at: datetime, told: Sequence[Restart]) -> bool:
    return any(lost_at - TOLD_TWICE <= one.at <= back_at + TOLD_TWICE for one in told)


def _between(before: str, after: str) -> timedelta | None:
    """From one start to the next, as the event has them."""
    try:
        return datetime.fromisoformat(after) - datetime.fromisoformat(before)
    except (ValueError, TypeError):
        return None
