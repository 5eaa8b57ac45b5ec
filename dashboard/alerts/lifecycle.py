"""The life of one alert, from pending to resolved, one evaluation at a time. Pure: rows are changed in memory only.

What is known of a subject is one of three: it breaks a limit, it does not, or nothing is known. Unknown never starts an
alert and never ends one; only what is pending has to begin anew, because nobody can say that it held all the time.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.alerts.definition import Measured
from dashboard.alerts.transitions import (
    FLAPPING,
    NO_DATA,
    Looking,
    State,
    Turn,
    end,
    follow_rule,
    go_on,
    note_value,
    pend,
    resolve,
    without_limit,
    worse,
)
from dashboard.models import Alert, Severity

REOPENED_WITHIN = timedelta(minutes=30)
"""A subject that breaks its rule again so soon goes on with the same alert."""
MOST_TRANSITIONS = 4
"""More of them, an alert's beginnings and ends, within TRANSITIONS_WITHIN are flapping."""
TRANSITIONS_WITHIN = timedelta(hours=1)
UNLISTED_KEPT = timedelta(hours=1)
"""What its sources, all current, have not listed for so long is gone: its alert ends, and says so."""

UNLISTED = "no longer listed"
RULE_OFF = "the rule was switched off"


def begin(found: Measured, looking: Looking) -> Alert | None:
    """A pending alert where a limit is broken."""
    severity = looking.limits.broken(found)
    if not severity:
        return None
    return Alert(
        cluster_id=looking.rule.cluster_id,
        rule=looking.rule,
        subject=found.subject[:255],
        state=State.PENDING,
        severity=severity,
        pending_since=looking.now,
        critical_at=looking.now if severity == Severity.CRITICAL else None,
        changed_at=looking.now,
    )


def judge(alert: Alert, found: Measured, looking: Looking, *, not_before: datetime | None = None) -> list[Turn]:
    """Bring an open alert to what was found of its subject. One that is pending no longer ends without a turn.

    `not_before`: when it may fire at the earliest, because it ended a moment ago.
    """
    _set_right(alert, looking)
    if found.value is None:
        return unknown(alert, found.why, looking)
    turns = [Turn(NO_DATA, alert.get_state_display())] if alert.unknown_since else []
    alert.unknown_since, alert.unknown_why = None, ""
    _note(alert, found, looking)
    if alert.state == State.PENDING:
        return turns + pend(alert, found, looking, not_before)
    return turns + (follow_rule(alert, found, looking) or go_on(alert, found, looking))


def unknown(alert: Alert, why: str, looking: Looking) -> list[Turn]:
    """Nothing is known of its subject."""
    if alert.state == State.PENDING:
        end(alert, looking)
        return []
    first = alert.unknown_since is None
    if alert.unknown_since is None or (why == UNLISTED and (alert.unknown_why != UNLISTED or looking.interrupted)):
        alert.unknown_since = looking.now
    alert.unknown_why = (why or "nothing is known of it")[:255]
    alert.state, alert.recovering_since = State.FIRING, None
    if why == UNLISTED and looking.now - alert.unknown_since >= UNLISTED_KEPT:
        return [resolve(alert, looking, UNLISTED)]
    if looking.limits.of(alert.severity) is None:
        return without_limit(alert, looking)
    return [Turn(State.FIRING.label, NO_DATA, alert.unknown_why)] if first else []


def switched_off(alert: Alert, looking: Looking) -> list[Turn]:
    """The rule is off: whatever is known or not, nobody wants to hear of it any more."""
    if alert.state == State.PENDING:
        end(alert, looking)
        return []
    return [resolve(alert, looking, RULE_OFF)]


def drop_pending(alert: Alert, looking: Looking) -> None:
    """Where a rule is not judged for a while: what was pending begins anew after it, what fires stays."""
    if alert.state == State.PENDING:
        end(alert, looking)


def reopen(ended: Alert, again: Alert, looking: Looking, transitions: int) -> list[Turn]:
    """The alert that ended a moment ago goes on in place of the one that just fired; `transitions` of the last hour."""
    for name in ("severity", "value", "limit", "sentence", "name", "host", "reason", "measured_at"):
        setattr(ended, name, getattr(again, name))
    ended.worst = again.worst if ended.worst is None else worse(ended.worst, again.value, looking.rule)
    ended.pending_since, ended.critical_at = again.pending_since, again.critical_at
    ended.state, ended.fired_at, ended.changed_at = State.FIRING, looking.now, looking.now
    ended.ended_at = ended.recovering_since = ended.unknown_since = ended.settled_at = None
    ended.group, ended.unknown_why = None, ""
    turns = [Turn(State.RESOLVED.label, State.FIRING.label)]
    if transitions + 1 > MOST_TRANSITIONS:
        ended.flapping = True
        turns.append(Turn(State.FIRING.label, FLAPPING, f"{transitions + 1} changes within an hour"))
    return turns


def _set_right(alert: Alert, looking: Looking) -> None:
    """No time is ahead of now (the clock was set back), and none runs on across an interruption."""
    for name in ("pending_since", "critical_at", "recovering_since", "unknown_since", "changed_at"):
        moment = getattr(alert, name)
        if moment is not None and moment > looking.now:
            setattr(alert, name, looking.now)
    if not looking.interrupted:
        return
    if alert.state == State.PENDING:
        alert.pending_since = looking.now
    if alert.severity != Severity.CRITICAL or alert.state == State.PENDING:
        alert.critical_at = None if alert.critical_at is None else looking.now
    if alert.recovering_since is not None:
        alert.recovering_since = looking.now


def _note(alert: Alert, found: Measured, looking: Looking) -> None:
    """What was found, as lists and messages show it."""
    note_value(alert, found, looking)
    alert.measured_at = found.measured_at or looking.now
    alert.name, alert.host = found.name[:500], found.host[:255]
    alert.sentence = (found.says or " ".join(filter(None, (looking.rule.name, found.name))))[:500]
    if alert.state == State.PENDING:
        alert.reason = found.reason[:128]
