"""What an evaluation starts from: the cluster's alerts, their groups, and the zones of its nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from django.db.models import Count, Q

from dashboard.alerts.lifecycle import MOST_TRANSITIONS, REOPENED_WITHIN, TRANSITIONS_WITHIN
from dashboard.alerts.round import Key, Round
from dashboard.alerts.transitions import State
from dashboard.matching import Matcher
from dashboard.models import Alert, AlertGroup, Cluster, Event, Node, Rule

Groups: TypeAlias = dict[int, AlertGroup]
MOST_RECENT = 20_000
"""Of more that ended a moment ago, the last; the others begin anew where they break their rule again."""


def load(cluster: Cluster, rules: Sequence[Rule], now: datetime, *, interrupted: bool) -> Round:
    """Open alerts, those that ended a moment ago, and how often those began or ended. Three queries."""
    alerts = _keyed(Alert.objects.filter(cluster=cluster, ended_at=None), rules)
    ended = Alert.objects.filter(cluster=cluster, ended_at__gt=now - REOPENED_WITHIN, fired_at__isnull=False)
    recent = _keyed(reversed(ended.order_by("-ended_at", "-pk")[:MOST_RECENT]), rules)
    return Round(
        now=now,
        interrupted=interrupted,
        open=alerts,
        recent=recent,
        transitions=_transitions(cluster, now) if recent else {},
    )


def _keyed(found: Iterable[Alert], rules: Sequence[Rule]) -> dict[Key, Alert]:
    """By rule and subject, each with its rule set."""
    by_pk = {rule.pk: rule for rule in rules}
    alerts = {}
    for alert in found:
        if alert.rule_id in by_pk:
            alert.rule = by_pk[alert.rule_id]
            alerts[alert.rule_id, alert.subject] = alert
    return alerts


def _transitions(cluster: Cluster, now: datetime) -> dict[int, int]:
    began = Q(after=State.FIRING.label, before__in=(State.PENDING.label, State.RESOLVED.label))
    ended = Q(after=State.RESOLVED.label)
    events = Event.objects.filter(began | ended, cluster=cluster, kind=Event.Kind.ALERT, alert__isnull=False)
    counted = events.filter(taken_at__gt=now - TRANSITIONS_WITHIN).values("alert_id").annotate(times=Count("pk"))
    return dict(counted.filter(times__gte=MOST_TRANSITIONS).values_list("alert_id", "times"))


def groups(cluster: Cluster, rules: Sequence[Rule], this: Round) -> Groups:
    """Open groups by key, each set on its alerts. One query."""
    by_pk = {rule.pk: rule for rule in rules}
    found = {group.pk: group for group in AlertGroup.objects.filter(cluster=cluster, closed_at=None)}
    for group in found.values():
        group.rule = by_pk[group.rule_id]
    for alert in this.open.values():
        if alert.group_id in found:
            alert.group = found[alert.group_id]
    return found


def zones(cluster: Cluster, matchers: Iterable[Matcher]) -> Mapping[str, str]:
    """Host → zone, where a matcher asks for one. One query at most."""
    if not any(matcher.values("zone") for matcher in matchers):
        return {}
    return dict(Node.objects.filter(cluster=cluster).exclude(zone="").values_list("host", "zone"))
