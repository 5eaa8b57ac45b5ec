"""Alerts of one rule for one reason are told together: which groups there are, and what each owes to people now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboard.models import Alert, AlertGroup, Notice, Rule, Severity

Kind = Notice.Kind

MORE_AT_MOST_EVERY = timedelta(minutes=5)
NO_DATA_AFTER = timedelta(minutes=10)
MOST_REASONS = 8
"""So many groups of one rule may be open; alerts for further reasons share one, so that a storm stays a few messages."""
RANK = {"": 0, Severity.WARNING.value: 1, Severity.CRITICAL.value: 2}


@dataclass(kw_only=True)
class Members:
    """One open group and its alerts that had not ended before this evaluation."""

    group: AlertGroup
    rule: Rule
    alerts: list[Alert] = field(default_factory=list)

    @property
    def open(self) -> list[Alert]:
        return [alert for alert in self.alerts if alert.ended_at is None]

    @property
    def telling(self) -> list[Alert]:
        """Those that people are told of: nothing covers or explains them, and they are not all but over untold."""
        return [alert for alert in self.open if alert.silence_id is None and not alert.inhibited_by and _is_news(alert)]


@dataclass(frozen=True, kw_only=True)
class Debt:
    """A notice that is owed. A recovery is about all alerts the group ever had, also those that ended before."""

    members: Members
    kind: Notice.Kind
    severity: str
    alerts: Sequence[Alert]


def _is_news(alert: Alert) -> bool:
    """What recovers while nobody was told of it need not wake anybody when its silence, or what explained it, ends."""
    return alert.state != Alert.State.RECOVERING or alert.settled_at is not None


def gathered(alerts: Iterable[Alert], groups: Iterable[AlertGroup], now: datetime) -> list[Members]:
    """Every open group with its alerts; an alert that fires without one gets the group of its reason, a new one if need be.

    New groups are not saved yet.
    """
    found = {(group.rule_id, group.reason): Members(group=group, rule=group.rule) for group in groups}
    by_key = {members.group.pk: members for members in found.values()}
    count: dict[int, int] = {}
    for rule_id, _ in found:
        count[rule_id] = count.get(rule_id, 0) + 1
    for alert in alerts:
        members = by_key.get(alert.group_id) if alert.group_id else None
        if members is None and alert.ended_at is None:
            members = _joined(alert, found, count, now)
        if members is not None:
            members.alerts.append(alert)
    return list(found.values())


def _joined(alert: Alert, found: dict[tuple[int, str], Members], count: dict[int, int], now: datetime) -> Members:
    key = (alert.rule_id, alert.reason)
    if key not in found and count.get(alert.rule_id, 0) >= MOST_REASONS:
        key = (alert.rule_id, "")
    if key not in found:
        group = AlertGroup(
            cluster_id=alert.cluster_id, rule=alert.rule, reason=key[1], severity=alert.severity, opened_at=now
        )
        found[key] = Members(group=group, rule=alert.rule)
        count[alert.rule_id] = count.get(alert.rule_id, 0) + 1
    return found[key]


def owed(members: Members, flapping: frozenset[int], now: datetime) -> Debt | None:
    """What this group owes now, noted on it as told; and it is closed where none of its alerts is open.

    `flapping`: the subjects' alerts that began to flap in this evaluation, by `id()`. At most one notice a group.
    """
    group, still = members.group, members.open
    if group.told_at is not None and group.told_at > now:
        group.told_at = now  # the clock was set back
    worst = max((RANK[alert.severity] for alert in members.alerts), default=0)
    group.severity = _severity(max(worst, RANK[group.severity]))
    if not still:
        group.closed_at = now
        return _debt(members, Kind.RECOVERY, members.alerts, group.severity, now) if group.told_at else None
    if any(alert.unknown_since is None for alert in still):
        group.no_data_told_at = None
    telling = members.telling
    if telling and RANK[_worst_of(telling)] < RANK[group.told_severity] and not any(one.flapping for one in telling):
        group.told_severity = _worst_of(telling)  # milder is no news, but worse again will be
    kind = _kind(members, telling, flapping, now)
    return _debt(members, kind, telling, _worst_of(telling), now) if kind is not None else None


def _kind(members: Members, telling: Sequence[Alert], flapping: frozenset[int], now: datetime) -> Notice.Kind | None:
    if not telling:
        return None
    group = members.group
    if _begins_to_flap(members, telling, flapping):
        return Kind.FLAPPING
    calm = [alert for alert in telling if not alert.flapping]
    fresh = [alert for alert in calm if alert.settled_at is None]
    # What flaps is told once more where it gets worse: whom a critical alert wakes may not have heard of the warning.
    if (calm or group.told_at is not None) and RANK[_worst_of(telling)] > RANK[group.told_severity]:
        return Kind.PROBLEM if group.told_at is None else Kind.WORSE
    if group.told_at is None:
        return Kind.PROBLEM if fresh else None
    if fresh and now - group.told_at >= MORE_AT_MOST_EVERY:
        return Kind.MORE
    if group.no_data_told_at is None and all(_without_data(alert, now) for alert in members.open):
        return Kind.NO_DATA
    return Kind.REMINDER if _reminds(members.rule, group, telling, now) else None


def _begins_to_flap(members: Members, telling: Sequence[Alert], flapping: frozenset[int]) -> bool:
    """The first of a group is told, the others are the same story."""
    before = any(alert.flapping and id(alert) not in flapping for alert in members.open)
    return not before and any(id(alert) in flapping for alert in telling)


def _without_data(alert: Alert, now: datetime) -> bool:
    return alert.unknown_since is not None and now - alert.unknown_since >= NO_DATA_AFTER


def _reminds(rule: Rule, group: AlertGroup, telling: Sequence[Alert], now: datetime) -> bool:
    if not rule.repeat_seconds or group.told_at is None:
        return False
    unclaimed = any(alert.acknowledged_at is None and not alert.flapping for alert in telling)
    return unclaimed and now - group.told_at >= timedelta(seconds=rule.repeat_seconds)


def _debt(members: Members, kind: Notice.Kind, alerts: Sequence[Alert], severity: str, now: datetime) -> Debt:
    group = members.group
    if kind != Kind.FLAPPING or group.told_at is None:
        # That it flaps goes to whom it was told before: whether it is worse as well is told next, also to others.
        group.told_severity = _severity(max(RANK[group.told_severity], RANK[severity]))
    group.told_at = now
    group.told_alerts = len(alerts)
    if kind == Kind.NO_DATA:
        group.no_data_told_at = now
    for alert in alerts:
        alert.settled_at = alert.settled_at or now
    return Debt(members=members, kind=kind, severity=severity, alerts=alerts)


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """By severity, then by how far each is beyond its limit, then the oldest."""
    return sorted(alerts, key=lambda one: (-RANK[one.severity], -_beyond(one), one.fired_at or one.pending_since))


def _beyond(alert: Alert) -> float:
    if alert.value is None or alert.limit is None:
        return 0.0
    away = abs(alert.value - alert.limit)
    return away / (abs(alert.limit) or 1.0)


def _worst_of(alerts: Iterable[Alert]) -> str:
    return _severity(max(RANK[alert.severity] for alert in alerts))


def _severity(rank: int) -> str:
    return next(name for name, place in RANK.items() if place == rank)


def with_earlier(debt: Debt, earlier: Mapping[int, Sequence[Alert]]) -> list[Alert]:
    """What the notice names, the worst first; `earlier`: of groups that closed, alerts that had ended before."""
    more = earlier.get(debt.members.group.pk, ()) if debt.kind == Kind.RECOVERY else ()
    return worst_first([*debt.alerts, *more])
