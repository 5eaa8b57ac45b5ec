"""What an evaluation leaves behind: alerts, groups, events and owed notices. Each table in one statement, however many rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from dashboard.alerts import in_words
from dashboard.alerts.definition import Definition
from dashboard.alerts.grouping import Debt, with_earlier
from dashboard.alerts.round import Round
from dashboard.alerts.transitions import Turn
from dashboard.models import Alert, AlertGroup, Cluster, Event, Notice
from dashboard.store import bulk, notices
from dashboard.store.notices import Owed

OPERATORS = frozenset({"id", "cluster", "rule", "subject", "acknowledged_by", "acknowledged_at", "note"})
"""Columns that an evaluation never writes: what an alert is, and what operators do with it meanwhile."""
WRITTEN = [field.name for field in Alert._meta.concrete_fields if field.name not in OPERATORS]
MOST_EARLIER = 20_000
"""A group that was open for weeks may have had any number: so many of them are counted in its recovery."""
GROUP = ["severity", "closed_at", "told_at", "told_severity", "told_alerts", "no_data_told_at"]


def save_new(groups: Iterable[AlertGroup]) -> None:
    """New groups, with their keys. There are a few for each rule at most."""
    AlertGroup.objects.bulk_create(group for group in groups if group._state.adding)


def save_changed(groups: Sequence[AlertGroup]) -> None:
    bulk.update(groups, GROUP)


def write(cluster: Cluster, this: Round, now: datetime) -> None:
    """Alerts and their events. At most five queries."""
    bulk.delete(this.dropped)
    # In the order in which operators' changes lock them, so that neither waits for the other.
    bulk.update(sorted(this.changed(), key=lambda alert: alert.pk), WRITTEN)
    fresh = [alert for alert in this.open.values() if alert._state.adding]
    bulk.insert(fresh)
    if fresh:
        _give_keys(cluster, fresh)
    bulk.insert([_event(alert, turn, now) for alert, turn in this.turns])


def _give_keys(cluster: Cluster, fresh: Iterable[Alert]) -> None:
    rows = Alert.objects.filter(cluster=cluster, ended_at=None).values_list("rule_id", "subject", "pk")
    keys = {(rule_id, subject): pk for rule_id, subject, pk in rows}
    for alert in fresh:
        alert.pk = keys[alert.rule_id, alert.subject]


def _event(alert: Alert, turn: Turn, now: datetime) -> Event:
    why = f" ({turn.why})" if turn.why else ""
    return Event(
        cluster_id=alert.cluster_id,
        kind=Event.Kind.ALERT,
        subject=alert.rule.key,
        name=f"{alert.sentence[: 500 - len(why)]}{why}",
        place=(alert.host or alert.name)[:255],
        before=turn.before,
        after=turn.after,
        taken_at=now,
        seen_at=now,
        alert=alert,
    )


def owe(debts: Sequence[Debt], catalogue: Mapping[str, Definition], now: datetime) -> int:
    """Write the notices; returns how many."""
    earlier = _earlier(debts, now)
    return notices.owe([_owed(debt, earlier, catalogue) for debt in debts], now)


def _owed(debt: Debt, earlier: Mapping[int, Sequence[Alert]], catalogue: Mapping[str, Definition]) -> Owed:
    rule = debt.members.rule
    definition = catalogue.get(rule.key)
    return Owed(
        group=debt.members.group,
        kind=debt.kind,
        severity=debt.severity,
        alerts=with_earlier(debt, earlier),
        unit=definition.unit if definition else in_words.unit(rule),
    )


def _earlier(debts: Iterable[Debt], now: datetime) -> dict[int, list[Alert]]:
    """Group → its alerts that had ended before, of groups that close now. One query where there are some."""
    closing = {debt.members.group.pk: debt for debt in debts if debt.kind == Notice.Kind.RECOVERY}
    found: dict[int, list[Alert]] = {}
    if not closing:
        return found
    for alert in Alert.objects.filter(group__in=list(closing), ended_at__lt=now).order_by("-pk")[:MOST_EARLIER]:
        if alert.group_id is not None:
            found.setdefault(alert.group_id, []).append(alert)
    return found
