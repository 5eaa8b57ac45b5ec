"""The single changes of an alert in its life: it begins to fire, recovers, gets another severity, ends. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.alerts.conditions import Limits
from dashboard.alerts.definition import Measured
from dashboard.models import Alert, Rule, Severity

State = Alert.State

LEAST_BETWEEN = timedelta(minutes=5)
"""An alert that fires goes on at least so long, and fires again after it ended no sooner."""
CALM_AFTER = timedelta(minutes=30)
"""One that flaps is calm when nothing changed for so long."""
NO_DATA, FLAPPING = "No data", "Flapping"
"""Words of events beside the labels of the states and severities."""
RULE_CHANGED = "the rule was changed"


@dataclass(frozen=True)
class Turn:
    """One change of an alert, as its event tells it: from which word to which, and why where that is not plain."""

    before: str
    after: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Looking:
    """One evaluation, as far as one rule is concerned."""

    now: datetime
    rule: Rule
    limits: Limits
    interrupted: bool = False
    """Too long after the evaluation before, or the clock was set back: nobody knows what held in between."""

    @property
    def held_for(self) -> timedelta:
        return timedelta(seconds=self.rule.for_seconds)

    @property
    def clear_for(self) -> timedelta:
        return timedelta(seconds=self.rule.clear_seconds)


def pend(alert: Alert, found: Measured, looking: Looking, not_before: datetime | None) -> list[Turn]:
    broken = looking.limits.broken(found)
    if not broken:
        end(alert, looking)
        return []
    _follow_critical(alert, found, looking)
    alert.severity = broken
    if looking.now < (not_before or looking.now) or looking.now - alert.pending_since < looking.held_for:
        return _limited(alert, found, looking, [])
    if broken == Severity.CRITICAL and not _critical_long_enough(alert, looking):
        if not looking.limits.breaks(Severity.WARNING, found):
            return _limited(alert, found, looking, [])
        alert.severity = Severity.WARNING
    alert.state, alert.fired_at, alert.changed_at = State.FIRING, looking.now, looking.now
    return _limited(alert, found, looking, [Turn(State.PENDING.label, State.FIRING.label)])


def go_on(alert: Alert, found: Measured, looking: Looking) -> list[Turn]:
    """One that fires or recovers, with its rule as it was."""
    _follow_critical(alert, found, looking)
    if alert.severity == Severity.WARNING and alert.critical_at and _critical_long_enough(alert, looking):
        return _limited(alert, found, looking, [*_fire(alert, looking), _become(alert, Severity.CRITICAL, looking)])
    if looking.limits.holds(alert.severity, found):
        alert.recovering_since = None
        return _fire(alert, looking)
    if alert.severity == Severity.CRITICAL and looking.limits.holds(Severity.WARNING, found):
        return _fire(alert, looking) + _ease(alert, found, looking)
    if alert.severity == Severity.WARNING and looking.limits.breaks(Severity.CRITICAL, found):
        return _fire(alert, looking)
    return _recover(alert, looking)


def follow_rule(alert: Alert, found: Measured, looking: Looking) -> list[Turn]:
    """Where its limit is another one than before, the alert is judged by the new one at once, without waiting."""
    limit = looking.limits.of(alert.severity)
    if limit is not None and limit.limit == alert.limit:
        return []
    broken = looking.limits.broken(found)
    if not broken:
        return [resolve(alert, looking, RULE_CHANGED)]
    _follow_critical(alert, found, looking)
    turns = _fire(alert, looking)
    if broken != alert.severity and (broken == Severity.WARNING or limit is None):
        turns.append(_become(alert, Severity(broken), looking, RULE_CHANGED))
    return _limited(alert, found, looking, turns)


def without_limit(alert: Alert, looking: Looking) -> list[Turn]:
    """The limit it fires by was switched off while nothing is known: what was critical is at least a warning."""
    if alert.severity == Severity.CRITICAL and looking.limits.of(Severity.WARNING) is not None:
        return _limited(alert, None, looking, [_become(alert, Severity.WARNING, looking, RULE_CHANGED)])
    return [resolve(alert, looking, RULE_CHANGED)]


def resolve(alert: Alert, looking: Looking, why: str) -> Turn:
    before = NO_DATA if alert.unknown_since else State(alert.state).label
    end(alert, looking)
    return Turn(before, State.RESOLVED.label, why)


def end(alert: Alert, looking: Looking) -> None:
    alert.state, alert.ended_at, alert.changed_at = State.RESOLVED, looking.now, looking.now
    alert.recovering_since, alert.flapping, alert.inhibited_by = None, False, ""


def note_value(alert: Alert, found: Measured | None, looking: Looking) -> None:
    """The value as it is held against the limit of its severity; unknown leaves the last known."""
    if found is None or found.value is None:
        return
    limit = looking.limits.of(alert.severity)
    alert.value = limit.value_of(found) if limit else found.value
    alert.worst = worse(alert.worst, alert.value, looking.rule)


def worse(known: float | None, value: float | None, rule: Rule) -> float | None:
    if known is None or value is None:
        return known if value is None else value
    return max(known, value) if rule.comparison == Rule.Comparison.ABOVE else min(known, value)


def _fire(alert: Alert, looking: Looking) -> list[Turn]:
    """It fires on, or again after it had begun to recover; one that flapped and has been firing for long is steady."""
    if alert.state == State.RECOVERING:
        alert.state, alert.changed_at, alert.recovering_since = State.FIRING, looking.now, None
    if alert.flapping and looking.now - alert.changed_at >= CALM_AFTER:
        alert.flapping = False
        return [Turn(FLAPPING, State.FIRING.label, "steady for half an hour")]
    return []


def _ease(alert: Alert, found: Measured, looking: Looking) -> list[Turn]:
    """The critical limit is cleared and the warning's holds: after the same time as for an end it is a warning."""
    alert.recovering_since = alert.recovering_since or looking.now
    if not _long_enough(alert, looking):
        return []
    alert.recovering_since = alert.critical_at = None
    return _limited(alert, found, looking, [_become(alert, Severity.WARNING, looking)])


def _recover(alert: Alert, looking: Looking) -> list[Turn]:
    if alert.state == State.FIRING:
        alert.state, alert.recovering_since = State.RECOVERING, looking.now
    if not _long_enough(alert, looking):
        return []
    return [resolve(alert, looking, "")]


def _long_enough(alert: Alert, looking: Looking) -> bool:
    """Whether it has recovered for as long as it takes; one that flaps has to be calm."""
    recovered_for = looking.now - (alert.recovering_since or looking.now)
    if alert.flapping and recovered_for < CALM_AFTER:
        return False
    return recovered_for >= looking.clear_for and looking.now - alert.changed_at >= LEAST_BETWEEN


def _follow_critical(alert: Alert, found: Measured, looking: Looking) -> None:
    if looking.limits.breaks(Severity.CRITICAL, found):
        alert.critical_at = alert.critical_at or looking.now
    elif alert.severity != Severity.CRITICAL or alert.state == State.PENDING:
        alert.critical_at = None


def _critical_long_enough(alert: Alert, looking: Looking) -> bool:
    return alert.critical_at is not None and looking.now - alert.critical_at >= looking.held_for


def _become(alert: Alert, severity: Severity, looking: Looking, why: str = "") -> Turn:
    before, alert.severity, alert.changed_at = Severity(alert.severity).label, severity.value, looking.now
    alert.worst = None  # the other severity's value may have another meaning
    return Turn(before, severity.label, why)


def _limited(alert: Alert, found: Measured | None, looking: Looking, turns: list[Turn]) -> list[Turn]:
    """Give it the limit of its severity, and the value that is held against it."""
    note_value(alert, found, looking)
    limit = looking.limits.of(alert.severity)
    alert.limit = limit.limit if limit else None
    return turns
