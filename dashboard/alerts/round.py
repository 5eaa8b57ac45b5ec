"""One evaluation's alerts in memory: those that were open, what became of each, and which began."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Model

from dashboard.alerts import lifecycle
from dashboard.alerts.conditions import limits_of
from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.lifecycle import UNLISTED
from dashboard.alerts.measuring import Found
from dashboard.alerts.transitions import LEAST_BETWEEN, Looking, State, Turn
from dashboard.models import Alert, Rule

MOST_BETWEEN = timedelta(minutes=5)
"""Rules are judged four times a minute. After a longer time without, what was pending or recovering begins anew."""

MOST_OPEN = 20_000
"""So many alerts of one rule may be open, pending ones among them; whatever begins beyond that is counted only."""

Key = tuple[int, str]
"""Rule and subject."""


def columns(row: Model) -> tuple[Any, ...]:
    """What stands in all columns of a row, to tell whether it changed."""
    held = row.__dict__
    return tuple(held[field.attname] for field in row._meta.concrete_fields)


@dataclass(kw_only=True)
class Round:
    now: datetime
    interrupted: bool
    open: dict[Key, Alert]
    """Those that had not ended before."""
    recent: Mapping[Key, Alert]
    """Those that ended a moment ago, and may go on."""
    transitions: Mapping[int, int]
    """Alert → how often it began or ended within the last hour; of those with many."""
    turns: list[tuple[Alert, Turn]] = field(default_factory=list)
    dropped: list[Alert] = field(default_factory=list)
    """Saved ones that were pending only, and are nothing any more."""
    reopened: list[Alert] = field(default_factory=list)
    left_out: Counter[int] = field(default_factory=Counter)
    """Rule → subjects that break it and got no alert, because it has too many."""
    _opened: dict[int, list[Alert]] = field(default_factory=dict)
    _began: Counter[int] = field(default_factory=Counter)
    _before: dict[int, tuple[Any, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for alert in self.open.values():
            self._opened.setdefault(alert.rule_id, []).append(alert)
            self._before[alert.pk] = columns(alert)

    def changed(self) -> list[Alert]:
        """Saved alerts that are not as they were, those that go on again among them."""
        saved = [alert for alert in self.open.values() if not alert._state.adding]
        return [alert for alert in saved if self._before.get(alert.pk) != columns(alert)]

    @property
    def fired(self) -> list[Alert]:
        """All that have fired and are or were open in this round."""
        return [alert for alert in self.open.values() if alert.fired_at is not None]

    def judge(self, rule: Rule, found: Found | None, definition: Definition | None) -> None:
        """Bring all alerts of a rule to what it found; None: it is off."""
        inclusive = bool(definition and definition.inclusive)
        limits = limits_of(rule, inclusive=inclusive)
        looking = Looking(now=self.now, rule=rule, limits=limits, interrupted=self.interrupted)
        opened = self._opened.get(rule.pk, [])
        if found is None:
            for alert in opened:
                self._took(alert, lifecycle.switched_off(alert, looking))
        elif found.held:
            for alert in opened:
                lifecycle.drop_pending(alert, looking)
                self._took(alert, [])
        else:
            self._judge_subjects(rule, found, looking, opened)

    def _judge_subjects(self, rule: Rule, found: Found, looking: Looking, opened: Sequence[Alert]) -> None:
        for alert in opened:
            if alert.subject not in found.subjects:
                absent = Measured(subject=alert.subject, value=None, why=found.why or UNLISTED)
                self._took(alert, lifecycle.judge(alert, absent, looking))
        for subject, measured in found.subjects.items():
            judged = self.open.get((rule.pk, subject)) or self._begun(rule, measured, looking)
            if judged is not None:
                not_before = self._not_before(judged)
                self._took(judged, lifecycle.judge(judged, measured, looking, not_before=not_before))
                if judged.fired_at == self.now and judged.state == State.FIRING:
                    self._go_on_with_recent(judged, looking)

    def _begun(self, rule: Rule, measured: Measured, looking: Looking) -> Alert | None:
        alert = None if measured.value is None else lifecycle.begin(measured, looking)
        if alert is None:
            return None
        if len(self._opened.get(rule.pk, ())) + self._began[rule.pk] >= MOST_OPEN:
            self.left_out[rule.pk] += 1
            return None
        self._began[rule.pk] += 1
        self.open[rule.pk, alert.subject] = alert
        return alert

    def _not_before(self, alert: Alert) -> datetime | None:
        recent = self.recent.get((alert.rule_id, alert.subject))
        ended_at = recent.ended_at if recent else None
        if ended_at is None or ended_at > self.now:  # the clock was set back since: nobody knows how long ago
            return None
        return ended_at + LEAST_BETWEEN

    def _go_on_with_recent(self, alert: Alert, looking: Looking) -> None:
        """What just fired is the alert that ended a moment ago."""
        key = (alert.rule_id, alert.subject)
        recent = self.recent.get(key)
        if recent is None:
            return
        turns = lifecycle.reopen(recent, alert, looking, self.transitions.get(recent.pk, 0))
        self.turns = [(one, turn) for one, turn in self.turns if one is not alert]
        self._forget(alert)
        self.open[key] = recent
        self.reopened.append(recent)
        self._took(recent, turns)

    def _took(self, alert: Alert, turns: Iterable[Turn]) -> None:
        self.turns += [(alert, turn) for turn in turns]
        if alert.ended_at is not None and alert.fired_at is None:
            self._forget(alert)

    def _forget(self, alert: Alert) -> None:
        del self.open[alert.rule_id, alert.subject]
        if not alert._state.adding:
            self.dropped.append(alert)
