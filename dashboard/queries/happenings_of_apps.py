"""Events of apps, their tasks, deployments and Marathons as sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable

from dashboard import applications
from dashboard.models import App, Event
from dashboard.queries import task_reasons

Kind, State = Event.Kind, App.State
Link = tuple[str, ...]
Sentence = tuple[str, str, Link]
GONE = "gone"
"""Word of an event for an app that its Marathon lists no more (store/app_states.py)."""
STATES = {
    State.SUSPENDED: ("mute", "is suspended: no instance is wanted"),
    State.RUNNING: ("good", "runs"),
    State.DEPLOYING: ("note", "is being deployed"),
    State.WAITING: ("warn", "waits for an offer that fits"),
    State.DEGRADED: ("warn", "is degraded: not all of its instances run and are well"),
    State.DELAYED: ("warn", "is delayed: Marathon rests before it launches again what failed"),
    State.UNHEALTHY: ("bad", "is unhealthy: no instance runs, or none is healthy"),
}
LONGEST_NAME = 80
"""A deployment may touch a thousand apps: so many characters of their names stand in a sentence."""


def app_link(key: str) -> Link:
    """To the page of an app by its subject key; empty where it is no app's."""
    found = applications.of_key(key)
    return ("app", found[0], found[1].lstrip("/")) if found and found[1] != "/" else ()


def _app_state(event: Event) -> Sentence:
    link = app_link(event.subject)
    if event.after == GONE:
        return "note", f"App {event.name} was removed", ()
    if event.before == GONE:
        return "note", f"App {event.name} is back", link
    mark, words = STATES[State(event.after)]
    if not event.before:
        return "note", f"App {event.name} is new", link
    again = " again" if event.after == State.RUNNING and event.before != State.DEPLOYING else ""
    return mark, f"App {event.name} {words}{again}", link


def _app_version(event: Event) -> Sentence:
    return "note", f"App {event.name} has a new configuration, of {event.after}", app_link(event.subject)


def _app_scaled(event: Event) -> Sentence:
    return "note", f"App {event.name} was scaled from {event.before} to {event.after}", app_link(event.subject)


def _task_failed(event: Event) -> Sentence:
    on = f" on {event.place}" if event.place else ""
    what = f"A task of {event.name or event.subject}{on}"
    if not event.before:  # many at once, whose reasons differ
        return "warn", f"{what} {task_reasons.told(event.after)}", ()
    return "warn", f"{what} {task_reasons.shown(event.after)}", ("task", event.before, event.subject)


def _deployment(event: Event) -> Sentence:
    apps = event.name if len(event.name) <= LONGEST_NAME else f"{event.name[: LONGEST_NAME - 1]}…"
    of = f" of {apps}" if apps else ""
    return "note", f"Deployment{of} {'began' if event.after == 'running' else 'is over'}", ()


def _marathon_leader(event: Event) -> Sentence:
    if not event.after:
        return "bad", f"No instance of Marathon {event.subject} leads any more; {event.before} led", ()
    came = f", after {event.before}" if event.before else ""
    return "warn", f"{event.after} leads Marathon {event.subject}{came}", ()


SENTENCES: dict[Event.Kind, Callable[[Event], Sentence]] = {
    Kind.APP_STATE: _app_state,
    Kind.APP_VERSION: _app_version,
    Kind.APP_SCALED: _app_scaled,
    Kind.TASK_FAILED: _task_failed,
    Kind.DEPLOYMENT: _deployment,
    Kind.MARATHON_LEADER: _marathon_leader,
}
