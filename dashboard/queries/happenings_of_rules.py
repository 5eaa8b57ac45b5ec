"""Events of alerts, rules and silences as sentences. Pure."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.models import Alert, Event

Kind = Event.Kind
Link = tuple[str, ...]
Sentence = tuple[str, str, Link]


def _alert(event: Event) -> Sentence:
    mark = {Alert.State.FIRING.label: "warn", Alert.State.RESOLVED.label: "good"}.get(event.after, "note")
    return mark, f"{event.after}: {event.name}", ("alert", str(event.alert_id)) if event.alert_id else ("alerts",)


def _rule(event: Event) -> Sentence:
    """An operator's own rule may have been deleted since: its events lead to the list."""
    link: Link = ("rules",) if event.subject.startswith("own-") else ("rule", event.subject)
    was = f" (before: {event.before})" if event.before else ""
    return "note", f"Rule {event.name}: {event.after}{was}{_by(event)}", link


def _silence(event: Event) -> Sentence:
    return "note", f"{event.place} of {event.name}: {event.after.lower()}{_by(event)}", ("silences",)


def _by(event: Event) -> str:
    """Whose doing it was; nothing where it came about of itself."""
    return f", by {event.by}" if event.by else ""


SENTENCES: dict[Event.Kind, Callable[[Event], Sentence]] = {
    Kind.ALERT: _alert,
    Kind.RULE: _rule,
    Kind.SILENCE: _silence,
}
